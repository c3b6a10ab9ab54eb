"""`rules new`: a file that is right at once, with everything that is a guess marked."""

from __future__ import annotations

import pytest

from scanner.documents import loads
from scanner.errors import InputError
from scanner.facts import KINDS
from scanner.rules.read import read_rule
from scanner.rules.scaffold import new_rule


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_new_rule_over_any_kind_passes_schema_and_lint(kind: str) -> None:
    text = new_rule("my-rule", "IA.L2-3.5.3", kind)
    rule = read_rule(loads(text, "my-rule.yaml"))
    assert (rule.id, rule.practice, rule.fact) == ("my-rule", "IA.L2-3.5.3", kind)
    assert {case.verdict for case in rule.cases} == {"pass", "fail", "unknown"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_its_cases_are_true_from_the_start(kind: str) -> None:
    rule = read_rule(loads(new_rule("my-rule", "3.5.3", kind), "my-rule.yaml"))
    answers = {"pass": True, "fail": False}
    for case in rule.cases:
        if case.verdict in answers:
            assert rule.require.evaluate(case.facts[0]) is answers[case.verdict]


def test_it_lists_the_fields_and_marks_what_is_left_to_do() -> None:
    text = new_rule("log-kept", "AU.L2-3.3.1", "log.store")
    assert "#   retention_days (int or null): " in text
    assert text.count("TODO") >= 5
    assert "decides:" in text


@pytest.mark.parametrize("practice", ["AC.L1-b.1.i", "AC.L3-3.1.2e", "CM.2.061"])
def test_any_practice_by_any_id(practice: str) -> None:
    new_rule("my-rule", practice, "identity.account")


@pytest.mark.parametrize(
    ("rule_id", "practice", "kind", "words"),
    [
        ("My Rule", "3.5.3", "identity.account", "write lower case words joined by hyphens"),
        ("my-rule", "3.5.99", "identity.account", "no such practice"),
        ("my-rule", "3.5.3", "identity.acount", "did you mean 'identity.account'?"),
    ],
)
def test_what_cannot_be_is_refused(rule_id: str, practice: str, kind: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        new_rule(rule_id, practice, kind)
    assert words in str(caught.value)
