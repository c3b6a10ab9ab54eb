"""The partitions of AWS: the one place that knows which hosts exist where.

Hosts themselves are never written down: botocore's own endpoint data resolves them. What this file
decides is the region from which a partition's global services are asked, and whether a service has
a FIPS endpoint in a region.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Partition:
    """One separate AWS cloud."""

    name: str
    home: str
    """The region that answers for IAM, Organizations and the like."""
    about: str


PARTITIONS: Mapping[str, Partition] = {
    each.name: each
    for each in (
        Partition("aws", "us-east-1", "the commercial regions"),
        Partition("aws-us-gov", "us-gov-west-1", "GovCloud (US)"),
    )
}


def partition_of(region: str) -> str:
    """The partition that a region's name belongs to."""
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def has_fips(endpoints: Mapping[str, Any], service: str, region: str) -> bool:
    """Whether botocore's data names a FIPS host of this service (its endpoint prefix) there.

    endpoints: botocore's `endpoints` data. Where it names none, asking for FIPS would invent a host
    that may not exist (s3-fips.eu-west-1), so only an entry of the very region counts, not a
    pattern that is made for all. In GovCloud the named host is often the plain one.
    """
    partition = partition_of(region)
    (data,) = (each for each in endpoints["partitions"] if each["partition"] == partition)
    regional = data["services"].get(service, {}).get("endpoints", {})
    if region in regional:
        return _tagged(regional[region])
    # A global service (IAM) has one entry, named for the whole partition.
    return any(_tagged(entry) for name, entry in regional.items() if name.endswith("-global"))


def _tagged(entry: Mapping[str, Any]) -> bool:
    return any("fips" in variant.get("tags", ()) for variant in entry.get("variants", ()))
