"""CEL behind one door: the only file that imports the library.

Three-valued logic comes from CEL itself: the caller leaves an unread field out of the context, and
`&&`, `||`, `all` and `exists` absorb the error that it makes wherever it cannot matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Final, Literal, NoReturn

from scanner.errors import Defect, InputError, RuleDefect
from scanner.rules.parser import parse
from scanner.rules.syntax import ExpressionError, Node, free_variables


class Unknown(Enum):
    """The type of UNKNOWN: neither true nor false, and no truth value by accident."""

    UNKNOWN = "unknown"

    def __bool__(self) -> NoReturn:
        raise TypeError("UNKNOWN is neither true nor false; compare with `is`")


UNKNOWN: Final = Unknown.UNKNOWN
"""The answer depends on something that was not read."""

Answer = bool | Literal[Unknown.UNKNOWN]


class Expression:
    """A checked expression; CEL compiles it when it is first evaluated."""

    __slots__ = ("_execute", "text", "tree", "variables", "where")

    def __init__(self, text: str, tree: Node, where: str) -> None:
        self.text = text
        self.tree = tree
        self.where = where
        """Whose expression it is and its file:line, for messages."""
        self.variables = frozenset(free_variables(tree))
        """The names that it takes from the context; those that a macro binds are not among them."""
        self._execute: Any = None

    def evaluate(self, context: Mapping[str, Any]) -> Answer:
        """True, False or UNKNOWN over {variable: value}, unread variables left out.

        Values: None, bool, int, str, sequences of them, and for tags a dict. Other entries than
        `variables` only cost time. Raises RuleDefect for an error, or an answer that is neither
        true nor false, though every variable is there.
        """
        execute = self._execute or self._compiled()
        try:
            answer = execute(context)
        except Exception as error:
            return self._failed(error, context)
        except BaseException as error:  # a Rust panic is no Exception
            if type(error).__name__ != "PanicException":
                raise
            return self._failed(error, context)
        if answer is True or answer is False:
            return answer
        raise RuleDefect(
            f"{self.where}: the expression gives {answer!r:.80}, neither true nor false: "
            f"{_one_line(self.text)}"
        )

    def partial(self, known: Mapping[str, Any]) -> Answer:
        """The answer where only some fields are known yet; for planning, so never an error."""
        try:
            return self.evaluate({k: v for k, v in known.items() if k in self.variables})
        except RuleDefect:
            return UNKNOWN

    def _compiled(self) -> Any:
        try:
            self._execute = _cel().compile(self.text).execute
        except BaseException as error:
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            raise RuleDefect(
                f"{self.where}: CEL refuses the expression {_one_line(self.text)}: "
                f"{_one_line(str(error))}"
            ) from None
        return self._execute

    def _failed(self, error: BaseException, context: Mapping[str, Any]) -> Answer:
        if any(variable not in context for variable in self.variables):
            return UNKNOWN
        known = ", ".join(f"{v}={context[v]!r:.60}" for v in sorted(self.variables))
        raise RuleDefect(
            f"{self.where}: the expression {_one_line(self.text)} fails though all its fields "
            f"were read ({known}): {_one_line(str(error))}"
        ) from None


def compile(expression: str, *, where: str) -> Expression:
    """A checked expression. Raises InputError for one that is wrong, refused or over a limit.

    `where` is whose expression it is and its file:line, for messages.
    """
    try:
        tree = parse(expression)
    except ExpressionError as error:
        raise InputError(f"{where}: {error}") from None
    return Expression(expression, tree, where)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:197] + "..."


@cache
def _cel() -> Any:
    """The library's Rust extension, without the package around it.

    The package's `__init__` imports its command line (typer, rich, prompt_toolkit): 220 to 450 ms
    against 25 ms for the extension alone. A release that is laid out otherwise is imported whole.
    """
    import sys
    from importlib import import_module
    from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder
    from importlib.util import find_spec, module_from_spec

    loaded = sys.modules.get("cel.cel")
    if loaded is not None:
        return loaded
    package = find_spec("cel")
    if package is None:
        raise Defect("the package common-expression-language is missing; install cmmc-scan again")
    for folder in package.submodule_search_locations or ():
        finder = FileFinder(folder, (ExtensionFileLoader, EXTENSION_SUFFIXES))
        spec = finder.find_spec("cel.cel")
        if spec is not None and spec.loader is not None:
            try:
                extension = module_from_spec(spec)
                spec.loader.exec_module(extension)
            except ImportError:
                continue
            if hasattr(extension, "compile"):
                # Under its own name, since a second load of it in one process panics.
                return sys.modules.setdefault("cel.cel", extension)
    return import_module("cel")
