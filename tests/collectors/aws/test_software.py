"""Code signing, allowed images, inventory and managed instances."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from scanner.demo.aws import Emulator

REGION = "us-gov-west-1"


def test_allowed_images_audit_mode_enforces_nothing(
    empty: Emulator, client: Any, read: Any
) -> None:
    (policy,) = read("allowed-images").values()
    assert (policy.mode, policy.enforced) == ("none", False)

    client("ec2").enable_allowed_images_settings(AllowedImagesSettingsState="audit-mode")
    (policy,) = read("allowed-images").values()
    assert (policy.mode, policy.enforced) == ("allow-list", False)

    client("ec2").enable_allowed_images_settings(AllowedImagesSettingsState="enabled")
    (policy,) = read("allowed-images").values()
    assert (policy.enforced, policy.default_deny) == (True, False)


def _function(client: Any, name: str, **more: Any) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("f.py", "def f(e, c): pass")
    iam = client("iam")
    trust = '{"Statement": []}'
    role = iam.create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    made = client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler="f.f",
        Code={"ZipFile": packed.getvalue()},
        **more,
    )
    return str(made["FunctionArn"])


def test_code_signing_is_asked_by_configuration(empty: Emulator, client: Any, read: Any) -> None:
    profile = f"arn:aws-us-gov:signer:{REGION}:123456789012:/signing-profiles/p/v"
    lambdas = client("lambda")
    arns = {
        policy: lambdas.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [profile]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
        )["CodeSigningConfig"]["CodeSigningConfigArn"]
        for policy in ("Enforce", "Warn")
    }
    plain = _function(client, "plain")
    strict = _function(client, "strict")
    lax = _function(client, "lax")
    for name, policy in (("strict", "Enforce"), ("lax", "Warn")):
        lambdas.put_function_code_signing_config(
            FunctionName=name, CodeSigningConfigArn=arns[policy]
        )
    found = read("code-signing")

    assert (found[strict].mode, found[strict].enforced) == ("allow-list", True)
    assert (found[lax].mode, found[lax].enforced) == ("allow-list", False)
    assert (found[plain].mode, found[plain].enforced) == ("none", False)


def _instance(client: Any, name: str) -> str:
    made = client("ec2").run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}],
    )
    return str(made["Instances"][0]["InstanceId"])


def _report(empty: Emulator, instance: str, status: str = "Online") -> None:
    empty.put(
        "ssm.instances",
        instance,
        {
            "InstanceId": instance,
            "PingStatus": status,
            "PlatformType": "Linux",
            "PlatformName": "Red Hat Enterprise Linux",
            "PlatformVersion": "9.4",
        },
    )


def test_inventory_and_managed_instances(empty: Emulator, client: Any, read: Any) -> None:
    seen, lost, silent = (_instance(client, name) for name in ("seen", "lost", "silent"))
    _report(empty, seen)
    _report(empty, lost, "ConnectionLost")
    client("ssm").put_inventory(
        InstanceId=seen,
        Items=[
            {
                "TypeName": "AWS:Application",
                "SchemaVersion": "1.1",
                "CaptureTime": "2026-11-20T00:00:00Z",
                "Content": [
                    {"Name": "nmap", "Version": "7.9", "Publisher": "Red Hat"},
                    {"Name": "bash", "Version": "5.1"},
                ],
            }
        ],
    )
    packages = {p.name: p for p in read("inventory").values()}
    assert packages["nmap"].host == seen
    assert packages["nmap"].publisher == "Red Hat"
    assert packages["bash"].publisher is None

    managed = {i.name: i.managed for i in read("managed-instances").values()}
    assert managed == {"seen": True, "lost": False, "silent": False}
    assert {i.name for i in read("instances").values()} == {"seen", "lost", "silent"}
    assert silent in read("instances")
