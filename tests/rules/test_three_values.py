"""Whatever an expression decides while fields are unread, every completion of them decides too."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scanner.errors import InputError, RuleDefect
from scanner.rules.engine import UNKNOWN, compile

WORDS = ("", "a", "ab", "b")
INTS = st.integers(-2, 3)
TEXTS = st.sampled_from(WORDS)
LISTS = st.lists(TEXTS, max_size=3)

VARIABLES: dict[str, st.SearchStrategy[Any]] = {
    "on": st.booleans(),
    "off": st.booleans(),
    "maybe": st.booleans() | st.none(),
    "days": INTS,
    "limit": INTS | st.none(),
    "word": TEXTS,
    "owner": TEXTS | st.none(),
    "list": LISTS,
    "allowed": LISTS | st.none(),
}

VALUES = st.fixed_dictionaries(VARIABLES)


def _join(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


def _say(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words)


INT = st.recursive(
    _say("days", "limit", "0", "2", "size(list)", "list.size()", "size(allowed)"),
    lambda inner: _join(st.just("("), inner, _say(" + ", " - ", " * "), inner, st.just(")")),
    max_leaves=3,
)
TEXT = _say("word", "owner", "'a'", "'ab'", "''")
LIST = _say("list", "allowed", "['a', 'b']", "[]", "[word, 'a']")

ATOM = st.one_of(
    _say("on", "off", "maybe", "true", "false"),
    _join(INT, _say(" == ", " != ", " < ", " <= ", " > ", " >= "), INT),
    _join(
        _say("limit", "maybe", "owner", "allowed", "days"), _say(" == ", " != "), st.just("null")
    ),
    _say("limit != null && limit > days", "allowed == null || 'a' in allowed"),
    _join(TEXT, _say(" == ", " != "), TEXT),
    _join(TEXT, st.just(" in "), LIST),
    _join(TEXT, _say(".startsWith(", ".endsWith(", ".contains("), TEXT, st.just(")")),
)


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    macro = _join(
        _say("list", "allowed", "['a', 'b']"),
        _say(".all(e, ", ".exists(e, ", ".exists_one(e, "),
        st.one_of(
            _join(_say("e == ", "e != "), TEXT),
            _join(st.just("e in "), LIST),
            _join(st.just("e == 'a' || "), inner),
            _join(st.just("e == 'a' && "), inner),
        ),
        st.just(")"),
    )
    return st.one_of(
        _join(st.just("("), inner, _say(" && ", " || "), inner, st.just(")")),
        _join(st.just("!("), inner, st.just(")")),
        _join(
            st.just("("), inner, st.just(" ? "), inner, st.just(" : "), inner, st.just(")")
        ),
        macro,
    )  # fmt: skip


BOOL = st.recursive(ATOM, _combined, max_leaves=6)


@settings(max_examples=500, deadline=None)
@given(BOOL, VALUES, st.sets(st.sampled_from(sorted(VARIABLES))), st.lists(VALUES, max_size=4))
def test_no_completion_contradicts_a_decision(
    text: str, values: dict[str, Any], unread: set[str], others: list[dict[str, Any]]
) -> None:
    try:
        rule = compile(text, where="generated")
    except InputError as error:
        assume("nested more than 2 deep" not in str(error))
        raise
    read = {name: value for name, value in values.items() if name not in unread}
    try:
        decided = rule.evaluate(read)
    except RuleDefect:  # null in the place of a number or a truth value: no decision
        return
    assert decided is UNKNOWN or isinstance(decided, bool)
    if decided is UNKNOWN:
        assert rule.variables & unread
        return
    for completion in (values, *others):
        full = read | {name: completion[name] for name in unread}
        assert rule.evaluate(full) is decided
        assert rule.partial(full) is decided
