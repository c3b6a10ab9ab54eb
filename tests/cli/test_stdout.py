"""Standard output never decides how a run ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
    wrong = tmp_path / RULE.name
    wrong.write_text(text.replace(f"{case}true", f"{case}false", 1), encoding="utf-8")
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
