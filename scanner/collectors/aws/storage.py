"""Shares, tables and backups: encrypted, private, and with whose key."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import tags_of
from scanner.collectors.aws.grants import opened_by
from scanner.collectors.base import source
from scanner.facts.storage import Backup, Store

_PAGE = 1000
_UNSHARED = ["public", "external_principals"]
_COMMON = ["category", "encrypted", "key_id"]


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
    text = (answer or {}).get("Policy")
    return opened_by("efs:DescribeFileSystemPolicy", text, aws.account)


@source(
    Store,
    fields=["category", "encrypted", "key_id", *_UNSHARED, "tags"],
    calls=["fsx:DescribeFileSystems"],
    always={"category": "share"},
    per="region",
)
def file_systems(aws: Aws) -> Iterator[Store]:
    """File systems of FSx: always encrypted, reached inside a network only (user guides)."""
    operation = "fsx:DescribeFileSystems"
    for page in aws.pages(operation, MaxResults=100):
        for each in page["FileSystems"]:
            tags = tags_of(each)
            yield Store(
                **aws.here(operation),
                subject=each["ResourceARN"],
                name=tags.get("Name") or each["FileSystemId"],
                tags=tags,
                category="share",
                encrypted=True,
                key_id=each.get("KmsKeyId"),
                public=False,
                external_principals=(),
            )


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
    return opened_by("dynamodb:GetResourcePolicy", (answer or {}).get("Policy"), aws.account)


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
    text = (answer or {}).get("Policy")
    shared = opened_by("backup:GetBackupVaultAccessPolicy", text, aws.account)
    return {"external_principals": shared["external_principals"]}
