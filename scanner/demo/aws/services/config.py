"""AWS Config: what its rules have found.

Table: config.compliance (rule name: `{"ComplianceType": ..., "ComplianceContributorCount": ...}`).
"""

from __future__ import annotations

from scanner.demo.aws.registry import Call, Output, ours, overlay


@ours("config:DescribeComplianceByConfigRule")
def describe_compliance_by_config_rule(call: Call) -> Output:
    rows = call.table("config.compliance").items()
    return {
        "ComplianceByConfigRules": [
            {"ConfigRuleName": name, "Compliance": compliance} for name, compliance in rows
        ]
    }


@overlay("config:DescribeConfigurationRecorderStatus", "moto's recorders stay pending, in capitals")
def describe_configuration_recorder_status(call: Call, output: Output) -> Output:
    for status in output["ConfigurationRecordersStatus"]:
        if status.get("lastStatus") == "PENDING":
            status["lastStatus"] = "Success" if status["recording"] else "Pending"
    return output
