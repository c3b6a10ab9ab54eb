"""What holds for every file that is written: private, the same twice, without people if asked."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from report_samples import (
    DANGEROUS,
    ORGANIZATION,
    PEOPLE,
    applicability,
    assessment,
    every_kind,
    hostile,
    plan,
    reading,
)
from sarif_samples import scan

from scanner.reports.asff import Hub, write_asff
from scanner.reports.csv_files import write_findings_csv, write_poam_csv, write_soa_csv
from scanner.reports.junit import write_junit
from scanner.reports.markdown import write_markdown
from scanner.reports.ocsf import write_ocsf
from scanner.reports.oscal.assessment_results import write_assessment_results
from scanner.reports.oscal.component import write_component_definition
from scanner.reports.oscal.poam import write_oscal_poam
from scanner.reports.sheets import affected_by
from scanner.reports.workbook import write_poam_workbook, write_soa_workbook

HUB = Hub(account="123456789012", region="us-gov-west-1", partition="aws-us-gov")
SAID = {"organization": ORGANIZATION}


def poam_workbook(path: Path, findings, redact: bool) -> None:
    affected = affected_by(findings(), scan().rules, redact=redact)
    write_poam_workbook(path, plan(), assessment(), affected=affected, redact=redact, **SAID)


def poam_csv(path: Path, findings, redact: bool) -> None:
    affected = affected_by(findings(), scan().rules, redact=redact)
    write_poam_csv(path, plan(), assessment(), affected=affected, redact=redact)


WRITERS: dict[str, Callable[[Path, Callable[[], Iterator], bool], object]] = {
    "findings.csv": lambda p, f, r: write_findings_csv(p, f, scan(), redact=r),
    "poam.csv": poam_csv,
    "soa.csv": lambda p, f, r: write_soa_csv(p, applicability(), redact=r),
    "poam.xlsx": poam_workbook,
    "soa.xlsx": lambda p, f, r: write_soa_workbook(
        p, applicability(), assessment(), redact=r, **SAID
    ),
    "junit.xml": lambda p, f, r: write_junit(p, f, scan(), redact=r),
    "summary.md": lambda p, f, r: write_markdown(p, f, scan(), assessment=assessment(), redact=r),
    "findings.ocsf.jsonl": lambda p, f, r: write_ocsf(p, f, scan(), redact=r),
    "asff": lambda p, f, r: write_asff(p, f, scan(), HUB, redact=r),
    "assessment-results.json": lambda p, f, r: write_assessment_results(
        p, f, scan(), assessment(), redact=r, **SAID
    ),
    "poam.json": lambda p, f, r: write_oscal_poam(
        p, plan(), assessment(), scan(), redact=r, **SAID
    ),
    "component-definition.json": lambda p, f, r: write_component_definition(p, scan()),
}


def files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def text_of(path: Path) -> str:
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


@pytest.fixture(params=WRITERS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_it_is_readable_by_its_owner_alone(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, reading(hostile()), False)
    for path in files(tmp_path / name):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_same_input_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    made = []
    for turn in ("one", "two"):
        (tmp_path / turn).mkdir()
        WRITERS[name](tmp_path / turn / name, reading(hostile()), False)
        made.append([path.read_bytes() for path in files(tmp_path / turn / name)])
    assert made[0] == made[1]
    assert made[0]


def test_redacted_it_names_no_person(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, reading(every_kind()), True)
    text = "".join(text_of(path) for path in files(tmp_path / name))
    people = (*PEOPLE, "Anna Berg", "Ira Cole")
    assert [name for name in people if re.search(rf"\b{name}\b", text)] == []


def test_no_hidden_character_is_left_in_it(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, reading(hostile()), False)
    text = "".join(text_of(path) for path in files(tmp_path / name))
    hidden = {c for c in text if not c.isprintable()} - {"\n", "\r", "\ufeff"}
    assert hidden == set()
    assert text.count("\ufeff") == (1 if name.endswith(".csv") else 0)


def test_names_that_are_dangerous_are_among_the_samples() -> None:
    assert any("\u202e" in name for name in DANGEROUS)
    assert any(len(name) > 4000 for name in DANGEROUS)
