"""Other facts, and what the organisation declared, found by key for a rule's `with`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from scanner.evaluate.reach import Ledgers
from scanner.evaluate.versions import in_range
from scanner.facts import UNSET
from scanner.rules.model import Lookup
from scanner.snapshot.manifest import Observed

Declared = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Declaration name -> key -> its record."""

VERSIONS = "versions"
"""The key of a record whose list holds ranges of versions; any other list holds texts."""

Column = tuple[Any, ...]
_Named = tuple[Mapping[str, Sequence[Mapping[str, Any]]], tuple[tuple[str, Mapping[str, Any]], ...]]
"""Records by their id, and those whose id is a pattern."""


class Lookups:
    """Indexes of the looked-up kinds: only the columns that some rule asks for are kept."""

    def __init__(self, snapshot: Observed, ledgers: Ledgers, declared: Declared) -> None:
        self._snapshot, self._ledgers, self._declared = snapshot, ledgers, declared
        self._columns: dict[str, tuple[str, ...]] = {}
        self._index: dict[str, _Index] = {}
        self._written: dict[str, _Named] = {}
        self._small: dict[str, _Named] = {}

    def want(self, kind: str, columns: frozenset[str]) -> None:
        """Say before `load` which fields of a kind will be asked for."""
        known = set(self._columns.get(kind, ()))
        self._columns[kind] = tuple(sorted(known | columns))

    def load(self) -> None:
        """Read the wanted columns of the wanted kinds from the snapshot."""
        for kind, columns in self._columns.items():
            index = self._index[kind] = _Index()
            for fact in self._snapshot.facts(kind):
                index.add(fact.scope, fact.subject, tuple(getattr(fact, n) for n in columns))

    def fact(
        self, kind: str, key: Any, scope: str, prefix: str, *, same_scope: bool
    ) -> dict[str, Any]:
        """`<prefix>_found` and `<prefix>_<field>`; what is not known is left out.

        A key of None is found nowhere, for certain. A key that no fact has may lie in a place that
        was not scanned: then nothing is said, unless it can only lie in the scope of the fact that
        asks (same_scope) and the whole kind was listed there. Nor is anything said of a key that
        several other scopes have.
        """
        if key is UNSET:
            return {}
        if key is None:
            return {f"{prefix}_found": False}
        index = self._index[kind]
        row = index.find(scope, key) if same_scope else index.nearest(scope, key)
        if row is None:
            complete = same_scope and self._ledgers.complete(kind, scope)
            return {f"{prefix}_found": False} if complete else {}
        values = {
            f"{prefix}_{name}": value
            for name, value in zip(self._columns[kind], row, strict=True)
            if value is not UNSET
        }
        return {f"{prefix}_found": True, **values}

    def states(self, name: str) -> bool:
        """Whether the organisation made this declaration, be it empty."""
        return name in self._declared

    def declared(
        self, name: str, key: Any, look: Lookup, own: Mapping[str, str | None]
    ) -> dict[str, Any]:
        """The same from a declaration; nothing where the organisation made no such declaration.

        own: what the fact has for each key of `fits`; None: it is empty or was not read. Of several
        records for one name the first counts that fits. Where none does and one may, nothing is
        said.
        """
        if name not in self._declared or key is UNSET:
            return {}
        records = self._named(name, key, look.ignore_case) if isinstance(key, str) else ()
        doubt = False
        for record in records:
            fits = _fits(record, own, look.ignore_case)
            if fits is True:
                found = {f"{look.prefix}_{k}": v for k, v in record.items()}
                return {f"{look.prefix}_found": True, **found}
            doubt = doubt or fits is None
        return {} if doubt else {f"{look.prefix}_found": False}

    def _named(self, name: str, key: str, ignore_case: bool) -> Iterator[Mapping[str, Any]]:
        """The records for a key: the one of its very name, then those whose pattern it is."""
        exact, globs = self._folded(name) if ignore_case else self._as_written(name)
        word = key.casefold() if ignore_case else key
        yield from exact.get(word, ())
        yield from (rec for pattern, rec in globs if _like(word, pattern))

    def _as_written(self, name: str) -> _Named:
        if name not in self._written:
            self._written[name] = _by_name(self._declared[name], str)
        return self._written[name]

    def _folded(self, name: str) -> _Named:
        if name not in self._small:
            self._small[name] = _by_name(self._declared[name], str.casefold)
        return self._small[name]


class _Index:
    """Rows of a kind by subject; a subject is mostly, but need not be, unique among scopes."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, Column]] = {}
        self._further: dict[str, dict[str, Column]] = {}

    def add(self, scope: str, subject: str, row: Column) -> None:
        first = self._first.setdefault(subject, (scope, row))
        if first[1] is not row:
            self._further.setdefault(subject, {})[scope] = row

    def find(self, scope: str, subject: str) -> Column | None:
        """The row of this very scope."""
        first = self._first.get(subject)
        if first is not None and first[0] == scope:
            return first[1]
        return self._further.get(subject, {}).get(scope)

    def nearest(self, scope: str, subject: str) -> Column | None:
        """The row of this scope, or of the only other one that has the subject."""
        own = self.find(scope, subject)
        if own is not None or subject in self._further or subject not in self._first:
            return own
        return self._first[subject][1]


def _by_name(records: Mapping[str, Mapping[str, Any]], written: Callable[[str], str]) -> _Named:
    exact: dict[str, list[Mapping[str, Any]]] = {}
    for key, record in records.items():
        exact.setdefault(written(key), []).append(record)
    return exact, tuple((written(k), rec) for k, rec in records.items() if "*" in k)


def _fits(
    record: Mapping[str, Any], own: Mapping[str, str | None], ignore_case: bool
) -> bool | None:
    """Whether everything else that a record says fits; None where it may."""
    answers = [_says(k, record[k], v, ignore_case) for k, v in own.items() if k in record]
    if False in answers:
        return False
    return None if None in answers else True


def _says(key: str, said: Any, value: str | None, ignore_case: bool) -> bool | None:
    if value is None:
        return None
    each_of = [said] if isinstance(said, str) else said
    if key == VERSIONS and not isinstance(said, str):
        answers = [in_range(value, each) for each in each_of]
        return True if True in answers else None if None in answers else False
    if ignore_case:
        value, each_of = value.casefold(), [each.casefold() for each in each_of]
    return any(_like(value, each) for each in each_of)


def _like(word: str, pattern: str) -> bool:
    """Whether a text is what a pattern stands for, in which only * is another text."""
    return word == pattern or ("*" in pattern and _star(pattern).fullmatch(word) is not None)


@lru_cache(maxsize=4096)
def _star(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
