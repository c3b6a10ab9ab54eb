"""What is wrong with the command is said before anything is collected, so that nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.cli import BAD_INPUT, INCOMPLETE, OK, run
from scanner.history.store import writing

WITHOUT = """\
import sys
sys.modules[sys.argv.pop(1)] = None
from scanner.__main__ import main
sys.argv[0] = "cmmc-scan"
main()
"""
"""A process in which a module cannot be imported, as where its extra was not installed."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration c.yaml of one small host, in the current folder."""
    files = {
        "etc/os-release": "ID=debian\nVERSION_ID=12\n",
        "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "etc/passwd": "root:x:0:0::/root:/bin/bash\n",
    }
    for name, text in files.items():
        path = tmp_path / "host" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(f"targets:\n  - {{id: h, provider: linux, root: {tmp_path}/host}}\n")
    return tmp_path


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("botocore")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def scan(*more: str) -> int:
    return run(["scan", "-c", "c.yaml", "-o", "out", "-q", "--fail-on", "never", *more])


def test_a_format_whose_extra_is_missing(here):
    arguments = ["openpyxl", "scan", "-c", "c.yaml", "-o", "out", "-f", "csv", "-f", "xlsx"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == BAD_INPUT, done.stderr
    assert "pip install 'cmmc-scan[xlsx]'" in done.stderr
    assert not Path("out").exists()


def test_a_format_of_aws_without_an_aws_target(here, capsys):
    assert scan("-f", "asff") == BAD_INPUT
    assert "--format asff needs an AWS account, and no target leads to one" in (
        capsys.readouterr().err
    )
    assert not Path("out").exists()


def test_a_format_of_aws_when_its_target_is_left_out(here, no_credentials):
    with Path("c.yaml").open("a") as out:
        out.write("  - {id: prod, provider: aws, regions: [us-east-1]}\n")
    assert scan("-f", "asff", "--targets", "h") == BAD_INPUT
    assert not Path("out").exists()


def test_an_aws_target_that_lets_nobody_in_is_incomplete_and_no_wrong_input(
    here, no_credentials, capsys
):
    Path("c.yaml").write_text("targets:\n  - {id: prod, provider: aws, regions: [us-east-1]}\n")
    assert scan("-f", "asff", "-f", "csv", "--rules", "IA") == INCOMPLETE
    assert "asff: not written: no account of an AWS target could be entered" in (
        capsys.readouterr().err
    )
    assert Path("out/findings.csv").is_file()
    assert not Path("out/asff").exists()
    gaps = json.loads(Path("out/snapshot/manifest.json").read_text())["gaps"]
    assert {gap["reason"] for gap in gaps} == {"credentials"}

    before = {p: p.read_bytes() for p in Path("out").rglob("*") if p.is_file()}
    arguments = ["report", "out", "-c", "c.yaml", "-f", "csv", "-f", "asff"]
    assert run(arguments) == INCOMPLETE, "the other format was written"
    assert {p: p.read_bytes() for p in Path("out").rglob("*") if p.is_file()} == before


def test_code_that_cannot_be_read(here, capsys):
    Path("infra").mkdir()
    Path("infra/terraform.tfstate").write_text("{")
    assert scan("--origins", "infra/terraform.tfstate") == BAD_INPUT
    assert "terraform.tfstate" in capsys.readouterr().err
    assert not Path("out").exists()


@pytest.mark.parametrize("content", [b"no database at all, whatever its name says", b"SQLite"])
def test_a_history_that_is_none(here, capsys, content):
    Path("h.sqlite").write_bytes(content)
    assert scan("--history", "h.sqlite") == BAD_INPUT
    assert "h.sqlite: cannot be used as history" in capsys.readouterr().err
    assert not Path("out").exists()
    assert Path("h.sqlite").read_bytes() == content


@pytest.mark.parametrize("there", ["nothing", "an empty file", "an empty history"])
def test_a_history_that_is_new(here, there):
    if there == "an empty file":
        Path("h.sqlite").touch()
    elif there == "an empty history":
        with writing(Path("h.sqlite")):
            pass
    assert scan("--history", "h.sqlite", "--rules", "IA") in (OK, INCOMPLETE)
