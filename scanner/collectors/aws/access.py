"""Whether a caller may make one request, weighed over all the policies that speak of it.

The order is AWS's own (IAM user guide, "Policy evaluation logic") for callers of the account that
owns the resource: a denial wins; else the caller's own policies allow, as far as a boundary leaves
it, or the resource's policy does. A right that holds sometimes is a right; a denial that holds
sometimes takes nothing. Policies of the organisation are not seen: they can only take away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scanner.collectors.aws.callers import Caller, Condition, Holds, after, all_hold, both, covers
from scanner.collectors.aws.grants import ANYBODY, conditions, listed, principals

Statements = tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy that speaks of probed actions, as bits."""

    allows: bool
    actions: int
    resources: tuple[str, ...]
    but: bool
    """All resources but these."""
    conditions: tuple[Condition, ...]
    who: tuple[tuple[str, str], ...] = ()
    """(type, name) of the principals, in a resource's policy."""
    but_who: bool = False
    """All principals but these."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is asked for: one resource, or all that begin with its name."""

    name: str
    many: bool = False
    given: tuple[tuple[str, str], ...] = ()
    """Keys of conditions whose value is known there, in lower case, with the value."""


def boiled(raw: Mapping[str, Any], actions: int) -> Statement:
    """A statement as it is weighed; actions: the bits that it speaks of."""
    but = "NotResource" in raw
    but_who = "NotPrincipal" in raw
    named = {"Principal": raw["NotPrincipal"]} if but_who else raw
    return Statement(
        allows=raw.get("Effect") == "Allow",
        actions=actions,
        resources=tuple(str(r) for r in listed(raw["NotResource" if but else "Resource"]))
        if but or "Resource" in raw
        else ("*",),
        but=but,
        conditions=tuple((o, k, tuple(v)) for o, k, v in conditions(raw)),
        who=tuple(principals(named)),
        but_who=but_who,
    )


@dataclass(frozen=True, slots=True)
class Policies:
    """What speaks of a caller's request: own policies, a boundary on them, the resource's own."""

    own: Statements
    boundary: Statements | None = None
    resource: Statements = ()
    only_by_resource: bool = False
    """Own policies count only if the resource's policy leaves it to them, as keys of KMS do."""


def may(caller: Caller, action: int, place: Place, policies: Policies) -> bool | None:
    """Whether the caller may do one probed action there. None: something is not weighed."""
    boundary = policies.boundary
    own = _allowed(policies.own, caller, action, place)
    direct = _allowed(policies.resource, caller, action, place, by=_named)
    if boundary is not None:
        limit = _allowed(boundary, caller, action, place)
        own = both(own, limit)
        if caller.is_role:
            direct = _past_boundary(policies.resource, caller, action, place, limit)
    if policies.only_by_resource:
        own = both(own, _allowed(policies.resource, caller, action, place, by=_by_account))
    allowed = _strongest(("always", "sometimes", "unknown"), (own, direct))
    denied = _strongest(
        ("always", "unknown", "sometimes"),
        (
            _denied(each, caller, action, place, bound=boundary is not None)
            for each in (policies.own, boundary or (), policies.resource)
        ),
    )
    if allowed == "never" or denied == "always":
        return False
    return None if "unknown" in (allowed, denied) else True


def speaking_of(statements: Statements, actions: int, place: Place) -> Statements:
    """Those statements that speak of any of the actions there."""
    return tuple(
        each for each in statements if each.actions & actions and _reaches(each, place) != "never"
    )


def _strongest(order: tuple[Holds, ...], found: Iterable[Holds]) -> Holds:
    answers = set(found)
    return next((each for each in order if each in answers), "never")


def _allowed(
    statements: Statements, caller: Caller, action: int, place: Place, by: _Naming | None = None
) -> Holds:
    """by: how the statement has to name the caller; None: it is the caller's own."""
    found = (
        both(
            "always" if by is None else by(each, caller),
            _reaches(each, place),
            all_hold(each.conditions, caller, dict(place.given)),
        )
        for each in statements
        if each.allows and each.actions & action
    )
    return _strongest(("always", "sometimes", "unknown"), found)


def _past_boundary(
    statements: Statements, caller: Caller, action: int, place: Place, limit: Holds
) -> Holds:
    """What a resource gives a role that has a boundary.

    The boundary counts where the role itself is named. It does not where one of its sessions is,
    nor where everybody is and a condition names the role (IAM user guide, "Permissions boundaries
    for IAM entities"); of everybody without such a condition the guide does not speak.
    """
    told = tuple(each for each in statements if _asks_for_arn(each))
    untold = tuple(each for each in statements if not _asks_for_arn(each))
    by_all = _allowed(untold, caller, action, place, by=_by_anybody)
    return _strongest(
        ("always", "sometimes", "unknown"),
        (
            both(_allowed(statements, caller, action, place, by=_by_role), limit),
            _allowed(statements, caller, action, place, by=_by_session),
            _allowed(told, caller, action, place, by=_by_anybody),
            both(by_all, "unknown" if limit == "never" else limit),
        ),
    )


def _asks_for_arn(each: Statement) -> bool:
    return any(key == "aws:principalarn" for _, key, _ in each.conditions)


def _denied(
    statements: Statements, caller: Caller, action: int, place: Place, *, bound: bool
) -> Holds:
    found = (
        both(
            _concerns(each, caller, bound=bound),
            _reaches(each, place),
            all_hold(each.conditions, caller, dict(place.given)),
        )
        for each in statements
        if not each.allows and each.actions & action
    )
    return _strongest(("always", "unknown", "sometimes"), found)


def _concerns(each: Statement, caller: Caller, *, bound: bool) -> Holds:
    """Whether a denial concerns the caller; bound: a permissions boundary is set."""
    if not each.who:
        return "always"
    whole = _by_account(each, caller)
    if not each.but_who:
        return _strongest(("always", "sometimes"), (_named_in(each, caller), whole))
    # To be spared, the account has to be named as well, and of a role the session; nobody is who
    # has a boundary (IAM user guide, "AWS JSON policy elements: NotPrincipal").
    named, session = _as_itself(each, caller), _as_session(each, caller)
    if bound or (named == "never" and session == "never"):
        return "always"
    if caller.is_role:
        spared = named == whole == "always" and session != "never"
        return "sometimes" if spared else "unknown"
    return "never" if whole == "always" else "unknown"


_Naming = Callable[["Statement", Caller], Holds]


def _named(each: Statement, caller: Caller) -> Holds:
    """Whether an allowance names the caller, in whatever way but by the account."""
    if each.but_who:
        spared = (_named_in(each, caller), _by_account(each, caller))
        return "always" if set(spared) == {"never"} else "never"
    return _named_in(each, caller)


def _named_in(each: Statement, caller: Caller) -> Holds:
    ways = (_as_itself(each, caller), _as_anybody(each, caller), _as_session(each, caller))
    return _strongest(("always", "sometimes"), ways)


def _as_itself(each: Statement, caller: Caller) -> Holds:
    hit = any(k == "AWS" and name in (caller.arn, caller.unique_id) for k, name in each.who)
    return "always" if hit else "never"


def _by_role(each: Statement, caller: Caller) -> Holds:
    return "never" if each.but_who else _as_itself(each, caller)


def _by_session(each: Statement, caller: Caller) -> Holds:
    return "never" if each.but_who else _as_session(each, caller)


def _by_anybody(each: Statement, caller: Caller) -> Holds:
    return _named(each, caller) if each.but_who else _as_anybody(each, caller)


def _as_anybody(each: Statement, caller: Caller) -> Holds:
    return "always" if ("AWS", ANYBODY) in each.who else "never"


def _as_session(each: Statement, caller: Caller) -> Holds:
    session = f":{caller.account}:assumed-role/{caller.name}/"
    hit = caller.is_role and any(":sts:" in name and session in name for _, name in each.who)
    return "sometimes" if hit else "never"


def _by_account(each: Statement, caller: Caller) -> Holds:
    whole = any(
        kind == "AWS" and (name == caller.account or name.endswith(f"::{caller.account}:root"))
        for kind, name in each.who
    )
    return "always" if whole else "never"


def _reaches(each: Statement, place: Place) -> Holds:
    """Whether a statement's resources hold the place: all of it, or some."""
    if any("${" in pattern for pattern in each.resources):
        return "unknown"
    if not place.many:
        hit = any(covers(pattern, place.name) for pattern in each.resources)
        return "always" if hit != each.but else "never"
    found: Holds = "never"
    for pattern in each.resources:
        places = after(pattern, place.name)
        if any(set(pattern[at:]) == {"*"} for at in places):
            return "never" if each.but else "always"
        if places:
            found = "sometimes"
    opposite: dict[Holds, Holds] = {"never": "always"}
    return opposite.get(found, found) if each.but else found
