"""What a condition proves of its names: which are not null, and which keys are there."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.rules.syntax import Call, ListOf, Literal, Name, Node, Select

Known = frozenset[str]
"""Names that cannot be null, and keys (`tags.owner`) that are there."""


def proven(node: Node, truth: bool = True) -> Known:
    """What cannot be null, and which keys are there, once the node has come out as `truth`."""
    if isinstance(node, Call):
        if node.name in ("&&", "||"):
            parts = [proven(part, truth) for part in node.args]
            whole = (node.name == "&&") is truth
            return frozenset.union(*parts) if whole else frozenset.intersection(*parts)
        if node.name == "!":
            return proven(node.args[0], not truth)
        return frozenset(_proven_by_comparison(node, truth))
    return frozenset()


def _proven_by_comparison(node: Call, truth: bool) -> Iterator[str]:
    if node.name in ("==", "!="):
        for one, other in (node.args, node.args[::-1]):
            if isinstance(one, Name) and isinstance(other, Literal):
                equal = (node.name == "==") is truth
                if (other.value is None) is not equal:
                    yield one.name
    elif node.name == "in" and truth:
        item, place = node.args
        if isinstance(item, Name) and _never_null(place):
            yield item.name
        if isinstance(item, Literal) and isinstance(item.value, str) and isinstance(place, Name):
            yield f"{place.name}.{item.value}"
    elif node.name == "has" and truth:
        yield from key_of(node.args[0])


def _never_null(node: Node) -> bool:
    return isinstance(node, ListOf) and all(
        isinstance(item, Literal) and item.value is not None for item in node.items
    )


def key_of(node: Node) -> Iterator[str]:
    if isinstance(node, Select) and isinstance(node.of, Name):
        yield node.of.name
        yield f"{node.of.name}.{node.field}"
