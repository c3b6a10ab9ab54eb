"""Block headers of HCL: enough of the language to say on which line a resource stands.

HashiCorp's HCL native syntax specification: comments, quoted templates with `${ }` and `%{ }`
inside one another, heredocs. Expressions are skipped, not understood; a file that does not add up
gives the blocks that were whole before the fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec


class Block(msgspec.Struct, frozen=True):
    """A top-level block."""

    kind: str
    """`resource`, `module`, `data`, ..."""
    labels: tuple[str, ...]
    line: int
    end: int
    source: str | None = None
    """A module's own `source`, where it is a plain text."""


_TOKEN = re.compile(
    r"(?P<space>[ \t\r\ufeff]+)"
    r"|(?P<comment>(?:\#|//)[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<heredoc><<-?(?P<mark>[A-Za-z_][\w-]*)[ \t]*\r?\n)"
    r"|(?P<newline>\n)"
    r"|(?P<name>[^\W\d][\w-]*)"
    r"|(?P<quote>\")"
    r"|(?P<open>[{(\[])"
    r"|(?P<close>[})\]])"
    r"|(?P<equals>=(?!=|>))"
    r"|(?P<other>.)",
    re.DOTALL,
)
_INSIDE = re.compile(r'[^"\\$%{}]+|\\.|[$%]{2}\{|[$%]\{|.', re.DOTALL)


def blocks(text: str) -> list[Block]:
    """The top-level blocks of a file in their order."""
    found: list[Block] = []
    depth = 0
    header: list[str] = []
    start = 1
    current: tuple[str, tuple[str, ...], int] | None = None
    source: str | None = None
    attribute: list[str] = []
    for kind, value, line in _tokens(text):
        if depth == 0:
            if kind in ("name", "text"):
                if not header:
                    start = line
                header.append(value)
                continue
            if kind == "open" and value == "{" and header:
                current, source = (header[0], tuple(header[1:]), start), None
            header = []
        elif depth == 1 and current is not None:
            attribute = _attribute(attribute, kind, value)
            if attribute[:2] == ["source", "="] and kind == "text":
                source = value if len(attribute) == 3 else source
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
            if depth < 0:
                break
            if depth == 0 and current is not None:
                found.append(Block(*current, end=line, source=source))
                current, attribute = None, []
    return found


def _attribute(before: list[str], kind: str, value: str) -> list[str]:
    """The tokens of the line of a block's body that is being read."""
    if kind in ("newline", "open", "close"):
        return []
    return [*before, value] if len(before) < 4 else before


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, value and line; `text` is a quoted template without its quotes."""
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:  # pragma: no cover - the last alternative takes anything
            return
        kind, value = match.lastgroup or "other", match.group()
        at = match.end()
        if kind == "mark":
            kind = "heredoc"
        if kind == "quote":
            end = _string_end(text, at)
            yield "text", text[at : end - 1], line
            line += text.count("\n", at, end)
            at = end
        elif kind == "heredoc":
            close = re.compile(rf"^[ \t]*{re.escape(match['mark'])}[ \t]*\r?$", re.MULTILINE)
            ended = close.search(text, at)
            end = ended.end() if ended is not None else len(text)
            yield "heredoc", "", line
            line += text.count("\n", match.start(), end)
            at = end
        else:
            if kind not in ("space", "comment"):
                yield kind, value, line
            line += value.count("\n")


def _string_end(text: str, at: int) -> int:
    """The position after the quote that ends a template begun before `at`, or the text's end."""
    stack = ['"']
    while at < len(text):
        match = _INSIDE.match(text, at)
        piece = match.group() if match is not None else text[at]
        at += len(piece)
        if stack[-1] == '"':
            if piece in ("${", "%{"):
                stack.append("{")
            elif piece == '"':
                stack.pop()
        elif piece == '"':
            stack.append('"')
        elif piece in ("{", "${", "%{"):
            stack.append("{")
        elif piece == "}":
            stack.pop()
        if not stack:
            return at
    return at
