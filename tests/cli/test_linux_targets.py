"""Hosts from the command line: snapshots that travel as a tar, and an inventory beside the file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import run

import pytest

from scanner.collect import collector_for
from scanner.config import load_config
from scanner.errors import InputError

RULES = ("--rules", "IA", "--rules", "AC")


def root(folder: Path, name: str, shell: str) -> Path:
    """A small root file system: one host of the fleet."""
    etc = folder / name / "etc"
    etc.mkdir(parents=True)
    (etc / "machine-id").write_text(name.encode().hex().ljust(32, "0")[:32] + "\n")
    (etc / "hostname").write_text(name + "\n")
    (etc / "os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    (etc / "passwd").write_text(
        f"root:x:0:0::/root:{shell}\ntoor:x:0:0::/root:{shell}\nann:x:1000:1000::/home/ann:/bin/sh\n"
    )
    (etc / "shadow").write_text("root:*:1:0:99999:7:::\nann:$1$aaaaaaaa$x:20000:0:99999:7:::\n")
    (etc / "group").write_text("root:x:0:\nann:x:1000:\n")
    return folder / name


def scanner(folder: Path, *arguments: str) -> tuple[int, bytes, str]:
    command = [sys.executable, "-m", "scanner", *arguments]
    done = run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


def test_snapshots_that_hosts_print_are_merged_and_judged(tmp_path: Path) -> None:
    """As a fleet tool carries them home: `ssh host cmmc-scan collect -o - > host.tar`."""
    tars = []
    for name in ("web", "db"):
        there = root(tmp_path, name, "/bin/bash")
        (there / "cmmc-scan.yaml").write_text(
            f"targets:\n  - {{id: {name}, provider: linux, root: .}}\n"
        )
        code, out, err = scanner(there, "collect", "-q", "-o", "-", *RULES)
        assert code == 3, err  # files alone leave gaps
        assert not (there / "snapshot").exists()
        tars.append(tmp_path / f"{name}.tar")
        tars[-1].write_bytes(out)
    code, _, err = scanner(tmp_path, "evaluate", *map(str, tars), "-o", "both", "-q", *RULES)
    assert code in (1, 3), err
    lines = (tmp_path / "both" / "findings.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert {f["target"] for f in found if f.get("subject")} == {"web", "db"}
    assert len({f["scope"] for f in found if f.get("subject")}) == 2
    assert any(f["verdict"] == "fail" and f["target"] == "db" for f in found)


def test_paths_of_a_target_start_from_the_configuration(tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    conf.mkdir()
    (conf / "hosts.txt").write_text("web1 u@10.0.0.1\ndb1 u@10.0.0.2\n")
    (conf / "c.yaml").write_text(
        "targets:\n  - {id: fleet, provider: linux, inventory: hosts.txt, seen: seen.json,"
        " known_hosts: known, identity: key}\n"
    )
    config = load_config(conf / "c.yaml", collector_for)
    session = collector_for("linux").open(config.targets[0])
    assert [r.name for r in session.remotes] == ["web1", "db1"]  # type: ignore[attr-defined]
    assert session.seen.path == conf / "seen.json"  # type: ignore[attr-defined]
    assert session.target.options["known_hosts"] == conf / "known"  # type: ignore[attr-defined]
    (conf / "hosts.txt").unlink()
    with pytest.raises(InputError, match=r"c\.yaml:2\): inventory: .*hosts\.txt cannot be read"):
        collector_for("linux").open(config.targets[0])


def test_a_scan_of_some_targets_is_assessed_for_all(tmp_path: Path) -> None:
    for name in ("web", "db"):
        root(tmp_path, name, "/bin/bash")
    targets = "".join(f"  - {{id: {n}, provider: linux, root: {n}}}\n" for n in ("web", "db"))
    (tmp_path / "cmmc-scan.yaml").write_text(f"targets:\n{targets}")
    code, _, err = scanner(tmp_path, "scan", "-q", "--targets", "web", "-o", "one")
    assert code in (1, 3), err
    assessment = json.loads((tmp_path / "one" / "assessment.json").read_text())
    by = [b for p in assessment["practices"] for o in p["objectives"] for b in o["by"]]
    assert any(b.get("target") == "db" and b["kind"] == "missing" for b in by)
    assert not any(b.get("target") == "db" and b["kind"] == "pass" for b in by)
