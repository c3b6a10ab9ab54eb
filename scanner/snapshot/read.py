"""Reading one or several snapshots as one: every byte is checked before the first fact is used."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from scanner.errors import InputError
from scanner.facts import KINDS, Fact
from scanner.facts.ledger import Gap, LedgerLine
from scanner.snapshot.manifest import NAME, FileInfo, Manifest, ScopeInfo, SourceInfo, TargetInfo
from scanner.snapshot.streams import merged
from scanner.snapshot.write import WORK

Parts = tuple[tuple[int, int], ...]


class Snapshot:
    """Facts, ledger and gaps of one or several folders, read as one. Made by `open_snapshot`."""

    def __init__(self, parts: Sequence[tuple[Path, Manifest]]) -> None:
        self._parts = parts
        manifests = [manifest for _, manifest in parts]
        self.started_at = min(m.started_at for m in manifests)
        self.finished_at = max(m.finished_at for m in manifests)
        self.complete = all(m.complete for m in manifests)
        self.ledger = _best_lines(manifests)
        named = {line.gap for line in self.ledger if line.gap is not None}
        gaps = {gap.id: gap for m in manifests for gap in m.gaps}
        self.gaps: dict[str, Gap] = {
            key: gap for key, gap in sorted(gaps.items()) if gap.reach == "fields" or key in named
        }
        self.targets = _targets(manifests)
        self.providers: dict[str, tuple[SourceInfo, ...]] = {}
        for manifest in manifests:
            for provider, sources in manifest.providers.items():
                known = {s.id: s for s in self.providers.get(provider, ())}
                known.update((s.id, s) for s in sources)
                self.providers[provider] = tuple(known[key] for key in sorted(known))

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
        """All facts of a kind, in order of (scope, subject), each subject once."""
        streams = [_lines(path) for path, item in self.files if item.kind == kind]
        decoder = msgspec.json.Decoder(KINDS[kind])
        lines = streams[0] if len(streams) == 1 else merged(streams, kind)
        for line in lines:
            yield decoder.decode(line)


def open_snapshot(*folders: Path) -> Snapshot:
    """Open and verify. Raises InputError naming a missing, unfinished, changed or unknown file."""
    parts = []
    for folder in folders:
        manifest = _manifest(folder)
        problems = [p for p in (_problem(folder, item) for item in manifest.files) if p]
        if problems:
            raise InputError(problems)
        parts.append((folder, manifest))
    return Snapshot(parts)


def _manifest(folder: Path) -> Manifest:
    path = folder / NAME
    try:
        return _shared(msgspec.json.decode(path.read_bytes(), type=_Stored))
    except FileNotFoundError:
        if (folder / WORK).exists():
            raise InputError(
                f"{folder}: this collection did not finish; go on with collect --resume"
            ) from None
        raise InputError(f"{folder}: this is no snapshot: it has no {NAME}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {(error.strerror or '').lower()}") from error
    except msgspec.MsgspecError as error:
        raise InputError(f"{path}: not a manifest of this version: {error}") from error


class _Stored(Manifest, frozen=True, kw_only=True):
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
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
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


def _best_lines(manifests: Sequence[Manifest]) -> tuple[LedgerLine, ...]:
    best: dict[tuple[str, str, str, str], LedgerLine] = {}
    for manifest in manifests:
        for line in manifest.ledger:
            key = (line.target, line.scope, line.region or "", line.source)
            other = best.get(key)
            if other is None or (other.gap is None, other.at) < (line.gap is None, line.at):
                best[key] = line
    return tuple(best[key] for key in sorted(best))


def _targets(manifests: Sequence[Manifest]) -> tuple[TargetInfo, ...]:
    found: dict[str, TargetInfo] = {}
    for manifest in manifests:
        for target in manifest.targets:
            other = found.get(target.id)
            if other is not None:
                if other.provider != target.provider:
                    raise InputError(
                        f"target {target.id!r} is {other.provider} in one snapshot and"
                        f" {target.provider} in another; give them different ids"
                    )
                target = msgspec.structs.replace(
                    target,
                    scopes=_scopes((*other.scopes, *target.scopes)),
                    parts=_parts(other.parts, target.parts),
                )
            found[target.id] = target
    return tuple(found[key] for key in sorted(found))


def _parts(one: Parts, other: Parts) -> Parts:
    """The parts of a target that two snapshots hold; empty once they are all of it."""
    if not one or not other:
        return ()
    both = {*one, *other}
    whole = any(all((n, of) in both for n in range(1, of + 1)) for _, of in both)
    return () if whole else tuple(sorted(both))


def _scopes(scopes: Sequence[ScopeInfo]) -> tuple[ScopeInfo, ...]:
    merged_: dict[str, ScopeInfo] = {}
    for scope in scopes:
        other = merged_.get(scope.id)
        if other is not None:
            regions = tuple(sorted({*other.regions, *scope.regions}))
            scope = msgspec.structs.replace(scope, regions=regions)
        merged_[scope.id] = scope
    return tuple(merged_[key] for key in sorted(merged_))
