"""What Conditional Access and security defaults enforce in this tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from scanner.collectors.base import Refused
from scanner.collectors.entra.conditional_access import Directory, Judgement, Person, judge
from scanner.collectors.entra.held_roles import ASSIGNED_READ, assigned, holders
from scanner.collectors.entra.users import USERS_READ, entra_home, kind_of, users
from scanner.collectors.microsoft.graph import Members, group_members
from scanner.collectors.microsoft.place import Place

T = TypeVar("T")
POLICIES = "GET /identity/conditionalAccess/policies"
LOCATIONS = "GET /identity/conditionalAccess/namedLocations"
STRENGTHS = "GET /policies/authenticationStrengthPolicies"
DEFAULTS = "GET /policies/identitySecurityDefaultsEnforcementPolicy"

ACCESS_READ = {
    **USERS_READ,
    **ASSIGNED_READ,
    POLICIES: "Policy.Read.All",
    LOCATIONS: "Policy.Read.All",
    STRENGTHS: "Policy.Read.AuthenticationMethod",
    DEFAULTS: "Policy.Read.All",
}


@dataclass(frozen=True)
class SignInRules:
    """What Conditional Access enforces, and what could not be read of what it looks at."""

    judged: Judgement
    refused: Mapping[str, Refused]
    """By `members of group <id>`, `directory roles`, `location`, `authentication strength` or
    `security defaults`: words that the reasons of an unknown verdict hold."""

    def refusal(self, why: str) -> Refused:
        """The refused read behind an unknown verdict's reasons."""
        for words, refused in sorted(self.refused.items()):
            if words in why:
                return refused
        return Refused("broken", POLICIES, why)


def sign_in_rules(place: Place) -> SignInRules:
    """What Conditional Access enforces for every account.

    Raises Refused where the policies or the accounts could not be read; what else could not be
    read makes single verdicts unknown.
    """
    return place.once(("sign-in-rules",), lambda: _rules(place))


def policies_read(place: Place) -> list[dict[str, Any]]:
    """Every Conditional Access policy, of any state. Raises Refused."""
    query = {"$select": "id,displayName,state,conditions,grantControls,sessionControls"}
    headers = {"Prefer": "include-unknown-enum-members"}
    return place.once(
        ("policies",), lambda: list(place.pages(POLICIES, query=query, headers=headers))
    )


def _rules(place: Place) -> SignInRules:
    accounts = users(place)
    policies = policies_read(place)
    refused: dict[str, Refused] = {}
    groups: dict[str, frozenset[str] | None] = {}
    for group, found in group_members(place, _named(policies, "Groups")).items():
        groups[group] = found.users if isinstance(found, Members) else None
        if isinstance(found, Refused):
            refused[f"members of group {group}"] = found
    defaults = _tried(lambda: _defaults(place), refused, "security defaults")
    roles: dict[str, frozenset[str]] | None = {}
    if _named(policies, "Roles") or defaults is not False:
        roles = _tried(lambda: _active_roles(place), refused, "directory roles")
    locations: list[dict[str, Any]] | None = []
    if any((p.get("conditions") or {}).get("locations") for p in policies):
        # Not selected: whether it is trusted is a property of one derived type.
        locations = _tried(lambda: list(place.pages(LOCATIONS)), refused, "location")
    people = [
        Person(str(user.get("id", "")).lower(), kind_of(user), entra_home(user))
        for user in accounts
    ]
    judged = judge(
        Directory(people, groups, roles=roles),
        policies,
        locations=locations,
        strengths=_strengths(place, policies, refused),
        security_defaults=defaults,
    )
    return SignInRules(judged, refused)


def _tried(read: Callable[[], T], refused: dict[str, Refused], words: str) -> T | None:
    try:
        return read()
    except Refused as error:
        refused[words] = error
        return None


def _named(policies: list[dict[str, Any]], what: str) -> set[str]:
    found: set[str] = set()
    for policy in policies:
        part = (policy.get("conditions") or {}).get("users") or {}
        for way in ("include", "exclude"):
            found |= {str(one).lower() for one in part.get(f"{way}{what}") or ()}
    return found


def _active_roles(place: Place) -> dict[str, frozenset[str]]:
    held = [one for one in assigned(place) if one.scope == "/" and one.role.built_in]
    found: dict[str, set[str]] = {}
    for account, roles in holders(place, held).items():
        for one in roles:
            found.setdefault(one.role.template, set()).add(account)
    return {template: frozenset(accounts) for template, accounts in found.items()}


def _strengths(
    place: Place, policies: list[dict[str, Any]], refused: dict[str, Refused]
) -> dict[str, Mapping[str, Any]] | None:
    named = [(p.get("grantControls") or {}).get("authenticationStrength") for p in policies]
    # A policy mostly brings its strength's content; it has to be looked up where it does not.
    if not any(strength and not strength.get("allowedCombinations") for strength in named):
        return {}
    query = {"$select": "id,displayName,allowedCombinations,requirementsSatisfied"}
    found = _tried(
        lambda: list(place.pages(STRENGTHS, query=query)), refused, "authentication strength"
    )
    if found is None:
        return None
    return {str(one.get("id", "")).lower(): one for one in found}


def _defaults(place: Place) -> bool:
    body = place.get(DEFAULTS, query={"$select": "id,isEnabled"})
    if not isinstance(body.get("isEnabled"), bool):
        raise Refused("broken", DEFAULTS, "the answer does not say whether they are on")
    found: bool = body["isEnabled"]
    return found
