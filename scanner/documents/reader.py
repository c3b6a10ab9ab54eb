"""A strict reader of YAML: the YAML 1.2 core schema, no anchors, no tags, every value's position.

Values are None, bool, int, float, str, list and dict[str, ...] only. What YAML readers disagree
about is refused with the way to write it instead: leading zeros, octal, merge keys, non-text keys.
"""

from __future__ import annotations

import os
import re
from typing import Any

from scanner.documents.document import Document, Node
from scanner.errors import InputError

DEFAULT_LIMIT = 64 * 1024
"""Bytes that a document may have, unless the caller knows that its kind is larger."""

MAX_DEPTH = 20
"""Lists and mappings inside one another; a rule's deepest path has seven."""


def load(path: str | os.PathLike[str], limit: int = DEFAULT_LIMIT) -> Document:
    """The document in a file of at most `limit` bytes. Raises InputError."""
    name = os.fspath(path)
    try:
        with open(path, "rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        raise InputError(f"{name}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{name}: this is a folder; name a file in it") from None
    except PermissionError:
        raise InputError(f"{name}: reading it is not permitted; check its mode and owner") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{name!r}: it cannot be read ({reason}); check the path") from None
    return _read(data, name, limit)


def loads(text: str | bytes, name: str, limit: int = DEFAULT_LIMIT) -> Document:
    """The document in a text of at most `limit` bytes; messages call it `name`."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return _read(data, name, limit)


FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
"""What no document may hold."""


def _read(data: bytes, name: str, limit: int) -> Document:
    if len(data) > limit:
        raise InputError(f"{name}: it is larger than {limit:,} bytes; split it or shorten it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise InputError(
            f"{name}:{line}:{column}: it is not UTF-8 text; save the file as UTF-8"
        ) from None
    if found := FORBIDDEN.search(text):
        start = found.start()
        line = text.count("\n", 0, start) + 1
        column = start - (text.rfind("\n", 0, start) + 1) + 1
        raise InputError(
            f"{name}:{line}:{column}: the control character U+{ord(found.group()):04X} is not "
            "allowed in YAML; remove it, or is this a binary file?"
        )
    value, root = _construct(text, name)
    return Document(name, text, value, root)


def _parser(text: str) -> Any:
    """A source of YAML events: libyaml's, or the pure Python one where PyYAML came without."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        from yaml.parser import Parser
        from yaml.reader import Reader
        from yaml.scanner import Scanner

        class PythonParser(Reader, Scanner, Parser):
            def __init__(self, stream: str) -> None:
                Reader.__init__(self, stream)
                Scanner.__init__(self)
                Parser.__init__(self)

        return PythonParser(text)
    return CParser(text)


def _construct(text: str, name: str) -> tuple[Any, Node]:
    """The value and its nodes, built from events, so that a hostile file ends at its first fault.

    (PyYAML's own composer would first build the whole tree, aliases resolved.)
    """
    from yaml import YAMLError
    from yaml.events import (
        AliasEvent,
        DocumentStartEvent,
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        SequenceStartEvent,
    )

    values: list[Any] = []  # open lists and mappings, the innermost last
    nodes: list[Node] = []
    key: str | None = None  # of the innermost mapping, once read
    result: tuple[Any, Node] | None = None
    documents = 0

    def fail(event: Any, message: str) -> InputError:
        mark = event.start_mark
        return InputError(f"{name}:{mark.line + 1}:{mark.column + 1}: {message}")

    try:
        parser = _parser(text)
        while parser.check_event():
            event = parser.get_event()
            kind = type(event)
            if kind is ScalarEvent or kind is MappingStartEvent or kind is SequenceStartEvent:
                if event.anchor is not None:
                    raise fail(event, f"anchors (&{event.anchor}) are not allowed; write it out")
                if event.tag is not None:
                    raise fail(event, f"tags ({event.tag}) are not allowed; leave the tag out")
                mark = event.start_mark
                if values and key is None and isinstance(values[-1], dict):
                    key = _key(event, kind is ScalarEvent, nodes[-1], fail)
                    nodes[-1].keys[key] = (mark.line, mark.column)  # type: ignore[index]
                    continue
                if kind is ScalarEvent:
                    style = event.style or ""
                    value = event.value if style else _plain(event, fail)
                    if style == '"' and FORBIDDEN.search(value):
                        raise fail(event, "an escape stands for a control character; remove it")
                    node = Node(mark.line, mark.column, style, None, None)
                elif kind is MappingStartEvent:
                    value, node = {}, Node(mark.line, mark.column, "", {}, {})
                else:
                    value, node = [], Node(mark.line, mark.column, "", [], None)
                if not values:
                    result = result or (value, node)
                elif key is None:
                    values[-1].append(value)
                    nodes[-1].parts.append(node)  # type: ignore[union-attr]
                else:
                    values[-1][key] = value
                    nodes[-1].parts[key] = node  # type: ignore[index, call-overload]
                if kind is ScalarEvent:
                    key = None
                else:
                    if len(values) == MAX_DEPTH:
                        raise fail(event, f"it is nested more than {MAX_DEPTH} deep; flatten it")
                    values.append(value)
                    nodes.append(node)
                    key = None
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                values.pop()
                nodes.pop()
                key = None
            elif kind is AliasEvent:
                raise fail(event, f"aliases (*{event.anchor}) are not allowed; write it out")
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise fail(event, "a second document starts here; keep one in a file")
                if event.tags:
                    raise fail(event, "%TAG is not allowed; leave it out")
    except YAMLError as error:
        raise InputError(_malformed(error, text, name)) from None
    return result or (None, Node(0, 0, "", None, None))


def _key(event: Any, scalar: bool, node: Node, fail: Any) -> str:
    if not scalar:
        raise fail(event, "a key must be text, not a list or a mapping")
    key: str = event.value
    if not event.style and not isinstance(_plain(event, fail), str):
        raise fail(event, f'the key {key or "null"} is not text; put it in quotes: "{key}"')
    if key == "<<" and not event.style:
        raise fail(event, "merge keys (<<) are not allowed; write the keys out")
    assert node.keys is not None
    if key in node.keys:
        raise fail(event, f"the key {key!r} stands on line {node.keys[key][0] + 1} already")
    return key


_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(
    r"(?P<int>[-+]?[0-9]+)|(?P<float>[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)"
    r"|(?P<refused>0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))"
)
_NUMBER_STARTS = frozenset("0123456789+-.")


def _plain(event: Any, fail: Any) -> Any:
    """The value of an unquoted scalar in YAML 1.2's core schema (its section 10.3.2)."""
    text: str = event.value
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS or not (found := _NUMBER.fullmatch(text)):
        return text
    if found["refused"]:
        raise fail(event, f'{text}: write it as a decimal number, or in quotes: "{text}"')
    if found["int"]:
        digits = text.lstrip("+-")
        if digits[0] == "0" and digits != "0":
            raise fail(
                event, f'{text}: a number does not start with 0; is it an id? Then: "{text}"'
            )
        if len(digits) > 18:
            raise fail(event, f'{text[:24]}: too large a number; is it an id? Then: "{text[:24]}"')
        return int(text)
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise fail(event, f"{text[:24]}: too large a number")
    return number


def _malformed(error: Any, text: str, name: str) -> str:
    """The one message for text that is not YAML."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "the text breaks off"
    if mark is None:
        return f"{name}: this is not valid YAML ({problem})"
    lines = text.splitlines()
    rest = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
    if rest.startswith("\t"):
        advice = "this is a tab; indent with spaces"
    elif rest[:1] in ("@", "`", "%"):
        advice = f"a text that starts with {rest[0]} has to stand in quotes"
    elif "mapping values are not allowed" in problem:
        advice = "a text with a colon and a space in it has to stand in quotes"
    else:
        advice = "check quotes, brackets and indentation here and on the line above"
    return f"{name}:{mark.line + 1}:{mark.column + 1}: this is not valid YAML ({problem}); {advice}"
