"""Fixtures that several folders share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fakes import CLOCK, FakeCloud
from hypothesis import HealthCheck, settings

from scanner.collect import collect
from scanner.collectors.base import Target

# How long an example takes tells of the machine, which may be busy, and not of the code.
settings.register_profile("any-speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-speed")

OUTSIDE = ("CI", "TF_BUILD", "CMMC_SCAN_DEBUG", "NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS")
FAMILIES = ("AWS_", "AZURE_", "GH_", "GITHUB_")
"""What a CI system or a user's shell sets and the command heeds: a test sets what it is about."""

for name in tuple(os.environ):
    if name in OUTSIDE or name.startswith(FAMILIES) or name.lower().endswith("_proxy"):
        del os.environ[name]
# Nor does what lies in a developer's home count, or what a machine in a cloud could ask for.
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

SLOW = (
    "assess/test_poam.py",
    "assess/test_properties.py",
    "cli/test_interrupt.py",
    "collectors/aws/",
    "collectors/entra/test_conditional_access_properties.py",
    "collectors/linux/ssh/",
    "collectors/linux/test_linux_families.py",
    "collectors/linux/test_linux_faults.py",
    "collectors/linux/test_linux_parsers.py",
    "collectors/linux/test_linux_secrets.py",
    "collectors/microsoft/test_microsoft_refusals.py",
    "collectors/microsoft/test_microsoft_rule_refusals.py",
    "demo/aws/",
    "demo/organization/",
    "history/",
    "reports/html/",
    "reports/test_sarif_validator.py",
    "reports/test_workbook.py",
    "workflows/",
)
"""Files and folders whose tests take seconds each: they run with --all, as in CI."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the slow tests too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--all") or config.args != config.getini("testpaths"):
        return
    root = Path(__file__).parent
    slow = [i for i in items if i.path.relative_to(root).as_posix().startswith(SLOW)]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in set(slow)]


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def snap(tmp_path: Path):
    """Collect a fake cloud into a folder; returns the folder."""

    def run(cloud: FakeCloud, *, target: str = "t1", name: str = "snap", **options: Any) -> Path:
        folder = tmp_path / name
        collect(
            [Target(id=target, provider="fake", options={})],
            {"fake": cloud.collector()},
            options.pop("wants", None),
            folder,
            now=options.pop("now", lambda: CLOCK),
            **options,
        )
        return folder

    return run
