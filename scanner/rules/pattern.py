"""Regular expressions in rules: what Python's and Rust's syntax agree on, with bounded size."""

from __future__ import annotations

import re

from scanner.rules.syntax import ExpressionError, Literal, Node

MAX_REPEAT = 32
"""The most that a counted repetition may count to."""

MAX_CLASSES = 8
r"""The most `\w`, `\d`, `\s` that a pattern may hold: each stands for all of Unicode's."""

_CLASSES = "wdsWDS"
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COUNTED = re.compile(r"(?P<atom>\[[^\[\]\0]*\]|[^()\[\]|*+?{}\0])?\{(?P<counts>[^}]*)\}?")
_REFUSED = {
    r"\(\?(?!i\)|:)": "groups are ( ), (?: ) and, at the start, (?i)",
    r"\[\[|\[\^\[|&&|--|~~": "a class holds characters and ranges only",
    r"[*+?}][+?]": "a repetition does not follow another",
}


def check_pattern(node: Node) -> None:
    """Raise ExpressionError unless the node is a text literal that is a permitted pattern.

    Matching takes linear time (Rust's regex), but the library compiles the pattern at every
    verdict: 12 us for a plain one, 5 ms for `\\w{20}`, 76 ms for `\\w{1000}`.
    """
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise ExpressionError(node.at, "matches takes a text literal, such as r'^[a-z]+$'")
    pattern = node.value
    bare = _ESCAPE.sub(lambda m: "\0" if m[1] in _CLASSES else "x", pattern)
    for escaped in _ESCAPE.findall(pattern):
        if escaped.isalnum() and escaped not in "bB" + _CLASSES:
            raise ExpressionError(node.at, f"\\{escaped} is not available in a regular expression")
    for refused, instead in _REFUSED.items():
        if re.search(refused, bare):
            raise ExpressionError(node.at, f"the regular expression {pattern!r}: {instead}")
    if bare.count("\0") > MAX_CLASSES:
        raise ExpressionError(
            node.at, f"a regular expression holds at most {MAX_CLASSES} of \\w, \\d and \\s"
        )
    for found in _COUNTED.finditer(bare):
        counts = [int(n) for n in re.findall(r"\d+", found["counts"]) if len(n) < 9]
        if found["atom"] is None or not counts or max(counts) > MAX_REPEAT:
            raise ExpressionError(
                node.at,
                "a counted repetition follows one character or one [...] class and counts to at "
                f"most {MAX_REPEAT}, such as [0-9]{{12}}",
            )
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as error:
        raise ExpressionError(node.at, f"the regular expression is wrong: {error}") from None
