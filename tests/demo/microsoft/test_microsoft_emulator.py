"""The emulator answers as the documented services do, and its payloads have their shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from scanner.demo.microsoft import FAULT_KINDS, Emulator, start_emulator
from scanner.demo.microsoft.halyard import SUBSCRIPTION, TENANT, halyard

HTTP = urllib3.PoolManager()
TOKEN = {"Authorization": "Bearer t"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with start_emulator(page_size=20) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(emulator: Emulator) -> Iterator[None]:
    yield
    emulator.faults.clear()


def ask(emulator: Emulator, path: str, method: str = "GET", **more: Any) -> tuple[int, Any]:
    url = path if path.startswith("http") else f"{emulator.endpoint}{path}"
    headers = more.pop("headers", TOKEN)
    got = HTTP.request(method, url, headers=headers, retries=False, **more)
    return got.status, json.loads(got.data) if got.data else None


def test_pages_and_select(emulator: Emulator) -> None:
    status, body = ask(emulator, "/v1.0/users?$select=id,displayName&$top=15")
    assert status == 200
    assert len(body["value"]) == 15
    assert set(body["value"][0]) == {"id", "displayName"}
    link = body["@odata.nextLink"]
    assert link.startswith(emulator.endpoint)
    assert "$skiptoken" in link
    _, second = ask(emulator, link)
    assert {u["id"] for u in second["value"]}.isdisjoint(u["id"] for u in body["value"])


def test_filter(emulator: Emulator) -> None:
    _, body = ask(emulator, "/v1.0/users?$select=id&$filter=userType%20eq%20'Guest'")
    assert len(body["value"]) == 2
    status, body = ask(emulator, "/v1.0/users?$filter=nonsense(x)")
    assert (status, body["error"]["code"]) == (400, "BadRequest")


def test_errors(emulator: Emulator) -> None:
    assert ask(emulator, "/v1.0/users", headers={})[0] == 401
    status, body = ask(emulator, "/v1.0/nosuchthing")
    assert status == 400
    assert "segment" in body["error"]["message"]
    status, body = ask(emulator, "/v1.0/groups/00000000-0000-0000-0000-000000000000")
    assert (status, body["error"]["code"]) == (404, "Request_ResourceNotFound")
    assert ask(emulator, "/v1.0/users", method="DELETE")[0] == 405
    assert ask(emulator, f"/subscriptions/{SUBSCRIPTION}")[0] == 400


def test_beta_has_more_than_v1(emulator: Emulator) -> None:
    path = "/deviceManagement/configurationPolicies?$select=id"
    assert ask(emulator, f"/beta{path}")[0] == 200
    assert ask(emulator, f"/v1.0{path}")[0] == 400
    assert ask(emulator, "/beta/users?$select=id")[0] == 200


def test_batch(emulator: Emulator) -> None:
    requests = [
        {"id": "1", "method": "GET", "url": "/users?$select=id&$top=1"},
        {"id": "2", "method": "GET", "url": "/groups/none"},
    ]
    body = json.dumps({"requests": requests})
    status, answer = ask(emulator, "/v1.0/$batch", "POST", body=body)
    assert status == 200
    replies = {reply["id"]: reply for reply in answer["responses"]}
    assert replies["1"]["status"] == 200
    assert replies["2"]["status"] == 404
    many = json.dumps({"requests": requests * 11})
    assert ask(emulator, "/v1.0/$batch", "POST", body=many)[0] == 400


def test_arm_pages_by_its_own_link(emulator: Emulator) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Storage/storageAccounts"
    emulator.faults.add(path, "cut-off")
    _, body = ask(emulator, f"{path}?api-version=2023-05-01")
    assert "api-version" in body["nextLink"]
    assert "@odata.nextLink" not in body
    # Resource ids are compared without case.
    assert ask(emulator, f"{path.upper()}?api-version=x".replace("API-VERSION", "api-version"))


def test_reports_filter_by_policy(emulator: Emulator) -> None:
    policy = next(iter(emulator.tenant.reports))
    asked = {"select": ["IntuneDeviceId"], "filter": f"(PolicyId eq '{policy}')", "top": 5}
    path = "/beta/deviceManagement/reports/getConfigurationPolicyDevicesReport"
    _, body = ask(emulator, path, "POST", body=json.dumps(asked))
    assert body["TotalRowCount"] > 5
    assert len(body["Values"]) == 5
    assert [column["Column"] for column in body["Schema"]] == ["IntuneDeviceId"]


def test_faults_by_path_and_selection(emulator: Emulator) -> None:
    emulator.faults.add("/users?*signInActivity*", "denied")
    assert ask(emulator, "/v1.0/users?$select=id")[0] == 200
    assert ask(emulator, "/v1.0/users?$select=id,signInActivity")[0] == 403
    emulator.faults.add("/domains", "throttled", times=1)
    assert ask(emulator, "/v1.0/domains?$select=id")[0] == 429
    assert ask(emulator, "/v1.0/domains?$select=id")[0] == 200
    with pytest.raises(ValueError, match="no such fault"):
        emulator.faults.add("/users", "nonsense")
    assert "hang" in FAULT_KINDS


def test_the_contractor_is_believable() -> None:
    tenant = halyard()
    users = tenant.graph["/users"]
    assert isinstance(users, list)
    assert 55 <= len(users) <= 70
    assert tenant.id == TENANT
    assert halyard().graph["/users"][0]["id"] == users[0]["id"]  # type: ignore[index]


MODELS = {
    "/users": "user:User",
    "/groups": "group:Group",
    "/reports/authenticationMethods/userRegistrationDetails": (
        "user_registration_details:UserRegistrationDetails"
    ),
    "/identity/conditionalAccess/policies": "conditional_access_policy:ConditionalAccessPolicy",
    "/identity/conditionalAccess/namedLocations": "named_location:NamedLocation",
    "/policies/authenticationStrengthPolicies": (
        "authentication_strength_policy:AuthenticationStrengthPolicy"
    ),
    "/policies/authenticationMethodsPolicy": (
        "authentication_methods_policy:AuthenticationMethodsPolicy"
    ),
    "/policies/authorizationPolicy": "authorization_policy:AuthorizationPolicy",
    "/policies/crossTenantAccessPolicy/default": (
        "cross_tenant_access_policy_configuration_default:"
        "CrossTenantAccessPolicyConfigurationDefault"
    ),
    "/roleManagement/directory/roleAssignments": "unified_role_assignment:UnifiedRoleAssignment",
    "/roleManagement/directory/roleDefinitions": "unified_role_definition:UnifiedRoleDefinition",
    "/roleManagement/directory/roleEligibilityScheduleInstances": (
        "unified_role_eligibility_schedule_instance:UnifiedRoleEligibilityScheduleInstance"
    ),
    "/policies/roleManagementPolicyAssignments": (
        "unified_role_management_policy_assignment:UnifiedRoleManagementPolicyAssignment"
    ),
    "/servicePrincipals": "service_principal:ServicePrincipal",
    "/applications": "application:Application",
    "/domains": "domain:Domain",
    "/groupSettings": "group_setting:GroupSetting",
    "/organization": "organization:Organization",
    "/auditLogs/signIns": "sign_in:SignIn",
    "/auditLogs/directoryAudits": "directory_audit:DirectoryAudit",
    "/devices": "device:Device",
    "/deviceManagement/managedDevices": "managed_device:ManagedDevice",
    "/deviceManagement/detectedApps": "detected_app:DetectedApp",
    "/deviceManagement/deviceConfigurations": "device_configuration:DeviceConfiguration",
    "/deviceManagement/deviceCompliancePolicies": (
        "device_compliance_policy:DeviceCompliancePolicy"
    ),
    "/informationProtection/bitlocker/recoveryKeys": "bitlocker_recovery_key:BitlockerRecoveryKey",
    "/admin/sharepoint/settings": "sharepoint_settings:SharepointSettings",
    "/policies/activityBasedTimeoutPolicies": (
        "activity_based_timeout_policy:ActivityBasedTimeoutPolicy"
    ),
    "/security/incidents": "security.incident:Incident",
}
"""Path of the emulated tenant -> module and class of the SDK's model."""


@pytest.mark.parametrize("path", sorted(MODELS))
def test_payloads_round_trip_through_the_sdk(path: str) -> None:
    """Every property that the emulator serves is one of the vendor's model, and keeps its value."""
    pytest.importorskip("msgraph", reason="msgraph-sdk is not installed (392 MB)")
    from importlib import import_module

    from kiota_serialization_json.json_parse_node import JsonParseNode

    module, _, name = MODELS[path].partition(":")
    model = getattr(import_module(f"msgraph.generated.models.{module}"), name)
    payload = halyard().graph[path]
    for item in payload if isinstance(payload, list) else [payload]:
        parsed = JsonParseNode(item).get_object_value(model)
        assert not _unknown(parsed), f"{path}: {_unknown(parsed)}"
        _kept(item, parsed, path)


def _unknown(parsed: Any) -> list[str]:
    """Properties that the model does not know end up in its additional data."""
    found = [key for key in parsed.additional_data if not key.startswith("@")]
    for value in vars(parsed.backing_store).get("_InMemoryBackingStore__store", {}).values():
        inner = value[1] if isinstance(value, tuple) else value
        for one in inner if isinstance(inner, list) else [inner]:
            if hasattr(one, "additional_data") and hasattr(one, "backing_store"):
                found += _unknown(one)
    return found


def _kept(item: Any, parsed: Any, where: str) -> None:
    """Each value of the payload is there in the model that was made of it."""
    if isinstance(item, dict):
        for key, value in item.items():
            if value is None or "@odata" in key or value == []:
                continue
            name = re.sub(r"([A-Z])", r"_\1", key).lower()
            found = getattr(parsed, name, None)
            assert found is not None, f"{where}.{key} was lost"
            _kept(value, found, f"{where}.{key}")
    elif isinstance(item, list):
        assert len(item) == len(parsed), where
        for one, other in zip(item, parsed, strict=True):
            _kept(one, other, where)
    elif isinstance(item, bool | int):
        assert parsed == item, where
    elif isinstance(item, str) and isinstance(parsed, list):  # flags in one text
        assert ",".join(one.value for one in parsed) == item, where
    elif isinstance(item, str) and not item.endswith("Z"):
        text = parsed.value if hasattr(parsed, "value") else str(parsed)
        assert str(text) == item, where
