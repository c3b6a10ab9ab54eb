"""JUnit: what could not be looked at is an error, and the file is what the schema says."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from outside import junit_schema
from report_samples import every_kind, hostile, reading
from sarif_samples import LOGS, blind, finding, scan

from scanner.reports.junit import outcome_of, write_junit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "junit.xml"


def test_what_was_refused_is_an_error_and_what_waits_for_a_statement_is_skipped() -> None:
    assert outcome_of(blind()) == "error"
    assert outcome_of(finding()) == "failure"
    assert outcome_of(finding(verdict="pass")) is None
    assert outcome_of(finding(suppressed="EX-1")) == "skipped"
    assert outcome_of(finding(verdict="not-applicable")) == "skipped"
    assert outcome_of(finding(LOGS, verdict="unknown", reason="not-declared")) == "skipped"
    assert outcome_of(finding(LOGS, verdict="unknown", reason="timeout")) == "error"


def test_the_counts_are_those_of_the_cases(path: Path) -> None:
    assert write_junit(path, reading(hostile()), scan()) == len(hostile())
    root = ET.parse(path).getroot()
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(key, "")) == len(suite.findall(f"testcase/{tag}"))
    assert int(root.get("failures", "")) == sum(int(s.get("failures", "")) for s in root)


def test_no_two_cases_have_one_name(path: Path) -> None:
    write_junit(path, reading(every_kind()), scan())
    names = [(c.get("classname"), c.get("name")) for c in ET.parse(path).iter("testcase")]
    assert len(set(names)) == len(names)


def test_a_failure_tells_the_objectives_the_controls_and_the_fix(path: Path) -> None:
    write_junit(path, reading(every_kind()), scan())
    text = ET.parse(path).find(".//failure").text
    assert "3.5.3[c]" in text
    assert "A.8.5" in text
    assert "fix: Attach a policy" in text


def test_it_fits_the_schema_of_jenkins(path: Path) -> None:
    schema = junit_schema()
    from lxml import etree

    write_junit(path, reading(hostile()), scan())
    schema.assertValid(etree.parse(str(path)))
