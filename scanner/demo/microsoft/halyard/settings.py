"""Settings as the settings catalog writes them, and what policies are assigned to."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.making import guid

CONFIG = "device_vendor_msft_policy_config_"
V2 = f"{CONFIG}applicationcontrolv2_"


def choice(setting: str, option: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
        "settingDefinitionId": setting,
        "settingInstanceTemplateReference": None,
        "choiceSettingValue": {
            "settingValueTemplateReference": None,
            "value": option if option.startswith(("device", "vendor")) else f"{setting}_{option}",
            "children": list(children),
        },
    }


def simple(setting: str, value: str | int) -> dict[str, Any]:
    kind = "String" if isinstance(value, str) else "Integer"
    return {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
        "settingDefinitionId": setting,
        "settingInstanceTemplateReference": None,
        "simpleSettingValue": {
            "@odata.type": f"#microsoft.graph.deviceManagementConfiguration{kind}SettingValue",
            "settingValueTemplateReference": None,
            "value": value,
        },
    }


def lines(setting: str, *lines: str) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.deviceManagementConfiguration"
        "SimpleSettingCollectionInstance",
        "settingDefinitionId": setting,
        "settingInstanceTemplateReference": None,
        "simpleSettingCollectionValue": [
            {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
                "settingValueTemplateReference": None,
                "value": line,
            }
            for line in lines
        ],
    }


def group(setting: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationGroupSettingCollection"
        "Instance",
        "settingDefinitionId": setting,
        "settingInstanceTemplateReference": None,
        "groupSettingCollectionValue": [
            {"settingValueTemplateReference": None, "children": list(children)}
        ],
    }


NOTICE = (
    "This system belongs to Halyard Acoustics LLC and may hold Controlled Unclassified "
    "Information.",
    "Use is monitored and recorded. By going on you agree to that.",
)

PILOT_XML = """<?xml version="1.0" encoding="utf-8"?>
<SiPolicy xmlns="urn:schemas-microsoft-com:sipolicy" PolicyType="Base Policy">
  <VersionEx>10.0.5.0</VersionEx>
  <Rules>
    <Rule><Option>Enabled:UMCI</Option></Rule>
    <Rule><Option>Enabled:Audit Mode</Option></Rule>
    <Rule><Option>Enabled:Managed Installer</Option></Rule>
  </Rules>
  <FileRules>
    <Deny ID="ID_DENY_1" FriendlyName="old script host" FileName="wscript.exe"
      MinimumFileVersion="0.0.0.0"/>
  </FileRules>
  <Signers>
    <Signer ID="ID_SIGNER_1" Name="Microsoft Windows">
      <CertRoot Type="Wellknown" Value="06"/>
    </Signer>
  </Signers>
  <SigningScenarios>
    <SigningScenario Value="12" ID="ID_SCENARIO_1" FriendlyName="programs">
      <ProductSigners>
        <AllowedSigners><AllowedSigner SignerId="ID_SIGNER_1"/></AllowedSigners>
      </ProductSigners>
    </SigningScenario>
  </SigningScenarios>
</SiPolicy>"""

ALL_DEVICES = {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}


def to(group: str, *, exclude: bool = False) -> dict[str, Any]:
    kind = "exclusionGroup" if exclude else "group"
    return {
        "@odata.type": f"#microsoft.graph.{kind}AssignmentTarget",
        "groupId": guid("group", group),
    }


def assignment(policy: str, number: int, target: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{policy}_{number}",
        "target": {
            "deviceAndAppManagementAssignmentFilterId": None,
            "deviceAndAppManagementAssignmentFilterType": "none",
            **target,
        },
    }
