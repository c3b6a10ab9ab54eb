"""Workbooks: texts stay texts, dates are dates, and they open in programs that others wrote."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from outside import program
from report_samples import (
    DANGEROUS,
    FORMULA,
    ORGANIZATION,
    applicability,
    assessment,
    hostile,
    plan,
    reading,
)
from sarif_samples import scan

from scanner.errors import InputError
from scanner.reports.csv_files import write_findings_csv, write_poam_csv, write_soa_csv
from scanner.reports.sheets import EMASS, affected_by, formula, poam_sheets
from scanner.reports.workbook import write_poam_workbook, write_soa_workbook

openpyxl = pytest.importorskip("openpyxl")
ESCAPE = "a_x003D_b"
AFFECTED = affected_by(hostile()) | {"AU.L2-3.3.1": ESCAPE}
"""The format has an escape, so a name that looks like one must not be taken for it."""


@pytest.fixture(scope="module")
def poam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("poam") / "poam.xlsx"
    write_poam_workbook(
        path, plan(), assessment(), organization=ORGANIZATION, version="1.2.3", affected=AFFECTED
    )
    return path


@pytest.fixture(scope="module")
def soa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("soa") / "soa.xlsx"
    write_soa_workbook(path, applicability(), assessment(), organization=ORGANIZATION)
    return path


def by_heading(page, heading: str, row: int):
    for cell in page[1]:
        if cell.value == heading:
            return page.cell(row, cell.column)
    raise AssertionError(f"no column {heading}")


def test_the_plan_has_plain_headings_with_the_emass_name_below(poam: Path) -> None:
    page = openpyxl.load_workbook(poam)["POA&M"]
    assert by_heading(page, "Weakness", 2).value == "Control Vulnerability Description"
    assert by_heading(page, "Point of contact", 2).value == "Office/Org"
    assert by_heading(page, "Close-out due", 2).value is None


def test_a_sheet_has_exactly_the_columns_of_emass(poam: Path) -> None:
    page = openpyxl.load_workbook(poam)["eMASS"]
    assert tuple(cell.value for cell in page[1]) == EMASS


def test_headings_stay_in_sight_and_can_be_filtered(poam: Path, soa: Path) -> None:
    page = openpyxl.load_workbook(poam)["POA&M"]
    assert (page.freeze_panes, page.auto_filter.ref) == ("C3", "A2:U4")
    page = openpyxl.load_workbook(soa).worksheets[0]
    assert (page.freeze_panes, page.auto_filter.ref) == ("C2", "A1:O94")


def test_a_text_that_looks_like_a_formula_comes_back_as_a_text(poam: Path, soa: Path) -> None:
    page = openpyxl.load_workbook(poam)["POA&M"]
    for heading, text in (
        ("Point of contact", FORMULA),
        ("Resources required", "+40 hours, 20 keys"),
        ("Comments", "-see ticket 7"),
    ):
        cell = by_heading(page, heading, 4)
        assert (cell.value, cell.data_type) == (text, "s")
    for path in (poam, soa):
        for page in openpyxl.load_workbook(path):
            assert not [c for row in page for c in row if c.data_type == "f"]


def test_without_openpyxl_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InputError, match="needs openpyxl"):
        write_poam_workbook(tmp_path / "poam.xlsx", plan(), assessment())
    assert not list(tmp_path.iterdir())


def test_dates_and_points_are_no_texts(poam: Path) -> None:
    page = openpyxl.load_workbook(poam)["POA&M"]
    due = by_heading(page, "Scheduled completion", 4)
    assert (due.value, due.number_format) == (datetime(2027, 1, 15), "yyyy-mm-dd")
    assert by_heading(page, "Points", 4).value == 5


def test_milestones_have_a_line_each(poam: Path) -> None:
    rows = list(openpyxl.load_workbook(poam)["Milestones"].iter_rows(min_row=3, values_only=True))
    assert [row[3] for row in rows] == ["Order keys", "@all: enroll"]


def test_all_93_controls_stand_in_the_statement(soa: Path) -> None:
    rows = list(openpyxl.load_workbook(soa).worksheets[0].iter_rows(min_row=2, values_only=True))
    assert len(rows) == 93
    assert {row[0]: row[3] for row in rows}["A.8.5"] == "yes"


def test_libreoffice_opens_both_and_computes_nothing(poam: Path, soa: Path, tmp_path: Path) -> None:
    office = program("soffice")
    table = "csv:Text - txt - csv (StarCalc):44,34,76,1"
    command = [office, f"-env:UserInstallation={tmp_path.as_uri()}/profile", "--headless"]
    subprocess.run(
        [*command, "--convert-to", table, "--outdir", str(tmp_path), str(poam), str(soa)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    shown = list(csv.reader(io.StringIO((tmp_path / "poam.csv").read_text(encoding="utf-8"))))
    assert FORMULA in shown[3]
    assert ESCAPE in shown[2]
    assert "2027-01-15" in shown[3]
    assert len(list(csv.reader(io.StringIO((tmp_path / "soa.csv").read_text())))) == 94


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1", "\n=1"])
def test_what_a_spreadsheet_takes_for_a_formula_is_known(text: str) -> None:
    assert formula(text)
    assert not formula("a=1")


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_no_csv_cell_begins_like_a_formula_and_no_name_is_lost(tmp_path: Path) -> None:
    write_findings_csv(tmp_path / "f.csv", reading(hostile()), scan())
    write_poam_csv(tmp_path / "p.csv", plan(), assessment(), affected=AFFECTED)
    write_soa_csv(tmp_path / "s.csv", applicability())
    for name in "fps":
        for row in rows_of(tmp_path / f"{name}.csv")[1:]:
            assert not [cell for cell in row if formula(cell)]
    head, *rows = rows_of(tmp_path / "f.csv")
    assert len(rows) == len(hostile())
    names = {row[head.index("name")] for row in rows}
    assert {f"'{FORMULA}", "'+1", "'@SUM(A1)"} <= names
    assert len(names) >= len(DANGEROUS)


def test_the_csv_heading_carries_both_names(tmp_path: Path) -> None:
    write_poam_csv(tmp_path / "p.csv", plan(), assessment())
    assert "Weakness [Control Vulnerability Description]" in rows_of(tmp_path / "p.csv")[0]


def test_only_twenty_names_are_listed_and_the_rest_counted() -> None:
    from sarif_samples import MFA, finding

    found = affected_by(finding(MFA, f"user/u{n:03d}") for n in range(50))
    assert found[MFA.practice].endswith("; and 30 more")


def test_accepted_risk_is_no_status_of_the_plan() -> None:
    sheet, _, _ = poam_sheets(plan(), assessment())
    assert {row.status for row in sheet.rows} <= {"Ongoing", "Completed"}
