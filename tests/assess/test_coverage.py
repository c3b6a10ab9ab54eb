"""Every objective has a decision path, and no rule decides what asks for a document."""

from __future__ import annotations

import pytest
from assess_samples import AS_OF, CORP, Rule, attestation, exemption, finding, said

from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue
from scanner.assess.coverage import attest_with, coverage, first_sentence, lines
from scanner.assess.explain import Known, explain
from scanner.errors import InputError
from scanner.resources import rules_dir
from scanner.rules.load import Rules, load_rules


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules([rules_dir()])


def test_no_rule_decides_a_document(rules: Rules, catalogue: Catalogue) -> None:
    methods = {name: o.method for name, o in catalogue.objectives.items()}
    wrong = [(r.id, o) for r in rules for o in r.decides if methods[o] != "observe"]
    assert wrong == []


def test_every_objective_has_a_path(rules: Rules, catalogue: Catalogue) -> None:
    report = coverage(rules, catalogue)
    assert len(report.lines) == 320
    for line in report.lines:
        assert line.rules or attest_with(line), line.objective
        assert all(rule.why for rule in line.rules), line.objective
        if line.way == "decided":
            assert line.method == "observe"
    for totals in (report.by_domain,):
        assert sum(t.decided + t.informed + t.attest for t in totals) == 320
    printed = "\n".join(lines(report))
    assert all(f"  {name} " in printed for name in catalogue.objectives if "e" not in name)


def test_levels_1_and_3_have_paths(catalogue: Catalogue, rules: Rules) -> None:
    assert len(coverage(rules, catalogue, 1).lines) == 59
    level_3 = coverage(rules, catalogue, 3).lines
    assert len(level_3) == 24
    assert all(line.artifact for line in level_3)


def test_a_rule_settles_by_strength_and_method(catalogue: Catalogue) -> None:
    made = [
        Rule(id="a", decides=("3.5.3[d]", "3.5.3[a]"), providers=("aws",), why="It is so. More."),
        Rule(id="b", decides=("3.5.3[c]",), strength="configured", providers=("aws",), why="x"),
        Rule(id="c", decides=("3.5.3[b]",), providers=("aws",), informs_only=("aws",), why="x"),
    ]
    ways = {x.objective: x for x in coverage(made, catalogue).lines}
    assert ways["3.5.3[d]"].way == "decided"
    assert ways["3.5.3[d]"].rules[0].why == "It is so."
    assert "entra" in ways["3.5.3[d]"].planned
    assert {ways[f"3.5.3[{x}]"].way for x in "abc"} == {"informed"}
    assert first_sentence("One\n two") == "One two"


def test_explain_reads_every_kind_of_id(rules: Rules, catalogue: Catalogue) -> None:
    failing = finding("fail", iso=("A.8.5",), evidence={"mfa_enforced": False})
    statements = said(
        attestation("3.5.3[a]"), exceptions=(exemption("not-applicable", "3.5.3[b]"),)
    )
    result = assess([failing], rules, catalogue, statements, 2, AS_OF, [CORP])
    known = Known(catalogue=catalogue, rules=rules, assessment=result, findings=[failing])

    def page(asked: str) -> str:
        return "\n".join(explain(asked, known))

    practice = page("IA.L2-3.5.3")
    for words in ("Determination: NOT MET", "3 when a second factor", "POA&M:", "A.8.5", "Beware"):
        assert words in practice
    assert page("3.5.3") == practice
    assert "multifactor authentication alone" in page("IA.3.083")
    assert "AC.L2-3.1.1" in page("A.5.15")
    assert "Determination: NOT APPLICABLE" in page("3.5.3[b]")
    assert "Dana Reyes, 2026-03-01" in page("3.5.3[a]")
    assert "mfa_enforced = False" in page(failing.fingerprint)
    assert "Determination: NOT ASSESSED" in page("AC.L1-b.1.i") or "Level 1" in page("AC.L1-b.1.i")
    assert "AC.L3-3.1.2e" in page("AC.L3-3.1.2e")
    rule = next(iter(rules))
    assert f"{rule.id}  {rule.title}" in page(rule.id)
    for wrong, words in (("accont-mfa", "no"), ("A.9.9.9", "no such"), ("0" * 16, "no finding")):
        with pytest.raises(InputError, match=words):
            explain(wrong, known)
