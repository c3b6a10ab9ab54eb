"""Other facts, and what the organisation declared, found by key for a rule's `with`."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from scanner.evaluate.reach import Ledgers
from scanner.facts import UNSET
from scanner.snapshot.manifest import Observed

Declared = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Declaration name -> key -> its record."""

Column = tuple[Any, ...]


class Lookups:
    """Indexes of the looked-up kinds: only the columns that some rule asks for are kept."""

    def __init__(self, snapshot: Observed, ledgers: Ledgers, declared: Declared) -> None:
        self._snapshot, self._ledgers, self._declared = snapshot, ledgers, declared
        self._columns: dict[str, tuple[str, ...]] = {}
        self._index: dict[str, dict[str, Column]] = {}
        self._globs: dict[str, tuple[tuple[str, Mapping[str, Any]], ...]] = {
            name: tuple((key, rec) for key, rec in records.items() if "*" in key)
            for name, records in declared.items()
        }

    def want(self, kind: str, columns: frozenset[str]) -> None:
        """Say before `load` which fields of a kind will be asked for."""
        known = set(self._columns.get(kind, ()))
        self._columns[kind] = tuple(sorted(known | columns))

    def load(self) -> None:
        """Read the wanted columns of the wanted kinds from the snapshot."""
        for kind, columns in self._columns.items():
            self._index[kind] = {
                fact.subject: tuple(getattr(fact, name) for name in columns)
                for fact in self._snapshot.facts(kind)
            }

    def fact(
        self, kind: str, key: Any, scope: str, prefix: str, *, same_scope: bool
    ) -> dict[str, Any]:
        """`<prefix>_found` and `<prefix>_<field>`; what is not known is left out.

        A key of None is found nowhere, for certain. A key that no fact has may lie in a place that
        was not scanned: then nothing is said, unless it can only lie in the scope of the fact that
        asks (same_scope) and the whole kind was listed there.
        """
        if key is UNSET:
            return {}
        if key is None:
            return {f"{prefix}_found": False}
        row = self._index[kind].get(key)
        if row is None:
            complete = same_scope and self._ledgers.complete(kind, scope)
            return {f"{prefix}_found": False} if complete else {}
        values = {
            f"{prefix}_{name}": value
            for name, value in zip(self._columns[kind], row, strict=True)
            if value is not UNSET
        }
        return {f"{prefix}_found": True, **values}

    def declared(self, name: str, key: Any, prefix: str) -> dict[str, Any]:
        """The same from a declaration; nothing where the organisation made no such declaration."""
        records = self._declared.get(name)
        if records is None or key is UNSET:
            return {}
        record = records.get(key) if isinstance(key, str) else None
        if record is None and isinstance(key, str):
            record = next((rec for pat, rec in self._globs[name] if fnmatchcase(key, pat)), None)
        if record is None:
            return {f"{prefix}_found": False}
        return {f"{prefix}_found": True, **{f"{prefix}_{k}": v for k, v in record.items()}}
