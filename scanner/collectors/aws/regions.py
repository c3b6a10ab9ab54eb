"""Regions that a target may name: each exists, and all of them lie in one partition.

botocore's own list of regions tells, where the extra is installed; it is read as a file, since
importing botocore takes longer than all the rest of checking a configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from scanner.collectors.aws.cloud import PARTITIONS, partition_of


class _Partition(msgspec.Struct):
    id: str
    regions: dict[str, Any]


class _Partitions(msgspec.Struct):
    partitions: list[_Partition]


def partition_named(options: Mapping[str, Any]) -> str:
    """The partition of a target: its own word, else that of its first region, else commercial."""
    regions = options.get("regions", "all")
    implied = partition_of(str(regions[0])) if regions and regions != "all" else "aws"
    return str(options.get("partition", implied))


def faults(options: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with a target's `regions`: (path in the target, what to do).

    Without botocore's data only GovCloud is told from the commercial regions, by their names.
    """
    regions = options.get("regions", "all")
    if regions == "all":
        return
    known = _known()
    one = partition_named(options)
    for number, region in enumerate(regions):
        at = ("regions", number)
        if known and region not in known:
            yield at, f"there is no region {region!r}; {_instead(region, known)}"
            continue
        found = known.get(region) or partition_of(region)
        if found not in PARTITIONS:
            yield at, f"{region} lies in the partition {found}, which is not scanned; take it out"
        elif found != one:
            yield (
                at,
                f"{region} lies in the partition {found}, but a target is one partition, here"
                f" {one}; correct it, or give {found} a target of its own",
            )


def _instead(region: str, known: Mapping[str, str]) -> str:
    near = get_close_matches(region.lower(), [r for r in known if known[r] in PARTITIONS], n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return "write one such as us-east-1 (for one newer than the botocore here, update botocore)"


@cache
def _known() -> Mapping[str, str]:
    """Region -> partition; empty where botocore is not installed or lists none."""
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        return {}
    path = Path(spec.submodule_search_locations[0], "data", "partitions.json")
    try:
        listed = msgspec.json.decode(path.read_bytes(), type=_Partitions)
    except (OSError, msgspec.MsgspecError):
        return {}
    return {
        region: partition.id
        for partition in listed.partitions
        for region in partition.regions
        if not region.endswith("-global")  # stands for a partition's global services
    }
