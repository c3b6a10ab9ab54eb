"""Buckets and databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scanner.demo.aws import estate
from scanner.demo.aws.contractor.site import Site, repeated
from scanner.demo.aws.models import partition_of


def build_storage(site: Site, count: int) -> None:
    s3 = site("s3")
    key = site("kms").create_key(Description="halyard data")["KeyMetadata"]
    site("kms").enable_key_rotation(KeyId=key["KeyId"])
    for bucket, suffix in repeated(estate.BUCKETS, count):
        _bucket(site, s3, bucket, f"{bucket.name}{suffix}", key["Arn"])
    for database in estate.DATABASES:
        site("rds").create_db_instance(
            DBInstanceIdentifier=database.name,
            DBInstanceClass="db.m6g.large",
            Engine=database.engine,
            AllocatedStorage=100,
            MasterUsername="owner",
            MasterUserPassword="Not-a-secret-9",
            StorageEncrypted=database.encrypted,
            PubliclyAccessible=database.public,
        )


def _bucket(site: Site, s3: Any, bucket: estate.Bucket, name: str, key: str) -> None:
    where = {} if site.region == "us-east-1" else {"LocationConstraint": site.region}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
    if bucket.kms:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    if bucket.expires is not None:
        rule = {
            "ID": "expire",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": bucket.expires},
        }
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    if bucket.versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    statements = list(_statements(site, bucket, name))
    if bucket.open_to:
        s3.delete_public_access_block(Bucket=name)
    if statements:
        policy = {"Version": "2012-10-17", "Statement": statements}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))


def _statements(site: Site, bucket: estate.Bucket, name: str) -> Iterator[dict[str, Any]]:
    arn = f"arn:{partition_of(site.region)}:s3:::{name}"
    if bucket.tls_only:
        yield {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    if bucket.open_to == "policy":
        yield {
            "Sid": "Datasheets",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"{arn}/*",
        }
