"""Rule files into rules: all faults at once, and the choice among them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rule_sample import GOOD, edited, faults_of, rule_of

from scanner.errors import InputError
from scanner.resources import rules_dir
from scanner.rules import load as loading
from scanner.rules.load import Rules, load_rules, select
from scanner.rules.model import CaseGap, Count

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write a rule's file under its id, and give the folder."""

    def write(rule_id: str, folder: str = "rules", **parts: str | None) -> Path:
        file = tmp_path / folder / f"{rule_id}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(edited(id=f"id: {rule_id}", **parts))
        return tmp_path / folder.partition("/")[0]

    return write


def messages(*paths: Path) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        load_rules(paths)
    return caught.value.messages


def test_every_shipped_rule_is_sound() -> None:
    """Schema, lint, catalogues, place: what loading leaves out for speed, once."""
    assert len(load_rules([rules_dir()], thorough=True)) > 0


def test_rules_come_in_the_order_of_their_ids_from_any_depth(put: Put) -> None:
    put("b-rule", "rules/deep/down")
    put("a-rule", "rules/other")
    root = put("c-rule")
    rules = load_rules([root])
    assert [rule.id for rule in rules] == ["a-rule", "b-rule", "c-rule"]
    assert rules[0].file == str(root / "other" / "a-rule.yaml")


def test_a_rule_is_found_by_every_id_that_it_had(put: Put) -> None:
    rules = load_rules([put("new-id", deprecated_ids="deprecated_ids: [old-id, older-id]")])
    found = rules.find("older-id")
    assert found is not None
    assert (found.id, found.first_id) == ("new-id", "old-id")
    assert rules.find("nobody") is None


def test_all_faults_of_all_files_come_together(put: Put) -> None:
    put("a-rule", severity="severity: urgent")
    put("b-rule", title=None, fact="fact: identity.account\ncolour: red")
    root = put("c-rule", when="when: |\n  enabld")
    (root / "d-rule.yaml").write_text("id: [")
    found = [m.removeprefix(str(root)) for m in messages(root)]
    assert [m.partition(";")[0] for m in found] == [
        "/a-rule.yaml:7:11: severity is the text 'urgent'",
        "/b-rule.yaml:8:1: unknown key 'colour' in the document",
        "/b-rule.yaml:1:1: the document lacks the key 'title'",
        "/c-rule.yaml:12:3: there is no field or variable enabld",
        "/d-rule.yaml:2:1: this is not valid YAML (did not find expected node content)",
    ]


def test_a_file_is_named_after_its_rule(put: Put) -> None:
    root = put("a-rule")
    (root / "a-rule.yaml").rename(root / "other.yaml")
    assert messages(root)[0].endswith("other.yaml:1:5: the file of a-rule is called a-rule.yaml")


def test_two_rules_cannot_have_one_id(put: Put) -> None:
    put("a-rule", "rules/one")
    root = put("a-rule", "rules/two")
    (found,) = messages(root)
    assert "has the id a-rule already; choose another" in found


def test_an_earlier_id_is_taken_too(put: Put) -> None:
    put("a-rule")
    root = put("b-rule", deprecated_ids="deprecated_ids: [a-rule]")
    assert "has the id a-rule already" in messages(root)[0]


def test_paths_without_rules_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "short").mkdir()
    (tmp_path / "short" / "a.yml").write_text(GOOD)
    found = messages(tmp_path / "none", tmp_path / "empty", tmp_path / "short")
    assert "there is no such file" in found[0]
    assert "there is no rule in this folder (*.yaml)" in found[1]
    assert "rule files end in .yaml; rename it" in found[2]


def test_hidden_folders_hold_no_rules(put: Put) -> None:
    put("hidden-rule", "rules/.git")
    assert [rule.id for rule in load_rules([put("a-rule")])] == ["a-rule"]


def test_a_shipped_rule_lies_under_its_domain_and_practice(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a-rule", "rules/IA/IA.L2-3.5.6")
    root = put("b-rule", "rules/IA/IA.L2-3.5.3")
    monkeypatch.setattr(loading, "rules_dir", lambda: root)
    (found,) = messages(root)
    assert found.endswith("a rule of IA.L2-3.5.6 lies at IA/IA.L2-3.5.6/b-rule.yaml")


def test_types_are_checked_where_the_schema_is_not(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = put("a-rule", "rules/IA/IA.L2-3.5.6", severity="severity: urgent")
    monkeypatch.setattr(loading, "rules_dir", lambda: root)
    assert "severity is the text 'urgent'; one of critical, high" in messages(root)[0]


def test_what_strangers_can_put_in_a_file_ends_in_one_message() -> None:
    assert "larger than 65,536 bytes" in messages_of_expression("enabled || " * 10_000)
    assert "has 11,008 characters; the most is 1,000" in messages_of_expression(
        "enabled || " * 1000
    )
    assert "nested more than 20 deep" in messages_of_expression("(" * 900)


def messages_of_expression(text: str) -> str:
    return faults_of(require=f"require: |\n  {text}enabled")[0]


# The model


def test_expressions_are_ready_and_named() -> None:
    rule = rule_of()
    assert rule.when is not None
    assert rule.when.evaluate({"enabled": True, "category": "human"}) is True
    assert rule.require.where == "r.yaml:13: require of account-unused"
    assert rule.variables == {"enabled", "category", "last_used_days", "max_days"}
    assert rule.placeholders == ("name", "last_used_days", "max_days")


@pytest.mark.parametrize(
    ("expect", "count"),
    [
        ("every", None),
        ("some", Count(1, None)),
        ("{min: 2}", Count(2, None)),
        ("{max: 3}", Count(0, 3)),
        ("{min: 1, max: 3}", Count(1, 3)),
    ],
)
def test_expect(expect: str, count: Count | None) -> None:
    assert rule_of(expect=f"expect: {expect}").expect == count


def test_parameters_judge_values() -> None:
    param = rule_of().params["max_days"]
    assert (param.of, param.default, param.unit) == ("int", 45, "days")
    assert param.fault(60) is None
    assert param.fault(0) == "is 0; the least is 1 days"
    assert param.fault(400) == "is 400; the most is 365 days"
    assert param.fault("60") == "must be a whole number"
    assert param.fault(True) == "must be a whole number"


def test_a_plain_case_is_one_fact_with_its_settings_beside_it() -> None:
    rule = rule_of(
        tests="""
        tests:
          pass: [{enabled: true, category: human, last_used_days: 50, params: {max_days: 60}}]
          fail: [{enabled: true, category: human, last_used_days: 50}]
          unknown: [{category: human, gaps: [{fields: [enabled]}]}]
        """
    )
    first, _, last = rule.cases
    assert first.verdict == "pass"
    assert first.facts == ({"enabled": True, "category": "human", "last_used_days": 50},)
    assert first.params == {"max_days": 60}
    assert last.gaps == (CaseGap(fields=("enabled",)),)


def test_a_case_of_a_set_has_facts_gaps_and_the_line_that_it_stands_on() -> None:
    rule = rule_of(
        expect="expect: some",
        tests="""
        tests:
          pass:
            - facts: [{enabled: true, category: human, last_used_days: 1}, {enabled: false}]
          fail:
            - facts: []
          unknown:
            - facts: []
              gaps: [{listing: true}]
        """,
    )
    assert [len(case.facts) for case in rule.cases] == [2, 0, 0]
    assert rule.cases[2].gaps == (CaseGap(listing=True),)
    assert [case.line for case in rule.cases] == [21, 23, 25]


# Choosing


@pytest.fixture(scope="module")
def some_rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    root = tmp_path_factory.mktemp("rules")

    def put(rule_id: str, **parts: str | None) -> None:
        (root / f"{rule_id}.yaml").write_text(edited(id=f"id: {rule_id}", **parts))

    put("account-unused", deprecated_ids="deprecated_ids: [account-idle]")
    put(
        "account-known",
        practice="practice: IA.L2-3.5.1",
        informs='informs: ["3.5.1[a]"]',
        severity="severity: high",
    )
    aws = {"providers": "providers: [aws]", "fix": "fix: {aws: Do it.}"}
    put("store-closed", practice="practice: AC.L2-3.1.3", informs='informs: ["3.1.3[e]"]', **aws)
    return load_rules([root])


@pytest.mark.parametrize(
    ("terms", "chosen"),
    [
        (["account-unused"], "account-unused"),
        (["account-idle"], "account-unused"),
        (["account-*"], "account-known account-unused"),
        (["IA.L2-3.5.6"], "account-unused"),
        (["3.5.6"], "account-unused"),
        (["IA.L1-b.1.v"], "account-known"),
        (["IA.1.076"], "account-known"),
        (["3.5.1[a]"], "account-known"),
        (["AC"], "store-closed"),
        (["IA"], "account-known account-unused"),
        (["linux"], "account-known account-unused"),
        (["aws"], "account-known account-unused store-closed"),
        (["high"], "account-known"),
        (["level:1"], "account-known"),
        (["level:2"], "account-known account-unused store-closed"),
        (["AC", "high"], "account-known store-closed"),
    ],
)
def test_terms(some_rules: Rules, terms: list[str], chosen: str) -> None:
    assert " ".join(rule.id for rule in select(some_rules, terms)) == chosen


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("acount-unused", "did you mean the rule account-unused?"),
        ("SC.L2-3.13.11", "no rule fits; `cmmc-scan rules list` shows them"),
        ("level:4", "levels are level:1, level:2 and level:3"),
        ("critical", "no rule fits"),
        ("zzz*", "no rule fits"),
        ("3.5.6[z]", "no such objective"),
    ],
)
def test_terms_that_mean_nothing(some_rules: Rules, term: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        select(some_rules, [term])
    assert words in str(caught.value)


# What loading leaves alone


def test_loading_shipped_rules_imports_neither_the_schema_validator_nor_the_cel_package(
    put: Put,
) -> None:
    root = put("a-rule", "rules/IA/IA.L2-3.5.6")
    program = (
        "import pathlib, sys\n"
        "from scanner.rules import load\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "load.rules_dir = lambda: root\n"
        "load.load_rules([root])[0].require.evaluate({})\n"
        "print([m for m in ('jsonschema', 'cel', 'typer', 'rich') if m in sys.modules])\n"
    )
    command = [sys.executable, "-c", program, str(root)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("first", ["import cel", "pass"])
def test_the_engine_lives_beside_the_package_of_its_library(first: str) -> None:
    program = (
        f"{first}\n"
        "from scanner.rules.engine import compile\n"
        "assert compile('a', where='w').evaluate({'a': True}) is True\n"
        "import cel\n"
        "assert cel.evaluate('1 + 1') == 2\n"
        "assert compile('!a', where='w').evaluate({'a': True}) is False\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
