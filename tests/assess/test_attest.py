"""What still needs a statement: grouped by document, stubs that count for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assess_samples import AS_OF, CORP, attestation, finding, said
from jsonschema import Draft202012Validator

from scanner.assess import attest, load, poam, summary
from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue
from scanner.assess.result import Assessment, decode, encode
from scanner.assess.score import ranking
from scanner.assess.statements import Statements


def judge(catalogue: Catalogue, statements: Statements, level: int = 2) -> Assessment:
    found = [finding("fail"), finding("unknown", subject="u", reason="denied")]
    return assess(found, [], catalogue, statements, level, AS_OF, [CORP])


@pytest.mark.parametrize(("level", "wanted"), [(1, 59), (2, 320), (3, 24)])
def test_one_document_covers_many_objectives(
    catalogue: Catalogue, tmp_path: Path, level: int, wanted: int
) -> None:
    result = judge(catalogue, said(), level)
    found = attest.wants(result, catalogue, said())
    names = [w.objective for g in found.groups for w in g.objectives]
    assert len(names) == len(set(names))
    refuted = sum(
        o.determination == "NOT MET"
        for p in result.practices
        if p.level == level
        for o in p.objectives
    )
    assert len(names) + len(found.observe) + refuted == wanted
    assert len(found.groups) <= 33
    written = attest.write_stubs(tmp_path / "attestations", attest.stubs(found, AS_OF))
    stated = load.attestations(tmp_path / "attestations")
    assert sorted(o for a in stated for o in a.objectives) == sorted(names)
    # they count for nothing, and are not asked for twice
    statements = Statements(attestations=stated)
    again = judge(catalogue, statements, level)
    assert [p.determination for p in again.practices] == [p.determination for p in result.practices]
    asked = attest.wants(again, catalogue, statements)
    assert asked.groups == ()
    assert len(asked.renewals) == len(written)
    assert all("nobody has confirmed" in r.why for r in asked.renewals)
    # a file is never replaced
    more = attest.write_stubs(tmp_path / "attestations", attest.stubs(found, AS_OF))
    assert not set(more) & set(written)
    assert len(load.attestations(tmp_path / "attestations")) == 2 * len(written)


def test_what_runs_out_soon_is_named(catalogue: Catalogue) -> None:
    statements = said(attestation("3.12.4[a]", review_by="2027-01-10"))
    found = attest.wants(judge(catalogue, statements), catalogue, statements)
    assert [r.why for r in found.renewals] == ["its review is due on 2027-01-10"]
    assert "its review is due" in "\n".join(attest.lines(found))


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("attested", [False, True])
def test_assessment_json_fits_its_schema(catalogue: Catalogue, level: int, attested: bool) -> None:
    plan = attestation(id="plan", practices=("CA.L2-3.12.4",))
    result = judge(catalogue, said(plan) if attested else said(), level)
    data = json.loads(encode(result))
    assert decode(encode(result)) == result
    schema = json.loads(
        (Path(load.__file__).parent / "schemas" / "assessment.schema.json").read_text()
    )
    Draft202012Validator(schema).validate(data)
    assert list(data)[:4] == ["schema", "level", "as_of", "score"]
    assert ("why_no_score" in data) == (data["score"] is None)
    text = "\n".join(
        summary.lines(
            result, ranking(result.practices, poam.blockers(catalogue.practices, result.practices))
        )
    )
    assert f"CMMC Level {level} as of {AS_OF}" in text


def test_what_is_stated_and_unread_waits_for_the_scan(catalogue: Catalogue) -> None:
    unread = finding("unknown", decides=(), informs=("3.5.3[a]",), reason="denied", rule="r")
    statements = said(attestation("3.5.3[a]"))
    result = assess([unread], [], catalogue, statements, 2, AS_OF, [CORP])
    found = attest.wants(result, catalogue, statements)
    assert "3.5.3[a]" in {r.id for r in found.observe}
