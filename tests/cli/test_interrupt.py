"""Ctrl-C, SIGTERM and the deadline end a scan at once, and what was read is kept."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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


STARTED = """
from scanner.collectors.aws import clients
from scanner.__main__ import main
clients.READ_SECONDS = 3600
main()
"""
"""The command, in a world where a service that is silent is waited for by the hour."""

LONG = 120
"""Seconds that nothing here takes, on however busy a machine, unless it waits for that service."""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(config: Path) -> Iterator[Start]:
    """Starts a collection; whatever is left of them when the test ends is killed."""
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_MAX_ATTEMPTS": "1",
    }
    command = [sys.executable, "-c", STARTED, "collect", "-c", str(config), "-o", "s"]
    with ExitStack() as ended:

        def begin(*arguments: str) -> subprocess.Popen[str]:
            # A child inherits what is ignored (as under nohup), and forgets what is handled.
            before = signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                process = subprocess.Popen(
                    [*command, *arguments],
                    cwd=config.parent,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            finally:
                signal.signal(signal.SIGINT, before)
            ended.enter_context(process)
            ended.callback(process.kill)
            return process

        yield begin


@pytest.fixture
def nohup() -> Iterator[None]:
    """Started as by `nohup ... &`: this process ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def await_some(process: subprocess.Popen[str], folder: Path) -> Path:
    """Wait until a part has been read and some is not; the journal of what was read."""
    journal = folder / "s" / ".collect" / "journal.jsonl"
    until = time.monotonic() + LONG
    while not journal.exists() or len(journal.read_bytes().splitlines()) <= 10:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    return journal


def kept(folder: Path) -> tuple[bool, dict[str, set[str]]]:
    """Whether it says that it is complete; target -> reasons of its gaps ("" where it answered)."""
    manifest = json.loads((folder / "s" / "manifest.json").read_text())
    reasons = {gap["id"]: gap["reason"] for gap in manifest["gaps"]}
    ended: dict[str, set[str]] = {}
    for line in manifest["ledger"]:
        ended.setdefault(line["target"], set()).add(reasons.get(line.get("gap") or "", ""))
    return manifest["complete"], ended


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_collection_can_be_resumed(
    start: Start, config: Path, asked: signal.Signals
):
    process = start()
    journal = await_some(process, config.parent)
    process.send_signal(asked)
    _, error = process.communicate(timeout=LONG)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert error.splitlines()[-1] == (
        "interrupted; what was read is kept in s; the same command with --resume goes on"
    )
    assert not (config.parent / "s" / "manifest.json").exists()
    before = journal.read_bytes()
    _, error = start("--resume", "--deadline", "3").communicate(timeout=LONG)
    complete, ended = kept(config.parent)
    assert not complete
    assert ended == {"here": {""} | ended["here"], "there": {"interrupted"}}
    assert len(before.splitlines()) > 10
    assert "given up" not in error


def test_an_interrupted_collection_leaves_the_snapshot_that_was_there(
    nohup: None, start: Start, config: Path
):
    only = ("--targets", "here")
    start(*only).communicate(timeout=LONG)
    before = {p: p.read_bytes() for p in (config.parent / "s").rglob("*") if p.is_file()}
    process = start()
    await_some(process, config.parent)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LONG)
    assert before == {p: p.read_bytes() for p in before}
    _, error = start(*only).communicate(timeout=LONG)
    assert "an unfinished collection lies here and is given up" in error


def test_at_the_deadline_the_rest_is_a_gap_and_the_process_ends(start: Start, config: Path):
    for seconds in (4, 16, 64):  # a busy machine may have read nothing yet after the first
        process = start("--deadline", str(seconds))
        _, error = process.communicate(timeout=seconds + LONG)
        assert process.returncode == 3, error
        complete, ended = kept(config.parent)
        assert not complete
        assert ended["there"] == {"interrupted"}
        if "" in ended["here"]:
            return
    pytest.fail("nothing was read before the deadline")
