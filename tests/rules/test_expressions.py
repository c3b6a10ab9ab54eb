"""Expressions in rules: what is understood, what is refused, and with which words."""

from __future__ import annotations

import pytest

from scanner.errors import InputError, RuleDefect
from scanner.rules.engine import UNKNOWN, Expression, compile
from scanner.rules.parser import parse
from scanner.rules.syntax import ExpressionError, free_variables

WHERE = "rules/x.yaml:4: `require` of x"


def expression(text: str) -> Expression:
    return compile(text, where=WHERE)


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        compile(text, where=WHERE)
    (message,) = caught.value.messages
    assert message.startswith(WHERE)
    return message


# What CEL does, which rules rely on


@pytest.mark.parametrize(
    ("text", "context", "answer"),
    [
        ("days > 3", {"days": 5}, True),
        ("days == 5 && days in [1, 5]", {"days": 5}, True),
        ("days == null", {"days": None}, True),
        ("days == null", {"days": 0}, False),
        ("days != null && days > 3", {"days": None}, False),
        ("days == null || days > 3", {"days": None}, True),
        ("days == 3", {"days": None}, False),
        ("days in [1, 2]", {"days": None}, False),
        ("on == true", {"on": None}, False),
        ('"a" in methods', {"methods": ["a", "b"]}, True),
        ('"a" in methods', {"methods": ("a", "b")}, True),
        ("methods.all(m, m in allowed)", {"methods": [], "allowed": ["a"]}, True),
        ("methods.exists(m, m == wanted)", {"methods": ["a"], "wanted": "a"}, True),
        ("methods.exists_one(m, m.startsWith('a'))", {"methods": ["a1", "a2"]}, False),
        ("size(methods) == 0", {"methods": []}, True),
        ("name.contains('adm')", {"name": "sysadmin"}, True),
        ("name.matches(r'^[a-z]+-[0-9]{2}$')", {"name": "web-01"}, True),
        ("name.matches('(?i)^ADMIN')", {"name": "admin"}, True),
        ("has(tags.owner) && tags.owner != ''", {"tags": {"owner": "ops"}}, True),
        ("has(tags.owner)", {"tags": {}}, False),
        ("'owner' in tags && tags['owner'] == 'ops'", {"tags": {"owner": "ops"}}, True),
        ("a ? b : !b", {"a": False, "b": True}, False),
        ("total - ok <= 2 * spare", {"total": 10, "ok": 8, "spare": 1}, True),
        ("a // why a\n && b", {"a": True, "b": True}, True),
    ],
)
def test_evaluation(text: str, context: dict[str, object], answer: bool) -> None:
    assert expression(text).evaluate(context) is answer


# Three values


@pytest.mark.parametrize(
    ("text", "context", "answer"),
    [
        ("a", {}, UNKNOWN),
        ("a && b", {"b": True}, UNKNOWN),
        ("a && b", {"b": False}, False),
        ("a && b", {"a": False}, False),
        ("a || b", {"b": True}, True),
        ("a || b", {"a": False}, UNKNOWN),
        ("a ? b : c", {"b": True, "c": True}, UNKNOWN),
        ("a ? b : c", {"a": True, "b": True}, True),
        ("days == null", {}, UNKNOWN),
        ("days != null && days > 3", {}, UNKNOWN),
        ("list.all(x, x in allowed)", {"list": []}, True),
        ("list.all(x, x in allowed)", {"list": ["a"]}, UNKNOWN),
        ("list.exists(x, x == 'a' || x in allowed)", {"list": ["a", "b"]}, True),
        ("list.exists(x, x == 'a' || x in allowed)", {"list": ["b"]}, UNKNOWN),
        # Undecided more often than need be: this library ends a macro at its first error.
        ("list.exists(x, x == 'a' || x in allowed)", {"list": ["b", "a"]}, UNKNOWN),
    ],
)
def test_an_unread_field_makes_unknown_only_where_it_matters(
    text: str, context: dict[str, object], answer: object
) -> None:
    assert expression(text).evaluate(context) is answer


def test_unknown_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="compare with `is`"):
        bool(UNKNOWN)


def test_an_error_with_everything_read_is_a_defect_of_the_rule() -> None:
    rule = expression("days > 3 &&\n  on")
    with pytest.raises(RuleDefect) as caught:
        rule.evaluate({"days": None, "on": True})
    assert str(caught.value).startswith(
        f"{WHERE}: the expression days > 3 && on fails though all its fields were read "
        "(days=None, on=True): No such overload"
    )


def test_an_answer_that_is_no_truth_value_is_a_defect_of_the_rule() -> None:
    with pytest.raises(RuleDefect, match="the expression gives None, neither true nor false: on"):
        expression("on").evaluate({"on": None})


def test_a_plan_asks_with_what_it_knows_so_far_and_never_fails() -> None:
    rule = expression("provider == 'aws' && enabled")
    assert rule.partial({"provider": "linux", "region": "x"}) is False
    assert rule.partial({"provider": "aws"}) is UNKNOWN
    assert expression("provider > 3").partial({"provider": "aws"}) is UNKNOWN


# Variables


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a && b.c", {"a", "b"}),
        ("list.all(i, i > limit)", {"list", "limit"}),
        ("list.all(i, i > 3) && i", {"list", "i"}),
        ("x.all(x, x > 1)", {"x"}),
        ("a.exists(i, b.all(j, i == j)) || j", {"a", "b", "j"}),
        ("size > 3 && size(list) > 2", {"size", "list"}),
        ("has(tags.owner) && 'x' in tags", {"tags"}),
    ],
)
def test_variables_are_the_names_from_outside(text: str, names: set[str]) -> None:
    assert expression(text).variables == names


def test_a_variable_has_the_place_of_its_first_use() -> None:
    assert free_variables(parse("a && bb || a && cc")) == {"a": 0, "bb": 5, "cc": 16}


# What is refused


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the expression is empty"),
        ("  \n", "the expression is empty"),
        ("a and b", "found and; write && for and"),
        ("a or b", "write || for or"),
        ("not a", "not is not a name; write ! for not"),
        ("a = 3", "= has no meaning in an expression; write == to compare"),
        ("a & b", "write && for and"),
        ("a == True && b", "True is not a name; write true"),
        ("a &&", "expected a value, but the expression ends here"),
        ("(a || b", "expected ) to close the bracket, but the expression ends here"),
        ("a b", "expected an operator or the end, found b"),
        ("a ? b", "expected : between the two results of ? :"),
        ("1 < a < 3", "a comparison cannot follow another; join the two with &&"),
        ("a == b == c", "a comparison cannot follow another"),
        ("a.lower() == 'x'", "there is no method lower; known here: all, contains, "),
        ("a.startswith('x')", "there is no method startswith; did you mean 'startsWith'?"),
        ("a.map(i, i)", "there is no method map"),
        ("a.filter(i, i > 1).size() > 0", "there is no method filter"),
        ("len(a) > 1", "there is no function len"),
        ("timestamp('2026-01-01T00:00:00Z') > a", "there is no function timestamp"),
        ("has(a)", "has asks for a key: has(tags.owner)"),
        ("size(a, b) > 1", "size takes one argument"),
        ("a.startsWith()", "startsWith takes one argument"),
        ("a.all(3, true)", "all starts with a variable: x.all(item, ...)"),
        ("a.all(in, true)", "all starts with a variable"),
        ("package == 'x'", "package is a reserved word of CEL, not a name"),
        ("{'a': 1}.a == 1", "{ has no meaning in an expression; maps are not available"),
        ("a > 1.5", "1.5: numbers are whole and decimal"),
        ("a > 3u", "3u: numbers are whole"),
        ("a > 0x1F", "0x1F: numbers are whole"),
        ("a > " + "9" * 30, "is too large a number"),
        ("a == 'x", "' has no meaning in an expression; a text is not closed"),
        ("a == 'x\ny'", "a text is not closed"),
        (r"a == '\d'", r"\d is no escape; for a regular expression write r'...'"),
        ("a == b'x'", "expected an operator or the end, found 'x'"),
        (".a", "expected a value, found ."),
        ("a\0", "\0 has no meaning in an expression"),
        ("a.matches(b)", "matches takes a text literal"),
        ("a.matches('(')", "the regular expression is wrong"),
        (r"a.matches(r'\w{1000}')", "a counted repetition follows one character"),
        ("a.matches('[a-z]{33}')", "counts to at most 32"),
        ("a.matches('(a{9}){9}')", "a counted repetition follows one character"),
        ("a.matches('(?=x)')", "groups are ( ), (?: )"),
        (r"a.matches(r'(a)\1')", r"\1 is not available in a regular expression"),
        (r"a.matches(r'\w\w\w\w\w\w\w\w\w')", "holds at most 8 of"),
        ("a.matches('[[:alpha:]]')", "a class holds characters and ranges only"),
    ],
)
def test_refusals_say_what_to_write(text: str, words: str) -> None:
    assert words in refusal(text)


# Limits: each of these would take the interpreter down, or seconds, further out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 100_000, "the expression has 100,000 characters; the most is 1,000"),
        ("(" * 21 + "a" + ")" * 21, "nested more than 20 deep"),
        ("[" * 400, "nested more than 20 deep"),
        ("!" * 900 + "a", "nested more than 20 deep"),
        ("-" * 900 + "1 == 1", "nested more than 20 deep"),
        ("a" + ".a" * 400, "nested more than 20 deep"),
        ("a" + "[0]" * 300, "nested more than 20 deep"),
        ("+".join(["a"] * 400), "nested more than 20 deep"),
        ("a?a:" * 200 + "a", "nested more than 20 deep"),
        ("size(" * 100 + "a" + ")" * 100, "nested more than 20 deep"),
        ("a.all(i, a.all(j, a.all(k, true)))", "all is nested more than 2 deep"),
        ("a.all(i, true) && " * 8 + "a.all(i, true)", "it has more than 8 of"),
        ("a == '" + "x" * 201 + "'", "a text has 201 characters; the most is 200"),
    ],
)
def test_limits(text: str, words: str) -> None:
    assert words in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 19 + "a" + ")" * 19,
        "!" * 19 + "a",
        "&&".join(["a"] * 330),
        "||".join(["a"] * 330),
        "a ? a : " * 18 + "a",
        "[" + ",".join(["1"] * 400) + "].all(i, i == 1)",
        "a == a && " * 90 + "a",
    ],
)
def test_what_is_within_the_limits_runs(text: str) -> None:
    assert expression(text).evaluate({"a": True}) in (True, False)


def test_a_refused_text_never_reaches_the_library() -> None:
    """Its own parser takes the process down at 100,000 brackets; ours answers in a millisecond."""
    for text in ("(" * 100_000, "a" * 100_000, "(" * 999):
        with pytest.raises(ExpressionError):
            parse(text)
