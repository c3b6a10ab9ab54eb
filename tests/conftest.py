"""Fixtures that several folders share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes import CLOCK, FakeCloud

from scanner.collect import collect
from scanner.collectors.base import Target


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
