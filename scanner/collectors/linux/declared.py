"""Which operations a source has declared, and which of them a read belongs to."""

from __future__ import annotations

import re
from functools import lru_cache

from scanner.collectors.base import Source


@lru_cache(maxsize=512)
def star_pattern(declared: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in declared.split("*")]
    return re.compile("[^/]*".join(parts))


_MOST = 4096
"""Paths of one source that are remembered; hosts of a fleet ask for much the same."""


class Declared:
    """What one source declares: plain operations by name, and those that hold a star."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: dict[tuple[tuple[str, ...], str], str | None] = {}
        self.operations = [*source.calls]
        for detail in source.details:
            self.operations.extend(detail.calls)
        self.plain = {operation for operation in self.operations if "*" not in operation}
        self.patterns = [
            (operation, *operation.split(":", 1))
            for operation in self.operations
            if "*" in operation
        ]

    def match(self, verbs: tuple[str, ...], path: str) -> str | None:
        """The operation that a read of this path belongs to."""
        key = (verbs, path)
        if key not in self.found:
            if len(self.found) >= _MOST:
                self.found.clear()
            self.found[key] = self._match(verbs, path)
        return self.found[key]

    def _match(self, verbs: tuple[str, ...], path: str) -> str | None:
        for verb in verbs:
            if f"{verb}:{path}" in self.plain:
                return f"{verb}:{path}"
        for operation, verb, declared in self.patterns:
            if verb in verbs and star_pattern(declared).fullmatch(path):
                return operation
        return None

    def listing(self, path: str) -> str | None:
        """The operation whose pattern needs the names in this folder."""
        found = self.match(("read", "stat"), f"{path}/*")
        if found is not None:
            return found
        asked = path.split("/")
        for operation, verb, declared in self.patterns:
            parts = declared.split("/")
            if (
                verb in ("read", "stat")
                and len(parts) > len(asked)
                and "*" in parts[len(asked)]
                and star_pattern("/".join(parts[: len(asked)])).fullmatch(path)
            ):
                return operation
        return None


_of_source: dict[int, Declared] = {}


def declared_by(source: Source) -> Declared:
    """What the source declares, made once."""
    known = _of_source.get(id(source))
    if known is None or known.source is not source:
        known = _of_source[id(source)] = Declared(source)
    return known
