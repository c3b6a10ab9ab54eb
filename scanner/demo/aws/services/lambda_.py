"""Lambda code signing and resource policies.

Tables: lambda.signing_configs (arn), lambda.function_signing (function name: config arn).
"""

from __future__ import annotations

import json

from scanner.demo.aws.errors import Refusal
from scanner.demo.aws.records import iso, now
from scanner.demo.aws.registry import Call, Output, forward, ours, overlay

_CONFIGS = "lambda.signing_configs"
_FUNCTIONS = "lambda.function_signing"


@ours("lambda:CreateCodeSigningConfig")
def create_code_signing_config(call: Call) -> Output:
    config_id = f"csc-{len(call.table(_CONFIGS)) + 1:017d}"
    arn = call.arn("lambda", f"code-signing-config:{config_id}")
    config = {
        "CodeSigningConfigId": config_id,
        "CodeSigningConfigArn": arn,
        "Description": call.params.get("Description", ""),
        "AllowedPublishers": call.params["AllowedPublishers"],
        "CodeSigningPolicies": call.params.get(
            "CodeSigningPolicies", {"UntrustedArtifactOnDeployment": "Warn"}
        ),
        "LastModified": iso(now()),
    }
    call.table(_CONFIGS)[arn] = config
    return {"CodeSigningConfig": config}


@ours("lambda:ListCodeSigningConfigs")
def list_code_signing_configs(call: Call) -> Output:
    return {"CodeSigningConfigs": list(call.table(_CONFIGS).values())}


@ours("lambda:GetCodeSigningConfig")
def get_code_signing_config(call: Call) -> Output:
    config = call.table(_CONFIGS).get(call.params["CodeSigningConfigArn"])
    if config is None:
        raise Refusal(
            "ResourceNotFoundException", "The code signing configuration was not found.", 404
        )
    return {"CodeSigningConfig": config}


@ours("lambda:PutFunctionCodeSigningConfig")
def put_function_code_signing_config(call: Call) -> Output:
    name, arn = call.params["FunctionName"], call.params["CodeSigningConfigArn"]
    if arn not in call.table(_CONFIGS):
        raise Refusal("CodeSigningConfigNotFoundException", "No such configuration.", 404)
    call.table(_FUNCTIONS)[_bare(name)] = arn
    return {"CodeSigningConfigArn": arn, "FunctionName": name}


@ours("lambda:GetFunctionCodeSigningConfig", "moto keeps no configuration beside the function")
def get_function_code_signing_config(call: Call) -> Output:
    """The ARN is empty where the function has none; moto says whether the function exists."""
    found = forward(call)
    name = _bare(call.params["FunctionName"])
    arn = call.table(_FUNCTIONS).get(name) or found.get("CodeSigningConfigArn") or ""
    return {"CodeSigningConfigArn": arn, "FunctionName": name}


@ours("lambda:ListFunctionsByCodeSigningConfig")
def list_functions_by_code_signing_config(call: Call) -> Output:
    wanted = call.params["CodeSigningConfigArn"]
    if wanted not in call.table(_CONFIGS):
        raise Refusal(
            "ResourceNotFoundException", "The code signing configuration was not found.", 404
        )
    names = [name for name, arn in call.table(_FUNCTIONS).items() if arn == wanted]
    return {"FunctionArns": [call.arn("lambda", f"function:{name}") for name in names]}


def _bare(name: str) -> str:
    """The function's name, from its name or its ARN."""
    return name.split(":function:")[-1].split(":")[0]


@overlay("lambda:GetPolicy", "moto leaves a principal as it was typed")
def get_policy(call: Call, output: Output) -> Output:
    """Accounts and ARNs stand as AWS principals, accounts by their root's ARN."""
    policy = json.loads(output["Policy"])
    for statement in policy["Statement"]:
        named = statement.get("Principal")
        if isinstance(named, str) and named != "*":
            arn = f"arn:{call.partition}:iam::{named}:root" if named.isdecimal() else named
            statement["Principal"] = {"AWS": arn}
    return output | {"Policy": json.dumps(policy)}
