"""Why a verdict is unknown, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.evaluate.register import UNSETTLED
from scanner.facts.ledger import NO_SOURCE, NOT_COLLECTED, NOT_DECLARED, Gap
from scanner.findings import Missing

_REASONS = {
    "denied": "access was denied",
    "unlicensed": "the licence for it is missing",
    "not-in-this-cloud": "this cloud does not offer it",
    "not-supported": "this system cannot tell it",
    "stale": "it has not reported for too long",
    "throttled": "the service kept throttling",
    "timeout": "the read took too long",
    "truncated": "the listing broke off",
    "unreachable": "the service did not answer",
    "credentials": "the credentials are missing, wrong or expired",
    "broken": "the answer made no sense",
    "interrupted": "the scan reached its deadline",
    NOT_COLLECTED: "it was not collected",
    NOT_DECLARED: "the organisation has not stated what to compare with",
    NO_SOURCE: "no target can tell",
    UNSETTLED: "what was read does not settle it",
}


def missing(gap: Gap) -> Missing:
    """The part of a gap that a finding carries."""
    return Missing(id=gap.id, operation=gap.operation, permission=gap.permission, detail=gap.detail)


def why(reason: str, gap: Missing | None, unread: tuple[str, ...] = ()) -> str:
    """One clause: the reason, the permission that it takes, and what stayed unread."""
    words = _REASONS.get(reason, reason)
    if gap is not None and gap.permission:
        words += f"; it takes {gap.permission}"
    elif gap is not None and gap.detail:
        words += f" ({gap.detail})"
    if unread:
        words += f"; unread: {', '.join(unread)}"
    return words


def reading(names: Sequence[str], context: Mapping[str, object]) -> str:
    """What made a reading settle nothing: numbers and yes or no by value, texts by name only."""
    shown = (
        f"{name}: {value(context[name])}" if isinstance(context.get(name, ""), int | None) else name
        for name in names
    )
    return ", ".join(shown)


def value(item: object) -> str:
    """A value as a person reads it."""
    if item is None:
        return "none"
    if isinstance(item, bool):
        return "yes" if item else "no"
    if isinstance(item, tuple | list):
        return ", ".join(map(value, item)) or "nothing"
    return str(item)
