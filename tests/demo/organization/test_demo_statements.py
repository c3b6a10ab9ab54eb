"""The demo organisation's statements: complete, about the emulated estate, and what the score
rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from demo_run import run

from scanner import findings
from scanner.assess.load import declarations
from scanner.assess.outcome import Stated, read_stated
from scanner.assess.scope import claim
from scanner.demo import statements
from scanner.demo.microsoft.halyard.people import everybody
from scanner.documents import load
from scanner.facts import Fact, kind_of
from scanner.findings import Finding
from scanner.frameworks import objectives
from scanner.resources import rules_dir
from scanner.rules.load import load_rules
from scanner.snapshot.read import open_snapshot

LEFT_OPEN = {
    "params: cloud-trail-records-events: data_events_defined",
    "params: mobile-code-blocked: mobile_code_defined",
    "params: nonessential-programs-prevented: programs_listed",
    "params: records-name-the-individual: people_have_own_accounts",
}
"""What Halyard has not stated, on purpose: params.yaml says why of each."""


@pytest.fixture(scope="session")
def stated(demo: Path) -> Stated:
    return read_stated(_files(demo), demo)


@pytest.fixture(scope="session")
def found(demo: Path) -> list[Finding]:
    return list(findings.read(demo / "findings.jsonl"))


@pytest.fixture(scope="session")
def facts(demo: Path) -> list[Fact]:
    snapshot = open_snapshot(demo / "snapshot")
    return [fact for kind in snapshot.kinds() for fact in snapshot.facts(kind)]


def _files(out: Path) -> dict[str, Path]:
    return {key: out / name for key, name in statements.configured().items()}


def _assessment(out: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((out / "assessment.json").read_bytes())
    return read


def _judged_again(out: Path) -> dict[str, Any]:
    config = out / "cmmc-scan.yaml"
    judged = run("evaluate", out, "-c", config, "-o", out, "-q")
    assert judged.returncode in (0, 1, 3), judged.stderr
    done = run("assess", out, "-c", config)
    assert done.returncode == 0, done.stderr
    return _assessment(out)


def _changed(path: Path, old: str, new: str = "") -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def _determined(assessment: dict[str, Any], practice: str) -> str:
    return next(p["determination"] for p in assessment["practices"] if p["id"] == practice)


def test_every_file_says_on_top_what_it_is() -> None:
    files = sorted(statements.SOURCE.rglob("*.yaml"))
    assert len(files) > 30
    for path in files:
        assert path.read_text(encoding="utf-8").startswith("# "), path.name


def test_only_what_is_left_open_on_purpose_is_not_declared(found: list[Finding]) -> None:
    details = {f.gap.detail for f in found if f.reason == "not-declared" and f.gap is not None}
    assert details == LEFT_OPEN
    missing = [f for f in found if f.reason == "not-declared"]
    assert all(f.verdict == "unknown" for f in missing)


def test_every_declaration_that_a_rule_asks_for_is_there(found: list[Finding]) -> None:
    """Rules that no target of the demo serves are left out: those for Linux hosts."""
    lists = declarations(statements.SOURCE / "declarations.yaml").lists
    params = load(statements.SOURCE / "params.yaml").value["params"]
    served = {f.rule for f in found if f.reason != "no-source"}
    missing = set()
    for rule in load_rules([rules_dir()]):
        if rule.id not in served:
            continue
        asked = {look.declaration for look in rule.lookups.values() if look.declaration}
        missing |= {f"declarations: {name}" for name in asked - set(lists)}
        stated = params.get(rule.id, {})
        missing |= {
            f"params: {rule.id}: {name}"
            for name, param in rule.params.items()
            if param.declared and name not in stated
        }
    assert missing == LEFT_OPEN


def test_params_are_of_rules_that_exist() -> None:
    known = {rule.id: rule.params for rule in load_rules([rules_dir()])}
    for rule, values in load(statements.SOURCE / "params.yaml").value["params"].items():
        assert set(values) <= set(known[rule]), rule


def test_the_picture_is_a_firm_halfway(demo: Path, found: list[Finding]) -> None:
    assessment = _assessment(demo)
    score = assessment["score"]
    assert score["low"] < score["high"] < 88
    words = [p["determination"] for p in assessment["practices"]]
    assert min(words.count(w) for w in ("MET", "NOT MET", "NOT ASSESSED")) > 15
    coverage = assessment["coverage"]
    assert coverage["by_evidence"] > 40
    assert coverage["by_statement"] > 40
    assert _determined(assessment, "CA.L2-3.12.4") == "MET"
    assert _determined(assessment, "IA.L2-3.5.3") == "NOT MET"
    assert any(why.startswith("IA.L2-3.5.3") for why in assessment["status_detail"]["why"])
    assert {f.suppressed for f in found} > {"test-tank-drive", "plain-listener-of-the-erp"}
    refused = " ".join(b["text"] for b in assessment["statements"])
    for fault in ("draft", "stub", "missing", "has changed", "review was due", "no accepted risk"):
        assert fault in refused


def test_a_statement_contradicts_what_was_found_at_its_own_place_only(demo: Path) -> None:
    notes = [
        note
        for practice in _assessment(demo)["practices"]
        for objective in practice["objectives"]
        for note in objective["notes"]
        if note["kind"] == "conflict"
    ]
    spoken = {note["ref"] for note in notes}
    assert "media-procedure" in spoken, "it speaks of every target"
    assert not spoken & {"server-review", "office-network", "portable-media"}


def test_one_role_less_changes_the_answer(copy: Path) -> None:
    before = _assessment(copy)
    assert _determined(before, "AC.L2-3.1.2") == "MET"
    record = "- {id: contractor, about: what their order names, actions: []}\n"
    _changed(copy / "organization/declarations.yaml", record)
    after = _judged_again(copy)
    assert _determined(after, "AC.L2-3.1.2") == "NOT MET"
    assert after["score"]["high"] == before["score"]["high"] - 5


def test_without_the_ssp_there_is_no_score(copy: Path) -> None:
    (copy / "organization/attestations/ssp.yaml").unlink()
    assert _judged_again(copy)["score"] is None


def test_another_value_changes_the_answer(copy: Path) -> None:
    before = _determined(_assessment(copy), "SC.L2-3.13.9")
    _changed(
        copy / "cmmc-scan.yaml",
        "idle-remote-connections-end: {max_idle_minutes: 20}",
        "idle-remote-connections-end: {max_idle_minutes: 10}",
    )
    assert (before, _determined(_judged_again(copy), "SC.L2-3.13.9")) == ("MET", "NOT MET")


def test_declarations_name_what_exists(stated: Stated, facts: list[Fact]) -> None:
    fields = ("name", "principal_name", "role", "program", "os_branch", "category")
    seen: dict[str, set[str]] = {field: set() for field in fields}
    for fact in facts:
        for name, values in seen.items():
            value = getattr(fact, name, None)
            if isinstance(value, str):
                values.add(value)
    looked_in = {
        "accounts": ("name",),
        "leavers": ("name",),
        "everyday-accounts": ("name",),
        "service-accounts": ("name",),
        "public-stores": ("name",),
        "administrators": ("name", "principal_name"),
        "audit-managers": ("principal_name",),
        "audit-readers": ("principal_name",),
        "change-managers": ("principal_name",),
        "standing-administrators": ("principal_name",),
        "maintenance-accounts": ("name",),
        "devices": ("name",),
        "os-minimum": ("os_branch",),
        "remote-access": ("category",),
        "external-boundaries": ("name",),
        "role-matrix": ("role",),
        "software": ("program",),
    }
    lists = stated.statements.declarations.lists
    assert set(lists) == {*looked_in, "products", "maintenance-tools", "protected-links"}
    for name, columns in looked_in.items():
        values = set().union(*(seen[column] for column in columns))
        for record in lists[name]:
            hit = any(fnmatchcase(value, record["id"]) for value in values)
            assert hit, f"{name}: nothing in the estate is called {record['id']}"


def test_targets_and_subjects_exist(demo: Path, stated: Stated, found: list[Finding]) -> None:
    config = load(demo / "cmmc-scan.yaml").value
    targets = {target["id"] for target in config["targets"]}
    classes = {name for each in objectives() for name in each.concerns}
    for records in stated.statements.declarations.lists.values():
        for record in records:
            assert set(record.get("targets", ())) <= targets, record["id"]
    for attestation in stated.statements.attestations:
        assert set(attestation.targets) <= targets | classes, attestation.id
    for exemption in stated.statements.exceptions:
        for pattern in exemption.subjects:
            about = [f for f in found if fnmatchcase(f.name, pattern) and f.verdict == "fail"]
            assert about, f"{exemption.id}: no finding of {pattern}"


def test_every_group_of_the_scope_claims_something(stated: Stated, facts: list[Fact]) -> None:
    assert stated.scope is not None
    claims = claim(facts, stated.scope)
    held = {asset.group for asset in claims.assets}
    kinds = {kind_of(type(fact)) for fact in facts if fact.target in ("corp", "office")}
    assert kinds, "the directory group claims facts that are no assets"
    assert {group.id for group in stated.scope.assets} - {"directory"} <= held
    assert [a.name for a in claims.assets if a.group is None] == ["test-bench"]


def test_people_who_state_something_work_there(stated: Stated) -> None:
    people = {person for name in everybody() for person in _full(name.name)}
    for attestation in stated.statements.attestations:
        if not attestation.proposed:
            assert attestation.by in people, attestation.id
            assert attestation.approver is None or attestation.approver in people
    for exemption in stated.statements.exceptions:
        assert {exemption.owner, exemption.approver} <= people, exemption.id
    for item in stated.poam.items:
        assert item.point_of_contact in people, item.id


def _full(name: str) -> Iterator[str]:
    yield " ".join(part.capitalize() for part in name.split("."))
