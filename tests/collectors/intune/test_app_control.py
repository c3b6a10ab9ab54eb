"""App Control policies: built-in controls, uploaded XML, both families."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.intune.appcontrol import (
    AppControl,
    Unreadable,
    applocker_enforced,
    from_catalog,
    from_xml,
)
from scanner.collectors.intune.catalog import entries

V2 = "device_vendor_msft_policy_config_applicationcontrolv2_"
V1 = "device_vendor_msft_policy_config_applicationcontrol_"


def xml(*options: str, rules: str = "", kind: str = "Base Policy") -> str:
    texts = "".join(f"<Rule><Option>{option}</Option></Rule>" for option in options)
    return (
        f'<SiPolicy xmlns="urn:schemas-microsoft-com:sipolicy" PolicyType="{kind}">'
        f"<Rules>{texts}</Rules><FileRules>{rules}</FileRules></SiPolicy>"
    )


UMCI = "Enabled:UMCI"
AUDIT = "Enabled:Audit Mode"
HASH = '<Allow ID="a" FriendlyName="tool" Hash="00FF"/>'
ALL = '<Allow ID="all" FileName="*"/>'


@pytest.mark.parametrize(
    ("text", "refuses", "enforced", "default_deny"),
    [
        (xml(UMCI, rules=HASH), True, True, True),
        (xml(UMCI, AUDIT, rules=HASH), False, False, True),
        (xml(UMCI, rules=ALL), False, True, False),
        (xml(UMCI, rules='<Allow ID="p" FilePath="*"/>'), False, True, False),
        (xml(rules=HASH), False, True, True),
        (xml(UMCI, rules=HASH, kind="Supplemental Policy"), False, True, True),
    ],
)
def test_uploaded_xml(text: str, refuses: bool, enforced: bool, default_deny: bool) -> None:
    found = from_xml(text)
    assert (found.refuses, found.enforced, found.default_deny) == (refuses, enforced, default_deny)


def test_the_hash_is_of_the_meaning() -> None:
    one = from_xml(xml(UMCI, rules=HASH))
    spaced = from_xml(xml(UMCI, rules=HASH).replace("><", ">\n  <"))
    other = from_xml(xml(UMCI, rules=HASH.replace("00FF", "00FE")))
    assert one.rules_hash == spaced.rules_hash != other.rules_hash


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<SiPolicy/>",
        "<SiPolicy",
        '<!DOCTYPE x [<!ENTITY a "b">]><SiPolicy xmlns="urn:schemas-microsoft-com:sipolicy"/>',
    ],
)
def test_what_is_no_policy(text: str) -> None:
    with pytest.raises(Unreadable):
        from_xml(text)


def choice(setting: str, option: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {
        "settingDefinitionId": setting,
        "choiceSettingValue": {"value": option, "children": list(children)},
    }


def text_setting(setting: str, value: str) -> dict[str, Any]:
    return {"settingDefinitionId": setting, "simpleSettingValue": {"value": value}}


def carried(instance: dict[str, Any]) -> AppControl | None:
    return from_catalog(entries([{"settingInstance": instance}]))


def second_family(*children: dict[str, Any]) -> dict[str, Any]:
    return choice(f"{V2}buildoptions", f"{V2}buildoptions_built_in_controls_selected", *children)


def test_second_family() -> None:
    enforce = choice(f"{V2}auditmode", f"{V2}auditmode_disabled")
    audit = choice(f"{V2}auditmode", f"{V2}auditmode_enabled")
    installer = choice(
        f"{V2}trustappsfrommanagedinstaller", f"{V2}trustappsfrommanagedinstaller_enabled"
    )
    found = carried(second_family(enforce, installer))
    assert found is not None
    assert found.refuses
    assert found.trusts == ("managed-installer",)
    audited = carried(second_family(audit))
    assert audited is not None
    assert not audited.enforced


def test_a_mode_that_is_not_stated_only_audits() -> None:
    found = carried(second_family())
    assert found is not None
    assert not found.enforced


def test_second_family_with_xml() -> None:
    def upload(text: str) -> AppControl | None:
        option = f"{V2}buildoptions_upload_xml_selected"
        return carried(choice(f"{V2}buildoptions", option, text_setting(f"{V2}xmlupload", text)))

    found = upload(xml(UMCI, rules=HASH))
    assert found is not None
    assert found.refuses
    with pytest.raises(Unreadable, match="empty"):
        upload("   ")


def test_first_family_counts_backwards() -> None:
    setting = f"{V1}built_in_controls_enable_app_control"
    for number, enforced in (("0", True), ("1", False)):
        group = {
            "settingDefinitionId": f"{V1}built_in_controls",
            "groupSettingCollectionValue": [
                {
                    "children": [
                        choice(setting, f"{setting}_{number}"),
                        {
                            "settingDefinitionId": f"{V1}built_in_controls_trust_apps",
                            "choiceSettingCollectionValue": [
                                {"value": f"{V1}built_in_controls_trust_apps_1", "children": []}
                            ],
                        },
                    ]
                }
            ],
        }
        found = carried(
            choice(
                f"{V1}policies_{{policyguid}}_policiesoptions",
                f"{V1}built_in_controls_selected",
                group,
            )
        )
        assert found is not None
        assert found.enforced is enforced
        assert found.trusts == ("managed-installer",)


def test_an_unknown_option_is_not_understood() -> None:
    with pytest.raises(Unreadable, match="unknown option"):
        carried(choice(f"{V2}buildoptions", f"{V2}buildoptions_new_kind"))


def test_no_app_control() -> None:
    assert carried(choice("something_else", "something_else_1")) is None


def test_applocker_by_its_attribute() -> None:
    assert applocker_enforced('<RuleCollection Type="Exe" EnforcementMode="Enabled"/>')
    assert not applocker_enforced('<RuleCollection Type="Exe" EnforcementMode="AuditOnly"/>')
    with pytest.raises(Unreadable):
        applocker_enforced("<Other/>")
