"""Who holds which directory role, for how long, and whether somebody has to approve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.collectors.base import Refused, source
from scanner.collectors.entra.conditional_access import asks_in_context
from scanner.collectors.entra.held_roles import (
    ASSIGNED_READ,
    ASSIGNMENTS,
    ELIGIBLE,
    ROLES_READ,
    Holding,
    assigned,
    eligible,
)
from scanner.collectors.entra.sign_in_rules import POLICIES, policies_read
from scanner.collectors.entra.users import kind_of, users
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items
from scanner.facts import Fact
from scanner.facts.identity import RoleGrant

SCHEDULED = "GET /roleManagement/directory/roleAssignmentScheduleInstances"
APPROVALS = "GET /policies/roleManagementPolicyAssignments"
_ACTIVATION_READ = {APPROVALS: "RoleManagement.Read.All", POLICIES: "Policy.Read.All"}

_FIELDS = (
    "principal",
    "principal_name",
    "principal_kind",
    "role",
    "action_class",
    "privileged",
)


@source(RoleGrant, fields=_FIELDS, calls=ASSIGNED_READ)
def active_grants(place: Place) -> Iterator[Fact]:
    """Directory roles that are held now."""
    for one in assigned(place):
        yield _grant(place, one, ASSIGNMENTS)


@source(RoleGrant, fields=(*_FIELDS, "permanent"), calls=ROLES_READ, always={"permanent": False})
def eligible_grants(place: Place) -> Iterator[Fact]:
    """Directory roles that may be activated."""
    for one in eligible(place):
        yield _grant(place, one, ELIGIBLE, permanent=False)


def _grant(place: Place, one: Holding, operation: str, **more: Any) -> RoleGrant:
    where = "" if one.scope == "/" else f" at {one.scope}"
    return RoleGrant(
        subject=f"{one.principal}/{one.role.template}{'' if one.scope == '/' else one.scope}"
        + ("/eligible" if operation == ELIGIBLE else ""),
        name=f"{one.principal_name}: {one.role.name}{where}",
        principal=one.principal,
        principal_name=one.principal_name,
        principal_kind=one.principal_kind,
        role=one.role.name,
        action_class=one.role.classes,
        privileged=bool(one.role.classes),
        **more,
        **place.here(operation),
    )


@active_grants.detail(
    fields=["permanent", "expires_days"],
    calls={SCHEDULED: "RoleAssignmentSchedule.Read.Directory", **ASSIGNED_READ},
)
def duration(place: Place, grant: RoleGrant) -> dict[str, object]:
    """Whether the assignment ends by itself, or was activated for a while."""

    def read() -> dict[str, Mapping[str, Any]]:
        query = {
            "$select": "id,principalId,roleDefinitionId,directoryScopeId,assignmentType,endDateTime"
        }
        return {
            _key(one): one
            for one in sorted(
                place.pages(SCHEDULED, query=query), key=lambda o: str(o.get("endDateTime") or "~")
            )
        }

    held = next(o for o in assigned(place) if _grant_subject(o) == grant.subject)
    try:
        schedules = place.once(("role-schedules",), read)
    except Refused as error:
        # Without the licence no assignment can have an end.
        if error.reason == "unlicensed":
            return {"permanent": True, "expires_days": None}
        raise
    found = schedules.get(f"{held.principal}/{held.role.id}/{held.scope}".lower())
    if found is None:
        raise Refused("broken", SCHEDULED, "no schedule for this assignment")
    ends = place.days_until(found.get("endDateTime"))
    activated = found.get("assignmentType") == "Activated"
    return {"permanent": ends is None and not activated, "expires_days": ends}


def _grant_subject(one: Holding) -> str:
    return f"{one.principal}/{one.role.template}{'' if one.scope == '/' else one.scope}"


def _key(schedule: Mapping[str, Any]) -> str:
    parts = (schedule.get(k) for k in ("principalId", "roleDefinitionId", "directoryScopeId"))
    return "/".join(str(part or "") for part in parts).lower()


def _external(place: Place, grant: RoleGrant) -> dict[str, object]:
    kinds = place.once(
        ("user-kinds",),
        lambda: {str(user.get("id", "")).lower(): kind_of(user) for user in users(place)},
    )
    kind = kinds.get(str(grant.principal))
    return {"external": kind is not None and kind not in ("member", "unknown", "internalGuest")}


@active_grants.detail(fields=["external"], calls={"GET /users": "User.Read.All"})
def outsider(place: Place, grant: RoleGrant) -> dict[str, object]:
    """Whether the holder signs in at another organisation."""
    return _external(place, grant)


@eligible_grants.detail(fields=["external"], calls={"GET /users": "User.Read.All"})
def eligible_outsider(place: Place, grant: RoleGrant) -> dict[str, object]:
    """Whether the holder signs in at another organisation."""
    return _external(place, grant)


@eligible_grants.detail(
    fields=["approval_required", "mfa_condition"],
    calls={**_ACTIVATION_READ, **ROLES_READ},
)
def activation(place: Place, grant: RoleGrant) -> dict[str, object]:
    """What activating the role takes."""
    held = next(o for o in eligible(place) if f"{_grant_subject(o)}/eligible" == grant.subject)
    return _activation(place, held.role.id)


@active_grants.detail(
    fields=["approval_required", "mfa_condition"],
    calls={**_ACTIVATION_READ, **ASSIGNED_READ},
)
def activated(place: Place, grant: RoleGrant) -> dict[str, object]:
    """What activating the role takes, for an assignment that may have been activated."""
    held = next(o for o in assigned(place) if _grant_subject(o) == grant.subject)
    return _activation(place, held.role.id)


def _activation(place: Place, role: str) -> dict[str, object]:
    def read() -> dict[str, Mapping[str, Any]]:
        query = {
            "$filter": "scopeId eq '/' and scopeType eq 'DirectoryRole'",
            "$expand": "policy($expand=rules)",
            "$select": "id,roleDefinitionId,scopeId,scopeType",
        }
        return {
            str(one.get("roleDefinitionId", "")).lower(): one
            for one in place.pages(APPROVALS, query=query)
        }

    found = place.once(("role-policies",), read).get(role)
    rules = items((found.get("policy") or {}).get("rules")) if found else []
    by_id = {str(rule.get("id")): rule for rule in rules}
    approval = by_id.get("Approval_EndUser_Assignment", {}).get("setting")
    enabling = by_id.get("Enablement_EndUser_Assignment", {}).get("enabledRules")
    context = by_id.get("AuthenticationContext_EndUser_Assignment", {})
    if not isinstance(approval, dict) or not isinstance(enabling, list):
        raise Refused("broken", APPROVALS, "no rules for this role")
    asked: bool | Refused = "MultiFactorAuthentication" in enabling
    if asked is False and context.get("isEnabled") is True:
        asked = _context_asks(place, str(context.get("claimValue") or ""))
    return {
        "approval_required": approval.get("isApprovalRequired") is True,
        "mfa_condition": asked,
    }


def _context_asks(place: Place, context: str) -> bool | Refused:
    """Whether an authentication context asks everybody for a second factor.

    A context asks for nothing by itself: a policy that names it does.
    """
    try:
        policies = policies_read(place)
    except Refused as refused:
        return refused
    answers = [asks_in_context(policy, context) for policy in policies]
    if True in answers:
        return True
    if None in answers:
        detail = f"whether a policy asks for it in context {context} is not certain"
        return Refused("not-supported", POLICIES, detail)
    return False
