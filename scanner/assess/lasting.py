"""How long things last: a status, its affirmations, and the evidence that it rests on.

A status and its date are what SPRS shows; the organisation attests both (`items`, `status_date`),
or writes the date of a Conditional status in poam.yaml. Nothing is computed from a date that nobody
stated.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from scanner.assess.poam import close_out
from scanner.assess.result import Held
from scanner.assess.statements import Attestation

KEPT_YEARS = 6
"""Years for which evidence is kept, from the CMMC Status Date."""

KEPT_CITE = {
    1: "32 CFR 170.15(c)(2)",
    2: "32 CFR 170.16(c)(4), 170.17(c)(4)",
    3: "32 CFR 170.18(c)(4)",
}

HASHED = {
    1: "Level 1 asks for no hashes.",
    2: "A C3PAO asks for their hashes too (32 CFR 170.17(c)(4)); a self-assessment does not.",
    3: "Their hashes are asked for too (32 CFR 170.18(c)(4)).",
}
"""Whether a level asks for the artifacts' hashes."""

AFFIRMATION = "affirmation"
"""The item of an attestation that says that an affirmation was entered in SPRS on its day."""


class Kind(NamedTuple):
    """One status of 32 CFR 170.4(b)."""

    name: str
    level: int
    years: int | None
    """How long it is current; null for a Conditional one, which has its 180 days."""
    cite: str


STATUSES = {
    "final-level-1-self": Kind("Final Level 1 (Self)", 1, 1, "170.15(a)(1)"),
    "conditional-level-2-self": Kind("Conditional Level 2 (Self)", 2, None, "170.21(b)"),
    "conditional-level-2-c3pao": Kind("Conditional Level 2 (C3PAO)", 2, None, "170.21(b)"),
    "final-level-2-self": Kind("Final Level 2 (Self)", 2, 3, "170.16(a)(1)"),
    "final-level-2-c3pao": Kind("Final Level 2 (C3PAO)", 2, 3, "170.17(a)(1)"),
    "conditional-level-3-dibcac": Kind("Conditional Level 3 (DIBCAC)", 3, None, "170.21(b)"),
    "final-level-3-dibcac": Kind("Final Level 3 (DIBCAC)", 3, 3, "170.18(a)(1)"),
}
"""The items by which an attestation says which status is held."""


def held(
    attestations: Iterable[Attestation],
    as_of: str,
    level: int,
    conditional_since: str | None = None,
) -> tuple[Held, ...]:
    """The statuses of which a date is stated, by level and name.

    `attestations`: those that count on that day. `conditional_since`: the date in poam.yaml; stands
    where nobody attests a status of that level.
    """
    dates: dict[str, str] = {}
    affirmed: list[str] = []
    for attestation in attestations:
        if attestation.says != "satisfied":
            continue
        if AFFIRMATION in attestation.items:
            affirmed.append(attestation.on)
        for item in attestation.items:
            if item in STATUSES and attestation.status_date is not None:
                dates[item] = max(attestation.status_date, dates.get(item, ""))
    for item in list(dates):
        # a Final that follows a Conditional keeps its date: 170.4(b) CMMC Status Date
        if item.startswith("conditional") and dates.get(_final(item), "") >= dates[item]:
            del dates[item]
    found = [_held(STATUSES[item], day, as_of, affirmed) for item, day in dates.items()]
    if conditional_since is not None and level not in {h.level for h in found}:
        name = {2: "Conditional Level 2", 3: "Conditional Level 3 (DIBCAC)"}.get(level)
        if name is not None:
            kind = Kind(name, level, None, "170.21(b)")
            found.append(_held(kind, conditional_since, as_of, affirmed))
    return tuple(sorted(found, key=lambda h: (h.level, h.status)))


def _final(item: str) -> str:
    return item.replace("conditional", "final", 1)


def _held(kind: Kind, since: str, as_of: str, affirmed: Iterable[str]) -> Held:
    if kind.years is None:
        until, cite = close_out(since), kind.cite
        due = None
    else:
        until, cite = years_after(since, kind.years), kind.cite
        last = max((day for day in affirmed if since <= day <= as_of), default=since)
        due = min(years_after(last, 1), until)
    expired = until < as_of
    return Held(
        status=kind.name,
        level=kind.level,
        since=since,
        until=until,
        expired=expired,
        affirm_by=None if expired else due,
        say=_say(kind, since, until, None if expired else due, as_of, cite),
    )


def _say(kind: Kind, since: str, until: str, due: str | None, as_of: str, cite: str) -> str:
    head = f"{kind.name} since {since}"
    if until < as_of:
        ended = "no close-out is stated and it expired" if kind.years is None else "it ended"
        return f"{head}: {ended} on {until} (32 CFR {cite}); a new assessment is due"
    if due is None:
        return (
            f"{head}: it expires after {until} unless the close-out is posted by then "
            f"(32 CFR {cite}); affirm it, and again after the close-out (170.22(a)(3)(i), (iv))"
        )
    late = "was due" if due < as_of else "is due"
    missing = ", and no later one is attested" if due < as_of else ""
    also = ", of Level 2 (C3PAO) as well (170.22(b)(4))" if kind.level == 3 else ""
    return (
        f"{head}: current until {until} (32 CFR {cite}); the yearly affirmation {late} by {due}"
        f"{missing}{also} (170.22(a)(3)(iii))"
    )


def years_after(day: str, years: int) -> str:
    """The same day so many years later; 28 February for the 29th, which is never too late."""
    start = date.fromisoformat(day)
    try:
        return start.replace(year=start.year + years).isoformat()
    except ValueError:
        return date(start.year + years, 2, 28).isoformat()
