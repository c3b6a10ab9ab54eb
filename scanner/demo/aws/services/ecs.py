"""ECS account settings."""

from __future__ import annotations

from scanner.demo.aws.registry import Call, Output, overlay

# What an account has that never set anything.
_DEFAULTS = {
    "awsvpcTrunking": "disabled",
    "containerInsights": "disabled",
    "containerInstanceLongArnFormat": "enabled",
    "defaultLogDriverMode": "non-blocking",
    "fargateFIPSMode": "disabled",
    "fargateTaskRetirementWaitPeriod": "7",
    "guardDutyActivate": "off",
    "serviceLongArnFormat": "enabled",
    "tagResourceAuthorization": "off",
    "taskLongArnFormat": "enabled",
}


@overlay("ecs:ListAccountSettings", "moto leaves effectiveSettings and the principal out")
def list_account_settings(call: Call, output: Output) -> Output:
    chosen = {row["name"]: row["value"] for row in output.get("settings", [])}
    if call.params.get("effectiveSettings"):
        name = call.params.get("name")
        defaults = {n: v for n, v in _DEFAULTS.items() if name in {None, n}}
        chosen = defaults | chosen
    root = f"arn:{call.partition}:iam::{call.account}:root"
    return {
        "settings": [
            {
                "name": name,
                "value": value,
                "principalArn": root,
                "type": "aws_managed" if name == "guardDutyActivate" else "user",
            }
            for name, value in sorted(chosen.items())
        ]
    }
