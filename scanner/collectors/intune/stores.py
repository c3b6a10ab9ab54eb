"""The stores of policies, each policy with its reach: catalog, profiles, compliance, others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.intune.assign import Fleet, Reach
from scanner.collectors.intune.carried_settings import from_settings
from scanner.collectors.intune.carried_typed import from_typed
from scanner.collectors.intune.devices import DEVICES_READ, devices
from scanner.collectors.intune.policies import PushedPolicy, Settings
from scanner.collectors.microsoft.graph import GROUP_READ, group_members
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, text

CATALOG = "GET /beta/deviceManagement/configurationPolicies"
CATALOG_SETTINGS = "GET /beta/deviceManagement/configurationPolicies/{id}/settings"
PROFILES = "GET /deviceManagement/deviceConfigurations"
PROFILE_ASSIGNMENTS = "GET /beta/deviceManagement/deviceConfigurations/{id}/assignments"
COMPLIANCE = "GET /deviceManagement/deviceCompliancePolicies"
COMPLIANCE_ASSIGNMENTS = "GET /beta/deviceManagement/deviceCompliancePolicies/{id}/assignments"
INTENTS = "GET /beta/deviceManagement/intents"
INTENT_ASSIGNMENTS = "GET /beta/deviceManagement/intents/{id}/assignments"
TEMPLATES = "GET /beta/deviceManagement/groupPolicyConfigurations"
TEMPLATE_ASSIGNMENTS = "GET /beta/deviceManagement/groupPolicyConfigurations/{id}/assignments"
FILTERS = "GET /beta/deviceManagement/assignmentFilters"
CONFIGURATION = "DeviceManagementConfiguration.Read.All"

COMPLIANCE_READ = {
    **DEVICES_READ,
    **GROUP_READ,
    COMPLIANCE: CONFIGURATION,
    COMPLIANCE_ASSIGNMENTS: CONFIGURATION,
    FILTERS: CONFIGURATION,
}

STORES_READ = {
    **COMPLIANCE_READ,
    CATALOG: CONFIGURATION,
    CATALOG_SETTINGS: CONFIGURATION,
    PROFILES: CONFIGURATION,
    PROFILE_ASSIGNMENTS: CONFIGURATION,
    INTENTS: CONFIGURATION,
    INTENT_ASSIGNMENTS: CONFIGURATION,
    TEMPLATES: CONFIGURATION,
    TEMPLATE_ASSIGNMENTS: CONFIGURATION,
}
"""All four stores of policies."""


def _listed(place: Place, operation: str, select: str | None, **query: str) -> list[dict[str, Any]]:
    asked = {"$select": select, **query} if select else dict(query)
    return list(place.pages(operation, query=asked or None))


def _assignments(
    place: Place, operation: str, ids: Iterable[str]
) -> dict[str, list[dict[str, Any]] | Refused]:
    query = {"$select": "id,target"}
    found: dict[str, list[dict[str, Any]] | Refused] = {}
    for (one,), body in place.batch(operation, [(i,) for i in ids], query).items():
        if isinstance(body, Refused):
            found[one] = body
        elif not isinstance(body.get("value"), list):
            found[one] = Refused("broken", operation, "the answer holds no assignments")
        else:
            found[one] = items(body["value"])
    return found


def compliance(place: Place) -> tuple[PushedPolicy, ...]:
    """Compliance policies with their reach. Raises Refused."""
    return place.once(("compliance",), lambda: _compliance(place))


def _compliance(place: Place) -> tuple[PushedPolicy, ...]:
    # Not selected: the settings are properties of derived types.
    listed = _listed(place, COMPLIANCE, None)
    assigned = _assignments(place, COMPLIANCE_ASSIGNMENTS, (str(p["id"]) for p in listed))
    fleet = _fleet(place, assigned.values())
    return tuple(
        _typed(policy, "compliance", COMPLIANCE, fleet, assigned[str(policy["id"])])
        for policy in listed
    )


def _typed(
    policy: Mapping[str, Any],
    store: str,
    operation: str,
    fleet: Fleet,
    assignments: list[dict[str, Any]] | Refused,
) -> PushedPolicy:
    return PushedPolicy(
        id=str(policy["id"]),
        name=text(dict(policy), "displayName") or str(policy["id"]),
        store=store,
        operation=operation,
        platforms=_type_platforms(str(policy.get("@odata.type", ""))),
        carries=from_typed(policy),
        reach=_reach(fleet, assignments),
    )


def _type_platforms(kind: str) -> frozenset[str]:
    low = kind.rpartition(".")[2].lower()
    for start in ("windows", "macos", "ios", "android"):
        if low.startswith(start):
            return frozenset({start})
    return frozenset()


def _reach(fleet: Fleet, assignments: list[dict[str, Any]] | Refused) -> Reach:
    if isinstance(assignments, Refused):
        everything = frozenset(str(device["id"]) for device in fleet.devices)
        return Reach(frozenset(), everything, assignments)
    return fleet.reach(assignments)


def _fleet(place: Place, assigned: Iterable[list[dict[str, Any]] | Refused]) -> Fleet:
    targets = [
        assignment.get("target") or {}
        for assignments in assigned
        if not isinstance(assignments, Refused)
        for assignment in assignments
    ]
    groups = {str(target["groupId"]) for target in targets if target.get("groupId")}
    filters: Mapping[str, Mapping[str, Any]] | Refused = {}
    if any(target.get("deviceAndAppManagementAssignmentFilterId") for target in targets):
        filters = place.once(("filters",), lambda: _filters(place))
    return Fleet(devices(place), group_members(place, groups), filters)


def _filters(place: Place) -> Mapping[str, Mapping[str, Any]] | Refused:
    try:
        found = _listed(place, FILTERS, "id,displayName,platform,rule")
    except Refused as error:
        return error
    return {str(one.get("id", "")).lower(): one for one in found}


def settings(place: Place) -> Settings:
    """Every policy of the four stores. Raises Refused where one of them cannot be read."""
    return place.once(("settings",), lambda: _settings(place))


def _settings(place: Place) -> Settings:
    catalog = _listed(
        place,
        CATALOG,
        "id,name,platforms,technologies,templateReference,settingCount",
        **{"$expand": "assignments"},
    )
    ids = [(str(policy["id"]),) for policy in catalog]
    read = place.batch(CATALOG_SETTINGS, ids, {"$select": "id,settingInstance", "$top": "1000"})
    profiles = _listed(place, PROFILES, None)
    profile_assigned = _assignments(place, PROFILE_ASSIGNMENTS, (str(p["id"]) for p in profiles))
    fleet = _fleet(place, [*(_expanded(policy) for policy in catalog), *profile_assigned.values()])
    found = [_catalog_policy(policy, read[(str(policy["id"]),)], fleet) for policy in catalog]
    found += [
        _typed(policy, "profile", PROFILES, fleet, profile_assigned[str(policy["id"])])
        for policy in profiles
    ]
    return Settings(
        policies=(*(p for p in found if p is not None), *compliance(place)),
        opaque=(
            *_opaque(place, INTENTS, INTENT_ASSIGNMENTS, "intent"),
            *_opaque(place, TEMPLATES, TEMPLATE_ASSIGNMENTS, "template"),
        ),
    )


_CATALOG_PLATFORMS = {
    "windows10": "windows",
    "macos": "macos",
    "ios": "ios",
    "android": "android",
    "linux": "linux",
}


def _expanded(policy: Mapping[str, Any]) -> list[dict[str, Any]] | Refused:
    """The assignments that came with a policy, or why they are not all there."""
    if policy.get("assignments@odata.nextLink"):
        return Refused("truncated", CATALOG, "a policy came with a part of its assignments")
    if not isinstance(policy.get("assignments"), list):
        return Refused("broken", CATALOG, "a policy came without its assignments")
    return items(policy["assignments"])


def _catalog_policy(
    policy: Mapping[str, Any], read: dict[str, Any] | Refused, fleet: Fleet
) -> PushedPolicy:
    if isinstance(read, Refused):
        raise read
    found = items(read.get("value"))
    count = policy.get("settingCount")
    if isinstance(count, int) and len(found) < count:
        raise Refused("truncated", CATALOG_SETTINGS, f"{len(found)} of {count} settings came")
    platforms = {
        _CATALOG_PLATFORMS[word.strip().lower()]
        for word in str(policy.get("platforms") or "").split(",")
        if word.strip().lower() in _CATALOG_PLATFORMS
    }
    family = str((policy.get("templateReference") or {}).get("templateFamily") or "none")
    return PushedPolicy(
        id=str(policy["id"]),
        name=str(policy.get("name") or policy["id"]),
        store="catalog",
        operation=CATALOG_SETTINGS,
        platforms=frozenset(platforms),
        carries=from_settings(found),
        reach=_reach(fleet, _expanded(policy)),
        baseline=family.lower() == "baseline",
    )


def _opaque(place: Place, operation: str, assignments: str, store: str) -> tuple[PushedPolicy, ...]:
    listed = _listed(place, operation, "id,displayName")
    assigned = _assignments(place, assignments, (str(p["id"]) for p in listed))
    fleet = _fleet(place, assigned.values())
    return tuple(
        PushedPolicy(
            id=str(policy["id"]),
            name=text(policy, "displayName") or str(policy["id"]),
            store=store,
            operation=operation,
            platforms=frozenset({"windows"}) if store == "template" else frozenset(),
            carries={},
            reach=_reach(fleet, assigned[str(policy["id"])]),
        )
        for policy in listed
    )
