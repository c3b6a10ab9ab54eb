"""poam.xlsx and soa.xlsx: workbooks that are readable when opened and the same byte for byte.

Every text is written as a text, with the mark that keeps it one when somebody edits the cell, so
that no name of a resource becomes a formula. openpyxl stamps the time of writing into a workbook;
it is replaced by the day of the assessment.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from scanner.assess.poam_items import Item
from scanner.assess.result import Assessment
from scanner.assess.soa import Row
from scanner.errors import InputError
from scanner.output import whole_file
from scanner.reports.sarif_text import shorten, visible
from scanner.reports.sheets import Cell, Sheet, about, poam_sheets, soa_sheet

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

T = TypeVar("T")
CELL_LIMIT = 32_767
_PAGE_WIDTH = 340
"""Characters that stay readable side by side on one printed page."""
_LINE_POINTS = 15
_MOST_POINTS = 405
"""Spreadsheets allow a row 409 points."""
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_SPARE = 767
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""`_x0041_` in a cell is read as the letter A (ECMA-376 22.9.2.19), so its first mark is spelt."""
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")

_FILLS = {
    "no": "F8D7DA",
    "contradicted": "F8D7DA",
    "open": "FFF3CD",
    "not stated": "FFF3CD",
    "partly": "FFF3CD",
    "partly supported": "FFF3CD",
    "yes": "D9EAD3",
    "supported": "D9EAD3",
    "Completed": "D9EAD3",
}
"""Background of a cell whose whole text is a judgement; the word itself says the same."""


def write_poam_workbook(
    path: Path,
    items: Iterable[Item],
    assessment: Assessment,
    *,
    organization: str = "",
    version: str = "",
    affected: Mapping[str, str] | None = None,
    redact: bool = False,
) -> None:
    """Write the plan, eMASS's own columns, the milestones and what it is. Raises InputError."""
    sheets = poam_sheets(
        items, assessment, organization=organization, affected=affected, redact=redact
    )
    lines = [
        *about(assessment, organization, version, redact=redact),
        "Sheet POA&M: one line a requirement that is NOT MET; below each heading the eMASS column.",
        "Sheet eMASS: the same in the columns and order of eMASS's POA&M sheet, to copy from.",
        "CMMC knows no accepted risk: eMASS's status Risk Accepted is not used (32 CFR 170.24(b)).",
        "An item has to be closed 180 days after the Conditional CMMC Status Date "
        "(32 CFR 170.21(b)); dates are year-month-day.",
    ]
    _write(path, "Plan of action and milestones", sheets, lines, assessment.as_of)


def write_soa_workbook(
    path: Path,
    rows: Iterable[Row],
    assessment: Assessment,
    *,
    organization: str = "",
    version: str = "",
    redact: bool = False,
) -> None:
    """Write the Statement of Applicability and what it is. Raises InputError."""
    lines = [
        *about(assessment, organization, version, redact=redact),
        "One line a control of ISO/IEC 27001:2022 Annex A. A proposed line was drawn from the CMMC "
        "mapping and counts once the organization states it.",
        "Assessment shows: what the CMMC practices that touch the control say for or against it. "
        "A mapping shows that requirements touch, not that one contains the other.",
    ]
    sheet = soa_sheet(rows, redact=redact)
    _write(path, "Statement of Applicability", (sheet,), lines, assessment.as_of)


def _write(
    path: Path, title: str, sheets: Iterable[Sheet[Any]], lines: Iterable[str], as_of: str
) -> None:
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise InputError(
            f"{path.name} needs openpyxl; install cmmc-scan[xlsx], or ask for the CSV file"
        ) from error
    book = Workbook()
    for number, sheet in enumerate(sheets):
        _page(book.worksheets[0] if number == 0 else book.create_sheet(), sheet)
    _about(book, title, lines)
    book.properties.title = title
    book.properties.creator = "cmmc-scan"
    raw = io.BytesIO()
    book.save(raw)
    with whole_file(path) as out:
        _steady(raw, out, as_of)


def _page(page: Worksheet, sheet: Sheet[T]) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.page import PageMargins
    from openpyxl.worksheet.properties import PageSetupProperties

    page.title = sheet.name
    head, plain = Font(name="Calibri", bold=True, color="FFFFFFFF"), Font(name="Calibri")
    dark, pale = PatternFill("solid", "FF1F3A5F"), PatternFill("solid", "FFDDE5EF")
    line = Border(bottom=Side("thin", "FFBFC7D1"))
    wrapped = Alignment(wrap_text=True, vertical="top")
    fills = {word: PatternFill("solid", f"FF{colour}") for word, colour in _FILLS.items()}
    for number, column in enumerate(sheet.columns, start=1):
        page.column_dimensions[get_column_letter(number)].width = column.width
        cell = page.cell(1, number, column.name)
        cell.font, cell.fill = head, dark
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        if sheet.emass:
            below = page.cell(2, number, column.emass or None)
            below.font = Font(name="Calibri", italic=True, size=9, color="FF44546A")
            below.fill, below.alignment = pale, wrapped
    first = 3 if sheet.emass else 2
    page.row_dimensions[1].height = _height([(c.name, c.width) for c in sheet.columns])
    if sheet.emass:
        page.row_dimensions[2].height = _height([(c.emass, c.width) for c in sheet.columns])
    for at, row in enumerate(sheet.rows, start=first):
        page.row_dimensions[at].height = _height([(c.value(row), c.width) for c in sheet.columns])
        for number, column in enumerate(sheet.columns, start=1):
            shown: Any = page.cell(at, number)
            value = column.value(row)
            _put(shown, value)
            shown.font, shown.alignment, shown.border = plain, wrapped, line
            if isinstance(value, str) and value in fills:
                shown.fill = fills[value]
    width = get_column_letter(len(sheet.columns))
    last = max(first, first + len(sheet.rows) - 1)
    page.freeze_panes = f"C{first}"
    page.auto_filter.ref = f"A{first - 1}:{width}{last}"
    page.print_title_rows = f"1:{first - 1}"
    page.print_title_cols = "A:B"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_TABLOID
    total = sum(column.width for column in sheet.columns)
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1 + total // _PAGE_WIDTH, 0
    page.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _height(cells: Sequence[tuple[Cell, int]]) -> int:
    """Points of a row in which every wrapped text shows; programs do not all work it out."""
    lines = 1
    for value, width in cells:
        if isinstance(value, str):
            parts = value.split("\n")
            lines = max(lines, sum(1 + int(1.15 * len(part)) // width for part in parts))
    return min(_MOST_POINTS, _LINE_POINTS * lines)


def _put(cell: Any, value: Cell) -> None:
    """Set a value; a text is a text, whatever it looks like."""
    if value is None:
        return
    if isinstance(value, date):
        # openpyxl takes a date for a number of days and shows it as its format says
        cell.value, cell.number_format = datetime(value.year, value.month, value.day), "yyyy-mm-dd"
        return
    if isinstance(value, int):
        cell.value = value
        return
    text = shorten("\n".join(visible(part) for part in value.split("\n")), CELL_LIMIT - _SPARE)
    cell.value = _ESCAPE.sub("_x005F_", text)[:CELL_LIMIT]
    cell.data_type = "s"
    cell.quotePrefix = True


def _about(book: Workbook, title: str, lines: Iterable[str]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.properties import PageSetupProperties

    page = book.create_sheet("About")
    page.column_dimensions["A"].width = 95
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    _put(page["A1"], title)
    page["A1"].font = Font(name="Calibri", bold=True, size=14)
    for number, text in enumerate(lines, start=3):
        cell = page.cell(number, 1)
        _put(cell, text)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        page.row_dimensions[number].height = _height([(text, 95)])


def _steady(raw: io.BytesIO, out: Any, as_of: str) -> None:
    """The same workbook with fixed times: equal input gives equal bytes."""
    stamp = rf"\g<1>{as_of}T00:00:00Z\g<3>".encode()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = _STAMP.sub(stamp, data)
            info = zipfile.ZipInfo(name, _ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, data)
