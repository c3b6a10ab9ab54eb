"""Ctrl-C, SIGTERM and the deadline end a scan at once, and what was read is kept."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("botocore")


@pytest.fixture
def silent() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def config(tmp_path: Path, silent: str) -> Path:
    path = tmp_path / "c.yaml"
    path.write_text(
        "targets:\n"
        "  - {id: here, provider: linux, host_id: a-host}\n"
        f"  - {{id: there, provider: aws, regions: [us-east-1], endpoint: '{silent}'}}\n"
    )
    return path


def start(config: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_MAX_ATTEMPTS": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "scanner", "collect", "-c", str(config), "-o", "s", *arguments],
        cwd=config.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kept(folder: Path) -> tuple[bool, dict[str, set[str]]]:
    """Whether it says that it is complete; target -> reasons of its gaps ("" where it answered)."""
    manifest = json.loads((folder / "s" / "manifest.json").read_text())
    reasons = {gap["id"]: gap["reason"] for gap in manifest["gaps"]}
    ended: dict[str, set[str]] = {}
    for line in manifest["ledger"]:
        ended.setdefault(line["target"], set()).add(reasons.get(line.get("gap") or "", ""))
    return manifest["complete"], ended


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_collection_can_be_resumed(config: Path, asked: signal.Signals):
    process = start(config)
    journal = config.parent / "s" / ".collect" / "journal.jsonl"
    for _ in range(150):
        if journal.exists() and len(journal.read_bytes().splitlines()) > 10:
            break
        time.sleep(0.1)
    process.send_signal(asked)
    begun = time.monotonic()
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130, error
    assert time.monotonic() - begun < 4
    assert "Traceback" not in error
    assert error.splitlines()[-1] == (
        "interrupted; what was read is kept in s; the same command with --resume goes on"
    )
    assert not (config.parent / "s" / "manifest.json").exists()
    before = journal.read_bytes()
    _, error = start(config, "--resume", "--deadline", "3").communicate(timeout=30)
    complete, ended = kept(config.parent)
    assert not complete
    assert ended == {"here": {""} | ended["here"], "there": {"interrupted"}}
    assert len(before.splitlines()) > 10
    assert "given up" not in error


def test_an_interrupted_collection_leaves_the_snapshot_that_was_there(config: Path):
    only = ("--targets", "here")
    start(config, *only).communicate(timeout=60)
    before = {p: p.read_bytes() for p in (config.parent / "s").rglob("*") if p.is_file()}
    process = start(config)
    journal = config.parent / "s" / ".collect" / "journal.jsonl"
    for _ in range(150):
        if journal.exists() and len(journal.read_bytes().splitlines()) > 10:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert before == {p: p.read_bytes() for p in before}
    _, error = start(config, *only).communicate(timeout=60)
    assert "an unfinished collection lies here and is given up" in error


def test_at_the_deadline_the_rest_is_a_gap_and_the_process_ends(config: Path):
    started = time.monotonic()
    process = start(config, "--deadline", "4")
    _, error = process.communicate(timeout=30)
    assert process.returncode == 3, error
    assert time.monotonic() - started < 12
    complete, ended = kept(config.parent)
    assert not complete
    assert "" in ended["here"]
    assert ended["there"] == {"interrupted"}
