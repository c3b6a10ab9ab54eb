"""What policies say, in neutral words."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from scanner.collectors.intune.appcontrol import Unreadable
from scanner.collectors.intune.carried_settings import banner_hash, from_settings
from scanner.collectors.intune.carried_typed import from_typed

C = "device_vendor_msft_policy_config_"


def choice(setting: str, option: str, *children: dict[str, Any]) -> dict[str, Any]:
    value = {"value": f"{setting}_{option}", "children": list(children)}
    return {"settingDefinitionId": setting, "choiceSettingValue": value}


def simple(setting: str, value: Any) -> dict[str, Any]:
    return {"settingDefinitionId": setting, "simpleSettingValue": {"value": value}}


def lines(setting: str, *texts: str) -> dict[str, Any]:
    values = [{"value": text} for text in texts]
    return {"settingDefinitionId": setting, "simpleSettingCollectionValue": values}


def carried(*instances: dict[str, Any]) -> dict[str, Any]:
    return from_settings([{"id": "0", "settingInstance": i} for i in instances])


def test_fips() -> None:
    setting = f"{C}cryptography_allowfipsalgorithmpolicy"
    assert carried(choice(setting, "1")) == {"fips": True}
    assert carried(choice(setting, "0")) == {"fips": False}
    assert isinstance(carried(choice(setting, "7"))["fips"], Unreadable)


@pytest.mark.parametrize(("seconds", "minutes"), [(900, 15), (60, 1), (61, 2), (0, None)])
def test_lock_time_is_in_seconds(seconds: int, minutes: int | None) -> None:
    setting = f"{C}localpoliciessecurityoptions_interactivelogon_machineinactivitylimit_v2"
    assert carried(simple(setting, seconds)) == {"lock-minutes": minutes}


def test_password_children_need_their_switch() -> None:
    switch = f"{C}devicelock_devicepasswordenabled"
    length = simple(f"{C}devicelock_mindevicepasswordlength", 14)
    lock = simple(f"{C}devicelock_maxinactivitytimedevicelock", 10)
    # Inverted: 0 is on.
    assert carried(choice(switch, "0", length, lock)) == {"min-length": 14, "lock-minutes": 10}
    assert carried(choice(switch, "1", length, lock)) == {}
    assert carried(length) == {}


def test_lockout_text() -> None:
    setting = f"{C}devicelock_accountlockoutpolicy"
    text = "AccountLockoutDuration:15, AccountLockoutThreshold:5, ResetAccountLockoutCounterAfter:1"
    assert carried(simple(setting, text)) == {"lockout-threshold": 5, "lockout-seconds": 900}
    broken = carried(simple(setting, "AccountLockoutThreshold:5"))
    assert isinstance(broken["lockout-threshold"], Unreadable)


def test_notice_needs_a_title_and_a_text() -> None:
    start = f"{C}localpoliciessecurityoptions_interactivelogon_message"
    title = simple(f"{start}titleforusersattemptingtologon", "Notice")
    text = lines(f"{start}textforusersattemptingtologon", "For authorized use.", " Only. ")
    digest = hashlib.sha256(b"For authorized use. Only.").hexdigest()
    assert carried(title, text) == {"banner": digest}
    assert carried(text) == {"banner": None}
    placeholder = lines(f"{start}textforusersattemptingtologon", "<YOUR TEXT>")
    assert carried(title, placeholder) == {"banner": None}
    assert banner_hash([]) is None


def test_removable_media() -> None:
    deny = f"{C}admx_removablestorage_removablestorageclasses_denyall_access_2"
    write = f"{C}storage_removablediskdenywriteaccess"
    assert carried(choice(deny, "1")) == {"media": "blocked", "media-unowned": True}
    assert carried(choice(write, "1")) == {"media": "read-only", "media-unowned": False}
    assert carried(choice(write, "0")) == {"media": "allowed", "media-unowned": False}


def test_secret_values_are_never_read() -> None:
    instance = {
        "settingDefinitionId": "device_secret",
        "simpleSettingValue": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSecretSettingValue",
            "value": "hunter2",
            "valueState": "encryptedValueToken",
        },
    }
    assert carried(instance) == {}


def test_typed_policies() -> None:
    windows = {
        "@odata.type": "#microsoft.graph.windows10CompliancePolicy",
        "passwordMinimumLength": 14,
        "passwordMinutesOfInactivityBeforeLock": 15,
        "passwordPreviousPasswordBlockCount": None,
    }
    assert from_typed(windows) == {"min-length": 14, "lock-minutes": 15}
    locker = "#microsoft.graph.windows10EndpointProtectionConfiguration"
    for mode, value in (
        ("enforceComponentsAndStoreApps", True),
        ("auditComponentsAndStoreApps", False),
    ):
        policy = {"@odata.type": locker, "appLockerApplicationControl": mode}
        assert from_typed(policy) == {"applocker": value}
    unset = {"@odata.type": locker, "appLockerApplicationControl": "notConfigured"}
    assert from_typed(unset) == {}
    update = {
        "@odata.type": "#microsoft.graph.windowsUpdateForBusinessConfiguration",
        "qualityUpdatesDeferralPeriodInDays": 5,
        "deadlineForQualityUpdatesInDays": None,
        "qualityUpdatesPaused": False,
    }
    assert from_typed(update) == {"update-days": None}


def test_custom_settings() -> None:
    def custom(uri: str, value: Any, **more: Any) -> dict[str, Any]:
        setting = {"omaUri": uri, "value": value, **more}
        kind = "#microsoft.graph.windows10CustomConfiguration"
        return from_typed({"@odata.type": kind, "omaSettings": [setting]})

    fips = "./Device/Vendor/MSFT/Policy/Config/Cryptography/AllowFipsAlgorithmPolicy"
    assert custom(fips, 1) == {"fips": True}
    assert custom(fips.replace("/Device", ""), 0) == {"fips": False}
    assert isinstance(custom(fips, 1, isEncrypted=True)["fips"], Unreadable)
    binary = custom("./Vendor/MSFT/ApplicationControl/Policies/{1}/Policy", "AAEC")
    assert isinstance(binary["app-control"], Unreadable)
