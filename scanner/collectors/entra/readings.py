"""What several sources look at: accounts, role assignments and sign-in rules, each read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from scanner.collectors.base import Refused
from scanner.collectors.entra.conditional_access import Directory, Judgement, Kind, Person, judge
from scanner.collectors.entra.roles import action_classes
from scanner.collectors.microsoft.graph import GROUP_READ, Members, group_members
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, text

T = TypeVar("T")

USERS = "GET /users"
ASSIGNMENTS = "GET /roleManagement/directory/roleAssignments"
DEFINITIONS = "GET /roleManagement/directory/roleDefinitions"
ELIGIBLE = "GET /roleManagement/directory/roleEligibilityScheduleInstances"
POLICIES = "GET /identity/conditionalAccess/policies"
LOCATIONS = "GET /identity/conditionalAccess/namedLocations"
STRENGTHS = "GET /policies/authenticationStrengthPolicies"
DEFAULTS = "GET /policies/identitySecurityDefaultsEnforcementPolicy"

USERS_READ = {USERS: "User.Read.All"}
ASSIGNED_READ = {
    ASSIGNMENTS: "RoleManagement.Read.Directory",
    DEFINITIONS: "RoleManagement.Read.Directory",
    **GROUP_READ,
}
ROLES_READ = {**ASSIGNED_READ, ELIGIBLE: "RoleEligibilitySchedule.Read.Directory"}
ACCESS_READ = {
    **USERS_READ,
    **ASSIGNED_READ,
    POLICIES: "Policy.Read.All",
    LOCATIONS: "Policy.Read.All",
    STRENGTHS: "Policy.Read.AuthenticationMethod",
    DEFAULTS: "Policy.Read.All",
}

_USER_FIELDS = (
    "id,userPrincipalName,displayName,accountEnabled,userType,createdDateTime,"
    "lastPasswordChangeDateTime,onPremisesSyncEnabled,identities,creationType,externalUserState"
)
_ENTRA_ISSUER = "ExternalAzureAD"


def users(place: Place) -> list[dict[str, Any]]:
    """Every account of the directory. Raises Refused."""
    query = {"$select": _USER_FIELDS, "$top": "999"}
    return place.once(("users",), lambda: list(place.pages(USERS, query=query)))


def kind_of(user: Mapping[str, Any]) -> Kind:
    """How Conditional Access classifies the account: by its type and where it authenticates."""
    outside = _authenticates_outside(user)
    user_type = user.get("userType")
    if user_type is None:
        return "unknown"
    if user_type == "Member":
        return "b2bCollaborationMember" if outside else "member"
    if not outside:
        return "internalGuest"
    return "b2bCollaborationGuest"


def _authenticates_outside(user: Mapping[str, Any]) -> bool:
    identities = items(user.get("identities"))
    if any(one.get("signInType") == "federated" for one in identities):
        return True
    return not identities and "#EXT#" in str(user.get("userPrincipalName", ""))


def entra_home(user: Mapping[str, Any]) -> bool:
    """Whether the account signs in at an Entra tenant, so far as its identities tell."""
    federated = [o for o in items(user.get("identities")) if o.get("signInType") == "federated"]
    if federated:
        return all(one.get("issuer") == _ENTRA_ISSUER for one in federated)
    return not _authenticates_outside(user)


@dataclass(frozen=True)
class Role:
    """One directory role."""

    id: str
    template: str
    name: str
    built_in: bool
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Holding:
    """One principal that holds a role, actively or as one who may activate it."""

    id: str
    principal: str
    principal_kind: str
    """user, group or service."""
    principal_name: str
    role: Role
    scope: str
    """`/` for the tenant."""


def definitions(place: Place) -> dict[str, Role]:
    """Every role by the id of its definition (lower case). Raises Refused."""

    def read() -> dict[str, Role]:
        query = {"$select": "id,displayName,templateId,isBuiltIn,rolePermissions"}
        return {
            str(one.get("id", "")).lower(): _role(one)
            for one in place.pages(DEFINITIONS, query=query)
        }

    return place.once(("role-definitions",), read)


def _role(definition: Mapping[str, Any]) -> Role:
    template = str(definition.get("templateId") or definition.get("id", "")).lower()
    classes = action_classes(template)
    if not classes and any(not a.endswith("/read") for a in _actions(definition)):
        classes = ("admin",)
    return Role(
        id=str(definition.get("id", "")).lower(),
        template=template,
        name=str(definition.get("displayName") or template),
        built_in=definition.get("isBuiltIn") is True,
        classes=classes,
    )


def _actions(definition: Mapping[str, Any]) -> list[str]:
    return [
        str(action)
        for permission in items(definition.get("rolePermissions"))
        for action in permission.get("allowedResourceActions") or ()
    ]


def assigned(place: Place) -> list[Holding]:
    """Roles that are held actively. Raises Refused."""
    return place.once(("role-assignments",), lambda: _holdings(place, ASSIGNMENTS))


def eligible(place: Place) -> list[Holding]:
    """Roles that may be activated; none where the tenant has no licence for that.

    Raises Refused.
    """

    def read() -> list[Holding]:
        try:
            return _holdings(place, ELIGIBLE)
        except Refused as error:
            # Without the licence nobody is eligible: such assignments end with it.
            if error.reason == "unlicensed":
                return []
            raise

    return place.once(("role-eligibility",), read)


def _holdings(place: Place, operation: str) -> list[Holding]:
    roles = definitions(place)
    query = {
        "$select": "id,principalId,roleDefinitionId,directoryScopeId",
        "$expand": "principal",
    }
    found = []
    for item in place.pages(operation, query=query):
        role = roles.get(str(item.get("roleDefinitionId", "")).lower())
        principal = item.get("principal")
        if role is None or not isinstance(principal, dict):
            raise Refused("broken", operation, "an assignment names no role or no principal")
        found.append(
            Holding(
                id=str(item.get("id", "")),
                principal=str(item.get("principalId", "")).lower(),
                principal_kind=_principal_kind(principal),
                principal_name=text(principal, "userPrincipalName")
                or text(principal, "displayName")
                or str(item.get("principalId", "")),
                role=role,
                scope=str(item.get("directoryScopeId") or ""),
            )
        )
    return found


def _principal_kind(principal: Mapping[str, Any]) -> str:
    kind = str(principal.get("@odata.type", "")).rpartition(".")[2]
    return {"user": "user", "group": "group", "servicePrincipal": "service"}.get(kind, kind)


def holders(place: Place, held: list[Holding]) -> dict[str, list[Holding]]:
    """Account or service principal -> what it holds, directly or by a group. Raises Refused."""
    groups = {one.principal for one in held if one.principal_kind == "group"}
    members = group_members(place, groups)
    found: dict[str, list[Holding]] = {}
    for one in held:
        if one.principal_kind != "group":
            found.setdefault(one.principal, []).append(one)
            continue
        inside = members[one.principal]
        if isinstance(inside, Refused):
            raise inside
        for account in inside.users | inside.others:
            found.setdefault(account, []).append(one)
    return found


def role_holders(place: Place) -> dict[str, list[Holding]]:
    """Who holds which role, actively or as one who may activate it. Raises Refused."""

    def read() -> dict[str, list[Holding]]:
        return holders(place, [*assigned(place), *eligible(place)])

    return place.once(("role-holders",), read)


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


def _rules(place: Place) -> SignInRules:
    accounts = users(place)
    policies = list(
        place.pages(
            POLICIES,
            query={"$select": "id,displayName,state,conditions,grantControls,sessionControls"},
            headers={"Prefer": "include-unknown-enum-members"},
        )
    )
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
        query = {"$select": "id,displayName,isTrusted"}
        locations = _tried(lambda: list(place.pages(LOCATIONS, query=query)), refused, "location")
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
