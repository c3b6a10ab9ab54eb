"""Shared by the rooms below, which may also import the trees and helpers beside this file."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a scan remembers of hosts is kept apart for each test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
