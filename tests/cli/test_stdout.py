"""Standard output never decides how a run ends."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.cli import BAD_INPUT, INCOMPLETE, OK

RULE = next(Path("rules").rglob("account-mfa-enforced.yaml"))


def run(*arguments: str, **environment: str) -> tuple[int, bytes]:
    """Exit code and stderr of a run whose reader has gone before it starts."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "scanner", *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            check=False,
        )
    finally:
        os.close(writing)
    return done.returncode, done.stderr


def test_a_reader_that_leaves_is_no_error():
    assert run("mappings", "show", "SC.L2-3.13.11") == (0, b"")


def test_a_reader_that_leaves_hides_no_failure(tmp_path):
    text = RULE.read_text(encoding="utf-8")
    case = "{enabled: true, category: human, mfa_enforced: "
    wrong = tmp_path / "mine.yaml"
    text = text.replace(f"{case}true", f"{case}false", 1)
    wrong.write_text(text.replace(f"id: {RULE.stem}", "id: mine", 1), encoding="utf-8")
    code, said = run("rules", "test", str(wrong))
    assert (code, b"expected pass, got fail" in said) == (1, True), said


def test_a_poor_encoding_is_no_defect(tmp_path):
    command = ["rules", "new", "owned", "--practice", "IA.L2-3.5.3", "--fact", "identity.account"]
    done = subprocess.run(
        [sys.executable, "-m", "scanner", *command, "-d", str(tmp_path / "\u20ac")],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        check=False,
    )
    assert (done.returncode, b"\\u20ac" in done.stdout) == (0, True), done


def command(*arguments: str, shell: str) -> subprocess.CompletedProcess[str]:
    """A run as a shell starts it, with these redirections."""
    line = shlex.join([sys.executable, "-m", "scanner", *arguments])
    return subprocess.run(
        ["sh", "-c", f"{line} {shell}"], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("--help",),
        ("mappings", "show", "AC"),
        ("rules", "list"),
        ("coverage",),
        ("permissions", "linux"),
    ],
)
def test_output_that_finds_no_room_is_told_and_never_a_success(arguments):
    done = command(*arguments, shell="> /dev/full")
    assert done.returncode == BAD_INPUT
    assert done.stderr == (
        "standard output: cannot be written: no space left on device;"
        " what was printed is not whole\n"
    )


def test_a_snapshot_that_finds_no_room_on_standard_output_is_none(tmp_path):
    rest = ("--provider", "linux", "--rules", "SC.L2-3.13.11", "-q", "-o", "-")
    done = command("collect", *rest, shell="> /dev/full")
    assert (done.returncode, "not whole" in done.stderr) == (BAD_INPUT, True), done.stderr


@pytest.mark.parametrize("shell", [">&-", "2>&-", "<&- >&- 2>&-", "2> /dev/full"])
def test_a_stream_that_is_closed_changes_nothing(shell, tmp_path):
    rest = ("-o", str(tmp_path / "out"), "--rules", "SC.L2-3.13.11", "--fail-on", "never")
    done = command("scan", *rest, shell=shell)
    assert done.returncode in (OK, INCOMPLETE), done.stderr
    assert (tmp_path / "out" / "report.html").exists()
    assert list((tmp_path / "out" / "github").iterdir()) == []
    said = f"{tmp_path}/out/github: not written: only a part of the rules was judged"
    assert done.stderr.startswith(said if shell == ">&-" else "")
    assert done.stderr.count("\n") <= (shell == ">&-")
