"""KMS keys: where they come from, whether they rotate, and who may use them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import ANYBODY, outside, policy_of
from scanner.collectors.base import source
from scanner.facts.crypto import Key

_STATES = {
    "Enabled": "enabled",
    "Disabled": "disabled",
    "PendingDeletion": "pending-deletion",
    "PendingReplicaDeletion": "pending-deletion",
    "PendingImport": "pending-import",
    "Unavailable": "unavailable",
}
_ORIGINS = {
    "AWS_KMS": "provider-hsm",
    "AWS_CLOUDHSM": "own-hsm",
    "EXTERNAL": "imported",
    "EXTERNAL_KEY_STORE": "outside",
}
_HARDWARE = ("AWS_KMS", "AWS_CLOUDHSM", "EXTERNAL")


@source(
    Key,
    fields=["state", "origin", "hardware", "managed_by", "symmetric"],
    calls=["kms:ListKeys", "kms:DescribeKey"],
    per="region",
)
def kms_keys(aws: Aws) -> Iterator[Key]:
    """Keys of KMS; hardware: KMS's own modules or the account's CloudHSM hold them."""
    keys = (key for page in aws.pages("kms:ListKeys", Limit=1000) for key in page["Keys"])

    def describe(key: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = aws.call("kms:DescribeKey", KeyId=key["KeyArn"])["KeyMetadata"]
        return found

    for _, key in aws.each(keys, describe):
        origin = key["Origin"]
        facts: dict[str, Any] = {}
        if origin != "EXTERNAL_KEY_STORE":
            facts["hardware"] = origin in _HARDWARE
        yield Key(
            **aws.here("kms:DescribeKey"),
            subject=key["Arn"],
            name=key.get("Description") or key["KeyId"],
            state=_STATES.get(key["KeyState"], key["KeyState"].lower()),
            origin=_ORIGINS.get(origin, origin.lower()),
            managed_by="provider" if key["KeyManager"] == "AWS" else "customer",
            symmetric=key["KeySpec"] == "SYMMETRIC_DEFAULT",
            **facts,
        )


@kms_keys.detail(fields=["rotation_days"], calls=["kms:GetKeyRotationStatus"])
def key_rotation(aws: Aws, key: Key) -> dict[str, object]:
    if key.managed_by == "provider":
        # AWS rotates its own keys every year and cannot be told otherwise.
        return {"rotation_days": 365}
    if key.symmetric is not True or key.origin != "provider-hsm":
        # Keys of any other sort cannot rotate by themselves.
        return {"rotation_days": None}
    answer = aws.call("kms:GetKeyRotationStatus", KeyId=key.subject)
    if not answer["KeyRotationEnabled"]:
        return {"rotation_days": None}
    # Rotation was yearly before periods could be chosen.
    return {"rotation_days": answer.get("RotationPeriodInDays", 365)}


@kms_keys.detail(fields=["policy_public"], calls=["kms:GetKeyPolicy"])
def key_policy(aws: Aws, key: Key) -> dict[str, object]:
    if key.managed_by == "provider":
        return {"policy_public": False}
    answer = aws.call("kms:GetKeyPolicy", KeyId=key.subject, PolicyName="default")
    document = policy_of("kms:GetKeyPolicy", answer["Policy"])
    return {"policy_public": ANYBODY in outside(document, aws.account)}
