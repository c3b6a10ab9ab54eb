"""EC2's account settings, and the regions of the partition.

Table: ec2.settings (one record a setting; absent means AWS's default).
"""

from __future__ import annotations

from typing import Any

from scanner.demo.aws import models
from scanner.demo.aws.registry import Call, Output, ours, overlay
from scanner.demo.aws.services import account

_TABLE = "ec2.settings"


def _setting(call: Call, name: str, default: Any) -> Any:
    return call.table(_TABLE).get(name, default)


@ours("ec2:GetAllowedImagesSettings")
def get_allowed_images_settings(call: Call) -> Output:
    return {
        "State": _setting(call, "allowed-images", "disabled"),
        "ImageCriteria": _setting(call, "allowed-images-criteria", []),
        "ManagedBy": "account",
    }


@ours("ec2:EnableAllowedImagesSettings")
def enable_allowed_images_settings(call: Call) -> Output:
    state = call.params["AllowedImagesSettingsState"]
    call.table(_TABLE)["allowed-images"] = state
    return {"AllowedImagesSettingsState": state}


@ours("ec2:ReplaceImageCriteriaInAllowedImagesSettings")
def replace_image_criteria(call: Call) -> Output:
    call.table(_TABLE)["allowed-images-criteria"] = call.params.get("ImageCriteria", [])
    return {"ReturnValue": True}


@ours("ec2:GetSnapshotBlockPublicAccessState")
def get_snapshot_block_public_access_state(call: Call) -> Output:
    return {"State": _setting(call, "snapshot-block", "unblocked"), "ManagedBy": "account"}


@ours("ec2:EnableSnapshotBlockPublicAccess")
def enable_snapshot_block_public_access(call: Call) -> Output:
    call.table(_TABLE)["snapshot-block"] = call.params["State"]
    return {"State": call.params["State"]}


@ours("ec2:GetImageBlockPublicAccessState")
def get_image_block_public_access_state(call: Call) -> Output:
    state = _setting(call, "image-block", "block-new-sharing")
    return {"ImageBlockPublicAccessState": state, "ManagedBy": "account"}


@ours("ec2:DisableImageBlockPublicAccess")
def disable_image_block_public_access(call: Call) -> Output:
    call.table(_TABLE)["image-block"] = "unblocked"
    return {"ImageBlockPublicAccessState": "unblocked"}


@ours("ec2:GetSerialConsoleAccessStatus")
def get_serial_console_access_status(call: Call) -> Output:
    enabled = bool(_setting(call, "serial-console", False))
    return {"SerialConsoleAccessEnabled": enabled, "ManagedBy": "account"}


@ours("ec2:GetInstanceMetadataDefaults")
def get_instance_metadata_defaults(call: Call) -> Output:
    return {"AccountLevel": _setting(call, "metadata-defaults", {"ManagedBy": "account"})}


@ours("ec2:ModifyInstanceMetadataDefaults")
def modify_instance_metadata_defaults(call: Call) -> Output:
    chosen = {n: v for n, v in call.params.items() if n != "DryRun"}
    call.table(_TABLE)["metadata-defaults"] = chosen | {"ManagedBy": "account"}
    return {"Return": True}


@ours("ec2:DescribeVpcBlockPublicAccessOptions")
def describe_vpc_block_public_access_options(call: Call) -> Output:
    return {
        "VpcBlockPublicAccessOptions": {
            "AwsAccountId": call.account,
            "AwsRegion": call.region,
            "State": "default-state",
            "InternetGatewayBlockMode": _setting(call, "vpc-block", "off"),
            "ManagedBy": "account",
            "ExclusionsAllowed": "allowed",
        }
    }


@ours("ec2:DescribeRegions", "moto lists the commercial regions in every partition")
def describe_regions(call: Call) -> Output:
    """Regions that are not opted in to appear only with AllRegions or by name."""
    chosen = call.global_table(account.TABLE)
    asked = call.params.get("RegionNames")
    regions = []
    for name in models.regions_of(call.partition):
        status = _OPT_IN.get(chosen.get(name, ""), "opt-in-not-required")
        shown = call.params.get("AllRegions") or status != "not-opted-in"
        if name in asked if asked else shown:
            endpoint = f"ec2.{name}.amazonaws.com"
            regions.append({"RegionName": name, "Endpoint": endpoint, "OptInStatus": status})
    return {"Regions": regions}


_OPT_IN = {"ENABLED": "opted-in", "DISABLED": "not-opted-in", "DISABLING": "not-opted-in"}


@overlay("ec2:DescribeImages", "moto gives a volume type as the root device's type")
def describe_images(call: Call, output: Output) -> Output:
    for image in output["Images"]:
        if image.get("RootDeviceType") not in {None, "ebs", "instance-store"}:
            image["RootDeviceType"] = "ebs"
    return output


@overlay("ec2:DescribeSnapshots", "moto does not narrow a listing by who may restore")
def describe_snapshots(call: Call, output: Output) -> Output:
    if "all" in call.params.get("RestorableByUserIds", []):
        from moto.ec2.models import ec2_backends

        held = ec2_backends[call.account][call.region].snapshots
        output["Snapshots"] = [
            snapshot
            for snapshot in output["Snapshots"]
            if "all" in held[snapshot["SnapshotId"]].create_volume_permission_groups
        ]
    return output
