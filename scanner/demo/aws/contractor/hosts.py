"""Instances with what their SSM agents report, and functions with their code signing."""

from __future__ import annotations

import io
import zipfile

from scanner.demo.aws import estate
from scanner.demo.aws.contractor.site import Site, repeated
from scanner.demo.aws.emulator import ACCOUNT


def build_instances(site: Site, count: int) -> dict[str, str]:
    """Instance ids by name."""
    built: dict[str, str] = {}
    ec2 = site("ec2")
    ec2.enable_allowed_images_settings(AllowedImagesSettingsState=estate.ALLOWED_IMAGES)
    ec2.replace_image_criteria_in_allowed_images_settings(
        ImageCriteria=[{"ImageProviders": [ACCOUNT, "amazon"]}]
    )
    ec2.enable_ebs_encryption_by_default()
    golden = ec2.register_image(Name="halyard-golden-2026-10", RootDeviceName="/dev/xvda")
    for row, suffix in repeated(estate.INSTANCES, count):
        image = golden["ImageId"] if row.golden else "ami-0f00dfeed00000001"
        made = ec2.run_instances(
            ImageId=image,
            MinCount=1,
            MaxCount=1,
            InstanceType="m6i.large",
            MetadataOptions={"HttpTokens": row.imds},
            BlockDeviceMappings=[
                {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 80, "Encrypted": row.encrypted}}
            ],
            TagSpecifications=[
                {
                    "ResourceType": "instance",
                    "Tags": [{"Key": "Name", "Value": f"{row.name}{suffix}"}],
                }
            ],
        )
        name, instance = f"{row.name}{suffix}", made["Instances"][0]["InstanceId"]
        built[name] = instance
        if row.managed:
            _agent(site, row, instance, name)
    return built


def _agent(site: Site, row: estate.Instance, instance: str, name: str) -> None:
    """What the SSM agent on the instance would report."""
    windows = "Windows" in row.platform
    site.put(
        "ssm.instances",
        instance,
        {
            "InstanceId": instance,
            "PingStatus": "Online" if row.online else "ConnectionLost",
            "LastPingDateTime": {"minutes_ago": 3} if row.online else {"days_ago": 9},
            "AgentVersion": "3.3.987.0",
            "IsLatestVersion": True,
            "PlatformType": "Windows" if windows else "Linux",
            "PlatformName": row.platform,
            "PlatformVersion": "10.0.20348" if windows else "2023",
            "ResourceType": "EC2Instance",
            "ComputerName": f"{name}.halyard.example",
            "AssociationStatus": "Success",
        },
    )
    software = estate.BASE_SOFTWARE[row.platform] + row.extra
    site.put(
        "ssm.inventory",
        f"{instance}/AWS:Application",
        {
            "TypeName": "AWS:Application",
            "SchemaVersion": "1.1",
            "CaptureTime": {"hours_ago": 11, "text": True},
            "Content": [
                {
                    "Name": program,
                    "Version": version,
                    "Publisher": estate.PUBLISHERS.get(program.split()[0], ""),
                    "Architecture": "x86_64",
                }
                for program, version in software
            ],
        },
    )
    site.put(
        "ssm.patch_states",
        instance,
        {
            "InstanceId": instance,
            "PatchGroup": "production",
            "BaselineId": "pb-0123456789abcdef0",
            "InstalledCount": 180,
            "MissingCount": row.missing,
            "FailedCount": 0,
            "CriticalNonCompliantCount": row.missing // 5,
            "OperationStartTime": {"hours_ago": 20},
            "OperationEndTime": {"hours_ago": 19},
            "Operation": "Scan",
        },
    )


def build_functions(site: Site, count: int) -> None:
    role = site("iam").create_role(RoleName="functions", AssumeRolePolicyDocument="{}")
    signing = site("lambda")
    publisher = site.arn("signer", "/signing-profiles/halyard/AbCdEfGhIj")
    configs = {
        action: signing.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [publisher]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": action},
        )["CodeSigningConfig"]["CodeSigningConfigArn"]
        for action in ("Enforce", "Warn")
    }
    code = _empty_zip()
    for (name, action), suffix in repeated(tuple(estate.FUNCTIONS.items()), count):
        signing.create_function(
            FunctionName=f"{name}{suffix}",
            Runtime="python3.12",
            Role=role["Role"]["Arn"],
            Handler="main.handler",
            Code={"ZipFile": code},
        )
        if action is not None:
            signing.put_function_code_signing_config(
                FunctionName=f"{name}{suffix}", CodeSigningConfigArn=configs[action]
            )


def _empty_zip() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): ...\n")
    return held.getvalue()
