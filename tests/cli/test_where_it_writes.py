"""A place that cannot be written to: the remedy is one that the verb has."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.cli import BAD_INPUT, run

NEW_RULE = ["rules", "new", "mine", "--practice", "AC.L2-3.1.12", "--fact", "host"]


@pytest.mark.parametrize(
    "arguments",
    [
        [*NEW_RULE, "-d", "file/rules"],
        [*NEW_RULE, "-d", "file"],
        ["incident", "start", "2026-01", "--title", "x", "-d", "file/incidents"],
        ["scan", "-q", "--rules", "fips-mode-on", "-o", "file/out"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_the_path_the_cause_and_what_helps(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    assert run(arguments) == BAD_INPUT
    said = capsys.readouterr().err
    assert "choose another folder with -o" not in said
    assert said.startswith("file"), said
    assert "; a file stands where a folder has to be, or write to another place" in said
    assert Path("file").read_text() == ""
