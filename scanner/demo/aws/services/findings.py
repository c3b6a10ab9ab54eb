"""Findings and coverage of Inspector and GuardDuty: they come from the services, never by an API.

Tables: inspector2.coverage, inspector2.findings, guardduty.findings (by id, in boto3's shape).
"""

from __future__ import annotations

import json
from typing import Any

from scanner.demo.aws.records import dated
from scanner.demo.aws.registry import Call, Output, forward, ours

# Filter criteria that have another name than the field that they compare.
_CRITERIA = {
    "findingStatus": "status",
    "findingType": "type",
    "awsAccountId": "awsAccountId",
}


def _fits(record: dict[str, Any], criteria: dict[str, Any]) -> bool:
    """String criteria on top-level fields; others are taken as fulfilled."""
    for name, wanted in criteria.items():
        value = record.get(_CRITERIA.get(name, name))
        if not isinstance(value, str):
            continue
        equal = {w["value"] for w in wanted if w["comparison"] == "EQUALS"}
        unequal = {w["value"] for w in wanted if w["comparison"] == "NOT_EQUALS"}
        if (equal and value not in equal) or value in unequal:
            return False
    return True


def _listed(call: Call, table: str) -> list[dict[str, Any]]:
    rows = [dated(r) for r in call.table(table).values()]
    return [r for r in rows if _fits(r, call.params.get("filterCriteria", {}))]


@ours("inspector2:ListCoverage")
def list_coverage(call: Call) -> Output:
    return {"coveredResources": _listed(call, "inspector2.coverage")}


@ours("inspector2:ListFindings", "moto gives only what its own test API queued")
def list_inspector_findings(call: Call) -> Output:
    return {"findings": _listed(call, "inspector2.findings")}


@ours("guardduty:ListFindings")
def list_guardduty_findings(call: Call) -> Output:
    return {"FindingIds": list(call.table("guardduty.findings"))}


@ours("guardduty:GetFindings")
def get_guardduty_findings(call: Call) -> Output:
    rows = call.table("guardduty.findings")
    return {"Findings": [dated(rows[i]) for i in call.params["FindingIds"] if i in rows]}


@ours("guardduty:ListPublishingDestinations")
def list_publishing_destinations(call: Call) -> Output:
    """Table guardduty.destinations (id), in boto3's shape."""
    return {"Destinations": list(call.table("guardduty.destinations").values())}


@ours("inspector2:Enable", "moto fails where no account is named")
def enable_inspector(call: Call) -> Output:
    return forward(call, body=json.dumps(_own_account(call)).encode())


@ours("inspector2:BatchGetAccountStatus", "moto fails where no account is named", checked=False)
def batch_get_account_status(call: Call) -> Output:
    """Without errorCode and errorMessage: required by the model, null in the service's answers."""
    return forward(call, body=json.dumps(_own_account(call)).encode())


def _own_account(call: Call) -> dict[str, Any]:
    return {"accountIds": [call.account]} | call.params
