"""The hash list of 32 CFR 170.17(c)(4): name, value and algorithm of each artifact, then its own.

Lines have the form that BSD and GNU tools write with `--tag`, so an assessor proves the folder
without this program: `cd evidence && sha256sum -c hash-list.txt hash-of-hash-list.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

LIST = "hash-list.txt"
LIST_HASH = "hash-of-hash-list.txt"
ALGORITHM = "SHA256"
"""As the tools spell it; NIST's name is SHA-256 (FIPS 180-4)."""

_LINE = re.compile(r"(\\?)([A-Za-z0-9-]+) \((.*)\) = ([0-9a-f]+)")
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_BACK = re.compile(r"\\([\\nr])")


class Entry(msgspec.Struct, frozen=True, order=True):
    """One line: the name is a path from the folder that holds the list."""

    name: str
    sha256: str


def render(entries: Iterable[Entry]) -> bytes:
    """The list, sorted by name."""
    return "".join(map(_line, sorted(entries))).encode("utf-8", "surrogateescape")


def _line(entry: Entry) -> str:
    name = re.sub(r"[\\\n\r]", lambda m: _ESCAPES[m.group()], entry.name)
    mark = "\\" if name != entry.name else ""
    return f"{mark}{ALGORITHM} ({name}) = {entry.sha256}\n"


def parse(data: bytes) -> tuple[list[Entry], list[str]]:
    """(entries, what is wrong with lines that are none)."""
    entries: list[Entry] = []
    problems: list[str] = []
    seen: set[str] = set()
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), start=1):
        if not line:
            continue
        match = _LINE.fullmatch(line)
        if match is None or match[2] != ALGORITHM or len(match[4]) != 64:
            problems.append(f"line {number} is no {ALGORITHM} line")
            continue
        name = match[3]
        if match[1]:
            name = _BACK.sub(lambda m: {"\\": "\\", "n": "\n", "r": "\r"}[m[1]], name)
        if name in seen:
            problems.append(f"line {number} names {name} a second time")
            continue
        seen.add(name)
        entries.append(Entry(name, match[4]))
    return entries, problems
