"""OSCAL: valid by NIST's schemas and by compliance-trestle, with identifiers that stay."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft7Validator, FormatChecker
from outside import oscal_schema, trestle_python
from report_samples import AS_OF, ORGANIZATION, assessment, hostile, plan, reading
from sarif_samples import in_order, scan

from scanner.findings import Finding, fingerprint
from scanner.reports.oscal.assessment_results import write_assessment_results
from scanner.reports.oscal.component import write_component_definition
from scanner.reports.oscal.ids import objective_id, uid
from scanner.reports.oscal.poam import write_oscal_poam

MODELS = {
    "assessment-results": "assessment-results",
    "poam": "plan-of-action-and-milestones",
    "component": "component-definition",
}
TRESTLE = """
import argparse, sys
from pathlib import Path
from trestle.core.validator_factory import validator_factory
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.component import ComponentDefinition
from trestle.oscal.poam import PlanOfActionAndMilestones

folder = Path(sys.argv[1])
for name, model in (
    ("assessment-results", AssessmentResults),
    ("poam", PlanOfActionAndMilestones),
    ("component", ComponentDefinition),
):
    document = model.oscal_read(folder / f"{name}.json")
    for mode in ("duplicates", "refs", "links", "rules"):
        validator = validator_factory.get(argparse.Namespace(mode=mode))
        assert validator.model_is_valid(document, False, None), (name, mode)
    print(name, "valid")
"""


def distinct(findings: list[Finding]) -> list[Finding]:
    """Each with a fingerprint of its own, as an evaluation gives them."""
    return [
        msgspec.structs.replace(f, fingerprint=fingerprint(f.rule, f.scope, f.subject, str(n)))
        if f.subject is None
        else msgspec.structs.replace(
            f, fingerprint=fingerprint(f.rule, f.scope, f"{f.subject}{f.verdict}{n}")
        )
        for n, f in enumerate(in_order(findings))
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("oscal")
    findings = distinct(hostile())
    write_assessment_results(
        folder / "assessment-results.json",
        reading(findings),
        scan(),
        assessment(),
        organization=ORGANIZATION,
    )
    assert write_oscal_poam(
        folder / "poam.json", plan(), assessment(), scan(), organization=ORGANIZATION
    )
    write_component_definition(folder / "component.json", scan())
    return folder


def document(folder: Path, name: str) -> dict[str, Any]:
    return msgspec.json.decode((folder / f"{name}.json").read_bytes())[MODELS[name]]


@pytest.mark.parametrize("name", MODELS)
def test_nists_schema_accepts_it(folder: Path, name: str) -> None:
    checked = Draft7Validator(oscal_schema(name), format_checker=FormatChecker())
    written = msgspec.json.decode((folder / f"{name}.json").read_bytes())
    assert [e.message for e in checked.iter_errors(written)] == []


def test_trestle_reads_and_validates_all_three(folder: Path) -> None:
    done = subprocess.run(
        [trestle_python(), "-c", TRESTLE, str(folder)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.count("valid") == 3


def test_every_finding_is_an_observation_and_every_objective_a_finding(folder: Path) -> None:
    (result,) = document(folder, "assessment-results")["results"]
    assert len(result["observations"]) == len(hostile())
    assert len(result["findings"]) == 320


def test_references_lead_to_something(folder: Path) -> None:
    (result,) = document(folder, "assessment-results")["results"]
    observed = {o["uuid"] for o in result["observations"]}
    items = {i["uuid"] for i in result["local-definitions"]["inventory-items"]}
    risks = {r["uuid"] for r in result["risks"]}
    for each in result["findings"]:
        assert {r["observation-uuid"] for r in each.get("related-observations", ())} <= observed
        assert {r["risk-uuid"] for r in each.get("related-risks", ())} <= risks
    for each in result["observations"]:
        assert {s["subject-uuid"] for s in each.get("subjects", ())} <= items


def test_what_is_not_assessed_is_not_satisfied_for_another_reason(folder: Path) -> None:
    (result,) = document(folder, "assessment-results")["results"]
    states = {
        next(p["value"] for p in f["target"]["props"] if p["name"] == "determination"): (
            f["target"]["status"]["state"],
            f["target"]["status"]["reason"],
        )
        for f in result["findings"]
    }
    assert states == {
        "MET": ("satisfied", "pass"),
        "NOT MET": ("not-satisfied", "fail"),
        "NOT ASSESSED": ("not-satisfied", "other"),
    }


def test_an_item_has_its_deadline_its_resources_and_its_milestones(folder: Path) -> None:
    poam = document(folder, "poam")
    (risk,) = [r for r in poam["risks"] if r["title"].startswith("IA.L2-3.5.3")]
    assert risk["deadline"] == "2027-01-15T23:59:59Z"
    (remedy,) = risk["remediations"]
    assert remedy["required-assets"][0]["description"] == "+40 hours, 20 keys"
    assert [t["timing"]["on-date"]["date"] for t in remedy["tasks"]] == [
        "2026-12-01T00:00:00Z",
        "2027-01-10T00:00:00Z",
    ]


def test_an_empty_plan_is_no_document(tmp_path: Path) -> None:
    path = tmp_path / "poam.json"
    path.write_text("{}")
    assert not write_oscal_poam(path, (), assessment(), scan(), organization="x")
    assert not path.exists()


def test_the_components_tell_rules_by_practice_and_by_control(folder: Path) -> None:
    (component,) = document(folder, "component")["components"]
    cmmc, iso = component["control-implementations"]
    assert "ia.l2-3.5.3" in {r["control-id"] for r in cmmc["implemented-requirements"]}
    assert "a.8.5" in {r["control-id"] for r in iso["implemented-requirements"]}


def test_identifiers_name_things_and_not_moments() -> None:
    assert uid("risk", "IA.L2-3.5.3") == uid("risk", "IA.L2-3.5.3")
    assert uid("a", "b", "c") != uid("a", "bc")
    assert objective_id("IA.L2-3.5.3", "3.5.3[c]") == "ia.l2-3.5.3_obj.3.5.3_c"
    assert AS_OF
