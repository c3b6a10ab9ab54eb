"""Buckets: one call a question, and an answer only where AWS gave one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from scanner.collectors.aws.s3 import expiry_days
from scanner.demo.aws import Emulator
from scanner.facts import UNSET

REGION = "us-gov-west-1"
BUCKET = "arn:aws-us-gov:s3:::box"


@pytest.fixture
def box(empty: Emulator, client: Any) -> str:
    client("s3").create_bucket(
        Bucket="box", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return "box"


def test_only_what_is_asked_for_is_called(empty: Emulator, box: str, read: Any) -> None:
    empty.calls.clear()
    found = read("buckets", "versioned")

    assert found[BUCKET].versioned is False
    assert empty.calls.by_operation() == {
        "sts:GetCallerIdentity": 1,
        "s3:ListBuckets": 1,
        "s3:GetBucketVersioning": 1,
    }


def test_encryption_and_its_absence(empty: Emulator, box: str, client: Any, read: Any) -> None:
    client("s3").put_bucket_encryption(
        Bucket=box,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": "key-1",
                    }
                }
            ]
        },
    )
    assert read("buckets", "encrypted")[BUCKET].key_id == "key-1"
    client("s3").delete_bucket_encryption(Bucket=box)
    with empty.faults.injected(
        on="s3:GetBucketEncryption",
        effect="error",
        code="ServerSideEncryptionConfigurationNotFoundError",
        status=404,
    ):
        assert read("buckets", "encrypted")[BUCKET].encrypted is False


def test_a_refused_read_is_not_unencrypted(empty: Emulator, box: str, read: Any) -> None:
    with empty.faults.injected(on="s3:GetBucketEncryption", effect="denied"):
        found = read("buckets", "encrypted")[BUCKET]
    assert found.encrypted is UNSET
    assert found.unread["encrypted"] == "denied"

    with empty.faults.injected(on="s3:GetBucketEncryption", effect="not-found"):
        assert read("buckets", "encrypted")[BUCKET].unread["encrypted"] == "broken"


def test_the_account_wide_block_answers_for_every_bucket(
    empty: Emulator, box: str, client: Any, read: Any
) -> None:
    blocks = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    client("s3").delete_public_access_block(Bucket=box)
    assert read("buckets", "public_blocked")[BUCKET].public_blocked is False

    client("s3control").put_public_access_block(
        AccountId="123456789012", PublicAccessBlockConfiguration=blocks
    )
    empty.calls.clear()
    found = read("buckets", "public", "public_blocked")[BUCKET]
    assert (found.public, found.public_blocked) == (False, True)
    assert empty.calls.count("s3:Get*") == 0
    assert empty.calls.count("s3control:GetPublicAccessBlock") == 1


def test_a_public_acl_and_a_public_policy(
    empty: Emulator, box: str, client: Any, read: Any
) -> None:
    s3 = client("s3")
    s3.delete_public_access_block(Bucket=box)
    s3.put_bucket_acl(Bucket=box, ACL="public-read")
    assert read("buckets", "public")[BUCKET].public is True

    s3.put_bucket_acl(Bucket=box, ACL="private")
    assert read("buckets", "public")[BUCKET].public is False

    s3.put_bucket_policy(
        Bucket=box,
        Policy=json.dumps(
            {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": f"{BUCKET}/*",
                    }
                ]
            }
        ),
    )
    assert read("buckets", "public")[BUCKET].public is True
    assert read("buckets", "external_principals")[BUCKET].external_principals == ("*",)


def test_tls_only_needs_a_denial_that_covers_the_objects(
    empty: Emulator, box: str, client: Any, read: Any
) -> None:
    assert read("buckets", "tls_required")[BUCKET].tls_required is False

    def put(resource: Any) -> None:
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": resource,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        client("s3").put_bucket_policy(Bucket=box, Policy=json.dumps({"Statement": [statement]}))

    put([BUCKET, f"{BUCKET}/*"])
    assert read("buckets", "tls_required")[BUCKET].tls_required is True
    put(BUCKET)
    assert read("buckets", "tls_required")[BUCKET].tls_required is False


OBSERVED = "2026-11-24T07:33:41Z"


@pytest.mark.parametrize(
    ("rules", "days"),
    [
        ([], None),
        ([{"Status": "Enabled", "Expiration": {"Days": 30}}], 30),
        ([{"Status": "Disabled", "Expiration": {"Days": 30}}], None),
        ([{"Status": "Enabled", "Filter": {"Prefix": "other/"}, "Expiration": {"Days": 1}}], None),
        ([{"Status": "Enabled", "Filter": {"Prefix": "logs/a"}, "Expiration": {"Days": 9}}], 9),
        ([{"Status": "Enabled", "Prefix": "", "Transitions": [{"Days": 1}]}], None),
        (
            [
                {
                    "Status": "Enabled",
                    "Filter": {"And": {"Prefix": "logs/", "Tags": []}},
                    "Expiration": {"Days": 5},
                }
            ],
            5,
        ),
        ([{"Status": "Enabled", "Expiration": {"Date": datetime(2020, 1, 1, tzinfo=UTC)}}], 0),
        ([{"Status": "Enabled", "Expiration": {"ExpiredObjectDeleteMarker": True}}], None),
    ],
)
def test_expiry_counts_rules_that_reach_the_prefix(rules: Any, days: int | None) -> None:
    assert expiry_days(rules, OBSERVED, "logs/") == days
