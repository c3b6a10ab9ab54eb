"""One document that was read: its plain value, and the position of each part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

Path = Sequence[str | int]
"""The way to a value from the top: ("params", "max_days", "min"), ("tests", "fail", 0)."""


class Where(NamedTuple):
    """A position in a file; line and column count from 1. Its text is `file:line:column`."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Node(NamedTuple):
    """Where one value starts (from 0), how its scalar is written, and its parts' nodes."""

    line: int
    column: int
    style: str
    parts: dict[str, Node] | list[Node] | None
    keys: dict[str, tuple[int, int]] | None


class Document:
    """One document: its plain value, and the position of each part of it."""

    __slots__ = ("_root", "name", "text", "value")

    def __init__(self, name: str, text: str, value: Any, root: Node) -> None:
        self.name = name
        self.value = value
        self.text = text
        self._root = root

    def where(self, path: Path = (), *, key: bool = False) -> Where:
        """The position of the value at path, or (key=True) of its key.

        For a path that the document does not have: the position of the deepest part that it has.
        """
        node = self._root
        place = (node.line, node.column)
        for step in path:
            keys = node.keys
            child = _child(node, step)
            if child is None:
                break
            place = (child.line, child.column)
            if key and keys is not None:
                place = keys[str(step)]
            node = child
        return Where(self.name, place[0] + 1, place[1] + 1)

    def inside(self, path: Path, offset: int) -> Where:
        """The position of a character of the text at path; exact for a literal block (`|`)."""
        node = self._node(path)
        if node is None or node.style != "|":
            return self.where(path)
        value = self.value
        for step in path:
            value = value[step]
        offset = min(offset, len(value.rstrip()))
        before = value[:offset]
        row = before.count("\n")
        written = self.text.splitlines()[node.line + 1 + row]
        content = value.splitlines()[row]  # what is left of `written` without its indentation
        column = len(written) - len(content) + offset - (before.rfind("\n") + 1)
        return Where(self.name, node.line + row + 2, column + 1)

    def style(self, path: Path) -> str:
        """How the text at path is written: "|", ">", a quote, or "" for a plain one or no text."""
        node = self._node(path)
        return "" if node is None else node.style

    def _node(self, path: Path) -> Node | None:
        node: Node | None = self._root
        for step in path:
            if node is None:
                break
            node = _child(node, step)
        return node


def _child(node: Node, step: str | int) -> Node | None:
    parts = node.parts
    found: Node | None = None
    if isinstance(parts, dict):
        found = parts.get(str(step))
    elif isinstance(parts, list) and isinstance(step, int) and 0 <= step < len(parts):
        found = parts[step]
    return found
