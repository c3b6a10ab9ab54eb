"""Systems Manager: managed instances, inventory, patch state and compliance.

Tables: ssm.instances (instance id), ssm.inventory (`instance id/type name`), ssm.patch_states
(instance id), ssm.compliance (any key). Records are in boto3's shape. An agent reports what no
API writes, so instances, patch states and compliance are put in by the emulator's `put`.
"""

from __future__ import annotations

from typing import Any

from scanner.demo.aws.errors import Refusal
from scanner.demo.aws.records import dated
from scanner.demo.aws.registry import Call, Output, ours

_INVENTORY = "ssm.inventory"


@ours("ssm:DescribeInstanceInformation")
def describe_instance_information(call: Call) -> Output:
    filters = {f["Key"]: set(f["Values"]) for f in call.params.get("Filters", [])}
    filters |= {
        f["key"]: set(f["valueSet"]) for f in call.params.get("InstanceInformationFilterList", [])
    }
    rows = [dated(r) for r in call.table("ssm.instances").values()]
    return {"InstanceInformationList": [r for r in rows if _fits(r, filters)]}


def _fits(record: dict[str, Any], filters: dict[str, set[str]]) -> bool:
    fields = {"InstanceIds": "InstanceId", "PlatformTypes": "PlatformType"}
    return all(record.get(fields.get(key, key)) in values for key, values in filters.items())


@ours("ssm:PutInventory")
def put_inventory(call: Call) -> Output:
    _managed(call)
    for item in call.params["Items"]:
        call.table(_INVENTORY)[f"{call.params['InstanceId']}/{item['TypeName']}"] = item
    return {"Message": "Inventory was successfully put"}


@ours("ssm:GetInventory")
def get_inventory(call: Call) -> Output:
    """Entities with the types asked for; aggregators are not emulated."""
    wanted = {a["TypeName"] for a in call.params.get("ResultAttributes", [])}
    entities: dict[str, dict[str, Any]] = {}
    for key, item in call.table(_INVENTORY).items():
        instance, type_name = key.split("/", 1)
        if not wanted or type_name in wanted:
            entities.setdefault(instance, {})[type_name] = {
                "TypeName": type_name,
                "SchemaVersion": item["SchemaVersion"],
                "CaptureTime": dated(item["CaptureTime"]),
                "Content": item.get("Content", []),
            }
    return {"Entities": [{"Id": i, "Data": data} for i, data in entities.items()]}


@ours("ssm:ListInventoryEntries")
def list_inventory_entries(call: Call) -> Output:
    _managed(call)
    instance, type_name = call.params["InstanceId"], call.params["TypeName"]
    output = {"TypeName": type_name, "InstanceId": instance, "Entries": []}
    item = call.table(_INVENTORY).get(f"{instance}/{type_name}")
    if item is not None:
        output |= {
            "SchemaVersion": item["SchemaVersion"],
            "CaptureTime": dated(item["CaptureTime"]),
            "Entries": item.get("Content", []),
        }
    return output


def _managed(call: Call) -> None:
    instance = call.params["InstanceId"]
    if instance not in call.table("ssm.instances"):
        raise Refusal("InvalidInstanceId", f"The instance ID {instance!r} is not valid.")


@ours("ssm:DescribeInstancePatchStates")
def describe_instance_patch_states(call: Call) -> Output:
    states = call.table("ssm.patch_states")
    found = [dated(states[i]) for i in call.params["InstanceIds"] if i in states]
    return {"InstancePatchStates": found}


@ours("ssm:ListComplianceItems")
def list_compliance_items(call: Call) -> Output:
    wanted = set(call.params.get("ResourceIds", []))
    rows = [dated(r) for r in call.table("ssm.compliance").values()]
    return {"ComplianceItems": [r for r in rows if not wanted or r["ResourceId"] in wanted]}


@ours("ssm:ListResourceComplianceSummaries")
def list_resource_compliance_summaries(call: Call) -> Output:
    """Counted from the compliance items, by resource and type."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in call.table("ssm.compliance").values():
        groups.setdefault((row["ResourceId"], row["ComplianceType"]), []).append(dated(row))
    return {"ResourceComplianceSummaryItems": [_summary(rows) for rows in groups.values()]}


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    first = rows[0]
    bad = [r for r in rows if r["Status"] == "NON_COMPLIANT"]
    good = [r for r in rows if r["Status"] == "COMPLIANT"]
    order = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED"]
    return {
        "ComplianceType": first["ComplianceType"],
        "ResourceType": first["ResourceType"],
        "ResourceId": first["ResourceId"],
        "Status": "NON_COMPLIANT" if bad else "COMPLIANT",
        "OverallSeverity": min(
            (r["Severity"] for r in bad), key=order.index, default="UNSPECIFIED"
        ),
        "ExecutionSummary": first["ExecutionSummary"],
        "CompliantSummary": {"CompliantCount": len(good), "SeveritySummary": _severities(good)},
        "NonCompliantSummary": {
            "NonCompliantCount": len(bad),
            "SeveritySummary": _severities(bad),
        },
    }


def _severities(rows: list[dict[str, Any]]) -> dict[str, int]:
    counts = {
        f"{name.capitalize()}Count": 0
        for name in ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED")
    }
    for row in rows:
        counts[f"{row['Severity'].capitalize()}Count"] += 1
    return counts
