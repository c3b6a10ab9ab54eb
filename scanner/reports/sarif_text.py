"""Words in SARIF: hostile text made harmless, and message templates with their arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

import msgspec

Flavour = Literal["plain", "markdown"]
"""plain: SARIF plain text (2.1.0, 3.11.3). markdown: a reader may take it for Markdown."""

ARGUMENT_LIMIT = 256
"""Characters of one name or value in a message; its whole stands in the properties."""
TEXT_LIMIT = 1024
"""Characters of one message. GitHub names this limit for descriptions."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_ACTIVE = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])"  # a backslash that would escape
    r"|[`*<>\[\]|~]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # inside a word GitHub leaves it alone
)


def visible(text: str) -> str:
    """The text with every control, bidirectional, invisible or unpaired character spelt out.

    A newline becomes the two characters backslash and n; U+202E becomes `\\u202e`. What is left
    shows in the order in which it is stored, on one line.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _spelt(c) for c in text)


def _spelt(char: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
    if short:
        return short
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters: the middle goes, since ids differ at their ends."""
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - tail - 1]}…{text[-tail:]}"


def harmless(text: str, flavour: Flavour = "plain", limit: int = ARGUMENT_LIMIT) -> str:
    """One value that somebody else chose, as it may stand in a message.

    No line break, no hidden character, no link (SARIF 3.11.6 makes `[a](b)` one), no more than
    `limit` characters before Markdown's escapes.
    """
    text = shorten(visible(text), limit)
    if flavour == "markdown":
        return _ACTIVE.sub(r"\\\g<0>", text)
    return text.replace("](", "] (")


def given(text: str, flavour: Flavour = "plain") -> str:
    """A value as it was before it was put into a message; what was shortened stays so."""
    text = text.replace("{{", "{").replace("}}", "}")
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text) if flavour == "markdown" else text


def braces(text: str) -> str:
    """The text with its braces doubled, as SARIF 3.11.5 asks of literal ones in a message."""
    return text.replace("{", "{{").replace("}", "}}")


def sentence(text: str) -> str:
    """The text ending in one period."""
    return text.rstrip(" \t\r\n.!?:;,") + "."


@lru_cache(2048)  # a rule's paragraphs stand in every file of a scan
def prose(text: str) -> str:
    """A rule's own paragraph as Markdown: its code spans stay, its angle brackets are text."""
    parts: list[str] = []
    last = 0
    for code in _CODE.finditer(text):
        parts += (_no_tags(text[last : code.start()]), code.group())
        last = code.end()
    parts.append(_no_tags(text[last:]))
    return "".join(parts).strip()


def _no_tags(text: str) -> str:
    return "\n".join(visible(line) for line in text.replace("<", "\\<").split("\n"))


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A result's message: the finished text, and the rule's template that gives it."""

    text: str
    id: str
    arguments: tuple[str, ...] = ()


class Template(msgspec.Struct, frozen=True):
    """A message string of a rule: literal parts with one value between each two."""

    id: str
    literals: tuple[str, ...]
    """Already harmless; one more than there are values."""
    flavour: Flavour = "plain"

    @property
    def text(self) -> str:
        """As it stands in the rule's messageStrings: `'{0}' can sign in to '{1}'.`"""
        out = [braces(self.literals[0])]
        for number, literal in enumerate(self.literals[1:]):
            out += (f"{{{number}}}", braces(literal))
        return "".join(out)

    def fill(self, values: Sequence[str]) -> Message:
        """The message with these values, each made harmless and bounded."""
        arguments = tuple(harmless(value, self.flavour) for value in values)
        text = self.literals[0] + "".join(
            a + b for a, b in zip(arguments, self.literals[1:], strict=True)
        )
        return Message(text=braces(text), id=self.id, arguments=arguments)

    def read(self, text: str) -> tuple[str, ...] | None:
        """The values in the finished text of a message of this template, or None: it is another's.

        A value that holds the words between two values is taken to reach as far as it can.
        """
        first, *rest = map(braces, self.literals)
        if not rest:
            return () if text == first else None
        end = len(text) - len(rest[-1])
        if not text.startswith(first) or not text.endswith(rest[-1]) or end < len(first):
            return None
        values: list[str] = []
        for literal in reversed(rest[:-1]):
            start = text.rfind(literal, len(first), end)
            if start < 0:
                return None
            values.append(text[start + len(literal) : end])
            end = start
        values.append(text[len(first) : end])
        return tuple(given(value, self.flavour) for value in reversed(values))


def template(name: str, text: str, flavour: Flavour = "plain") -> tuple[Template, tuple[str, ...]]:
    """A template of text with `{field}` placeholders, and the fields in their order.

    Every value is put in single quotes where the text does not do so itself, and the text ends in
    a period: that sets names that others chose off from our own words.
    """
    fields = tuple(_PLACEHOLDER.findall(text))
    pieces = _PLACEHOLDER.split(text)[::2]
    pieces = [_ours(piece, flavour) for piece in pieces]
    pieces[-1] = pieces[-1].rstrip(" .!?:;,")
    last = len(pieces) - 1
    quoted = [
        ("'" if at > 0 and not piece.startswith("'") else "")
        + piece
        + ("'" if at < last and not piece.endswith("'") else "")
        for at, piece in enumerate(pieces)
    ]
    quoted[-1] += "."
    return Template(id=name, literals=tuple(quoted), flavour=flavour), fields


def _ours(piece: str, flavour: Flavour) -> str:
    """A rule's own words: one line, no link, no tag; its backticks may stay."""
    piece = visible(piece.replace("\n", " ")).replace("](", "] (")
    return piece.replace("<", "\\<") if flavour == "markdown" else piece


def reader(text: str) -> Callable[[str], tuple[str, ...] | None]:
    """A function that finds the values in a message that was made of this text, or None.

    The values are those of a match from the left: put back into the text they give the same
    message. Linear in the message's length.
    """
    literals = _PLACEHOLDER.split(text)[::2]
    first, *rest = literals

    def values(message: str) -> tuple[str, ...] | None:
        if not message.startswith(first):
            return None
        if not rest:
            return () if message == first else None
        at = len(first)
        found: list[str] = []
        for literal in rest[:-1]:
            start = message.find(literal, at)
            if start < 0:
                return None
            found.append(message[at:start])
            at = start + len(literal)
        end = len(message) - len(rest[-1])
        if end < at or not message.endswith(rest[-1]):
            return None
        found.append(message[at:end])
        return tuple(found)

    return values


def formatted(text: str, arguments: Sequence[str]) -> str:
    """What a reader of SARIF makes of a message string and its arguments, braces still doubled."""
    return re.sub(r"\{\{|\}\}|\{(\d+)\}", lambda m: _piece(m, arguments), text)


def _piece(match: re.Match[str], arguments: Sequence[str]) -> str:
    return match.group() if match.group(1) is None else braces(arguments[int(match.group(1))])


def strings(templates: Sequence[Template]) -> Mapping[str, Mapping[str, str]]:
    """Templates as a rule's messageStrings, by id."""
    return {t.id: {"text": t.text} for t in sorted(templates, key=lambda t: t.id)}
