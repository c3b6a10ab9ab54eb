"""Reading one or several snapshots as one: every byte is checked before the first fact is used."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from scanner import __version__
from scanner.errors import InputError
from scanner.facts import KINDS, Fact
from scanner.facts.ledger import LedgerLine
from scanner.output import file_hash
from scanner.snapshot.manifest import NAME, FileInfo, Manifest
from scanner.snapshot.merge import Merged
from scanner.snapshot.streams import merged
from scanner.snapshot.write import WORK


class Snapshot:
    """Facts, ledger and gaps of one or several folders, read as one. Made by `open_snapshot`."""

    def __init__(self, parts: Sequence[tuple[Path, Manifest]]) -> None:
        self._parts = parts
        manifests = [manifest for _, manifest in parts]
        self.started_at = min(m.started_at for m in manifests)
        self.finished_at = max(m.finished_at for m in manifests)
        self.complete = all(m.complete for m in manifests)
        self._merged = Merged(manifests)
        self.ledger = self._merged.ledger
        self.gaps = self._merged.gaps
        self.targets = self._merged.targets
        self.providers = self._merged.providers

    @property
    def folders(self) -> list[Path]:
        """The folders that it was read from."""
        return [folder for folder, _ in self._parts]

    @property
    def files(self) -> list[tuple[Path, FileInfo]]:
        """(path on disk, manifest entry) of every facts file."""
        return [(folder / item.path, item) for folder, m in self._parts for item in m.files]

    def kinds(self) -> frozenset[str]:
        """The kinds of which there is at least one fact."""
        return frozenset(item.kind for _, item in self.files if item.facts)

    def facts(self, kind: str) -> Iterator[Fact]:
        """All facts of a kind, in order of (scope, subject), each subject once.

        Of one place that was listed in several folders, what the latest listing lacks is gone.
        """
        streams = [
            (number, _lines(folder / item.path))
            for number, (folder, manifest) in enumerate(self._parts)
            for item in manifest.files
            if item.kind == kind
        ]
        decoder = msgspec.json.Decoder(KINDS[kind])
        if len(self._parts) > 1:
            lines = self._merged.lines(streams, kind)
        elif len(streams) == 1:
            lines = streams[0][1]
        else:
            lines = merged((stream for _, stream in streams), kind)
        for line in lines:
            yield decoder.decode(line)


def open_snapshot(*folders: Path) -> Snapshot:
    """Open and verify. Raises InputError naming a missing, unfinished, changed or unknown file."""
    parts = []
    for folder in folders:
        manifest = read_manifest(folder)
        problems = [p for p in (_problem(folder, item) for item in manifest.files) if p]
        if problems:
            raise InputError(problems)
        parts.append((folder, manifest))
    return Snapshot(parts)


def read_manifest(folder: Path) -> Manifest:
    """A snapshot's manifest; its files lie inside the folder. Raises InputError."""
    path = folder / NAME
    data = b""
    try:
        data = path.read_bytes()
        manifest = _shared(msgspec.json.decode(data, type=_Stored))
    except FileNotFoundError:
        if not folder.exists():
            raise InputError(f"{folder}: there is no such folder; check the path") from None
        if (folder / WORK).exists():
            raise InputError(
                f"{folder}: this collection did not finish; go on with collect --resume"
            ) from None
        raise InputError(f"{folder}: this is no snapshot: it has no {NAME}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {(error.strerror or '').lower()}") from error
    except msgspec.MsgspecError as error:
        raise InputError(f"{path}: {_foreign(data, error)}") from error
    for name in ("started_at", "finished_at"):
        if not _is_time(value := getattr(manifest, name)):
            raise InputError(f"{path}: {name} is no time: {value[:40]!r}; it was changed by hand")
    for item in manifest.files:
        if item.path != f"{item.target}/{item.kind}.jsonl.gz" or not _TARGET.fullmatch(item.target):
            raise InputError(f"{path}: names a file that no snapshot has: {item.path!r}")
    return manifest


def _foreign(data: bytes, error: msgspec.MsgspecError) -> str:
    """What a manifest is that cannot be read: another version's, or none."""
    with suppress(msgspec.MsgspecError):
        head = msgspec.json.decode(data, type=_Head)
        if head.schema > 1:
            return (
                f"cmmc-scan {head.version} wrote it, and {__version__} does not know its format"
                f" {head.schema} yet; upgrade cmmc-scan to read it"
            )
    return f"not a manifest of a snapshot: {error}"


def _is_time(text: str) -> bool:
    """Whether the text is a time as `collect` writes it, of a year that can be counted from."""
    try:
        found = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return 2000 <= found.year < 2200


_TARGET = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
"""A target's id, which is a folder's name here."""


class _Head(msgspec.Struct):
    schema: int
    version: str


class _Stored(Manifest, frozen=True, kw_only=True):
    schema: Literal[1]
    ledger: tuple[msgspec.Raw, ...]  # type: ignore[assignment]


def _shared(stored: _Stored) -> Manifest:
    """The manifest, its ledger holding each text once: 100,000 lines name a few hundred things."""
    known: dict[object, Any] = {}

    def line(raw: msgspec.Raw) -> LedgerLine:
        one = decoder.decode(raw)
        values = {name: getattr(one, name) for name in ("target", "scope", "region", "source")}
        values |= {"kind": one.kind, "at": one.at, "fields": one.fields}
        shared = {name: known.setdefault(value, value) for name, value in values.items()}
        always = known.setdefault((one.source, *sorted(one.always.items())), one.always)
        return msgspec.structs.replace(one, **shared, always=always)

    decoder = msgspec.json.Decoder(LedgerLine)
    whole = {name: getattr(stored, name) for name in stored.__struct_fields__ if name != "ledger"}
    return Manifest(**whole, ledger=tuple(map(line, stored.ledger)))


def _problem(folder: Path, item: FileInfo) -> str | None:
    path = folder / item.path
    if item.kind not in KINDS:
        return f"{path}: facts of kind {item.kind!r} are unknown to this version of cmmc-scan"
    try:
        size = path.stat().st_size
        digest = file_hash(path)
    except OSError as error:
        return f"{path}: cannot be read: {(error.strerror or '').lower()}"
    if size != item.bytes:
        return f"{path}: has {size} bytes and not {item.bytes}: it was cut or changed"
    if digest != item.sha256:
        return f"{path}: its SHA-256 is not the manifest's: it was changed after it was collected"
    return None


def _lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as handle:
        for line in handle:
            yield line[:-1]
