"""EC2 instances, and which of them Systems Manager reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import source
from scanner.facts.host import Instance

_LISTING = {"ec2:DescribeInstances": "ec2:DescribeInstances"}
_PAGE = 1000
_GONE = ("terminated", "shutting-down")


def tags_of(resource: dict[str, Any], key: str = "Tags") -> dict[str, str]:
    """The tags of an answer that holds them as a list of Key and Value."""
    return {tag["Key"]: tag["Value"] for tag in resource.get(key) or ()}


def _instances(aws: Aws) -> list[dict[str, Any]]:
    def read() -> list[dict[str, Any]]:
        return [
            {
                "id": instance["InstanceId"],
                "state": instance["State"]["Name"],
                "public": bool(instance.get("PublicIpAddress")),
                "tokens": (instance.get("MetadataOptions") or {}),
                "image": instance.get("ImageId"),
                "tags": tags_of(instance),
            }
            for page in aws.pages("ec2:DescribeInstances", MaxResults=_PAGE)
            for reservation in page["Reservations"]
            for instance in reservation["Instances"]
            if instance["State"]["Name"] not in _GONE
        ]

    return aws.shared(("instances", aws.region), read)


@source(
    Instance,
    fields=["state", "public_address", "metadata_token_required", "image", "tags"],
    calls=_LISTING,
    per="region",
)
def instances(aws: Aws) -> Iterator[Instance]:
    """Virtual machines of EC2 that exist, running or stopped."""
    for found in _instances(aws):
        options = found["tokens"]
        facts: dict[str, Any] = {}
        if options.get("HttpEndpoint") == "disabled":
            facts["metadata_token_required"] = True
        elif "HttpTokens" in options:
            facts["metadata_token_required"] = options["HttpTokens"] == "required"
        yield Instance(
            **aws.here("ec2:DescribeInstances"),
            subject=found["id"],
            name=found["tags"].get("Name") or found["id"],
            tags=found["tags"],
            state=found["state"],
            public_address=found["public"],
            image=found["image"],
            **facts,
        )


MANAGED_CALLS = {"ssm:DescribeInstanceInformation": "ssm:DescribeInstanceInformation"}


def managed_machines(aws: Aws) -> list[dict[str, Any]]:
    """What Systems Manager's agents report of the region's machines, read once."""
    return aws.shared(
        ("managed", aws.region),
        lambda: [
            each
            for page in aws.pages("ssm:DescribeInstanceInformation", MaxResults=50)
            for each in page["InstanceInformationList"]
        ],
    )


@source(
    Instance,
    fields=["managed", "platform"],
    calls={**_LISTING, **MANAGED_CALLS},
    lists=False,
    per="region",
)
def managed_instances(aws: Aws) -> Iterator[Instance]:
    """Which instances report to Systems Manager now; one bulk listing tells for all."""
    reported = {each["InstanceId"]: each for each in managed_machines(aws)}
    for found in _instances(aws):
        agent = reported.get(found["id"])
        platform = None
        if agent is not None:
            words = (agent.get("PlatformName"), agent.get("PlatformVersion"))
            platform = " ".join(word for word in words if word) or None
        yield Instance(
            **aws.here("ssm:DescribeInstanceInformation"),
            subject=found["id"],
            name=found["tags"].get("Name") or found["id"],
            managed=agent is not None and agent.get("PingStatus") == "Online",
            platform=platform,
        )
