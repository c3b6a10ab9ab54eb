"""Who makes a request, and whether a policy's condition holds for them.

What a condition asks of the caller (name, account, tags) is known; what it asks of the single
request (network, second factor, time) is not, and holds sometimes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import Enum
from typing import Literal

Holds = Literal["always", "sometimes", "never", "unknown"]
"""`unknown`: it is decided by something about the caller that was not read or is not weighed."""

Condition = tuple[str, str, tuple[str, ...]]
"""Operator and key in lower case, and the values."""


NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Caller:
    """A user, or whoever acts as a role, of one account."""

    arn: str
    account: str
    is_role: bool
    unique_id: str
    tags: Mapping[str, str]
    brings_tags: bool = False
    """Whoever takes the role may bring tags along, which go before the role's own."""

    @property
    def name(self) -> str:
        return self.arn.rsplit("/", 1)[-1]


def all_hold(
    conditions: tuple[Condition, ...], caller: Caller, given: Mapping[str, str] = NOTHING
) -> Holds:
    """Whether every condition of a statement holds for requests of this caller.

    given: values of keys, in lower case, that are known of what is asked for.
    """
    return both(*(_holds(*each, caller, given) for each in conditions))


def both(*answers: Holds) -> Holds:
    """All of them at once."""
    for answer in ("never", "unknown", "sometimes"):
        if answer in answers:
            return answer
    return "always"


_NAMES_A_SERVICE = frozenset(
    {
        *("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"),
        *("aws:principalservicename", "aws:principalservicenameslist"),
    }
)
"""Keys that only a request of an AWS service carries."""

_OF_THE_REQUEST = frozenset(
    {
        *("aws:securetransport", "aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc"),
        *("aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid"),
        *("aws:vpceorgpaths", "aws:multifactorauthpresent", "aws:multifactorauthage"),
        *("aws:currenttime", "aws:epochtime", "aws:tokenissuetime", "aws:requestedregion"),
        *("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:viaawsservice"),
        *("aws:useragent", "aws:referer", "aws:federatedprovider", "aws:sourceidentity"),
        "aws:ec2instancesourcevpc",
        "aws:ec2instancesourceprivateipv4",
    }
)
"""Keys that differ from request to request (IAM user guide: AWS global condition context keys)."""

_BY_ACCESS_POINT = frozenset(
    {"s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:accesspointnetworkorigin"}
)
"""Keys that leave the decision to the policies of access points, which are not read."""

_OF_A_SERVICE = ("s3:", "kms:", "logs:", "cloudtrail:")
_TAG = "aws:principaltag/"


class _Else(Enum):
    """What stands where the caller has no value that is known."""

    REQUEST = "it differs from request to request"
    UNREAD = "it was not read"


def _value(key: str, caller: Caller, given: Mapping[str, str]) -> str | _Else | None:
    """What the caller has for a key; None: nothing."""
    known: dict[str, str | None] = {
        **given,
        # What is asked for is always the account's own.
        "aws:resourceaccount": caller.account,
        "s3:resourceaccount": caller.account,
        "aws:principalarn": caller.arn,
        "aws:principalaccount": caller.account,
        "kms:calleraccount": caller.account,
        "aws:principaltype": "AssumedRole" if caller.is_role else "User",
        "aws:username": None if caller.is_role else caller.name,
        "aws:principalisawsservice": "false",
    }
    if key in known:
        return known[key]
    if key in _NAMES_A_SERVICE:
        return None
    if key.startswith(_TAG):
        tags = {name.lower(): value for name, value in caller.tags.items()}
        return _Else.REQUEST if caller.brings_tags else tags.get(key.removeprefix(_TAG))
    if key in _BY_ACCESS_POINT:
        return _Else.UNREAD
    if key in _OF_THE_REQUEST or key.startswith(_OF_A_SERVICE):
        return _Else.REQUEST
    return _Else.UNREAD


def _holds(
    operator: str, key: str, values: tuple[str, ...], caller: Caller, given: Mapping[str, str]
) -> Holds:
    plain = operator.removesuffix("ifexists")
    if key == "aws:userid":
        return _of_user_id(plain, values, caller)
    value = _value(key, caller, given)
    if value is _Else.REQUEST:
        return "sometimes"
    if isinstance(value, _Else) or any("${" in each for each in values):
        return "unknown"
    if plain == "null":
        absent = [each.lower() for each in values] == ["true"]
        return "always" if (value is None) == absent else "never"
    found = _OPERATORS.get(plain)
    if found is None:
        return "unknown"
    negated, same_case, wild = found
    if value is None:
        return "always" if negated or plain != operator else "never"
    if not same_case:
        value, values = value.lower(), tuple(each.lower() for each in values)
    hit = any(covers(each, value) if wild else each == value for each in values)
    return "always" if hit != negated else "never"


_OPERATORS: Mapping[str, tuple[bool, bool, bool]] = {
    "stringequals": (False, True, False),
    "stringnotequals": (True, True, False),
    "stringequalsignorecase": (False, False, False),
    "stringnotequalsignorecase": (True, False, False),
    "stringlike": (False, True, True),
    "stringnotlike": (True, True, True),
    "arnequals": (False, True, True),
    "arnnotequals": (True, True, True),
    "arnlike": (False, True, True),
    "arnnotlike": (True, True, True),
    "bool": (False, False, False),
}
"""Operator: it is a negation, capitals count, `*` and `?` stand for other characters."""


def _of_user_id(operator: str, values: tuple[str, ...], caller: Caller) -> Holds:
    """aws:userid of a user is the unique id; of a role its id, a colon and the session's name."""
    if operator not in _OPERATORS or any("${" in each for each in values):
        return "unknown"
    negated, _, wild = _OPERATORS[operator]
    own = f"{caller.unique_id}:" if caller.is_role else caller.unique_id
    hits: set[Holds] = set()
    for each in values:
        if not caller.is_role:
            hits.add("always" if (covers(each, own) if wild else each == own) else "never")
        elif wild and any(set(each[at:]) == {"*"} for at in after(each, own)):
            hits.add("always")
        else:
            # The name of a session has no star in it.
            reached = bool(after(each, own)) if wild else each.startswith(own) and "*" not in each
            hits.add("sometimes" if reached else "never")
    hit: Holds = next(h for h in ("always", "sometimes", "never") if h in {*hits, "never"})
    opposite: dict[Holds, Holds] = {"always": "never", "never": "always"}
    return opposite.get(hit, hit) if negated else hit


def after(pattern: str, text: str) -> Set[int]:
    """Where in a pattern of `*` and `?` one may stand once it has taken all of this text."""
    start = _PLAIN.match(pattern).end()  # type: ignore[union-attr]  # it matches everything
    same = min(start, len(text))
    if pattern[:same] != text[:same]:
        return frozenset()
    places = _past_stars(pattern, {same})
    for char in text[same:]:
        moved = {
            at if pattern[at] == "*" else at + 1
            for at in places
            if at < len(pattern) and pattern[at] in ("*", "?", char)
        }
        places = _past_stars(pattern, moved)
        if not places:
            break
    return places


_PLAIN = re.compile(r"[^*?]*")


def covers(pattern: str, text: str) -> bool:
    """Whether a pattern of `*` and `?` stands for this text."""
    return len(pattern) in after(pattern, text)


def _past_stars(pattern: str, places: set[int]) -> set[int]:
    found = set(places)
    for at in places:
        while at < len(pattern) and pattern[at] == "*":
            at += 1
            found.add(at)
    return found
