"""Proving an evidence folder, offline: what changed, what is missing, what was added."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from scanner.evidence.gather import SIGNATURE
from scanner.evidence.hash_list import LIST, LIST_HASH, Entry, parse
from scanner.output import file_hash

_OWN = frozenset({LIST, LIST_HASH, SIGNATURE})


def verify(folder: Path) -> list[str]:
    """Everything that is wrong, one sentence each, by name; empty: it is what it was.

    Reads only; opens no connection. Without a trusted copy of the list's hash (the one that the
    assessor was given, or a signature) it shows that the folder agrees with itself.
    """
    try:
        data = (folder / LIST).read_bytes()
    except OSError as error:
        return [f"{LIST}: cannot be read: {_cause(error)}; without it nothing can be shown"]
    problems = list(_list_hash(folder, data))
    entries, faults = parse(data)
    problems += [f"{LIST}: {fault}" for fault in faults]
    if not entries:
        problems.append(f"{LIST}: names no file")
    for entry in entries:
        problem = _file(folder, entry)
        if problem is not None:
            problems.append(problem)
    problems += _added(folder, {os.path.normpath(entry.name) for entry in entries})
    return problems


def list_hash(folder: Path) -> str:
    """The SHA-256 of the hash list as it lies there. Raises OSError."""
    return file_hash(folder / LIST)


def _list_hash(folder: Path, data: bytes) -> Iterator[str]:
    try:
        entries, faults = parse((folder / LIST_HASH).read_bytes())
    except OSError as error:
        yield f"{LIST_HASH}: cannot be read: {_cause(error)}"
        return
    yield from (f"{LIST_HASH}: {fault}" for fault in faults)
    actual = sha256(data).hexdigest()
    if [e.name for e in entries] != [LIST]:
        yield f"{LIST_HASH}: does not give the hash of {LIST}"
    elif entries[0].sha256 != actual:
        yield f"{LIST}: changed: its SHA-256 is {actual}, {LIST_HASH} says {entries[0].sha256}"


def _file(folder: Path, entry: Entry) -> str | None:
    path = folder / entry.name
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return f"{entry.name}: is a link now, not the file that was hashed"
        if not stat.S_ISREG(mode):
            return f"{entry.name}: is no file any more"
        actual = file_hash(path)
    except (FileNotFoundError, NotADirectoryError):
        return f"{entry.name}: is missing"
    except (OSError, ValueError) as error:
        return f"{entry.name}: cannot be read: {_cause(error)}"
    if actual != entry.sha256:
        return f"{entry.name}: changed: its SHA-256 is {actual}, the list says {entry.sha256}"
    return None


def _added(folder: Path, listed: set[str]) -> list[str]:
    problems = []
    for where, folders, files in os.walk(folder):
        links = [n for n in folders if (Path(where) / n).is_symlink()]
        for name in sorted((*files, *links)):
            found = (Path(where) / name).relative_to(folder).as_posix()
            if found not in listed and found not in _OWN:
                problems.append(f"{found}: was added; the list does not name it")
    return sorted(problems)


def _cause(error: OSError | ValueError) -> str:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return words.lower()
