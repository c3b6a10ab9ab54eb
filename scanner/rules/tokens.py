"""The words of an expression: tokens, numbers, texts, and hints at what others would write."""

from __future__ import annotations

import re

from scanner.rules.syntax import MAX_TEXT, ExpressionError

Token = tuple[str, str, int]
"""Kind (number, text, name, sign or end), the text itself, its offset."""

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|//[^\n]*)+)
    |(?P<number>(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[uU]?)
    |(?P<text>[rR]?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]])
    """,
    re.VERBOSE | re.ASCII,
)

HINTS = {
    "and": "write && for and",
    "or": "write || for or",
    "not": "write ! for not",
    "is": "write == for is",
    "=": "write == to compare",
    "&": "write && for and",
    "|": "write || for or",
    "True": "write true",
    "False": "write false",
    "None": "write null",
    "{": "maps are not available",
    "`": "names stand without quotes",
}

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_SAME = frozenset("\\\"'?`")


def tokens(text: str) -> list[Token]:
    """The tokens of an expression, `end` last, comments left out. Raises ExpressionError."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            sign = text[at]
            hint = HINTS.get(sign, "a text is not closed" if sign in "\"'" else "remove it")
            raise ExpressionError(at, f"{sign} has no meaning in an expression; {hint}")
        if match.lastgroup != "space":
            found.append((str(match.lastgroup), match.group(), at))
        at = match.end()
    if not found:
        raise ExpressionError(0, "the expression is empty")
    found.append(("end", "", len(text.rstrip())))
    return found


def number(at: int, word: str) -> int:
    """The value of a number token. Raises ExpressionError."""
    if not word.isdecimal():
        raise ExpressionError(at, f"{word[:40]}: numbers are whole and decimal, such as 90")
    if len(word) > 18:
        raise ExpressionError(at, f"{word[:20]}... is too large a number")
    return int(word)


def literal(at: int, word: str) -> str:
    """The value of a text token, escapes resolved. Raises ExpressionError."""
    raw = word[0] in "rR"
    body = word[2:-1] if raw else word[1:-1]
    if len(body) > MAX_TEXT:
        raise ExpressionError(at, f"a text has {len(body)} characters; the most is {MAX_TEXT}")
    if raw or "\\" not in body:
        return body
    out: list[str] = []
    letters = iter(body)
    for letter in letters:
        if letter == "\\":
            escaped = next(letters)
            if escaped not in _SAME and escaped not in _ESCAPES:
                raise ExpressionError(
                    at, f"\\{escaped} is no escape; for a regular expression write r'...'"
                )
            letter = _ESCAPES.get(escaped, escaped)
        out.append(letter)
    return "".join(out)
