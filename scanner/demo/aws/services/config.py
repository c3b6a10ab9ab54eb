"""AWS Config: what its rules have found.

Table: config.compliance (rule name: `{"ComplianceType": ..., "ComplianceContributorCount": ...}`).
"""

from __future__ import annotations

from scanner.demo.aws.registry import Call, Output, ours


@ours("config:DescribeComplianceByConfigRule")
def describe_compliance_by_config_rule(call: Call) -> Output:
    rows = call.table("config.compliance").items()
    return {
        "ComplianceByConfigRules": [
            {"ConfigRuleName": name, "Compliance": compliance} for name, compliance in rows
        ]
    }
