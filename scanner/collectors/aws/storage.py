"""Disks, databases, shares, tables and their snapshots: encrypted, private, and with whose key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import tags_of
from scanner.collectors.aws.crypto import DOMAIN_CALLS, search_domain_list
from scanner.collectors.aws.databases import DATABASE_CALLS, database_list
from scanner.collectors.aws.grants import ANYBODY, outside
from scanner.collectors.base import Refused, source
from scanner.facts.storage import Backup, Store

_PAGE = 1000
_RDS_PAGE = 100
_UNSHARED = ["public", "external_principals"]
_ALONE: dict[str, Any] = {"public": False, "external_principals": ()}
"""Of what has no way to be shared by itself; its snapshots may have one."""
_COMMON = ["category", "encrypted", "key_id"]


@source(
    Store,
    fields=[*_COMMON, *_UNSHARED, "tags"],
    calls=["ec2:DescribeVolumes"],
    always={"category": "disk"},
    per="region",
)
def disks(aws: Aws) -> Iterator[Store]:
    """EBS volumes; a volume itself cannot be shared."""
    for page in aws.pages("ec2:DescribeVolumes", MaxResults=500):
        for volume in page["Volumes"]:
            tags = tags_of(volume)
            yield Store(
                **aws.here("ec2:DescribeVolumes"),
                subject=volume["VolumeId"],
                name=tags.get("Name") or volume["VolumeId"],
                tags=tags,
                category="disk",
                **_ALONE,
                encrypted=volume["Encrypted"],
                key_id=volume.get("KmsKeyId"),
            )


@source(
    Store,
    fields=["category", "encrypted", *_UNSHARED],
    calls=["ec2:GetEbsEncryptionByDefault"],
    always={"category": "disk-default"},
    per="region",
)
def disk_default(aws: Aws) -> Iterator[Store]:
    """Whether disks that are made from now on are encrypted by themselves."""
    answer = aws.call("ec2:GetEbsEncryptionByDefault")
    yield Store(
        **aws.here("ec2:GetEbsEncryptionByDefault"),
        subject=f"{aws.account}/{aws.region}/ebs-default",
        name=f"new disks in {aws.region}",
        category="disk-default",
        **_ALONE,
        encrypted=answer["EbsEncryptionByDefault"],
    )


_SNAPSHOTS = "ec2:DescribeSnapshots"


@source(
    Store,
    fields=[*_COMMON, "public", "tags"],
    calls=[_SNAPSHOTS],
    always={"category": "disk-snapshot"},
    per="region",
)
def disk_snapshots(aws: Aws) -> Iterator[Store]:
    """EBS snapshots of the account; two listings tell which of them everybody may restore."""
    shared = {
        snapshot["SnapshotId"]
        for page in aws.pages(
            _SNAPSHOTS, OwnerIds=["self"], RestorableByUserIds=["all"], MaxResults=_PAGE
        )
        for snapshot in page["Snapshots"]
    }
    for page in aws.pages(_SNAPSHOTS, OwnerIds=["self"], MaxResults=_PAGE):
        for snapshot in page["Snapshots"]:
            tags = tags_of(snapshot)
            yield Store(
                **aws.here(_SNAPSHOTS),
                subject=snapshot["SnapshotId"],
                name=tags.get("Name") or snapshot["SnapshotId"],
                tags=tags,
                category="disk-snapshot",
                public=snapshot["SnapshotId"] in shared,
                encrypted=snapshot["Encrypted"],
                key_id=snapshot.get("KmsKeyId"),
            )


@disk_snapshots.detail(fields=["external_principals"], calls=["ec2:DescribeSnapshotAttribute"])
def disk_snapshot_sharing(aws: Aws, snapshot: Store) -> dict[str, object]:
    answer = aws.call(
        "ec2:DescribeSnapshotAttribute",
        SnapshotId=snapshot.subject,
        Attribute="createVolumePermission",
    )
    shared = {
        "*" if each.get("Group") == "all" else each["UserId"]
        for each in answer.get("CreateVolumePermissions") or ()
    }
    return {"external_principals": tuple(sorted(shared))}


@source(
    Store,
    fields=[*_COMMON, *_UNSHARED, "tags"],
    calls=DATABASE_CALLS,
    always={"category": "database"},
    per="region",
)
def databases(aws: Aws) -> Iterator[Store]:
    """Database instances of RDS, Aurora, DocumentDB and Neptune."""
    for database in database_list(aws):
        yield Store(
            **aws.here("rds:DescribeDBInstances"),
            subject=database["DBInstanceArn"],
            name=database["DBInstanceIdentifier"],
            tags=tags_of(database, "TagList"),
            category="database",
            public=database["PubliclyAccessible"],
            external_principals=(),
            encrypted=database["StorageEncrypted"],
            key_id=database.get("KmsKeyId"),
        )


@source(
    Store,
    fields=[*_COMMON, "tags"],
    calls=["rds:DescribeDBSnapshots"],
    always={"category": "database-snapshot"},
    per="region",
)
def database_snapshots(aws: Aws) -> Iterator[Store]:
    """Snapshots of databases, made by hand or by themselves."""
    for page in aws.pages("rds:DescribeDBSnapshots", MaxRecords=_RDS_PAGE):
        for snapshot in page["DBSnapshots"]:
            yield Store(
                **aws.here("rds:DescribeDBSnapshots"),
                subject=snapshot["DBSnapshotArn"],
                name=snapshot["DBSnapshotIdentifier"],
                tags=tags_of(snapshot, "TagList"),
                category="database-snapshot",
                encrypted=snapshot["Encrypted"],
                key_id=snapshot.get("KmsKeyId"),
            )


@database_snapshots.detail(
    fields=["public", "external_principals"], calls=["rds:DescribeDBSnapshotAttributes"]
)
def database_snapshot_sharing(aws: Aws, snapshot: Store) -> dict[str, object]:
    if snapshot.name.startswith("rds:"):
        # Automatic snapshots cannot be shared.
        return {"public": False, "external_principals": ()}
    answer = aws.call("rds:DescribeDBSnapshotAttributes", DBSnapshotIdentifier=snapshot.name)
    shared = {
        "*" if value == "all" else value
        for each in answer["DBSnapshotAttributesResult"]["DBSnapshotAttributes"]
        if each["AttributeName"] == "restore"
        for value in each.get("AttributeValues") or ()
    }
    return {"public": "*" in shared, "external_principals": tuple(sorted(shared))}


@source(
    Store,
    fields=[*_COMMON, "tags"],
    calls={"efs:DescribeFileSystems": "elasticfilesystem:DescribeFileSystems"},
    always={"category": "share"},
    per="region",
)
def shares(aws: Aws) -> Iterator[Store]:
    """EFS file systems."""
    for page in aws.pages("efs:DescribeFileSystems"):
        for share in page["FileSystems"]:
            yield Store(
                **aws.here("efs:DescribeFileSystems"),
                subject=share["FileSystemArn"],
                name=share.get("Name") or share["FileSystemId"],
                tags=tags_of(share),
                category="share",
                encrypted=share["Encrypted"],
                key_id=share.get("KmsKeyId"),
            )


@shares.detail(
    fields=_UNSHARED,
    calls={"efs:DescribeFileSystemPolicy": "elasticfilesystem:DescribeFileSystemPolicy"},
)
def share_policy(aws: Aws, share: Store) -> dict[str, object]:
    answer = aws.maybe(
        "efs:DescribeFileSystemPolicy",
        "PolicyNotFound",
        FileSystemId=share.subject.rsplit("/", 1)[-1],
    )
    return _by_policy("efs:DescribeFileSystemPolicy", answer, aws.account)


def _by_policy(operation: str, answer: dict[str, Any] | None, account: str) -> dict[str, object]:
    """Who outside has access by a resource policy; None or an empty one lets nobody in."""
    if answer is None or not answer.get("Policy"):
        return dict(_ALONE)
    try:
        parties = outside(json.loads(answer["Policy"]), account)
    except ValueError:
        raise Refused("broken", operation, "the policy is no JSON") from None
    return {"public": ANYBODY in parties, "external_principals": parties}


@source(
    Store,
    fields=["category", "encrypted"],
    calls=["dynamodb:ListTables"],
    always={"category": "table"},
    per="region",
)
def tables(aws: Aws) -> Iterator[Store]:
    """DynamoDB tables; every one is encrypted (developer guide, "Encryption at rest")."""
    for page in aws.pages("dynamodb:ListTables"):
        for name in page["TableNames"]:
            yield Store(
                **aws.here("dynamodb:ListTables"),
                subject=f"arn:{aws.partition}:dynamodb:{aws.region}:{aws.account}:table/{name}",
                name=name,
                category="table",
                encrypted=True,
            )


@tables.detail(fields=_UNSHARED, calls={"dynamodb:GetResourcePolicy": "dynamodb:GetResourcePolicy"})
def table_policy(aws: Aws, table: Store) -> dict[str, object]:
    answer = aws.maybe(
        "dynamodb:GetResourcePolicy", "PolicyNotFoundException", ResourceArn=table.subject
    )
    return _by_policy("dynamodb:GetResourcePolicy", answer, aws.account)


@tables.detail(fields=["key_id"], calls=["dynamodb:DescribeTable"])
def table_key(aws: Aws, table: Store) -> dict[str, object]:
    found = aws.call("dynamodb:DescribeTable", TableName=table.name)["Table"]
    return {"key_id": (found.get("SSEDescription") or {}).get("KMSMasterKeyArn")}


@source(
    Store,
    fields=[*_COMMON, *_UNSHARED],
    calls=DOMAIN_CALLS,
    always={"category": "search-domain"},
    per="region",
)
def search_stores(aws: Aws) -> Iterator[Store]:
    """OpenSearch domains as places where data rests."""
    for domain in search_domain_list(aws):
        options = domain.get("EncryptionAtRestOptions") or {}
        inside = bool((domain.get("VPCOptions") or {}).get("VPCId"))
        policy = {"Policy": domain.get("AccessPolicies")}
        shared: dict[str, Any] = _by_policy("opensearch:DescribeDomains", policy, aws.account)
        yield Store(
            **aws.here("opensearch:DescribeDomains"),
            subject=domain["ARN"],
            name=domain["DomainName"],
            category="search-domain",
            encrypted=options.get("Enabled", False),
            key_id=options.get("KmsKeyId"),
            public=not inside and shared["public"] is True,
            external_principals=shared["external_principals"],
        )


@source(
    Backup,
    fields=["encrypted", "key_id", "immutable"],
    calls=["backup:ListBackupVaults"],
    per="region",
)
def backup_vaults(aws: Aws) -> Iterator[Backup]:
    """Vaults of AWS Backup; a vault is always encrypted."""
    for page in aws.pages("backup:ListBackupVaults", MaxResults=_PAGE):
        for vault in page["BackupVaultList"]:
            yield Backup(
                **aws.here("backup:ListBackupVaults"),
                subject=vault["BackupVaultArn"],
                name=vault["BackupVaultName"],
                encrypted=True,
                key_id=vault.get("EncryptionKeyArn"),
                # A lock without a date is one that its administrators can take off again.
                immutable=vault.get("Locked", False) and vault.get("LockDate") is not None,
            )


@backup_vaults.detail(fields=["external_principals"], calls=["backup:GetBackupVaultAccessPolicy"])
def backup_sharing(aws: Aws, vault: Backup) -> dict[str, object]:
    answer = aws.maybe(
        "backup:GetBackupVaultAccessPolicy",
        "ResourceNotFoundException",
        BackupVaultName=vault.name,
    )
    shared = _by_policy("backup:GetBackupVaultAccessPolicy", answer, aws.account)
    return {"external_principals": shared["external_principals"]}
