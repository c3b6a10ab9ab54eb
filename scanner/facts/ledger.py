"""What was asked and what could not be read: the other half of every observation."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import msgspec

Reason = Literal[
    "denied",
    "unlicensed",
    "not-in-this-cloud",
    "not-supported",
    "stale",
    "throttled",
    "timeout",
    "truncated",
    "unreachable",
    "credentials",
    "broken",
    "interrupted",
]
"""Why a read gave nothing.

denied: refused for want of a permission. unlicensed: the tenant lacks the licence.
not-in-this-cloud: this partition or national cloud does not offer it. not-supported: the host
lacks the tool or file system that would tell. stale: the device or agent that reports it has not
done so for so long that its last word is no news. throttled, timeout: still so after the retries.
truncated: the listing broke off. unreachable: no answer at all. credentials: none, wrong or
expired. broken: an answer that means nothing (a bare 404, an unparsable body). interrupted: the
scan reached its deadline.
"""

NOT_COLLECTED = "not-collected"
"""The reason at a scope for which the ledger has no line: nobody looked."""

NOT_DECLARED = "not-declared"
"""The reason where the organisation has not stated what the rule compares with."""

NO_SOURCE = "no-source"
"""The reason where no configured target's provider can tell at all."""


class Gap(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One refused, broken or missing read.

    Its reach is a whole listing (the subjects are unknown) or fields of named subjects (the facts
    exist, and their `unread` names this gap).
    """

    id: str
    target: str
    scope: str
    region: str | None
    source: str
    kind: str
    operation: str
    reason: Reason
    permission: str | None
    """The permission that would have allowed it, where one is missing."""
    detail: str
    """What the other side said, shortened; never a response body."""
    reach: Literal["listing", "fields"]
    fields: tuple[str, ...] = ()
    subjects: int = 0
    """How many facts lack these fields (reach `fields`)."""
    examples: tuple[str, ...] = ()
    """The first few of those subjects."""


class LedgerLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One source asked at one place, and how it ended."""

    target: str
    scope: str
    region: str | None
    source: str
    kind: str
    fields: tuple[str, ...]
    """The fields that it was asked for."""
    always: dict[str, str | bool | int]
    """Field values that every fact of this source has; they tell which rules it concerns."""
    lists: bool
    """Its facts are the extent of the set; false: it only fills fields of others' facts."""
    gap: str | None
    """The listing's gap, or null: it answered."""
    facts: int
    at: str
    """UTC, when it ended."""


def gap_id(
    target: str,
    scope: str,
    region: str | None,
    source: str,
    operation: str,
    reason: str,
    detail: str = "",
) -> str:
    """Twelve hex digits that stay the same from scan to scan.

    detail: what is said only of the subjects of this gap, where others lack it for another cause.
    """
    parts = (target, scope, region or "", source, operation, reason, *filter(None, [detail]))
    text = "\x1f".join(parts)
    return sha256(text.encode()).hexdigest()[:12]
