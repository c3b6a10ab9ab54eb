"""Security Hub's enabled standards.

Table: securityhub.standards (subscription arn).
"""

from __future__ import annotations

from scanner.demo.aws.registry import Call, Output, forward, ours

_TABLE = "securityhub.standards"


@ours("securityhub:BatchEnableStandards")
def batch_enable_standards(call: Call) -> Output:
    made = []
    for asked in call.params["StandardsSubscriptionRequests"]:
        arn = call.arn("securityhub", f"subscription/{asked['StandardsArn'].split('/', 1)[-1]}")
        subscription = {
            "StandardsSubscriptionArn": arn,
            "StandardsArn": asked["StandardsArn"],
            "StandardsInput": asked.get("StandardsInput", {}),
            "StandardsStatus": "READY",
        }
        call.table(_TABLE)[arn] = subscription
        made.append(subscription)
    return {"StandardsSubscriptions": made}


@ours("securityhub:GetEnabledStandards")
def get_enabled_standards(call: Call) -> Output:
    """moto's DescribeHub says whether the hub is on; its error is the answer where it is not."""
    forward(call, operation="DescribeHub", method="GET", path="/accounts", query="", body=b"")
    return {"StandardsSubscriptions": list(call.table(_TABLE).values())}
