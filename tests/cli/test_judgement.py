"""What lies in one folder belongs together: snapshot, findings and what was written from them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """\
targets:
  - {id: here, provider: linux}
params:
  log-retention-meets-policy: {min_days: 90}
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scanner", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration elsewhere (c.yaml) and a scan by it (out/)."""
    folder = tmp_path_factory.mktemp("scanned")
    (folder / "c.yaml").write_text(CONFIG)
    done = run(folder, "scan", "-q", "-c", "c.yaml", "--rules", "AU")
    assert done.returncode in (0, 1, 3), done.stderr
    return folder


@pytest.fixture
def copy(scanned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(scanned, tmp_path / "copy"))


def judgement(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "out" / "judgement.json").read_text())
    return found


def test_a_scan_tells_from_what_it_judged_and_what_it_wrote(copy: Path):
    found = judgement(copy)
    names = set(found["files"])
    assert {"findings.jsonl", "findings.sarif", "assessment.json", "report.html"} <= names
    assert not any(name.startswith("snapshot/") for name in names)
    assert len(found["snapshots"]) == 1


def test_the_same_judgement_has_the_same_hashes(copy: Path):
    before = judgement(copy)
    done = run(copy, "evaluate", "out", "-q", "-c", "c.yaml", "--rules", "AU", "-o", "out")
    assert done.returncode in (0, 1, 3), done.stderr
    after = judgement(copy)
    for name in ("snapshots", "rules", "config", "stated"):
        assert after[name] == before[name]
    assert after["files"] == before["files"], "what was written from the same findings stays theirs"
    assert "earlier judgement" not in done.stderr


def test_what_an_evaluation_does_not_write_again_is_named(copy: Path):
    done = run(copy, "evaluate", "out", "-q", "-c", "c.yaml", "--rules", "IA", "-o", "out")
    assert "out: of an earlier judgement, not written again: " in done.stderr
    assert "report.html" in done.stderr
    assert "findings.sarif" in done.stderr
    gathered = run(copy, "evidence", "gather", "out", "-c", "c.yaml")
    assert gathered.returncode == 1
    assert "report.html: is not of this judgement and is left out" in gathered.stderr
    assert not (copy / "evidence" / "reports" / "report.html").exists()
    assert (copy / "evidence" / "reports" / "judgement.json").exists()


@pytest.mark.parametrize("verb", [("assess",), ("report",), ("plan",), ("evidence", "gather")])
def test_findings_of_another_snapshot_are_not_used(copy: Path, verb: tuple[str, ...]):
    done = run(copy, "collect", "-q", "-c", "c.yaml", "--rules", "IA", "-o", "out/snapshot")
    assert done.returncode in (0, 3), done.stderr
    used = run(copy, *verb, "out", "-c", "c.yaml")
    assert used.returncode == 2
    assert "its findings were judged from another snapshot" in used.stderr


def test_findings_that_were_changed_are_not_used(copy: Path):
    path = copy / "out" / "findings.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    used = run(copy, "report", "out")
    assert used.returncode == 2
    assert "findings.jsonl: is not what was judged here" in used.stderr


def test_an_assessment_is_not_lost_for_want_of_its_configuration(copy: Path):
    before = (copy / "out" / "assessment.json").read_bytes()
    done = run(copy, "assess", "out")
    assert done.returncode == 2
    assert done.stderr == (
        "out: was judged with a configuration, and none is given; name it with -c\n"
    )
    assert (copy / "out" / "assessment.json").read_bytes() == before


def test_explain_needs_no_configuration_where_an_assessment_lies(copy: Path):
    done = run(copy, "explain", "AU.L2-3.3.1", "--in", "out")
    assert done.returncode == 0, done.stderr
    assert "AU.L2-3.3.1" in done.stdout


def test_a_parameter_that_changed_since_is_said(copy: Path):
    (copy / "c.yaml").write_text(CONFIG.replace("90", "91"))
    done = run(copy, "assess", "out", "-c", "c.yaml")
    assert done.returncode == 0
    assert "have changed since its findings were judged" in done.stderr


def test_an_assessment_that_changes_leaves_earlier_reports_behind(copy: Path):
    (copy / "att").mkdir()
    (copy / "c.yaml").write_text(CONFIG + "attestations: att/\n")
    stub = run(copy, "attest", "out", "-c", "c.yaml", "--write", "stubs")
    assert stub.returncode == 0, stub.stderr
    again = run(copy, "assess", "out", "-c", "c.yaml")
    assert again.returncode == 0, again.stderr
    assert "earlier judgement" not in again.stderr, "nothing has changed yet"
    later = run(copy, "assess", "out", "-c", "c.yaml", "--as-of", "2027-01-05")
    assert "of an earlier judgement, not written again: report.html" in later.stderr
    assert "report.html" not in judgement(copy)["files"]
    assert "findings.sarif" in judgement(copy)["files"]


def test_a_report_of_later_belongs_to_the_judgement(copy: Path):
    done = run(copy, "report", "out", "-c", "c.yaml", "-f", "csv")
    assert done.returncode == 0, done.stderr
    assert "findings.csv" in judgement(copy)["files"]


def test_the_difference_of_two_scans_tells_the_score(copy: Path):
    done = run(copy, "diff", "out", "out")
    assert "score: no score: an assessment cannot be completed without an up-to-date" in done.stdout


def test_two_at_once_into_one_folder_do_not_mix(copy: Path):
    command = [sys.executable, "-m", "scanner", "scan", "-q", "-c", "c.yaml", "-o", "both"]
    both = [
        subprocess.Popen([*command, "--rules", rules], cwd=copy, stderr=subprocess.PIPE, text=True)
        for rules in ("AU", "IA")
    ]
    ends = [(each.communicate(timeout=120)[1], each.returncode) for each in both]
    refused = [words for words, code in ends if code == 2]
    assert len(refused) <= 1
    assert all("another cmmc-scan is writing here" in words for words in refused)
    found = json.loads((copy / "both" / "judgement.json").read_text())
    assert run(copy, "report", "both").returncode == 0
    assert len(found["snapshots"]) == 1
