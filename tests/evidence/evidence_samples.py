"""A finished snapshot on disk, and documents that statements point at."""

from __future__ import annotations

import gzip
from hashlib import sha256
from pathlib import Path

from scanner.assess.statements import Artifact
from scanner.snapshot.manifest import NAME, FileInfo, Manifest, encode

AS_OF = "2026-11-24"


def snapshot(folder: Path, text: bytes = b'{"kind":"host"}\n') -> Path:
    """A snapshot with one facts file."""
    (folder / "prod").mkdir(parents=True)
    packed = gzip.compress(text, mtime=0)
    (folder / "prod" / "host.jsonl.gz").write_bytes(packed)
    info = FileInfo(
        path="prod/host.jsonl.gz",
        target="prod",
        kind="host",
        facts=1,
        bytes=len(packed),
        sha256=sha256(packed).hexdigest(),
        plain_bytes=len(text),
        plain_sha256=sha256(text).hexdigest(),
    )
    manifest = Manifest(
        version="0.1.0",
        started_at="2026-11-24T07:00:00Z",
        finished_at="2026-11-24T07:05:00Z",
        complete=True,
        targets=(),
        providers={},
        ledger=(),
        gaps=(),
        files=(info,),
    )
    (folder / NAME).write_bytes(b"".join(encode(manifest)))
    return folder


def artifact(root: Path, name: str, text: str = "policy") -> Artifact:
    """A document below `root`, as the statements' reader found it."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Artifact(path=name, title="Policy", actual=sha256(text.encode()).hexdigest())
