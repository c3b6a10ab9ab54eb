"""What several sources look at: devices, policies with their reach, and what devices reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.intune.appcontrol import Unreadable
from scanner.collectors.intune.assign import Fleet, Reach
from scanner.collectors.intune.carried import Value, from_settings, from_typed
from scanner.collectors.microsoft.graph import GROUP_READ, group_members
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, text

DEVICES = "GET /deviceManagement/managedDevices"
CATALOG = "GET /beta/deviceManagement/configurationPolicies"
CATALOG_SETTINGS = "GET /beta/deviceManagement/configurationPolicies/{id}/settings"
CATALOG_REPORT = "POST /beta/deviceManagement/reports/getConfigurationPolicyDevicesReport"
PROFILES = "GET /deviceManagement/deviceConfigurations"
PROFILE_ASSIGNMENTS = "GET /beta/deviceManagement/deviceConfigurations/{id}/assignments"
PROFILE_STATES = "GET /deviceManagement/managedDevices/{id}/deviceConfigurationStates"
COMPLIANCE = "GET /deviceManagement/deviceCompliancePolicies"
COMPLIANCE_ASSIGNMENTS = "GET /beta/deviceManagement/deviceCompliancePolicies/{id}/assignments"
COMPLIANCE_STATES = "GET /deviceManagement/managedDevices/{id}/deviceCompliancePolicyStates"
INTENTS = "GET /beta/deviceManagement/intents"
INTENT_ASSIGNMENTS = "GET /beta/deviceManagement/intents/{id}/assignments"
TEMPLATES = "GET /beta/deviceManagement/groupPolicyConfigurations"
TEMPLATE_ASSIGNMENTS = "GET /beta/deviceManagement/groupPolicyConfigurations/{id}/assignments"
FILTERS = "GET /beta/deviceManagement/assignmentFilters"

_CONFIG = "DeviceManagementConfiguration.Read.All"
_DEVICE = "DeviceManagementManagedDevices.Read.All"

DEVICES_READ = {DEVICES: _DEVICE}
COMPLIANCE_READ = {
    **DEVICES_READ,
    **GROUP_READ,
    COMPLIANCE: _CONFIG,
    COMPLIANCE_ASSIGNMENTS: _CONFIG,
    FILTERS: _CONFIG,
}
SETTINGS_READ = {
    **COMPLIANCE_READ,
    CATALOG: _CONFIG,
    CATALOG_SETTINGS: _CONFIG,
    CATALOG_REPORT: _CONFIG,
    PROFILES: _CONFIG,
    PROFILE_ASSIGNMENTS: _CONFIG,
    PROFILE_STATES: _DEVICE,
    COMPLIANCE_STATES: _DEVICE,
    INTENTS: _CONFIG,
    INTENT_ASSIGNMENTS: _CONFIG,
    TEMPLATES: _CONFIG,
    TEMPLATE_ASSIGNMENTS: _CONFIG,
}
"""Everything that telling a setting on a device takes, in all four stores of policies."""

STALE_DAYS = 30
"""What a device reported longer ago tells nothing of it now."""

_FIELDS = (
    "id,deviceName,operatingSystem,osVersion,complianceState,isEncrypted,lastSyncDateTime,"
    "azureADDeviceId,userId,userPrincipalName,managedDeviceOwnerType,managementAgent,jailBroken,"
    "manufacturer,model,deviceCategoryDisplayName"
)
_NOT_MANAGED = frozenset({"msSense", "eas", "unknown"})


def devices(place: Place) -> list[dict[str, Any]]:
    """Every managed device. Raises Refused."""
    query = {"$select": _FIELDS, "$top": "1000"}

    def read() -> list[dict[str, Any]]:
        found = list(place.pages(DEVICES, query=query))
        if any(not isinstance(device.get("id"), str) for device in found):
            raise Refused("broken", DEVICES, "a device has no id")
        return found

    return place.once(("devices",), read)


def is_managed(device: Mapping[str, Any]) -> bool:
    """Whether Intune manages it, rather than only Defender or Exchange."""
    return str(device.get("managementAgent") or "unknown") not in _NOT_MANAGED


def platform_of(device: Mapping[str, Any]) -> str:
    """windows, macos, ios, android, linux, or the name as it came."""
    low = str(device.get("operatingSystem") or "").lower()
    for start, name in (
        ("windows", "windows"),
        ("mac", "macos"),
        ("ios", "ios"),
        ("ipad", "ios"),
        ("android", "android"),
        ("linux", "linux"),
        ("ubuntu", "linux"),
    ):
        if low.startswith(start):
            return name
    return low or "unknown"


@dataclass(frozen=True)
class PushedPolicy:
    """One policy of any store: what it carries, whom it reaches."""

    id: str
    name: str
    store: str
    """catalog, profile, compliance, intent or template."""
    operation: str
    platforms: frozenset[str]
    """windows, macos, ios, android, linux; empty: told by its type, or any."""
    carries: Mapping[str, Value]
    reach: Reach
    baseline: bool = False

    def covers(self, device: Mapping[str, Any]) -> bool | None:
        """Whether it reaches the device; None where that is not certain."""
        if self.platforms and platform_of(device) not in self.platforms:
            return False
        one = str(device["id"])
        if one in self.reach.certain:
            return True
        return None if one in self.reach.possible else False


@dataclass(frozen=True)
class Settings:
    """Every policy of the tenant."""

    policies: tuple[PushedPolicy, ...]
    opaque: tuple[PushedPolicy, ...] = field(default=())
    """Policies of stores whose settings are not read: what they carry is not known."""

    @cached_property
    def by_key(self) -> Mapping[str, tuple[PushedPolicy, ...]]:
        """The policies that carry each key."""
        found: dict[str, list[PushedPolicy]] = {}
        for policy in self.policies:
            for key in policy.carries:
                found.setdefault(key, []).append(policy)
        return {key: tuple(policies) for key, policies in found.items()}


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
    fleet = _fleet(
        place,
        [*(items(policy.get("assignments")) for policy in catalog), *profile_assigned.values()],
    )
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
        reach=fleet.reach(items(policy.get("assignments"))),
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


_APPLIED = frozenset({"compliant", "remediated", "succeeded", "success"})
_FAILED = frozenset({"noncompliant", "error", "conflict", "failed"})
_NUMBERED = ("unknown", "notapplicable", "compliant", "remediated", "noncompliant", "error",
             "conflict", "notassigned")  # fmt: skip
"""complianceStatus, by its number."""


def reported(place: Place, policy: PushedPolicy, device: Mapping[str, Any]) -> str | Refused:
    """What the device reported of the policy: applied, failed or not-applicable."""
    one = str(device["id"])
    state: str | Refused | None
    if policy.store == "catalog":
        state = _catalog_states(place, policy.id).get(one)
    else:
        state = _device_state(place, policy, one)
    if isinstance(state, Refused):
        return state
    low = (state or "").replace(" ", "").lower()
    if low in _APPLIED:
        return "applied"
    if low in _FAILED:
        return "failed"
    if low == "notapplicable":
        return "not-applicable"
    said = f"it says {state}" if state else "it has not reported"
    return Refused("not-supported", _states_of(policy), f"{policy.name}: {said}")


def _states_of(policy: PushedPolicy) -> str:
    if policy.store == "catalog":
        return CATALOG_REPORT
    return COMPLIANCE_STATES if policy.store == "compliance" else PROFILE_STATES


def _catalog_states(place: Place, policy: str) -> Mapping[str, str]:
    def read() -> dict[str, str]:
        found: dict[str, str] = {}
        skip, total = 0, 1
        while skip < total:
            body = place.post(
                CATALOG_REPORT,
                body={
                    "select": ["IntuneDeviceId", "PolicyStatus"],
                    "filter": f"(PolicyId eq '{policy}')",
                    "skip": skip,
                    "top": 1000,
                },
            )
            rows = _rows(body)
            count = body.get("TotalRowCount")
            if not isinstance(count, int):
                raise Refused("broken", CATALOG_REPORT, "the report has no row count")
            total = count
            if not rows and skip < total:
                raise Refused("truncated", CATALOG_REPORT, f"{skip} of {total} rows came")
            for row in rows:
                found[str(row.get("IntuneDeviceId"))] = _status(row)
            skip += len(rows)
        return found

    return place.once(("report", policy), read)


def _rows(body: Any) -> list[dict[str, Any]]:
    schema = body.get("Schema") if isinstance(body, dict) else None
    values = body.get("Values") if isinstance(body, dict) else None
    if not isinstance(schema, list) or not isinstance(values, list):
        raise Refused("broken", CATALOG_REPORT, "the answer is no report")
    names = [str(column.get("Column")) for column in schema]
    return [dict(zip(names, row, strict=False)) for row in values]


def _status(row: Mapping[str, Any]) -> str:
    words = row.get("PolicyStatus_loc") or row.get("PolicyStatus")
    if isinstance(words, int) or (isinstance(words, str) and words.isdigit()):
        number = int(words)
        return _NUMBERED[number] if 0 <= number < len(_NUMBERED) else str(number)
    return str(words or "")


def _device_state(place: Place, policy: PushedPolicy, device: str) -> str | Refused | None:
    operation = _states_of(policy)
    key = (operation, device)
    states = place.once(("states", operation), lambda: _all_states(place, operation))
    body = states.get(key[1:])
    if body is None or isinstance(body, Refused):
        return body or Refused("broken", operation, "no states of this device")
    mine = [
        state
        for state in items(body.get("value"))
        if str(state.get("id", "")).lower().startswith(policy.id.lower())
        or state.get("displayName") == policy.name
    ]
    found = {str(state.get("state")) for state in mine}
    # One row for each user of the device: the worst of them counts.
    for worst in ("nonCompliant", "error", "conflict", "unknown", "notAssigned"):
        if worst in found:
            return worst
    return next(iter(sorted(found)), None)


def _all_states(place: Place, operation: str) -> dict[tuple[str, ...], dict[str, Any] | Refused]:
    ids = [(str(device["id"]),) for device in devices(place) if is_managed(device)]
    return place.batch(operation, ids, {"$select": "id,displayName,state"})


@dataclass(frozen=True)
class InForce:
    """A setting on one device: the value that is in force, and the policies that carry it."""

    value: Value
    """None both where it is set to nothing and where it is not set: see `set`."""
    set: bool
    policies: tuple[str, ...]
    operation: str


def in_force(place: Place, device: Mapping[str, Any], key: str) -> InForce | Refused:
    """The value of `key` on a device, or why it is not known.

    Two configuration policies with different values are a conflict, which leaves neither in force
    for certain; where a compliance policy speaks too, its value rules.
    """
    found = candidates(place, device, key)
    if isinstance(found, Refused):
        return found
    if not found:
        return InForce(None, False, (), CATALOG)
    rules = [policy for policy in found if policy.store == "compliance"] or found
    values = {repr(policy.carries[key]): policy.carries[key] for policy in rules}
    names = tuple(sorted({policy.name for policy in found}))
    if len(values) > 1:
        detail = f"policies set different values: {', '.join(names)}"
        return Refused("broken", rules[0].operation, detail)
    value = next(iter(values.values()))
    if isinstance(value, Unreadable):
        return Refused("not-supported", rules[0].operation, f"{names[0]}: {value}")
    applied = _applied(place, rules, device)
    if isinstance(applied, Refused):
        return applied
    if not applied:
        return InForce(None, False, names, rules[0].operation)
    return InForce(value, True, names, rules[0].operation)


def _applied(
    place: Place, policies: list[PushedPolicy], device: Mapping[str, Any]
) -> bool | Refused:
    """Whether the device reports one of them as applied."""
    answers = [reported(place, policy, device) for policy in policies]
    if "applied" in answers:
        return True
    for answer in answers:
        if isinstance(answer, Refused):
            return answer
    return False


def candidates(place: Place, device: Mapping[str, Any], key: str) -> list[PushedPolicy] | Refused:
    """The policies that carry `key` and reach the device, or why that is not known."""
    stale = staleness(place, device)
    if stale is not None:
        return stale
    known = settings(place)
    found = []
    for policy in known.by_key.get(key, ()):
        covers = policy.covers(device)
        if covers is None:
            return policy.reach.doubt or Refused("broken", policy.operation, "its reach is unclear")
        if covers:
            found.append(policy)
    if not found:
        for policy in known.opaque:
            if policy.covers(device) is not False:
                detail = f"{policy.name} reaches it too, and its settings are not read"
                return Refused("not-supported", policy.operation, detail)
    return found


def silence(days: int | None) -> str:
    """Since when a device has been silent, in words that stay the same from day to day."""
    if days is None:
        return "it has never reported"
    return f"it last reported more than {STALE_DAYS} days ago"


def staleness(place: Place, device: Mapping[str, Any]) -> Refused | None:
    """Why what the device reported is no news, if it is not."""
    if not is_managed(device):
        return Refused("not-supported", DEVICES, "Intune does not manage this device")
    days = place.days_since(device.get("lastSyncDateTime"))
    if days is None or days > STALE_DAYS:
        return Refused("stale", DEVICES, silence(days))
    return None
