"""IAM Access Analyzer: moto has nothing of it.

Tables: accessanalyzer.analyzers (arn), accessanalyzer.findings (id, with `analyzer`: the arn).
"""

from __future__ import annotations

from typing import Any

from scanner.demo.aws.errors import Refusal
from scanner.demo.aws.records import dated
from scanner.demo.aws.registry import Call, Output, ours


@ours("accessanalyzer:CreateAnalyzer")
def create_analyzer(call: Call) -> Output:
    name = call.params["analyzerName"]
    arn = call.arn("access-analyzer", f"analyzer/{name}")
    call.table("accessanalyzer.analyzers")[arn] = {
        "arn": arn,
        "name": name,
        "type": call.params["type"],
        "status": "ACTIVE",
        "createdAt": {"days_ago": 200},
        "tags": call.params.get("tags", {}),
    }
    return {"arn": arn}


@ours("accessanalyzer:ListAnalyzers")
def list_analyzers(call: Call) -> Output:
    wanted = call.params.get("type")
    rows = [dated(r) for r in call.table("accessanalyzer.analyzers").values()]
    return {"analyzers": [r for r in rows if wanted in {None, r["type"]}]}


@ours("accessanalyzer:GetAnalyzer")
def get_analyzer(call: Call) -> Output:
    for row in call.table("accessanalyzer.analyzers").values():
        if row["name"] == call.params["analyzerName"]:
            return {"analyzer": dated(row)}
    raise Refusal("ResourceNotFoundException", "Analyzer not found.", 404)


@ours("accessanalyzer:ListFindingsV2")
def list_findings(call: Call) -> Output:
    arn = call.params["analyzerArn"]
    if arn not in call.table("accessanalyzer.analyzers"):
        raise Refusal("ResourceNotFoundException", "Analyzer not found.", 404)
    wanted = call.params.get("filter", {}).get("status", {}).get("eq")
    rows: list[dict[str, Any]] = []
    for row in call.table("accessanalyzer.findings").values():
        finding = dated(row)
        if finding.pop("analyzer") == arn and (not wanted or finding["status"] in wanted):
            rows.append(finding)
    return {"findings": rows}
