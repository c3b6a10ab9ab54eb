"""Disks, databases, tables, shares, snapshots, vaults and keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.demo.aws import Emulator

REGION = "us-gov-west-1"
ME = "123456789012"


def _disk(client: Any, *, encrypted: bool) -> str:
    made = client("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=1, Encrypted=encrypted)
    return str(made["VolumeId"])


def test_disks_and_the_default_for_new_ones(empty: Emulator, client: Any, read: Any) -> None:
    open_, closed = _disk(client, encrypted=False), _disk(client, encrypted=True)
    found = read("disks")
    assert (found[open_].encrypted, found[open_].key_id) == (False, None)
    assert found[closed].encrypted is True
    assert found[closed].external_principals == ()

    (default,) = read("disk-default").values()
    assert default.encrypted is False
    client("ec2").enable_ebs_encryption_by_default()
    (default,) = read("disk-default").values()
    assert default.encrypted is True


def test_public_snapshots_are_told_by_two_listings(empty: Emulator, client: Any, read: Any) -> None:
    ec2 = client("ec2")
    made = [
        ec2.create_snapshot(VolumeId=_disk(client, encrypted=False))["SnapshotId"] for _ in range(3)
    ]
    change = {"Attribute": "createVolumePermission", "OperationType": "add"}
    ec2.modify_snapshot_attribute(SnapshotId=made[0], GroupNames=["all"], **change)
    ec2.modify_snapshot_attribute(SnapshotId=made[1], UserIds=["210987654321"], **change)
    found = read("disk-snapshots", "external_principals")

    assert found[made[0]].external_principals == ("*",)
    assert found[made[1]].external_principals == ("210987654321",)
    assert found[made[2]].external_principals == ()


def test_databases_and_their_snapshots(empty: Emulator, client: Any, read: Any) -> None:
    rds = client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="erp",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="x",
        MasterUserPassword="example-password",
        PubliclyAccessible=True,
        StorageEncrypted=False,
    )
    rds.create_db_snapshot(DBInstanceIdentifier="erp", DBSnapshotIdentifier="erp-copy")
    rds.modify_db_snapshot_attribute(
        DBSnapshotIdentifier="erp-copy", AttributeName="restore", ValuesToAdd=["210987654321"]
    )
    (database,) = read("databases").values()
    assert (database.public, database.encrypted) == (True, False)

    copies = {s.name: s for s in read("database-snapshots").values()}
    assert copies["erp-copy"].external_principals == ("210987654321",)
    assert (copies["erp-copy"].public, copies["erp-copy"].encrypted) == (False, False)


def test_a_table_is_encrypted_always(empty: Emulator, client: Any, read: Any) -> None:
    client("dynamodb").create_table(
        TableName="parts",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    (table,) = read("tables", "encrypted").values()
    assert table.encrypted is True


def test_a_share_by_its_policy(empty: Emulator, client: Any, read: Any) -> None:
    efs = client("efs")
    made = efs.create_file_system(CreationToken="t", Encrypted=True)["FileSystemId"]
    (share,) = read("shares").values()
    assert (share.encrypted, share.public) == (True, False)

    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "elasticfilesystem:ClientMount",
        "Resource": "*",
    }
    efs.put_file_system_policy(
        FileSystemId=made, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    (share,) = read("shares").values()
    assert (share.public, share.external_principals) == (True, ("*",))


def test_a_vault_is_immutable_only_once_its_lock_has_a_date(
    empty: Emulator, client: Any, read: Any
) -> None:
    backup = client("backup")
    backup.create_backup_vault(BackupVaultName="plain")
    backup.create_backup_vault(BackupVaultName="locked")
    backup.put_backup_vault_lock_configuration(
        BackupVaultName="locked", MinRetentionDays=30, ChangeableForDays=3
    )
    found = {v.name: v for v in read("backup-vaults", "immutable").values()}
    assert found["plain"].immutable is False
    assert found["locked"].encrypted is True


def test_keys_tell_state_rotation_and_who_may_use_them(
    empty: Emulator, client: Any, read: Any
) -> None:
    kms = client("kms")
    turning = kms.create_key(Description="turning")["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=turning)
    still = kms.create_key(Description="still")["KeyMetadata"]["Arn"]
    signing = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    kms.put_key_policy(
        KeyId=still, PolicyName="default", Policy=json.dumps({"Statement": [statement]})
    )
    going = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=going.rsplit("/", 1)[-1])
    found = read("kms-keys")

    assert found[turning].rotation_days == 365
    assert (found[still].rotation_days, found[still].policy_public) == (None, True)
    assert (found[signing].symmetric, found[signing].rotation_days) == (False, None)
    assert found[going].state == "pending-deletion"
    assert found[turning].origin == "provider-hsm"
    assert found[turning].hardware is True
    assert empty.calls.count("kms:GetKeyRotationStatus") == 3


@pytest.mark.parametrize("name", ["kms-keys", "disks", "databases", "tables", "shares"])
def test_a_refused_listing_is_a_refusal(empty: Emulator, client: Any, read: Any, name: str) -> None:
    from scanner.collectors.base import Refused

    with empty.faults.injected(on="*", effect="none"):
        read(name)
    with empty.faults.injected(on="[!s]*:*", effect="denied"), pytest.raises(Refused) as refused:
        read(name)
    assert refused.value.reason == "denied"
