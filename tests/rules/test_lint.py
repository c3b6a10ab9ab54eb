"""What the lint says of a rule: each fault with its line and column, and the way out."""

from __future__ import annotations

import pytest
from rule_sample import edited, faults_of, rule_of

from scanner.facts import KINDS, fields_of
from scanner.rules.model import SETTINGS
from scanner.rules.syntax import RESERVED


def test_the_example_is_right() -> None:
    rule = rule_of()
    assert rule.id == "account-unused"
    assert rule.when is not None


def only(**parts: str | None) -> str:
    found = faults_of(**parts)
    assert len(found) == 1, found
    return found[0]


def test_a_fault_in_an_expression_has_its_line_and_column_in_the_file() -> None:
    found = only(require="require: |\n  last_used_days == 3 ||\n    mfa_enforcd || uid == max_days")
    assert found.startswith("r.yaml:15:5: there is no field or variable mfa_enforcd; did you mean")


def test_an_expression_is_a_block() -> None:
    found = only(require="require: last_used_days == max_days")
    assert found == (
        "r.yaml:13:10: an expression is a block: write require: | and put the expression on the "
        "next line"
    )


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("enabld", "1: there is no field or variable enabld; did you mean 'enabled'?"),
        ("enabled == 1", "9: enabled is true or false and 1 is a number; these are never equal"),
        ("name == 3", "6: name is a text and 3 is a number; these are never equal"),
        ("name > 3", "1: name is a text; here stands a number"),
        ("enabled > 3", "1: enabled is true or false; here stands a number"),
        ("enabled + 1 == 2", "1: enabled is true or false; here stands a number"),
        ("last_used_days", "1: last_used_days is a number, not true or false; compare it"),
        ("enabled && name", "12: name is a text, not true or false; compare it"),
        ("!uid", "2: uid is a number, not true or false; compare it"),
        ("last_used_days > 3", "1: last_used_days may be null here; test last_used_days != null"),
        ("last_used_days == 3 || last_used_days > 9", "24: last_used_days may be null here"),
        ("last_used_days != null || last_used_days > 9", "27: last_used_days may be null here"),
        ("!(last_used_days != null) && last_used_days > 9", "30: last_used_days may be null"),
        ("owner.startsWith('a')", "owner may be null here; test owner != null"),
        ("enabled == null", "1: enabled is never null; an unread field needs no test"),
        ("category == 'humn'", "\"humn\" is never a value here; did you mean 'human'?"),
        ("category in ['human', 'bot']", '"bot" is never a value here; it is one of: '),
        ("uid in ['a']", "uid is a number; the list holds a text each"),
        ("name in [1, 'a']", "a list holds values of one type"),
        ("name.contains(3)", "3 is a number; here stands a text"),
        ("size(name) > 3", "size of a text counts bytes, not letters"),
        ("name.size() > 3", "size of a text counts bytes"),
        ("name.first == 'a'", "name is a text and has no part first"),
        ("tags.owner == 'x'", "tags may be null here"),
        ("tags != null && tags.owner == 'x'", "the key owner may be missing; test has(tags.owner)"),
        ("has(tags.owner)", "tags may be null here"),
        ("category.exists(c, c == 'a')", "category is a text; here stands a list"),
        ("['a'].all(name, name == 'a')", "name is a name already; choose another for the items"),
        ("['a'].all(i, i)", "i is a text, not true or false; compare it"),
        ("['a'][0] == 'a'", "an item by its number may not exist; use all or exists"),
        ("enabled ? 1 == 1 : 'a'", "one result of ? : is true or false, the other a text"),
        ("uid != null && 10 / uid > 1", "divide by a number that is written here and is not 0"),
        ("uid != null && uid % 0 == 1", "divide by a number that is written here and is not 0"),
    ],
)
def test_types_and_nulls(expression: str, words: str) -> None:
    found = faults_of(when=f"when: |\n  enabled || {expression}")
    offset = words.split(":")[0]
    if offset.isdigit():
        words = f"r.yaml:12:{int(offset) + 2 + len('enabled || ')}:{words.removeprefix(offset)[1:]}"
    assert any(words in fault for fault in found), found


@pytest.mark.parametrize(
    "expression",
    [
        "last_used_days != null && last_used_days > 3",
        "last_used_days > 3 && last_used_days != null",
        "last_used_days == null || last_used_days > 3",
        "!(last_used_days == null) && last_used_days > 3",
        "last_used_days == null ? enabled : last_used_days > 3",
        "last_used_days != null && (enabled || last_used_days > 3)",
        "last_used_days == 5 && last_used_days < 9",
        "owner in ['a', 'b'] && owner.startsWith('a')",
        "owner == 'x' || owner == null",
        "owner != name",
        "tags != null && has(tags.owner) && tags.owner == 'x'",
        "tags != null && 'owner' in tags && tags['owner'] == 'x'",
        "['a', 'b'].exists(i, name.startsWith(i))",
        "uid != null && uid / 2 > 3",
        "category in ['human', 'root']",
        "region == null || region.startsWith('us-gov-')",
    ],
)
def test_what_is_sound_passes(expression: str) -> None:
    rule_of(when=f"when: |\n  {expression}")


def test_what_when_proves_holds_for_require() -> None:
    rule_of(
        when="when: |\n  enabled && last_used_days != null",
        require="require: |\n  last_used_days <= max_days",
    )


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"fact": "fact: identity.acount"}, "8:7: there is no fact kind identity.acount; did you"),
        (
            {"decides": 'decides: ["3.5.3[c]"]', "strength": "strength: configured"},
            "a rule of strength configured never decides; move these to informs",
        ),
        ({"informs": None}, "the rule names no objective; add decides or informs"),
        ({"decides": 'decides: ["3.5.6[b]"]'}, "3.5.6[b] stands in decides already; keep one"),
        ({"refutes": "refutes: if-declared"}, "if-declared needs `product`"),
        ({"product": "product: log-store"}, "product goes with refutes: if-declared"),
        ({"informs_only": "informs_only: [aws]"}, "informs_only goes with decides"),
        ({"providers": "providers: [amazon]"}, "there is no provider amazon"),
        ({"fix": "fix: {linus: Lock it.}"}, "there is no provider linus; did you mean 'linux'?"),
        ({"providers": "providers: [aws]"}, "the rule is not for linux; see its providers"),
        ({"per": "per: account"}, "per goes with a set in expect"),
        ({"expect": "expect: {min: 3, max: 1}"}, "min 3 is above max 1"),
        ({"expect": "expect: {min: 0}"}, "min: 0 without a max holds for every set"),
        ({"message": 'message: "{nam} is unused"'}, "shows {nam}, which is no field; did you mean"),
        ({"message": 'message: "{name is unused"'}, "a brace in the message stands around one"),
        ({"deprecated_ids": "deprecated_ids: [account-unused]"}, "the rule's own id stands among"),
    ],
)
def test_claims_and_names(parts: dict[str, str | None], words: str) -> None:
    found = faults_of(**parts)
    assert any(words in fault for fault in found), found


@pytest.mark.parametrize(
    ("param", "words"),
    [
        ("{about: x}", "max_days has either a default or declared: true"),
        ("{about: x, default: 1, affirm: true}", "affirm goes with declared: true and type: bool"),
        ("{about: x, declared: true, type: int, affirm: true}", "affirm goes with declared: true"),
        ("{about: x, default: 1, declared: true}", "max_days has either a default or declared"),
        ("{about: x, declared: true}", "max_days needs a type, since it has no default"),
        ("{about: x, default: 0, min: 1}", "the default of max_days is 0; the least is 1"),
        ("{about: x, default: 9, max: 5}", "the default of max_days is 9; the most is 5"),
        ("{about: x, default: 3, min: 5, max: 1}", "the least value of max_days is above its most"),
        ("{about: x, default: a, type: int}", "the default of max_days must be a whole number"),
        ("{about: x, default: [a], min: 1}", "max_days is no number and has no min; remove it"),
        ("{about: x, default: a}", "max_days is a text; here stands a number"),
    ],
)
def test_parameters(param: str, words: str) -> None:
    found = faults_of(params=f"params:\n  max_days: {param}")
    assert any(words in fault for fault in found), found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("spare", "nothing uses the parameter spare; remove it"),
        ("enabled", "enabled is a field of identity.account; choose another name"),
        ("package", "package is a reserved word of CEL; choose another name"),
    ],
)
def test_names_of_parameters(name: str, words: str) -> None:
    extra = f"params:\n  max_days: {{default: 1, about: x}}\n  {name}: {{default: 1, about: x}}"
    assert any(words in fault for fault in faults_of(params=extra))


def test_no_field_of_any_kind_has_a_name_that_means_something_else() -> None:
    names = {(kind, name) for kind in KINDS for name in fields_of(kind)}
    assert {(kind, name) for kind, name in names if name in SETTINGS} == set()
    # Good for a message only: an expression that uses it is refused.
    assert {n for n in names if n[1] in RESERVED} == {("crypto.module", "package")}


LOG = {
    "fact": "fact: log.store",
    "params": None,
    "when": None,
    "with_": "with:\n  store: {fact: storage.store, on: bucket, same_scope: true}",
    "require": "require: |\n  store_found && store_encrypted",
    "message": 'message: "{name}: its bucket {store_name} is open"',
    "tests": """
        tests:
          pass:
            - bucket: a
              with: {storage.store: [{subject: a, encrypted: true}]}
          fail:
            - bucket: a
              with: {storage.store: [{subject: a, encrypted: false}]}
          unknown:
            - {bucket: a, gaps: [{listing: true, fact: storage.store}]}
    """,
}


def test_a_lookup_adds_the_variables_of_the_other_kind() -> None:
    rule = rule_of(**LOG)
    look = rule.lookups["store"]
    assert (look.prefix, look.fact, look.on, look.same_scope) == (
        "store",
        "storage.store",
        "bucket",
        True,
    )
    assert rule.looked_up("store") == {"encrypted", "name"}
    assert rule.lookup_of("store_encrypted") is look
    assert rule.lookup_of("bucket") is None


@pytest.mark.parametrize(
    ("with_", "words"),
    [
        ("store: {fact: storage.stor, on: bucket}", "there is no fact kind storage.stor; did you"),
        ("store: {fact: storage.store, on: buckt}", "log.store has no field buckt; did you mean"),
        ("store: {fact: storage.store, on: retention_days}", "retention_days is no text"),
        ("store: {on: bucket}", "a lookup names either a fact or a declaration"),
        ("store: {fact: storage.store, declaration: a, on: bucket}", "names either a fact or a"),
        ("store: {declaration: a, on: bucket, same_scope: true}", "same_scope goes with a fact"),
        (
            "{store: {fact: storage.store, on: bucket}, spare: {declaration: a, on: name}}",
            "nothing uses the lookup spare; remove it",
        ),
        (
            "{store: {fact: storage.store, on: bucket}, store_x: {declaration: a, on: name}}",
            "the variables of store_x look like those of store",
        ),
    ],
)
def test_lookups(with_: str, words: str) -> None:
    found = faults_of(**{**LOG, "with_": f"with:\n  {with_}"})
    assert any(words in fault for fault in found), found


def test_the_fields_of_a_lookup_are_checked_and_those_of_a_declaration_are_the_users() -> None:
    found = faults_of(**{**LOG, "require": "require: |\n  store_found && store_encryptd"})
    assert any("no field or variable store_encryptd; did you mean 'store_enc" in f for f in found)
    declared = """
        tests:
          pass: [{name: a, declarations: {keepers: [{id: a, encrypted: true}]}}]
          fail: [{name: a, declarations: {keepers: [{id: a, encrypted: false}]}}]
          unknown: [{name: a}]
    """
    rule = rule_of(
        **{
            **LOG,
            "with_": "with:\n  store: {declaration: keepers, on: name}",
            "tests": declared,
        }
    )
    assert rule.lookups["store"].declaration == "keepers"


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (
            "{enabeld: true}",
            "20:11: identity.account has no field enabeld; did you mean 'enabled'?",
        ),
        ("{enabled: 1}", "enabled is true or false"),
        ("{enabled: null}", "enabled is never null; leave it out where it is unread"),
        ("{last_used_days: '3'}", "last_used_days is a whole number"),
        ("{category: humn}", "category is never 'humn'; did you mean 'human'?"),
        ("{params: {max: 3}}", "the rule has no parameter max; known here: max_days"),
        ("{params: {max_days: 0}}", "max_days is 0; the least is 1 days"),
        ("{params: {max_days: x}}", "max_days must be a whole number"),
        ("{with: {storage.store: []}}", "the rule looks up no fact storage.store"),
        ("{declarations: {accounts: []}}", "the rule looks up no declaration accounts"),
        ("{enabled: true, facts: []}", "a case has either facts or the fields of one"),
        ("{gaps: [{listing: true, fields: [enabled]}]}", "a gap is of the listing"),
        ("{gaps: [{fields: [enabeld]}]}", "identity.account has no field enabeld"),
        ("{gaps: [{listing: true, fact: log.store}]}", "the rule looks at no fact log.store"),
    ],
)
def test_cases_can_occur(case: str, words: str) -> None:
    tests = f"tests:\n  pass: [{case}]\n  fail: [{{enabled: true}}]\n  unknown: [{{}}]"
    found = faults_of(tests=tests)
    assert any(words in fault for fault in found), found


@pytest.mark.parametrize("verdict", ["pass", "fail", "unknown"])
def test_a_rule_without_a_case_of_each_verdict_is_refused(verdict: str) -> None:
    lines = [line for line in edited().splitlines() if not line.startswith(f"  {verdict}:")]
    tests = "\n".join(lines[lines.index("tests:") :])
    assert f"tests lacks the key '{verdict}'; add it" in only(tests=tests)


def test_not_applicable_cases_need_a_when() -> None:
    assert "without a `when` the rule concerns every fact" in only(when=None)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"practice": "practice: IA.L2-3.5.99"}, "3:11: IA.L2-3.5.99: no such practice"),
        ({"practice": "practice: IA.L1-3.5.1"}, "write the practice by its own id: IA.L1-b.1.v"),
        ({"informs": 'informs: ["3.5.6[z]"]'}, "no such objective; IA.L2-3.5.6 has 3.5.6[a]"),
        ({"informs": 'informs: ["3.5.3[c]"]'}, "3.5.3[c] belongs to IA.L2-3.5.3, not to IA.L2"),
        (
            {"decides": 'decides: ["3.5.6[a]"]'},
            "3.5.6[a] is decided by a document, never by a rule",
        ),
        ({"iso": "iso: [A.7.1]"}, "the crosswalk of IA.L2-3.5.6 has "),
    ],
)
def test_claims_are_held_against_the_catalogues(parts: dict[str, str], words: str) -> None:
    found = faults_of(**parts)
    assert any(words in fault for fault in found), found


def test_a_provider_that_cannot_settle_an_objective_only_informs() -> None:
    parts = {"practice": "practice: CM.L2-3.4.8", "decides": 'decides: ["3.4.8[c]"]'}
    software = {
        **parts,
        "informs": None,
        "fact": "fact: software.policy",
        "params": None,
        "when": None,
        "require": "require: |\n  enforced",
        "message": 'message: "{name} is not enforced"',
        "tests": """
            tests: {pass: [{enforced: true}], fail: [{enforced: false}], unknown: [{}]}
        """,
    }
    found = faults_of(**software)
    assert [f.partition(": ")[2] for f in found] == [
        f"what {provider} shows does not settle 3.4.8[c]; add it to informs_only"
        for provider in ("aws", "m365")
    ]
    rule_of(**software, informs_only="informs_only: [aws, m365]")


def test_what_a_reading_has_to_be_is_checked_like_any_expression() -> None:
    found = faults_of(settled="settled: |\n  rotated_dys <= max_days")
    assert any("there is no field or variable rotated_dys" in fault for fault in found)
    assert any("is a block" in fault for fault in faults_of(settled="settled: enabled"))
    read = "settled: |\n  last_used_days != null"
    asked = "require: |\n  last_used_days <= max_days"
    assert any("may be null here" in fault for fault in faults_of(require=asked))
    assert (
        rule_of(
            settled=read,
            require=asked,
            tests="""
        tests:
          pass: [{enabled: true, category: human, last_used_days: 3}]
          fail: [{enabled: true, category: human, last_used_days: 99}]
          unknown: [{enabled: true, category: human, last_used_days: null}]
    """,
        ).settled
        is not None
    )


def test_all_faults_come_together_in_the_order_of_the_file() -> None:
    found = faults_of(
        refutes="refutes: if-declared",
        when="when: |\n  enabld",
        require="require: |\n  last_used_days > max_days",
        message='message: "{nobody} is unused"',
    )
    lines = [int(fault.split(":")[1]) for fault in found]
    assert lines == sorted(lines) == [6, 12, 14, 15]
