"""`gaps` of the configuration: what somebody accepts has to exist, and to end on some day."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.cli import BAD_INPUT, INCOMPLETE, OK, run

TARGETS = """\
targets:
  - {id: host, provider: linux, root: HOST}
  - {id: other, provider: linux, root: HOST}
gaps:
  - {reason: r, owner: me, ENTRY}
"""


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a configuration of two hosts with one accepted gap; returns its path."""
    (tmp_path / "host" / "etc").mkdir(parents=True)
    (tmp_path / "host" / "etc" / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (tmp_path / "host" / "etc" / "machine-id").write_text("0123456789abcdef" * 2 + "\n")
    monkeypatch.chdir(tmp_path)

    def write(entry: str) -> str:
        text = TARGETS.replace("HOST", str(tmp_path / "host")).replace("ENTRY", entry)
        (tmp_path / "c.yaml").write_text(text)
        return "c.yaml"

    return write


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (
            "source: linux.acounts, until: 2027-03-31",
            "c.yaml:5:36: no target here has a source 'linux.acounts';"
            " did you mean 'linux.accounts'?",
        ),
        (
            "source: aws.buckets, until: 2027-03-31",
            "c.yaml:5:36: no target here has a source 'aws.buckets'; known here: linux.access",
        ),
        (
            "source: aws.buckets, target: host, until: 2027-03-31",
            "c.yaml:5:36: host has no source 'aws.buckets'; known here: linux.access",
        ),
        (
            "source: linux.accounts, target: hots, until: 2027-03-31",
            "c.yaml:5:60: there is no target 'hots'; did you mean 'host'?",
        ),
        *(
            (
                f"source: linux.accounts, until: {day}",
                f"c.yaml:5:59: {day} is no day of the calendar; write one such as 2027-03-31",
            )
            for day in ("9999-99-99", "2026-02-29", "2027-13-01", "0000-01-01")
        ),
    ],
)
def test_what_would_accept_nothing_or_never_end_is_refused(configured, capsys, entry, says):
    assert run(["scan", "-c", configured(entry), "-o", "out"]) == BAD_INPUT
    assert says in capsys.readouterr().err
    assert not Path("out").exists(), "nothing was collected"


@pytest.mark.parametrize("target", ["", "target: other, "])
@pytest.mark.parametrize("day", ["2027-03-31", "2028-02-29", "9999-12-31"])
def test_a_source_and_a_day_that_exist_are_taken(configured, target, day):
    config = configured(f"source: linux.accounts, {target}until: {day}")
    code = run(["collect", "-c", config, "-o", "s", "-q", "--targets", "host"])
    assert code in (OK, INCOMPLETE)
