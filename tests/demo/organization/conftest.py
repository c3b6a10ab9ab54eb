"""One run of the demo for all tests here; each test that changes something takes a copy."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
from demo_run import run

# Without the demo extra there is nothing here to test.
collect_ignore_glob = [] if importlib.util.find_spec("moto") else ["test_*.py"]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that ran."""
    out = tmp_path_factory.mktemp("demo") / "out"
    done = run("demo", "-o", out, "-q")
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def copy(demo: Path, tmp_path: Path) -> Path:
    """The same folder again, to change."""
    return shutil.copytree(demo, tmp_path / "out")
