"""Whether a caller may make one request, weighed over all the policies that speak of it.

The order is AWS's own (IAM user guide, "Policy evaluation logic") for callers of the account that
owns the resource: a denial wins; else the caller's own policies allow, as far as a boundary leaves
it, or the resource's policy does. A right that holds sometimes is a right; a denial that holds
sometimes takes nothing. Policies of the organisation are not seen: they can only take away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    direct = _allowed(policies.resource, caller, action, place, by="name")
    if boundary is not None:
        limit = _allowed(boundary, caller, action, place)
        own = both(own, limit)
        if caller.is_role:
            # For a user, what a resource gives by name goes past the boundary.
            direct = both(direct, limit)
    if policies.only_by_resource:
        own = both(own, _allowed(policies.resource, caller, action, place, by="account"))
    allowed = _strongest(("always", "sometimes", "unknown"), (own, direct))
    denied = _strongest(
        ("always", "unknown", "sometimes"),
        (
            _denied(each, caller, action, place)
            for each in (policies.own, boundary or (), policies.resource)
        ),
    )
    if allowed == "never" or denied == "always":
        return False
    return None if "unknown" in (allowed, denied) else True


def speaking_of(statements: Statements, actions: int, places: Iterable[Place]) -> Statements:
    """Those statements that speak of any of the actions at any of the places."""
    places = tuple(places)
    return tuple(
        each
        for each in statements
        if each.actions & actions and any(_reaches(each, place) != "never" for place in places)
    )


def _strongest(order: tuple[Holds, ...], found: Iterable[Holds]) -> Holds:
    answers = set(found)
    return next((each for each in order if each in answers), "never")


def _allowed(
    statements: Statements, caller: Caller, action: int, place: Place, by: str = ""
) -> Holds:
    found = (
        both(_spoken_to(each, caller, by), _reaches(each, place), all_hold(each.conditions, caller))
        for each in statements
        if each.allows and each.actions & action
    )
    return _strongest(("always", "sometimes", "unknown"), found)


def _denied(statements: Statements, caller: Caller, action: int, place: Place) -> Holds:
    found = (
        both(_bound(each, caller), _reaches(each, place), all_hold(each.conditions, caller))
        for each in statements
        if not each.allows and each.actions & action
    )
    return _strongest(("always", "unknown", "sometimes"), found)


def _spoken_to(each: Statement, caller: Caller, by: str) -> Holds:
    """Whether an allowance names the caller; by: `name`, `account`, or empty for own policies."""
    if not by:
        return "always"
    if each.but_who:
        return "never" if _named(each, caller) != "never" or by == "account" else "always"
    return _named(each, caller) if by == "name" else _by_account(each, caller)


def _bound(each: Statement, caller: Caller) -> Holds:
    """Whether a denial concerns the caller."""
    if not each.who and not each.but_who:
        return "always"
    named = _named(each, caller)
    if each.but_who:
        # Sessions of a role have to be spared by a name of their own as well.
        return "always" if named == "never" else "sometimes" if caller.is_role else "never"
    return _strongest(("always", "sometimes"), (named, _by_account(each, caller)))


def _named(each: Statement, caller: Caller) -> Holds:
    found: Holds = "never"
    for kind, name in each.who:
        if kind != "AWS":
            continue
        if name in (ANYBODY, caller.arn, caller.unique_id):
            return "always"
        session = f":{caller.account}:assumed-role/{caller.name}/"
        if caller.is_role and ":sts:" in name and session in name:
            found = "sometimes"
    return found


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
