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
"""What a CI system or a user's shell sets and the command heeds: a test sets what it is about."""

for name in [n for n in os.environ if n in OUTSIDE or n.startswith("GITHUB_")]:
    del os.environ[name]

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
