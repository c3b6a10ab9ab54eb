"""Disks of machines and their snapshots: encrypted, private, and with whose key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import tags_of
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.storage import Store

_PAGE = 1000
_COMMON = ["category", "encrypted", "key_id"]
_UNSHARED = ["public", "external_principals"]
_ALONE: dict[str, Any] = {"public": False, "external_principals": ()}
"""Of what has no way to be shared by itself; its snapshots may have one."""


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


_IMAGES = "ec2:DescribeImages"
_LAUNCH = "ec2:DescribeImageAttribute"


@source(
    Store,
    fields=["category", "encrypted", "public", "tags"],
    calls=[_IMAGES],
    always={"category": "machine-image"},
    per="region",
)
def machine_images(aws: Aws) -> Iterator[Store | Partial]:
    """Machine images of the account, the disabled ones included; encrypted if every disk is."""
    for page in aws.pages(_IMAGES, Owners=["self"], IncludeDisabled=True, MaxResults=_PAGE):
        for image in page["Images"]:
            disks = [d["Ebs"] for d in image.get("BlockDeviceMappings") or () if "Ebs" in d]
            facts: dict[str, Any] = {
                **aws.here(_IMAGES),
                "subject": image["ImageId"],
                "name": image.get("Name") or image["ImageId"],
                "tags": tags_of(image),
                "category": "machine-image",
                "public": image["Public"],
            }
            if disks:
                encrypted = all(disk.get("Encrypted", False) for disk in disks)
                yield Store(**facts, encrypted=encrypted)
            else:
                unsaid = Refused("not-supported", _IMAGES, "its parts lie in a bucket")
                yield Partial(Store(**facts), {"encrypted": unsaid})


@machine_images.detail(fields=["external_principals"], calls=[_LAUNCH])
def machine_image_sharing(aws: Aws, image: Store) -> dict[str, object]:
    answer = aws.call(_LAUNCH, ImageId=image.subject, Attribute="launchPermission")
    shared = {
        "*"
        if each.get("Group") == "all"
        else each.get("UserId") or each.get("OrganizationArn") or each["OrganizationalUnitArn"]
        for each in answer.get("LaunchPermissions") or ()
    }
    return {"external_principals": tuple(sorted(shared - {aws.account}))}
