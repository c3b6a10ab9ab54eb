"""Putting the evidence together: snapshot, attested artifacts and reports, by copy or reference.

A reference leaves the file where it is; the list then names it by its path from the evidence
folder, so it is proved all the same, as long as nothing moves.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from scanner.assess.statements import Artifact
from scanner.errors import InputError
from scanner.evidence.hash_list import LIST, LIST_HASH, Entry, parse, render
from scanner.evidence.retention import retain_until
from scanner.output import file_hash, private_folder, unwritable, whole_file
from scanner.snapshot.manifest import NAME
from scanner.snapshot.read import read_manifest

INDEX = "evidence.json"
SIGNATURE = "signature.dsse.json"

Kind = Literal["snapshot", "artifact", "report"]
How = Literal["copy", "reference"]


class Piece(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file of the evidence."""

    name: str
    """Path from the evidence folder, with forward slashes."""
    kind: Kind
    how: How
    bytes: int
    sha256: str
    title: str | None = None


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """evidence.json: what was gathered, from when, and what could not be."""

    schema: Literal[1] = 1
    as_of: str
    status_date: str | None
    """The CMMC Status Date, where there is one."""
    retain_until: str | None
    algorithm: str = "SHA-256"
    files: tuple[Piece, ...]
    problems: tuple[str, ...]
    """Artifacts that are missing, or that changed after the statements were read."""


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    name: str
    kind: Kind
    title: str | None = None
    expected: str | None = None


def gather(
    folder: Path,
    *,
    snapshots: Sequence[Path],
    artifacts: Iterable[Artifact] = (),
    root: Path | None = None,
    reports: Sequence[Path] = (),
    as_of: str,
    status_date: str | None = None,
    how: How = "copy",
) -> Gathered:
    """Fill the folder, write evidence.json, the hash list and the list's own hash.

    `artifacts` lie below `root`; one that several statements cite is taken once. `reports`: files
    beside the evidence that belong to it. A folder that holds earlier evidence is filled anew; one
    that holds anything else is refused. Raises InputError.
    """
    _make_room(folder)
    private_folder(folder)
    pieces: dict[str, Piece] = {}
    problems: list[str] = []
    for source in _sources(snapshots, artifacts, root, reports):
        piece = _take(folder, source, how)
        if isinstance(piece, str):
            problems.append(piece)
        else:
            pieces.setdefault(piece.name, piece)  # a reference may lead to a file twice
    found = Gathered(
        as_of=as_of,
        status_date=status_date,
        retain_until=retain_until(status_date) if status_date is not None else None,
        files=tuple(pieces[name] for name in sorted(pieces)),
        problems=tuple(problems),
    )
    index = msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
    _put(folder / INDEX, index)
    entries = [Entry(piece.name, piece.sha256) for piece in found.files]
    listed = render([*entries, Entry(INDEX, sha256(index).hexdigest())])
    _put(folder / LIST, listed)
    _put(folder / LIST_HASH, render([Entry(LIST, sha256(listed).hexdigest())]))
    return found


def _sources(
    snapshots: Sequence[Path],
    artifacts: Iterable[Artifact],
    root: Path | None,
    reports: Sequence[Path],
) -> Iterator[_Source]:
    for number, snapshot in enumerate(snapshots, start=1):
        prefix = "snapshot" if len(snapshots) == 1 else f"snapshot-{number}"
        for name in (NAME, *(item.path for item in read_manifest(snapshot).files)):
            yield _Source(path=snapshot / name, name=f"{prefix}/{name}", kind="snapshot")
    for artifact in _once(artifacts):
        yield _Source(
            path=(root or Path()) / artifact.path,
            name=f"artifacts/{artifact.path}",
            kind="artifact",
            title=artifact.title,
            expected=artifact.actual,
        )
    for report in reports:
        yield _Source(path=report, name=f"reports/{report.name}", kind="report")


def _once(artifacts: Iterable[Artifact]) -> Iterable[Artifact]:
    """Each path once, under the first title that a statement gives it."""
    found: dict[str, Artifact] = {}
    for each in artifacts:
        held = found.setdefault(each.path, each)
        if held.title is None and each.title is not None:
            found[each.path] = msgspec.structs.replace(held, title=each.title)
    return found.values()


def _take(folder: Path, source: _Source, how: How) -> Piece | str:
    """The piece, or why there is none. A missing file of a snapshot is an InputError."""
    try:
        if not source.path.is_file():
            raise FileNotFoundError(2, "there is no such file")
        if how == "copy":
            name = source.name
            digest, size = _copy(source.path, folder / name)
        else:
            name = Path(os.path.relpath(source.path.resolve(), folder.resolve())).as_posix()
            digest, size = file_hash(source.path), source.path.stat().st_size
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        if source.kind == "artifact":
            return f"the artifact {source.name.removeprefix('artifacts/')} is not here: {cause}"
        raise InputError(f"{source.path}: cannot be read: {cause}") from error
    if source.expected is not None and source.expected != digest:
        if how == "copy":
            (folder / name).unlink()
        return f"the artifact {source.name.removeprefix('artifacts/')} changed during the scan"
    return Piece(
        name=name, kind=source.kind, how=how, bytes=size, sha256=digest, title=source.title
    )


def _copy(source: Path, target: Path) -> tuple[str, int]:
    private_folder(target.parent)
    digest, size = sha256(), 0
    with source.open("rb") as data, whole_file(target) as out:
        while block := data.read(1 << 20):
            digest.update(block)
            size += len(block)
            out.write(block)
    return digest.hexdigest(), size


def _put(path: Path, data: bytes) -> None:
    with whole_file(path) as out:
        out.write(data)


def _make_room(folder: Path) -> None:
    """Remove earlier evidence: exactly the files that its list names, and the list itself."""
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return
        if not (folder / LIST).is_file():
            raise InputError(
                f"{folder}: holds files and no {LIST}; choose an empty folder for the evidence"
            )
        entries, _ = parse((folder / LIST).read_bytes())
        inside = [e.name for e in entries if not _outside(e.name)]
        for name in (*inside, LIST, LIST_HASH, SIGNATURE):
            (folder / name).unlink(missing_ok=True)
        for name in sorted({p.as_posix() for n in inside for p in Path(n).parents}, reverse=True):
            below = folder / name
            if name != "." and below.is_dir() and not any(below.iterdir()):
                below.rmdir()
    except OSError as error:
        raise unwritable(folder, error) from error


def _outside(name: str) -> bool:
    return Path(name).is_absolute() or ".." in Path(name).parts
