"""The statements beside the demo's output: dates move, and what a person changed stays."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from scanner.demo import statements
from scanner.errors import InputError

TODAY = date(2027, 3, 1)


def _names(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_every_file_is_laid_but_the_params(tmp_path: Path) -> None:
    assert statements.lay(tmp_path, statements.WRITTEN) == []
    there = _names(tmp_path / "organization") - {".demo.json"}
    assert there == _names(statements.SOURCE) - {"params.yaml"}
    for name in there:
        laid, source = tmp_path / "organization" / name, statements.SOURCE / name
        assert laid.read_bytes() == source.read_bytes()


def test_dates_move_with_the_calendar(tmp_path: Path) -> None:
    text = "on: 2026-11-24  # not 12026-11-24 nor 2026-11-245\nuntil: 2026-12-31\n"
    assert statements.moved(text, date(2026, 11, 26)) == (
        "on: 2026-11-26  # not 12026-11-24 nor 2026-11-245\nuntil: 2027-01-02\n"
    )
    statements.lay(tmp_path, TODAY)
    assert "2027-06-06" in (tmp_path / "organization/attestations/ssp.yaml").read_text()


def test_documents_carry_no_date_so_that_hashes_hold() -> None:
    for path in (statements.SOURCE / "documents").iterdir():
        text = path.read_text(encoding="utf-8")
        assert statements.moved(text, TODAY) == text, path.name


def test_a_second_demo_replaces_its_own_files_only(tmp_path: Path) -> None:
    folder = tmp_path / "organization"
    statements.lay(tmp_path, statements.WRITTEN)
    (folder / "scope.yaml").write_text("schema: 1\nassets: []\n")
    (folder / "attestations/ssp.yaml").unlink()
    (folder / "attestations/mine.yaml").write_text("schema: 1\nattestations: []\n")
    for _ in range(2):
        left = statements.lay(tmp_path, TODAY)
        assert left == ["organization/attestations/ssp.yaml", "organization/scope.yaml"]
        assert (folder / "scope.yaml").read_text() == "schema: 1\nassets: []\n"
        assert not (folder / "attestations/ssp.yaml").exists()
        assert (folder / "attestations/mine.yaml").exists()
        expires = statements.moved("2027-03-01", TODAY)
        assert expires in (folder / "exceptions.yaml").read_text()


def test_files_that_were_there_before_the_demo_stay(tmp_path: Path) -> None:
    folder = tmp_path / "organization"
    folder.mkdir()
    (folder / "poam.yaml").write_text("# mine\nschema: 1\nitems: []\n")
    assert statements.lay(tmp_path, TODAY) == ["organization/poam.yaml"]
    assert (folder / "poam.yaml").read_text().startswith("# mine")


def test_a_configuration_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "cmmc-scan.yaml"
    path.write_text("targets: []\n")
    with pytest.raises(InputError, match="not written by the demo"):
        statements.write_config(tmp_path, "made by the demo\n")
    assert path.read_text() == "targets: []\n"


def test_the_demos_own_configuration_is_replaced(tmp_path: Path) -> None:
    statements.write_config(tmp_path, "one\n")
    path = statements.write_config(tmp_path, "two\n")
    assert path.read_text() == "two\n"
    path.write_text("two, changed\n")
    with pytest.raises(InputError, match="changed since"):
        statements.write_config(tmp_path, "three\n")
