"""YAML or JSON of others as nodes with lines; tags (`!Ref`) and anchors do not matter here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def document(text: str) -> Any:
    """The root node of a file's first document, or null where it cannot be read."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.compose(text.replace("\t", "    "), Loader=loader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def children(node: Any, name: str | None = None) -> Iterator[tuple[str, Any, int]]:
    """The entries of a mapping: key, value node and the key's line; none for anything else.

    name: only those. A list is looked into: Terraform's JSON may wrap a block so.
    """
    for entry in getattr(node, "value", ()) if node is not None else ():
        if isinstance(entry, tuple):
            at, value = entry
            if isinstance(at.value, str) and (name is None or at.value == name):
                yield at.value, value, at.start_mark.line + 1
        elif hasattr(entry, "value") and isinstance(entry.value, list):
            yield from children(entry, name)


def text(node: Any, name: str) -> str | None:
    """The text of a mapping's entry, or null."""
    for _, value, _ in children(node, name):
        if isinstance(value.value, str):
            return value.value
    return None
