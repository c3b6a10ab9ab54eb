"""S3 as it has been since 2023: encrypted by default, new buckets private, policies judged."""

from __future__ import annotations

import json
from typing import Any

from scanner.demo.aws.registry import Call, Output, Passed, forward, ours

_ALL_FOUR = b"".join(
    f"<{name}>true</{name}>".encode()
    for name in (
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    )
)
# A fixed value for one of these keys makes a statement for everybody a statement for some.
_NARROWING = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
}


@ours("s3:CreateBucket", "moto leaves a new bucket open to public access settings")
def create_bucket(call: Call) -> Output:
    made = forward(call)
    call.moto(
        call.request.replace(
            query="publicAccessBlock",
            body=b"<PublicAccessBlockConfiguration>%s</PublicAccessBlockConfiguration>" % _ALL_FOUR,
        )
    )
    call.moto(
        call.request.replace(
            query="ownershipControls",
            body=b"<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced"
            b"</ObjectOwnership></Rule></OwnershipControls>",
        )
    )
    return made


@ours("s3:GetBucketEncryption", "moto has no default encryption")
def get_bucket_encryption(call: Call) -> Output:
    try:
        return forward(call)
    except Passed as passed:
        if b"ServerSideEncryptionConfigurationNotFoundError" not in passed.response.body:
            raise
    return {
        "ServerSideEncryptionConfiguration": {
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                    "BucketKeyEnabled": False,
                }
            ]
        }
    }


@ours("s3:GetBucketPolicyStatus", "moto gives an empty status")
def get_bucket_policy_status(call: Call) -> Output:
    policy = call.moto(call.request.replace(query="policy"))
    if policy.status >= 300:
        raise Passed(policy)
    statements = json.loads(policy.body).get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    return {"PolicyStatus": {"IsPublic": any(_is_public(s) for s in statements)}}


def _is_public(statement: dict[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal")
    named = principal.get("AWS", []) if isinstance(principal, dict) else principal
    if "*" not in ([named] if isinstance(named, str) else named or []):
        return False
    for condition in statement.get("Condition", {}).values():
        for key, value in condition.items():
            values = [value] if isinstance(value, str) else value
            if key.lower() in _NARROWING and not any("*" in v or v == "0.0.0.0/0" for v in values):
                return False
    return True
