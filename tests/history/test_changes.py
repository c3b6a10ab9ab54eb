"""diff, trend and the scan's options, as a user types them."""

from __future__ import annotations

import json
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from history_samples import finding, unread, write

from scanner import findings
from scanner.cli import run
from scanner.findings import Finding
from scanner.history.ask import trend
from scanner.reports.trend_picture import MOST_POINTS, picture


def scan(folder: Path, *found: Finding) -> str:
    folder.mkdir()
    ordered = sorted(found, key=lambda f: (f.rule, f.scope, f.subject or ""))
    findings.write(folder / "findings.jsonl", map(findings.encode, ordered))
    return str(folder)


def test_diff_of_two_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = scan(tmp_path / "a", finding("ann"), finding("bob"))
    after = scan(tmp_path / "b", finding("ann"), finding("cid", made_by="infra/a.tf:3"))
    assert run(["diff", before, after]) == 0
    text = capsys.readouterr().out
    assert text.startswith("1 new, 1 fixed, 1 open as before\n")
    assert "cid  (prod, infra/a.tf:3)" in text
    assert run(["diff", before, after, "--exit-code"]) == 1
    assert run(["diff", after, after, "--exit-code"]) == 0
    capsys.readouterr()
    assert run(["diff", before, f"{after}/findings.jsonl", "-f", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert [c["name"] for c in content["opened"]] == ["cid"]
    assert content["unchanged"] == 1


def test_markdown_holds_no_markup_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "[x](https://evil) <b> | @octocat #1 `y`\n## z"
    before, after = scan(tmp_path / "a"), scan(tmp_path / "b", finding(hostile))
    assert run(["diff", before, after, "-f", "markdown"]) == 0
    text = capsys.readouterr().out
    row = next(line for line in text.splitlines() if line.startswith("| high"))
    assert "[x](" not in row
    assert "@octocat" not in row
    assert row.count("|") - row.count("\\|") == 6
    assert run(["diff", before, after, "-f", "markdown", "--no-names"]) == 0
    assert "octocat" not in capsys.readouterr().out


def test_what_went_dark_is_not_fixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = scan(tmp_path / "a", finding("ann")), scan(tmp_path / "b", unread())
    assert run(["diff", before, after]) == 0
    assert "0 new, 0 fixed, 2 no longer known" in capsys.readouterr().out


def test_diff_and_trend_of_a_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "h.sqlite"
    write(path, [finding("ann"), finding("bob", severity="low")], score=(40, 103))
    write(path, [finding("ann")], 1, score=(88, 88))
    assert run(["diff", "1", "2026-11-02", "--history", str(path)]) == 0
    assert capsys.readouterr().out.startswith("0 new, 1 fixed, 1 open as before")
    assert run(["trend", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].endswith("40 to 103")
    assert lines[2].endswith("88")
    assert run(["trend", str(path), "-f", "json", "--last", "1"]) == 0
    (only,) = json.loads(capsys.readouterr().out)["runs"]
    assert (only["run"], only["high"], only["fixed"]) == (2, 1, 1)
    assert run(["trend", str(path), "-f", "svg", "-o", str(tmp_path / "t.svg")]) == 0
    drawn = ET.fromstring((tmp_path / "t.svg").read_text())
    assert drawn.attrib["aria-label"] == ("Open failures: 2 on 2026-11-01, 1 on 2026-11-02, 2 runs")


def test_a_picture_of_any_length(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    assert "No run yet" in picture([])
    write(path, [finding("ann")])
    (one,) = trend(path)
    for count in (1, 2, 1000):
        text = picture([one] * count)
        ET.fromstring(text)
        assert text.count(",") < 4 * MOST_POINTS + 20


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["diff", "none", "none"], "no scan's folder"),
        (["trend", "none.sqlite"], "there is no history here"),
        (["scan", "--new-only"], "--new-only needs --history or --baseline"),
        (["scan", "--notify", "HOOK"], "--notify needs --history or --baseline"),
        (["scan", "--history", "h", "--notify", "HOOK"], "HOOK: this environment variable"),
        (["scan", "--history", "h", "--baseline", "b"], "--baseline goes without --history"),
        (["scan", "--baseline", "none.jsonl"], "none.jsonl: cannot be read"),
        (["scan", "--history", "/dev/null/h"], "/dev/null/h: cannot be used as history"),
    ],
)
def test_wrong_input_is_told_before_anything_is_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOOK", raising=False)
    assert run(arguments) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def again(*options: str) -> int:
        return run(["scan", "--rules", "fips-mode-on", "-q", *options])

    return again


def test_new_only_and_first_days(host: Any, tmp_path: Path) -> None:
    """One rule on this machine: whatever it says today, it says the second time, too."""
    options = ["--history", "h.sqlite", "--fail-on", "info"]
    first = host(*options)
    assert first in (0, 1, 3)
    with sqlite3.connect("h.sqlite") as database:  # two scans within one second would be one
        database.execute("UPDATE run SET at = '2026-01-01T00:00:00Z'")
    second = host(*options, "--new-only")
    assert second in (0, 3) if first == 1 else second == first
    assert len(trend(Path("h.sqlite"))) == 2
    run_ = json.loads(Path("out/findings.sarif").read_text())["runs"][0]
    assert {r["baselineState"] for r in run_["results"]} == {"unchanged"}
    Path("before.jsonl").write_bytes(Path("out/findings.jsonl").read_bytes())
    third = host("--baseline", "before.jsonl", "--new-only", "--fail-on", "info")
    assert third == second


def states_of(folder: str) -> set[str]:
    sarif = json.loads(Path(folder, "findings.sarif").read_text())["runs"][0]
    return {r["baselineState"] for r in sarif["results"]}


def test_a_report_written_again_remembers_what_was_before(
    host: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host("--history", "h.sqlite")
    with sqlite3.connect("h.sqlite") as database:
        database.execute("UPDATE run SET at = '2026-01-01T00:00:00Z'")
    host("--history", "h.sqlite", "--fail-on", "never")
    assert states_of("out") == {"unchanged"}
    assert "2026-01-01 00:00 UTC" in Path("out/report.html").read_text()
    again = ["report", "out", "-f", "sarif", "-f", "html", "-o", "again"]
    assert run([*again, "--history", "h.sqlite"]) == 0
    assert states_of("again") == {"unchanged"}
    assert Path("again/report.html").read_bytes() == Path("out/report.html").read_bytes()
    assert len(trend(Path("h.sqlite"))) == 2, "the scan is not recorded twice"
    assert run([*again, "--history", "made-in-steps.sqlite"]) == 0
    assert states_of("again") == {"new"}
    assert run([*again, "--baseline", "out/findings.jsonl"]) == 0
    assert states_of("again") == {"unchanged"}
    with sqlite3.connect("h.sqlite") as database:
        database.execute("UPDATE run SET at = '2099-01-01T00:00:00Z' WHERE id = 2")
    capsys.readouterr()
    assert run([*again, "--history", "h.sqlite"]) == 2
    assert "its last run ended at 2099-01-01T00:00:00Z, after this scan" in capsys.readouterr().err


def test_a_floor_for_the_score(host: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert host("--min-score", "88", "--fail-on", "never") == 1
    assert "--min-score 88: no score" in capsys.readouterr().err
