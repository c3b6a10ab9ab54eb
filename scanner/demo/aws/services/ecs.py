"""ECS account settings."""

from __future__ import annotations

from scanner.demo.aws.registry import Call, Output, forward, ours

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


@ours("ecs:ListAccountSettings", "moto refuses some names, and has no effectiveSettings")
def list_account_settings(call: Call) -> Output:
    settings = {row["name"]: row["value"] for row in forward(call, body=b"{}")["settings"]}
    if call.params.get("effectiveSettings"):
        settings = _DEFAULTS | settings
    wanted = call.params.get("name")
    chosen = {name: value for name, value in settings.items() if wanted in {None, name}}
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
