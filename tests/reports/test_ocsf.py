"""OCSF: every event fits the published class, and an open verdict is never a pass."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from report_samples import every_kind, hostile, reading
from sarif_samples import HINT, LOGS, MFA, blind, finding, scan

from scanner.reports.ocsf import VERSION, event, write_ocsf


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    path = tmp_path_factory.mktemp("ocsf") / "findings.ocsf.jsonl"
    write_ocsf(path, reading(hostile()), scan())
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("profiles", [[], ["cloud"]])
def test_events_fit_the_published_schema(events: list[dict[str, Any]], profiles: list[str]) -> None:
    ocsf = pytest.importorskip("ocsf_json_schema", reason="OCSF's schema is in ocsf-json-schema")
    made = ocsf.OcsfJsonSchemaEmbedded(ocsf.get_ocsf_schema(VERSION))
    checked = Draft202012Validator(made.get_class_schema("compliance_finding", profiles))
    if not profiles:
        host = finding(MFA, provider="linux", scope="linux:9f")
        events = [msgspec.to_builtins(event(host, MFA, scan()))]
    faults = [e.message for each in events for e in checked.iter_errors(each)]
    assert faults == []


def test_the_status_of_each_verdict() -> None:
    def status(**changes: Any) -> str:
        return event(finding(**changes), MFA, scan())["compliance"]["status"]

    assert status() == "Fail"
    assert status(verdict="pass") == "Pass"
    assert status(verdict="unknown") == "Warning"
    assert status(verdict="not-applicable") == "Not Applicable"
    assert event(blind(), MFA, scan())["compliance"]["status_code"] == "denied"


def test_a_pass_is_informational_and_a_failure_as_severe_as_its_rule() -> None:
    assert event(finding(verdict="pass"), MFA, scan())["severity"] == "Informational"
    assert event(finding(), MFA, scan())["severity"] == "Critical"
    assert event(finding(HINT), HINT, scan())["severity"] == "Low"


def test_times_are_milliseconds_of_the_snapshot() -> None:
    assert event(finding(), MFA, scan())["time"] == 1_795_505_621_000


def test_practice_objectives_and_controls_are_requirements() -> None:
    (log,) = [f for f in every_kind() if f.rule == LOGS.id and f.verdict == "fail"]
    compliance = event(log, LOGS, scan())["compliance"]
    assert compliance["control"] == "AU.L2-3.3.1"
    assert compliance["requirements"] == ["AU.L2-3.3.1", "3.3.1[e]", "A.8.15"]


def test_a_pass_answers_for_what_it_decides_and_for_nothing_else() -> None:
    """A requirement is MET when all its objectives are satisfied (32 CFR 170.24(b)(1)); what a rule
    only informs, and what is only configured, no pass satisfies."""

    def told(**changes: Any) -> tuple[list[str], list[str]]:
        made = event(finding(objectives=("3.5.3[c]", "3.5.3[b]"), **changes), MFA, scan())
        return made["compliance"].get("requirements", []), made["unmapped"]["informs"]

    assert told(verdict="pass", decides=("3.5.3[c]",)) == (["3.5.3[c]"], ["3.5.3[b]"])
    assert told(verdict="pass", decides=()) == ([], ["3.5.3[c]", "3.5.3[b]"])
    configured = told(verdict="pass", decides=("3.5.3[c]",), strength="configured")
    assert configured == ([], ["3.5.3[c]", "3.5.3[b]"])
    failed, _ = told(verdict="fail", decides=("3.5.3[c]",))
    assert failed[:3] == ["IA.L2-3.5.3", "3.5.3[c]", "3.5.3[b]"]
