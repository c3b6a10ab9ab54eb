"""The manifest: what a snapshot holds, what was asked for it, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from scanner.facts import Fact
from scanner.facts.ledger import Gap, LedgerLine

NAME = "manifest.json"


class SourceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What one source of a provider can tell; kept so that judging needs no plug-ins."""

    id: str
    kind: str
    fields: tuple[str, ...]
    always: dict[str, str | bool | int]
    lists: bool
    per: Literal["scope", "region"]
    calls: dict[str, str]
    """Operation -> permission, of the listing and its details."""


class ScopeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One account, tenant, subscription or machine that was looked into."""

    id: str
    name: str
    regions: tuple[str, ...]


class TargetInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One target of the configuration, as this snapshot saw it."""

    id: str
    provider: str
    scopes: tuple[ScopeInfo, ...]
    parts: tuple[tuple[int, int], ...] = ()
    """(n, m): only the nth of m parts of its scopes was looked into; empty: all of them were."""


class FileInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One facts file: `<target>/<kind>.jsonl.gz`, sorted by scope and subject."""

    path: str
    target: str
    kind: str
    facts: int
    bytes: int
    sha256: str
    plain_bytes: int
    plain_sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """manifest.json. A folder without one is an unfinished collection."""

    schema: Literal[1] = 1
    version: str
    """The version of cmmc-scan that collected it."""
    started_at: str
    finished_at: str
    complete: bool
    """Every planned source came to its end; false after Ctrl-C or the deadline."""
    targets: tuple[TargetInfo, ...]
    providers: dict[str, tuple[SourceInfo, ...]]
    ledger: tuple[LedgerLine, ...]
    gaps: tuple[Gap, ...]
    files: tuple[FileInfo, ...]


class Observed(Protocol):
    """What judging asks of a snapshot, on disk or in memory."""

    @property
    def finished_at(self) -> str: ...
    @property
    def targets(self) -> Sequence[TargetInfo]: ...
    @property
    def providers(self) -> Mapping[str, Sequence[SourceInfo]]: ...
    @property
    def ledger(self) -> Sequence[LedgerLine]: ...
    @property
    def gaps(self) -> Mapping[str, Gap]: ...
    def facts(self, kind: str) -> Iterator[Fact]:
        """All facts of a kind, in order of (scope, subject), each subject once."""
        ...


def encode(manifest: Manifest) -> Iterator[bytes]:
    """The manifest as JSON, the same bytes for the same content, in pieces.

    Ledger and gaps stand one entry a line: a large organisation has 100,000 of them, and the
    whole in one piece would take more memory than everything before it.
    """
    head = msgspec.structs.replace(manifest, ledger=(), gaps=())
    text = msgspec.json.format(msgspec.json.encode(head, order="deterministic"), indent=1)
    for name, entries in (("ledger", manifest.ledger), ("gaps", manifest.gaps)):
        # Two spaces and more stand before whatever is not the manifest's own member.
        before, _, text = text.partition(b'\n "%b": []' % name.encode())
        yield before + b'\n "%b": [' % name.encode()
        for number, entry in enumerate(entries):
            yield b",\n  " if number else b"\n  "
            yield _encoder.encode(entry)
        yield b"\n ]" if entries else b"]"
    yield text + b"\n"


_encoder = msgspec.json.Encoder(order="deterministic")
