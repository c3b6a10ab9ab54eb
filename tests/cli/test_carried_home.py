"""Snapshots that a fleet tool carried home have the life cycle of a scan: `evaluate --history`."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import BAD_INPUT, FAILED, INCOMPLETE, OK, run
from scanner.history.ask import carried, trend

CONFIG = "targets:\n  - {id: fleet, provider: linux}\n"
OTHER = "  - {id: other, provider: linux}\n"
FOUND = "findings.jsonl"


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the snapshots of two hosts that one configuration calls fleet."""
    folder = tmp_path_factory.mktemp("hosts")
    for name, number in (("web", "1"), ("db", "2")):
        etc = folder / name / "etc"
        etc.mkdir(parents=True)
        (etc / "machine-id").write_text(number * 32 + "\n")
        (etc / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
        (etc / "passwd").write_text("root:x:0:0::/root:/bin/bash\n")
        (etc / "ssh").mkdir()
        (etc / "ssh" / "sshd_config").write_text("PermitRootLogin yes\nPermitEmptyPasswords yes\n")
        (folder / f"{name}.yaml").write_text(
            f"targets:\n  - {{id: fleet, provider: linux, root: {folder}/{name}}}\n"
        )
        arguments = ["collect", "-q", "-c", f"{folder}/{name}.yaml", "-o", f"{folder}/{name}.snap"]
        assert run(arguments) in (OK, INCOMPLETE)
    return folder


@pytest.fixture
def here(hosts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both snapshots and a configuration that names their target."""
    monkeypatch.chdir(tmp_path)
    for name in ("web", "db"):
        shutil.copytree(hosts / f"{name}.snap", name)
    Path("cmmc-scan.yaml").write_text(CONFIG)
    return tmp_path


def judged(*arguments: str, fine: tuple[int, ...] = (OK, FAILED, INCOMPLETE)) -> int:
    code = run(["evaluate", *arguments])
    assert code in fine
    return code


def marks(folder: str = "out") -> set[str]:
    """The failures by fingerprint."""
    found = map(json.loads, Path(folder, FOUND).read_text().splitlines())
    return {f["fingerprint"] for f in found if f["verdict"] == "fail"}


def alerts() -> set[str]:
    log = json.loads(Path("out/github/fleet.sarif").read_text())
    return {
        result["partialFingerprints"]["primaryLocationLineHash"].partition(":")[0]
        for result in log["runs"][0]["results"]
    }


def ran(when: str) -> None:
    """Let the runs of the history have ended then."""
    with sqlite3.connect("h.sqlite") as database:
        database.execute("UPDATE run SET at = ?", (when,))


def accepted(folder: str) -> str:
    """The part of a configuration that accepts every gap of a snapshot."""
    gaps = json.loads(Path(folder, "manifest.json").read_text())["gaps"]
    terms = "until: 2099-12-31, reason: known, owner: us"
    entries = (f"  - {{source: {name}, {terms}}}\n" for name in sorted({g["source"] for g in gaps}))
    return "gaps:\n" + "".join(entries)


@pytest.mark.parametrize("memory", ["history", "file"])
def test_a_host_whose_snapshot_is_missing_is_not_mended(here: Path, capsys: Any, memory: str):
    judged("db", "-q", "-o", "alone")  # it was read last
    judged("web", "db", "-q", "-o", "first", "--history", "h.sqlite")
    web = marks("first") - marks("alone")
    assert web
    kept = ["--history", "h.sqlite"] if memory == "history" else ["--baseline", f"first/{FOUND}"]
    capsys.readouterr()
    judged("db", "-f", "sarif", *kept)
    told = capsys.readouterr().out
    assert ("Since the last run: 0 new, 0 fixed" in told) or ("0 new, 0 gone" in told)
    assert marks() | web <= alerts()
    if memory == "history":
        assert web <= {finding.fingerprint for finding in carried(Path("h.sqlite"))}
        first, second = trend(Path("h.sqlite"))
        assert first.failing == second.failing + len(web)
        assert second.unread >= len(web)


def test_a_target_in_no_snapshot_is_named_and_unread(here: Path, hosts: Path, capsys: Any):
    other, gaps = OTHER.replace("}", f", root: {hosts}/db}}"), accepted("web")
    Path("cmmc-scan.yaml").write_text(CONFIG + gaps)
    judged("web", "-q", "--fail-on", "never", "-o", "alone", fine=(OK,))
    Path("cmmc-scan.yaml").write_text(CONFIG + other + gaps)
    assert run(["collect", "-q", "-o", "other", "--targets", "other"]) in (OK, INCOMPLETE)
    judged("web", "other", "-q", "--history", "h.sqlite", "-o", "first")
    ran("2020-01-01T00:00:00Z")
    capsys.readouterr()
    options = ["-q", "--fail-on", "never", "--history", "h.sqlite"]
    judged("web", *options, fine=(INCOMPLETE,))
    named = "cmmc-scan.yaml: targets that are in none of the snapshots: other\n"
    assert capsys.readouterr().err == named
    lost = marks("first") - marks()
    assert lost
    assert lost == {finding.fingerprint for finding in carried(Path("h.sqlite"), "other")}
    first, second = trend(Path("h.sqlite"))
    assert (first.failing, second.fixed) == (second.failing + len(lost), 0)


def test_what_is_there_again_is_neither_new_nor_fixed(here: Path, capsys: Any):
    for folders in (["web", "db"], ["db"]):
        judged(*folders, "-q", "--history", "h.sqlite")
    code = judged(
        *("web", "db", "--history", "h.sqlite", "--new-only", "--fail-on", "info"), fine=(0, 3)
    )
    assert code == INCOMPLETE
    assert "Since the last run: 0 new, 0 fixed" in capsys.readouterr().out
    failing = [point.failing for point in trend(Path("h.sqlite"))]
    assert failing[0] == failing[2] > failing[1]


@pytest.mark.parametrize("later", [True, False])
def test_an_older_snapshot_is_not_told_the_changes_of_another_run(
    here: Path, capsys: Any, later: bool
):
    judged("web", "-q", "--history", "h.sqlite")
    if later:
        ran("2099-01-01T00:00:00Z")
    options = ["-q", "-o", "again", "--history", "h.sqlite", "--new-only"]
    code = judged("web", *options, fine=(BAD_INPUT,) if later else (OK, FAILED, INCOMPLETE))
    assert Path("again").exists() is not later
    assert len(trend(Path("h.sqlite"))) == 1
    err = capsys.readouterr().err
    assert ("2099-01-01T00:00:00Z, after this scan" in err) is ("--baseline" in err) is later
    assert (code == BAD_INPUT) is later


def test_a_target_of_another_provider_is_not_the_configured_one(here: Path, capsys: Any):
    Path("cmmc-scan.yaml").write_text("targets:\n  - {id: fleet, provider: aws}\n")
    judged("web", fine=(BAD_INPUT,))
    err = capsys.readouterr().err
    assert err.startswith("cmmc-scan.yaml:2")
    assert "target 'fleet' is aws here and linux in the snapshot" in err
    assert not Path("out").exists()


def test_new_only_fails_by_what_the_baseline_lacks(here: Path):
    judged("web", "-q", "-o", "first")
    options = ["--fail-on", "info", "-q", "--new-only", "--baseline", f"first/{FOUND}"]
    judged("web", *options, fine=(OK, INCOMPLETE))
    judged("web", "db", *options, fine=(FAILED,))


@pytest.mark.parametrize(
    ("config", "options", "why"),
    [
        ("", [], "without a configuration nobody says which targets there are"),
        (f"{CONFIG}{OTHER}", [], "only a part of the targets was"),
        (CONFIG, ["--rules", "IA"], "only a part of the rules was judged"),
    ],
)
def test_a_part_closes_nothing_and_says_why(
    here: Path, capsys: Any, config: str, options: list[str], why: str
):
    Path("cmmc-scan.yaml").unlink()
    if config:
        Path("cmmc-scan.yaml").write_text(config)
    judged("web", "-q", "-f", "sarif", "--history", "h.sqlite", *options)
    assert not list(Path("out/github").iterdir())
    err = capsys.readouterr().err
    assert err.count(f"out/github: not written: {why}") == 1
    assert err.count("\n") == 1 + ("other" in config)


@pytest.mark.parametrize("memory", ["new history", "empty baseline", "none"])
def test_where_nothing_is_remembered_of_a_target_no_alert_is_closed(
    here: Path, capsys: Any, memory: str
):
    Path("empty.jsonl").touch()
    kept = {"new history": ["--history", "h.sqlite"], "empty baseline": ["--baseline"]}
    options = kept.get(memory, [])
    if options == ["--baseline"]:
        options.append("empty.jsonl")
    judged("web", "-q", "-f", "sarif", *options)
    assert not Path("out/github/fleet.sarif").exists()
    err = capsys.readouterr().err
    assert "out/github/fleet: not written: " in err
    assert "alerts" in err
    judged("web", "db", "-q", "-f", "sarif", "--history", "h.sqlite")
    assert Path("out/github/fleet.sarif").exists() is (memory == "new history")


def test_it_writes_what_a_scan_writes(here: Path, hosts: Path):
    shutil.copytree(hosts / "web", "host")
    Path("cmmc-scan.yaml").write_text("targets:\n  - {id: fleet, provider: linux, root: host}\n")
    scan = ["scan", "-q", "-o", "a", "--history", "a.sqlite"]
    assert run(scan) in (OK, FAILED, INCOMPLETE)
    shutil.copy("a.sqlite", "b.sqlite")
    Path("host/etc/ssh/sshd_config").write_text("PermitRootLogin no\n")
    assert run(scan) in (OK, FAILED, INCOMPLETE)
    judged(
        *("a/snapshot", "-q", "-o", "b", "--history", "b.sqlite"),
        *("-f", "sarif", "-f", "html"),
    )
    for name in ("findings.jsonl", "findings.sarif", "assessment.json", "report.html"):
        assert Path("a", name).read_bytes() == Path("b", name).read_bytes(), name
    files = [{p.name: p.read_bytes() for p in Path(f, "github").iterdir()} for f in "ab"]
    assert files[0] == files[1]


@pytest.mark.parametrize("verb", ["report", "assess"])
def test_who_needs_the_snapshot_is_told_where_it_has_to_lie(here: Path, capsys: Any, verb: str):
    judged("web", "-q")
    assert run([verb, "out"]) == BAD_INPUT
    err = capsys.readouterr().err
    assert err.startswith("out: evaluate left no snapshot here; name the formats at evaluate (-f)")
    Path("web").rename("snapshot")
    judged("snapshot", "-q", "-o", ".")
    assert run([verb, "."]) == OK


def test_the_score_may_be_a_floor(here: Path, capsys: Any):
    judged("web", "-q", "--min-score", "110", "--fail-on", "never", fine=(FAILED,))
    assert "--min-score 110: " in capsys.readouterr().err


def test_a_webhook_is_told_what_is_new(here: Path, monkeypatch: pytest.MonkeyPatch):
    told: list[Any] = []
    monkeypatch.setattr("scanner.notify.send", lambda url, content: told.append((url, content)))
    monkeypatch.setenv("HOOK", "https://hooks.example.com/x")
    judged("web", "-q", "--history", "h.sqlite", "--notify", "HOOK")
    [(url, _)] = told
    assert url == "https://hooks.example.com/x"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--new-only"], "--new-only needs --history or --baseline"),
        (["--notify", "HOOK"], "--notify needs --history or --baseline"),
        (["--history", "h", "--baseline", "f"], "--baseline goes without --history"),
        (["--baseline", "github"], "GitHub keeps no account, tenant or host of an alert"),
        (["--history", "cmmc-scan.yaml"], "cmmc-scan.yaml"),
        (["--history", "cmmc-scan.yaml/h"], "cmmc-scan.yaml/h: cannot be used as history"),
        (["-f", "asff"], "--format asff needs an AWS account"),
    ],
)
def test_what_goes_wrong_is_said_before_anything_is_written(
    here: Path, capsys: Any, options: list[str], says: str
):
    assert run(["evaluate", "web", *options]) == BAD_INPUT
    assert says in capsys.readouterr().err
    assert not Path("out").exists()


def test_personal_names_may_be_left_out(here: Path):
    judged("web", "-q", "-f", "csv", "--redact")
    assert '"name":"root"' not in Path("out/findings.jsonl").read_text()
