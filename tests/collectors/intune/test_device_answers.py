"""What devices and policies leave out, which is neither a yes nor a no."""

from __future__ import annotations

from typing import Any

import pytest
from told import only, place_of

from scanner.collectors.base import Refused
from scanner.collectors.intune.appcontrol import Unreadable
from scanner.collectors.intune.assign import Reach
from scanner.collectors.intune.carried_settings import from_settings
from scanner.collectors.intune.carried_typed import from_typed
from scanner.collectors.intune.collector import COLLECTOR
from scanner.collectors.intune.policies import PushedPolicy
from scanner.collectors.intune.reported import reported

SOURCES = {source.name: source for source in COLLECTOR.sources}
DEVICES = "GET /deviceManagement/managedDevices"
KEYS = "GET /informationProtection/bitlocker/recoveryKeys"
HAL = {"id": "d1", "deviceName": "HAL-1", "operatingSystem": "Windows", "managementAgent": "mdm",
       "lastSyncDateTime": "2026-11-23T07:33:41Z", "isEncrypted": True}  # fmt: skip


def device(**more: Any) -> tuple[Any, dict[str, Refused]]:
    fields = ("company_owned", "tampered")
    return only(SOURCES["managed-devices"], {DEVICES: [{**HAL, **more}]}, *fields)


def test_owner_and_state_that_are_not_told() -> None:
    fact, refused = device(managedDeviceOwnerType="company", jailBroken="False")
    assert not refused
    assert (fact.company_owned, fact.tampered) == (True, False)
    fact, refused = device(managedDeviceOwnerType="personal", jailBroken="True")
    assert (fact.company_owned, fact.tampered) == (False, True)
    _, refused = device(managedDeviceOwnerType="unknown", jailBroken="Unknown")
    assert set(refused) == {"company_owned", "tampered"}


@pytest.mark.parametrize(
    ("directory_id", "kept"),
    [("A1", True), ("a2", False), ("", None), ("00000000-0000-0000-0000-000000000000", None)],
)
def test_a_key_belongs_to_a_device_that_has_an_id(directory_id: str, kept: bool | None) -> None:
    keys = [{"deviceId": "a1", "volumeType": "1"}, {"deviceId": "", "volumeType": "1"}]
    answers = {DEVICES: [{**HAL, "azureADDeviceId": directory_id}], KEYS: keys}
    fact, refused = only(SOURCES["managed-devices"], answers, "key_escrowed")
    if kept is None:
        assert refused["key_escrowed"].reason == "not-supported"
    else:
        assert fact.key_escrowed is kept


def test_rules_for_a_password_that_is_not_asked_for() -> None:
    kind = "#microsoft.graph.windows10CompliancePolicy"
    policy = {"@odata.type": kind, "passwordMinimumLength": 14}
    assert from_typed({**policy, "passwordRequired": True}) == {"min-length": 14}
    assert from_typed({**policy, "passwordRequired": False}) == {}
    phone = {"@odata.type": "#microsoft.graph.iosCompliancePolicy", "passcodeMinimumLength": 6}
    assert from_typed({**phone, "passcodeRequired": False}) == {}


def test_a_profile_that_blocks_no_storage_allows_none() -> None:
    kind = "#microsoft.graph.windows10GeneralConfiguration"
    assert from_typed({"@odata.type": kind, "storageBlockRemovableStorage": False}) == {}
    blocks = from_typed({"@odata.type": kind, "storageBlockRemovableStorage": True})
    assert blocks == {"media": "blocked", "media-unowned": True}


def test_a_firewall_whose_default_is_left_to_the_device() -> None:
    start = "vendor_msft_firewall_mdmstore_publicprofile_"

    def choice(name: str, option: str) -> dict[str, Any]:
        value = {"value": f"{start}{name}_{option}", "children": []}
        return {"settingInstance": {"settingDefinitionId": f"{start}{name}",
                                    "choiceSettingValue": value}}  # fmt: skip

    on = choice("enablefirewall", "true")
    inbound = choice("defaultinboundaction", "1")
    assert from_settings([on, inbound]) == {"firewall:public": "deny"}
    assert from_settings([choice("enablefirewall", "false")]) == {"firewall:public": "allow"}
    assert isinstance(from_settings([on])["firewall:public"], Unreadable)


STATES = "GET /deviceManagement/managedDevices/{id}/deviceConfigurationStates"


def test_two_policies_of_one_name() -> None:
    nobody: frozenset[str] = frozenset()
    policy = PushedPolicy("p1", "Lock", "profile", "op", nobody, {}, Reach(nobody, nobody))
    states = [{"id": "p2_d1", "displayName": "Lock", "state": "error"},
              {"id": "p1_d1", "displayName": "Lock", "state": "compliant"}]  # fmt: skip
    answers = {DEVICES: [HAL], STATES: states}
    assert reported(place_of(SOURCES["fips"], answers), policy, HAL) == "applied"
    answers[STATES] = [{"id": "x", "displayName": "Lock", "state": "error"}]
    assert reported(place_of(SOURCES["fips"], answers), policy, HAL) == "failed"


CATALOG = "GET /beta/deviceManagement/configurationPolicies"
EVERYBODY = {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}
FIPS = "device_vendor_msft_policy_config_cryptography_allowfipsalgorithmpolicy"


@pytest.mark.parametrize(
    ("came", "reason"),
    [
        ({"assignments": [EVERYBODY]}, None),
        ({"assignments": [EVERYBODY], "assignments@odata.nextLink": "https://x"}, "truncated"),
        ({}, "broken"),
    ],
)
def test_a_policy_that_came_without_all_its_assignments(
    came: dict[str, Any], reason: str | None
) -> None:
    on = {"settingDefinitionId": FIPS, "choiceSettingValue": {"value": f"{FIPS}_1"}}
    rows = {"TotalRowCount": 1, "Values": [["d1", "compliant"]],
            "Schema": [{"Column": "IntuneDeviceId"}, {"Column": "PolicyStatus"}]}  # fmt: skip
    beta = "/beta/deviceManagement"
    answers: dict[str, Any] = {
        DEVICES: [HAL], CATALOG: [{"id": "p", "name": "FIPS", "platforms": "windows10", **came}],
        f"GET {beta}/configurationPolicies/{{id}}/settings": [{"settingInstance": on}],
        f"POST {beta}/reports/getConfigurationPolicyDevicesReport": rows,
        "GET /deviceManagement/deviceConfigurations": [],
        "GET /deviceManagement/deviceCompliancePolicies": [],
        f"GET {beta}/intents": [], f"GET {beta}/groupPolicyConfigurations": [],
    }  # fmt: skip
    fact, refused = only(SOURCES["fips"], answers)
    if reason is None:
        assert fact.on is True
    else:
        assert refused["on"].reason == reason
