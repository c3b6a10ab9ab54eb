"""The part of CEL that a rule may use: its limits, its words, and the tree of one expression.

CEL's own parser never sees a text that this one refuses: beyond these limits it takes seconds or
takes the interpreter down. What is left out here is left out since a rule has no use for it
(maps, fractions, time, conversions), or since its cost has no bound that can be read off the text.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

MAX_LENGTH = 1000
"""Characters of an expression."""
MAX_DEPTH = 20
"""Brackets, calls, `!`, `-` and `? :` inside one another; operators of one chain of sums."""
MAX_MACROS = 8
"""`all`, `exists` and `exists_one` of one expression."""
MAX_MACRO_DEPTH = 2
"""Macros inside one another: each multiplies by the length of its list."""
MAX_TEXT = 200
"""Characters of one text literal."""

MACROS = frozenset({"all", "exists", "exists_one"})
"""Without `filter` and `map`: the library's take time quadratic in the items, 4 s for 5,000."""
METHODS = frozenset({"contains", "endsWith", "matches", "size", "startsWith"})
FUNCTIONS = frozenset({"has", "size"})

RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import"}
    | {"in", "let", "loop", "namespace", "null", "package", "return", "true", "var", "void"}
    | {"while"}
)
"""Words that cannot name a field, a parameter or a variable."""

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


class ExpressionError(Exception):
    """An expression is refused. `at` is the offset of the cause in its text."""

    def __init__(self, at: int, message: str) -> None:
        self.at = at
        super().__init__(message)


class Node(msgspec.Struct, frozen=True):
    """One part of an expression. `at` is where it starts in the text, or its operator stands."""

    at: int


class Literal(Node, frozen=True):
    value: bool | int | str | None


class Name(Node, frozen=True):
    name: str


class Select(Node, frozen=True):
    """`of.field`, or `of["field"]` with a text literal."""

    of: Node
    field: str


class ListOf(Node, frozen=True):
    items: tuple[Node, ...]


class Call(Node, frozen=True):
    """An operator, function or method on its operands (a method's target is its first).

    Names: `&&` and `||` (two or more operands), `!`, `neg`, `? :`, the comparisons, `in`, `+`,
    `-`, `*`, `/`, `%`, `[]`, and those of METHODS and FUNCTIONS.
    """

    name: str
    args: tuple[Node, ...]


class Macro(Node, frozen=True):
    """`over.name(variable, body)`."""

    name: str
    over: Node
    variable: str
    body: Node


def free_variables(tree: Node) -> dict[str, int]:
    """The names that the expression takes from outside, each with the offset of its first use."""
    found: dict[str, int] = {}
    for node, bound in _scoped(tree, frozenset()):
        if isinstance(node, Name) and node.name not in bound:
            found[node.name] = min(node.at, found.get(node.name, node.at))
    return found


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node, in the order of the text."""
    if isinstance(node, Call):
        return node.args
    if isinstance(node, ListOf):
        return node.items
    if isinstance(node, Select):
        return (node.of,)
    if isinstance(node, Macro):
        return (node.over, node.body)
    return ()


def _scoped(node: Node, bound: frozenset[str]) -> Iterator[tuple[Node, frozenset[str]]]:
    yield node, bound
    if isinstance(node, Macro):
        yield from _scoped(node.over, bound)
        yield from _scoped(node.body, bound | {node.variable})
    else:
        for part in children(node):
            yield from _scoped(part, bound)
