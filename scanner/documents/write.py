"""Writing values into a document, so that the reader gives back what was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from scanner.documents.reader import FORBIDDEN

_BARRED = re.compile(f"{FORBIDDEN.pattern}|[\ud800-\udfff]")


def holds(text: str) -> bool:
    """Whether a document can hold this text: the reader takes no control character, escaped or not.

    Nor does it take half of a surrogate pair.
    """
    return _BARRED.search(text) is None


def written(value: Any) -> str:
    """A text, number, list or mapping as one line of YAML: a flow node, its texts in quotes.

    What a person would not see (a bidirectional mark, a line separator) stands as an escape. What
    no document can hold is spelt out: U+001B becomes the six characters `\\u001b`.
    """
    text = msgspec.json.encode(_held(value)).decode()  # nearly a YAML flow node
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def held(text: str) -> str:
    """The text with what no document can hold spelt out."""
    return _BARRED.sub(lambda found: _escape(found.group()), text)


def _held(value: Any) -> Any:
    if isinstance(value, str):
        return held(value)
    if isinstance(value, Mapping):
        return {_held(key): _held(each) for key, each in value.items()}
    return [_held(each) for each in value] if isinstance(value, (list, tuple)) else value


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
