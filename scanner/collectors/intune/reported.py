"""What a device reported of a policy: applied, failed, not applicable, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.intune.devices import DEVICE, devices, is_managed
from scanner.collectors.intune.policies import PushedPolicy
from scanner.collectors.intune.stores import CONFIGURATION
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items

CATALOG_REPORT = "POST /beta/deviceManagement/reports/getConfigurationPolicyDevicesReport"
PROFILE_STATES = "GET /deviceManagement/managedDevices/{id}/deviceConfigurationStates"
COMPLIANCE_STATES = "GET /deviceManagement/managedDevices/{id}/deviceCompliancePolicyStates"

REPORTED_READ = {
    CATALOG_REPORT: CONFIGURATION,
    PROFILE_STATES: DEVICE,
    COMPLIANCE_STATES: DEVICE,
}

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
    if isinstance(words, int) or (isinstance(words, str) and words.isdecimal()):
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
    states_here = items(body.get("value"))
    mine = [s for s in states_here if str(s.get("id", "")).lower().startswith(policy.id.lower())]
    # Two policies may bear one name, so that it only counts where no id tells.
    mine = mine or [s for s in states_here if s.get("displayName") == policy.name]
    found = {str(state.get("state")) for state in mine}
    # One row for each user of the device: the worst of them counts.
    for worst in ("nonCompliant", "error", "conflict", "unknown", "notAssigned"):
        if worst in found:
            return worst
    return next(iter(sorted(found)), None)


def _all_states(place: Place, operation: str) -> dict[tuple[str, ...], dict[str, Any] | Refused]:
    ids = [(str(device["id"]),) for device in devices(place) if is_managed(device)]
    return place.batch(operation, ids, {"$select": "id,displayName,state"})
