"""Regions that cannot be scanned are refused with the configuration, not one call after another."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.collect import collector_for
from scanner.collectors.aws import regions
from scanner.config import load_config
from scanner.errors import InputError


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    yield
    regions._known.cache_clear()


def told(folder: Path, options: str) -> list[str]:
    path = folder / "c.yaml"
    path.write_text(f"targets:\n  - id: a\n    provider: aws\n    {options}\n")
    try:
        load_config(path, collector_for)
    except InputError as error:
        return [message.removeprefix(f"{folder}/") for message in error.messages]
    return []


@pytest.mark.parametrize(
    "options",
    [
        "regions: all",
        "regions: [us-gov-west-1, us-gov-east-1]",
        "regions: [us-gov-west-1]\n    partition: aws-us-gov",
        "regions: [us-east-1, eu-central-2, mx-central-1]",
        "partition: aws-us-gov",
    ],
)
def test_regions_of_one_partition(tmp_path: Path, options: str) -> None:
    assert told(tmp_path, options) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("regions: [us-east-1, us-esat-2]", "c.yaml:4:26: there is no region 'us-esat-2'; did you"),
        ("regions: [US-East-1]", "there is no region 'US-East-1'; did you mean 'us-east-1'?"),
        ("regions: [mars-1]", "c.yaml:4:15: there is no region 'mars-1'; write one such as us-"),
        ("regions: [aws-global]", "there is no region 'aws-global'"),
        (
            "regions: [us-east-1, us-gov-west-1]",
            "c.yaml:4:26: us-gov-west-1 lies in the partition aws-us-gov, but a target is one"
            " partition, here aws; correct it, or give aws-us-gov a target of its own",
        ),
        (
            "regions: [us-gov-west-1]\n    partition: aws",
            "c.yaml:4:15: us-gov-west-1 lies in the partition aws-us-gov",
        ),
        (
            "regions: [eu-west-1]\n    partition: aws-us-gov",
            "c.yaml:4:15: eu-west-1 lies in the partition aws, ",
        ),
        ("regions: [cn-north-1]", "c.yaml:4:15: cn-north-1 lies in the partition aws-cn, which"),
    ],
)
def test_regions_that_cannot_be_scanned(tmp_path: Path, options: str, says: str) -> None:
    [message] = told(tmp_path, options)
    assert message.startswith(says) or says in message.partition(": ")[2]


def test_without_the_extra_the_partitions_are_still_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions._known.cache_clear()
    monkeypatch.setattr(regions, "find_spec", lambda name: None)
    assert told(tmp_path, "regions: [mars-1]") == []
    [message] = told(tmp_path, "regions: [us-east-1, us-gov-west-1]")
    assert "a target is one partition" in message


def test_checking_loads_no_sdk(tmp_path: Path) -> None:
    assert told(tmp_path, "regions: [us-east-1]") == []
    code = (
        "import sys; from pathlib import Path; from scanner.collect import collector_for;"
        "from scanner.config import load_config; load_config(Path('c.yaml'), collector_for);"
        "assert 'botocore' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
