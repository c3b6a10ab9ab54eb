"""Where things are written: a snapshot and a scan's folder are two, a terminal takes no tar."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.cli import BAD_INPUT, FAILED, INCOMPLETE, OK, run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration c.yaml of one small host, in the current folder."""
    (tmp_path / "host" / "etc").mkdir(parents=True)
    (tmp_path / "host" / "etc" / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (tmp_path / "host" / "etc" / "machine-id").write_text("0123456789abcdef" * 2 + "\n")
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(f"targets:\n  - {{id: h, provider: linux, root: {tmp_path}/host}}\n")
    return tmp_path


def does(*words: str) -> int:
    return run([words[0], "-c", "c.yaml", "-q", "--rules", "IA", *words[1:]])


def files(folder: str) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


@pytest.mark.parametrize("state", ["finished", "unfinished"])
def test_no_snapshot_is_laid_beside_that_of_a_scan(capsys, state):
    assert does("scan", "-o", "out") in (OK, FAILED, INCOMPLETE)
    if state == "unfinished":
        Path("out/snapshot/manifest.json").unlink()
        Path("out/snapshot/.collect").mkdir()
    before = files("out")
    assert does("collect", "-o", "out") == BAD_INPUT
    assert "out: a scan's folder, whose snapshot lies in out/snapshot/; collect into that one" in (
        capsys.readouterr().err
    )
    assert files("out") == before


def test_a_scans_own_snapshot_may_be_collected_again():
    assert does("scan", "-o", "out") in (OK, FAILED, INCOMPLETE)
    assert does("collect", "-o", "out/snapshot") in (OK, INCOMPLETE)


def test_no_scan_is_laid_into_a_snapshot(capsys):
    assert does("collect", "-o", "s") in (OK, INCOMPLETE)
    before = files("s")
    assert does("scan", "-o", "s") == BAD_INPUT
    assert "s: a snapshot, and no folder of a scan" in capsys.readouterr().err
    assert files("s") == before


def test_a_terminal_is_given_no_tar():
    ours, terminal = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "scanner", "collect", "-c", "c.yaml", "-q", "-o", "-"],
            stdout=terminal,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.set_blocking(ours, False)
        with pytest.raises(BlockingIOError):
            os.read(ours, 1)
    finally:
        os.close(ours)
        os.close(terminal)
    assert done.returncode == BAD_INPUT
    assert b"prints a tar, and here is a terminal; send it on: > host.tar" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["scan"],
        ["evaluate", "s"],
        ["report", "s"],
        ["demo"],
        ["evidence", "gather", "s"],
        ["trend", "h.sqlite"],
    ],
    ids=lambda words: words[0],
)
def test_no_folder_is_called_by_a_dash(capsys, words):
    assert run([*words, "-o", "-"]) == BAD_INPUT
    assert "standard output in `collect` alone" in capsys.readouterr().err
    assert not Path("-").exists()
