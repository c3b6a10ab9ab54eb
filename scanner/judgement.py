"""judgement.json: what the findings of a folder were judged from, and what was written with them.

Two scans, or a scan and a later evaluation, may have written into one folder. By their hashes the
verbs that read it tell what belongs together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from scanner.errors import InputError
from scanner.output import file_hash, whole_file

NAME = "judgement.json"
FINDINGS = "findings.jsonl"


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Every hash is a SHA-256 in hexadecimal digits."""

    schema: Literal[1] = 1
    version: str
    """The version of cmmc-scan that judged."""
    as_of: str
    snapshots: tuple[str, ...]
    """The manifests of the snapshots, sorted."""
    rules: str
    """Of the rules' ids and texts."""
    config: str | None
    """The configuration file; null: this host, without one."""
    stated: str
    """The declarations, exceptions and scope that findings depend on."""
    files: dict[str, str]
    """Path from the folder -> hash: findings.jsonl, and what was written from it."""


def hash_of(paths: Iterable[Path]) -> str:
    """One hash of several files, in this order, each by its own. Raises InputError."""
    return sha256("\n".join(map(digest, paths)).encode()).hexdigest()


def digest(path: Path) -> str:
    """The SHA-256 of a file. Raises InputError."""
    try:
        return file_hash(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {(error.strerror or '').lower()}") from error


def seal(folder: Path, judgement: Judgement, written: Iterable[Path]) -> Judgement:
    """Write judgement.json with the hashes of what was written: files, or folders of them."""
    files = {**judgement.files, **{_name(folder, p): digest(p) for p in _files(written)}}
    files = {name: files[name] for name in sorted(files) if (folder / name).is_file()}
    whole = msgspec.structs.replace(judgement, files=files)
    with whole_file(folder / NAME) as out:
        out.write(msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
    return whole


def add(folder: Path, written: Iterable[Path]) -> None:
    """Note what was written later from the same findings, where the folder has a judgement."""
    known = read(folder)
    inside = [path for path in written if path.is_relative_to(folder)]
    if known is not None and inside:
        seal(folder, known, inside)


def _files(written: Iterable[Path]) -> Iterator[Path]:
    for path in written:
        if path.is_dir():
            yield from (each for each in sorted(path.rglob("*")) if each.is_file())
        elif path.is_file():
            yield path


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def read(folder: Path) -> Judgement | None:
    """The folder's judgement; null where there is none. Raises InputError."""
    path = folder / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Judgement)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {(error.strerror or '').lower()}") from error
    except msgspec.MsgspecError as error:
        raise InputError(f"{path}: not a judgement of this version: {error}") from error


def checked(folder: Path, manifests: Iterable[Path]) -> Judgement | None:
    """The folder's judgement, if findings and snapshot are those that it tells of.

    Null where there is none. Raises InputError where they are not.
    """
    found = read(folder)
    if found is None:
        return None
    if found.files.get(FINDINGS) != digest(folder / FINDINGS):
        raise InputError(
            f"{folder / FINDINGS}: is not what was judged here ({NAME} has another hash); evaluate"
            " again"
        )
    if found.snapshots != tuple(sorted(map(digest, manifests))):
        raise InputError(
            f"{folder}: its findings were judged from another snapshot than the one that lies here;"
            " evaluate again"
        )
    return found


def foreign(folder: Path, found: Judgement, names: Iterable[str]) -> list[str]:
    """Those of the files that lie here and were not written from these findings."""
    there = [name for name in names if (folder / name).is_file()]
    return [name for name in there if found.files.get(name) != digest(folder / name)]
