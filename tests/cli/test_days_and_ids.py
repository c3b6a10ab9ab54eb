"""Runs by their day, incidents by their id: what people know of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scanner.cli import BAD_INPUT, OK, run

sys.path.append(str(Path(__file__).parents[1] / "history"))

from history_samples import DAYS, finding, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_diff_says_which_runs_two_days_meant(here, capsys, form):
    write(Path("h.sqlite"), [], 0)
    write(Path("h.sqlite"), [finding("ann")], 3)
    later = f"{DAYS[9][:10]}"
    arguments = ["diff", DAYS[1][:10], later, "--history", "h.sqlite", "-f", form]
    assert run(arguments) == OK
    said = capsys.readouterr()
    assert said.err == f"run 1 of {DAYS[0]} against run 2 of {DAYS[3]}\n"
    assert "ann" in said.out
    assert run(["diff", DAYS[4][:10], later, "--history", "h.sqlite"]) == OK
    assert capsys.readouterr().err.endswith(", the same one\n")


def test_incident_status_takes_the_id_that_start_took(here, capsys):
    assert run(["incident", "start", "2026-01", "--title", "Ransom note"]) == OK
    began = capsys.readouterr().out
    for name in ("2026-01", "incidents/2026-01.yaml"):
        assert run(["incident", "status", name]) == OK
        said = capsys.readouterr().out
        assert said.startswith("2026-01: Ransom note")
        assert said.splitlines()[2:] == began.splitlines()[3:]


def test_incident_status_looks_in_the_folder_that_start_wrote_to(here, capsys):
    assert run(["incident", "start", "phish", "--title", "x", "-d", "records"]) == OK
    assert run(["incident", "status", "phish", "-d", "records"]) == OK
    assert run(["incident", "status", "phish"]) == BAD_INPUT
    assert "phish: no record of this id in incidents/, and no file; incident start makes one" in (
        capsys.readouterr().err
    )


def test_an_id_that_is_nearly_right_is_told(here, capsys):
    assert run(["incident", "start", "2026-01", "--title", "x"]) == OK
    assert run(["incident", "status", "2026-1"]) == BAD_INPUT
    assert "did you mean '2026-01'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x", "--title", "t", "--discovered", "0001-01-01T00:00:00Z"], "0001-01-01T00:00:00Z is"),
        (["x", "--title", "t", "--discovered", "9999-12-31T00:00:00Z"], "9999-12-31T00:00:00Z is"),
        (["x", "--title", "t", "--discovered", "2199-12-31T00:00:00Z"], "lies after now"),
        (["x", "--title", "t", "--discovered", "2026-02-30T00:00:00Z"], "is no time in UTC"),
        (["x", "--title", "t", "--discovered", "2026-02-20"], "is no time in UTC"),
        (["x", "--title", "t", "--discovered", ""], "'' is no time in UTC"),
        (["x", "--title", ""], "the title is empty"),
        (["x", "--title", "t" * 4001], "the title is longer than 4000 characters"),
        (["x", "--title", "t", "--by", "t" * 4001], "is longer than 4000 characters"),
    ],
)
def test_an_incident_that_could_not_be_read_again_is_not_written(here, capsys, arguments, said):
    assert run(["incident", "start", *arguments]) == BAD_INPUT
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not Path("incidents").exists()


@pytest.mark.parametrize("name", ["1", "null", "true", "1.5", "2026-01-01", "0x1f"])
def test_an_id_that_looks_like_something_else_is_an_id(here, name):
    assert run(["incident", "start", name, "--title", "x"]) == OK
    assert run(["incident", "status", name]) == OK


@pytest.mark.parametrize("key", ["reported", "images_preserved", "prime_told"])
def test_what_lies_ahead_is_not_done(here, capsys, key):
    assert run(["incident", "start", "x", "--title", "x"]) == OK
    path = Path("incidents/x.yaml")
    path.write_text(path.read_text().replace(f"{key}: null", f"{key}: 2199-01-01T00:00Z"))
    capsys.readouterr()
    assert run(["incident", "status", "x"]) == BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert ": 2199-01-01T00:00Z lies after now" in told.err
    assert told.err.startswith("incidents/x.yaml:")
