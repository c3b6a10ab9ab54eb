"""Generates an account of any size in an emulator, and says what a scan of it has to find.

Things alternate between what a rule wants and what it does not, so the expected verdicts follow
from the numbers alone: no code of the scanner is asked for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RULES = (
    "account-mfa-enforced",
    "administration-not-open-to-the-internet",
    "keys-managed",
    "log-retention-meets-policy",
    "people-have-no-standing-keys",
    "storage-not-public",
    "stored-data-encrypted",
    "stores-refuse-plain-text",
)
"""The rules that the benchmark runs; the floor knows their calls."""

STATED = {
    "keys-managed": {"max_rotation_days": 400},
    "log-retention-meets-policy": {"min_days": 90},
}
"""What the organisation that owns the account has stated."""

Expected = dict[str, str]
"""`rule name` -> verdict."""


@dataclass(frozen=True)
class Sizes:
    """How many of each; log groups, groups, disks and keys in every region."""

    users: int = 20
    buckets: int = 20
    log_groups: int = 40
    security_groups: int = 10
    disks: int = 10
    keys: int = 5
    regions: tuple[str, ...] = ("us-gov-west-1", "us-gov-east-1")


def generate(endpoint: str, sizes: Sizes, beside: Path | None = None) -> Expected:
    """Fill the emulator's account; the expected verdicts are returned and written `beside`."""
    import boto3

    session = boto3.Session(aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="x")

    def client(service: str, region: str) -> Any:
        return session.client(service, region_name=region, endpoint_url=endpoint)

    expected: Expected = {}
    home = sizes.regions[0]
    expected.update(_users(client("iam", home), sizes.users))
    expected.update(_buckets(client("s3", home), sizes.buckets, home))
    for region in sizes.regions:
        expected.update(_log_groups(client("logs", region), sizes.log_groups, region))
        expected.update(_groups(client("ec2", region), sizes.security_groups, region))
        expected.update(_disks(client("ec2", region), sizes.disks, region))
        expected.update(_keys(client("kms", region), sizes.keys, region))
    if beside is not None:
        beside.write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
    return expected


def _verdict(good: bool) -> str:
    return "pass" if good else "fail"


def _users(iam: Any, size: int) -> Iterator[tuple[str, str]]:
    """People with a second factor, people without one, people with a key, services with one.

    Every other one with a second factor has a key that does without it.
    """
    for number in range(size):
        name, kind = f"user-{number:04}", number % 4
        iam.create_user(UserName=name)
        if kind != 3:
            iam.create_login_profile(UserName=name, Password="Correct-horse-7-battery")
            yield f"account-mfa-enforced {name}", _verdict(number % 8 == 0)
            yield f"people-have-no-standing-keys password of {name}", "pass"
        if kind == 0:
            device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)
            serial = device["VirtualMFADevice"]["SerialNumber"]
            codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
            iam.enable_mfa_device(UserName=name, SerialNumber=serial, **codes)
        if number % 8 == 4:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=_EVERYTHING)
        if kind in (2, 3) or number % 8 == 4:
            iam.create_access_key(UserName=name)
            if kind != 3:
                yield f"people-have-no-standing-keys access key 1 of {name}", "fail"


_EVERYTHING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
)


def _buckets(s3: Any, size: int, home: str) -> Iterator[tuple[str, str]]:
    """Bare ones, ones that want TLS, ones that everybody may read, closed ones."""
    for number in range(size):
        name, kind = f"box-{number:05}", number % 4
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": home})
        if kind == 3:
            s3.put_public_access_block(
                Bucket=name,
                PublicAccessBlockConfiguration={
                    "BlockPublicAcls": True,
                    "IgnorePublicAcls": True,
                    "BlockPublicPolicy": True,
                    "RestrictPublicBuckets": True,
                },
            )
        if kind in (1, 3):
            s3.put_bucket_policy(Bucket=name, Policy=_policy(name, _TLS_ONLY))
        if kind == 2:
            s3.delete_public_access_block(Bucket=name)  # new buckets have one
            s3.put_bucket_policy(Bucket=name, Policy=_policy(name, _EVERYBODY))
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        yield f"stores-refuse-plain-text {name}", _verdict(kind in (1, 3))
        yield f"storage-not-public {name}", _verdict(kind != 2)
        yield f"stored-data-encrypted {name}", "pass"


_TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
_EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}


def _policy(bucket: str, statement: dict[str, Any]) -> str:
    arn = f"arn:aws-us-gov:s3:::{bucket}"
    whole = statement | {"Resource": [arn, f"{arn}/*"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [whole]})


def _log_groups(logs: Any, size: int, region: str) -> Iterator[tuple[str, str]]:
    for number in range(size):
        name = f"/app/{region}/{number:05}"
        logs.create_log_group(logGroupName=name)
        days = (30, 365, None)[number % 3]
        if days is not None:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        yield f"log-retention-meets-policy {name}", _verdict(days != 30)


def _groups(ec2: Any, size: int, region: str) -> Iterator[tuple[str, str]]:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    inside = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    for number in range(size):
        name, open_ = f"group-{region}-{number:04}", number % 2 == 0
        group = ec2.create_security_group(GroupName=name, Description="x", VpcId=vpc)["GroupId"]
        port, source = (22, "0.0.0.0/0") if open_ else (22, "10.0.0.0/8")
        permission = {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": source}],
        }
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
        ec2.create_network_interface(SubnetId=inside, Groups=[group])
        yield f"administration-not-open-to-the-internet {name}", _verdict(not open_)


def _disks(ec2: Any, size: int, region: str) -> Iterator[tuple[str, str]]:
    for number in range(size):
        good = number % 2 == 0
        made = ec2.create_volume(AvailabilityZone=f"{region}a", Size=1, Encrypted=good)
        yield f"stored-data-encrypted {made['VolumeId']}", _verdict(good)
        yield f"storage-not-public {made['VolumeId']}", "pass"


def _keys(kms: Any, size: int, region: str) -> Iterator[tuple[str, str]]:
    for number in range(size):
        good = number % 2 == 0
        name = f"key-{region}-{number:04}"
        key = kms.create_key(Description=name)["KeyMetadata"]["KeyId"]
        if good:
            kms.enable_key_rotation(KeyId=key)
        yield f"keys-managed {name}", _verdict(good)
