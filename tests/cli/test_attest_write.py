"""`attest --write`: each document is asked for once, though no configuration names the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.cli import BAD_INPUT, INCOMPLETE, OK, run


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A scan's folder beside its c.yaml, in the current folder."""
    (tmp_path / "host" / "etc").mkdir(parents=True)
    (tmp_path / "host" / "etc" / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (tmp_path / "host" / "etc" / "machine-id").write_text("0123456789abcdef" * 2 + "\n")
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(f"targets:\n  - {{id: h, provider: linux, root: {tmp_path}/host}}\n")
    assert run(["scan", "-c", "c.yaml", "-q", "--rules", "IA", "-o", "out"]) in (OK, INCOMPLETE, 1)
    return "out"


def attest(out: str, into: str = "attestations") -> int:
    return run(["attest", out, "-c", "c.yaml", "--write", into])


def test_the_second_time_there_is_nothing_to_write(out, capsys):
    assert attest(out) == OK
    first = {p.name: p.read_bytes() for p in Path("attestations").iterdir()}
    assert len(first) > 20
    said = capsys.readouterr().out
    assert said.count("written: attestations/") == len(first)
    assert "they count once `attestations:` of the configuration names this folder" in said

    assert attest(out) == OK
    assert {p.name: p.read_bytes() for p in Path("attestations").iterdir()} == first
    said = capsys.readouterr().out
    assert "nothing to write: attestations speaks of every open objective" in said

    with Path("c.yaml").open("a") as config:
        config.write("attestations: attestations/\n")
    assert attest(out) == OK
    assert {p.name: p.read_bytes() for p in Path("attestations").iterdir()} == first
    assert "they count once" not in capsys.readouterr().out


def test_what_was_confirmed_meanwhile_is_not_asked_for_again(out):
    assert attest(out) == OK
    plan = Path("attestations/ssp.yaml")
    text = plan.read_text().replace("  proposed: true\n", "")
    plan.write_text(text.replace("artifacts: []", "artifacts: [{path: ../documents/ssp.pdf}]"))
    left = {p.name for p in Path("attestations").iterdir()}
    assert attest(out) == OK
    assert {p.name for p in Path("attestations").iterdir()} == left


def test_only_what_the_folder_does_not_speak_of_is_written(out):
    assert attest(out) == OK
    Path("attestations/ssp.yaml").unlink()
    left = {p.name for p in Path("attestations").iterdir()}
    assert attest(out) == OK
    assert {p.name for p in Path("attestations").iterdir()} - left == {"ssp.yaml"}


def test_a_folder_with_a_file_that_cannot_be_read_is_left_as_it_is(out, capsys):
    Path("attestations").mkdir()
    Path("attestations/mine.yaml").write_text("attestations: [")
    assert attest(out) == BAD_INPUT
    assert "attestations/mine.yaml:2:1: " in capsys.readouterr().err
    assert [p.name for p in Path("attestations").iterdir()] == ["mine.yaml"]
