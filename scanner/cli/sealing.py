"""What findings were judged from: written with them, and checked before they are used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from scanner import __version__, judgement
from scanner.cli.say import say
from scanner.config import Config
from scanner.errors import InputError
from scanner.rules.model import Rule
from scanner.snapshot.manifest import NAME
from scanner.snapshot.read import Snapshot

KEPT = "assessment.json"
_OF_FINDINGS = (judgement.FINDINGS, "findings.sarif")
"""What an assessment does not enter; github/ is so too."""

_STATED = ("declarations", "exceptions", "scope")
"""What people state that findings depend on; attestations enter the assessment alone."""


def sealed(
    out: Path,
    snapshot: Snapshot,
    config: Config,
    rules: Sequence[Rule],
    as_of: str,
    written: Sequence[str],
) -> str:
    """Write judgement.json, say what lies in the folder from an earlier one; returns its path."""
    before = judgement.read(out)
    paths = [path for path in map(Path, written) if path not in snapshot.folders]
    made = judgement.Judgement(
        version=__version__,
        as_of=as_of,
        snapshots=tuple(sorted(map(judgement.digest, _manifests(snapshot)))),
        rules=_rules(rules),
        config=judgement.digest(config.path) if config.path is not None else None,
        stated=_stated(config),
        files={},
    )
    same = (judgement.FINDINGS, KEPT)
    if before is not None and not judgement.foreign(out, before, same):
        paths += _still_there(out, before)  # what was written from these then is as good as now
    now = judgement.seal(out, made, [out / judgement.FINDINGS, *paths])
    if before is not None:
        _tell(out, before, now)
    return f"{out}/{judgement.NAME}"


def reassessed(out: Path) -> None:
    """Note a new assessment.json; say which reports were written from another one."""
    before = judgement.read(out)
    if before is None:
        return
    if before.files.get(KEPT) != judgement.digest(out / KEPT):
        names = {n: h for n, h in before.files.items() if n in _OF_FINDINGS or "github/" in n}
        now = judgement.seal(out, msgspec.structs.replace(before, files=names), [out / KEPT])
        _tell(out, before, now)


def _still_there(out: Path, found: judgement.Judgement) -> list[Path]:
    changed = judgement.foreign(out, found, found.files)
    return [out / name for name in found.files if name not in changed]


def _tell(out: Path, before: judgement.Judgement, now: judgement.Judgement) -> None:
    old = [name for name in before.files if name not in now.files and (out / name).exists()]
    if old:
        say(f"{out}: of an earlier judgement, not written again: {', '.join(old)}", err=True)


def verified(folder: Path, snapshot: Snapshot, config: Config | None) -> None:
    """See that a folder's findings are of its snapshot and were judged as the configuration asks.

    config: null where nothing is concluded from it. Raises InputError; says so where what findings
    depend on has changed since.
    """
    found = judgement.checked(folder, _manifests(snapshot))
    if found is None or config is None:
        return
    if found.config is not None and config.path is None:
        raise InputError(
            f"{folder}: was judged with a configuration, and none is given; name it with -c"
        )
    if found.stated != _stated(config):
        say(
            f"{folder}: params, declarations, exceptions or scope have changed since its findings"
            " were judged; `cmmc-scan evaluate` judges again",
            err=True,
        )


def _manifests(snapshot: Snapshot) -> list[Path]:
    return [folder / NAME for folder in snapshot.folders]


def _rules(rules: Sequence[Rule]) -> str:
    lines = (f"{rule.id} {rule.sha256}" for rule in rules)
    return sha256("\n".join(lines).encode()).hexdigest()


def _stated(config: Config) -> str:
    params = msgspec.json.encode(config.params, order="deterministic")
    files = [file for name in _STATED for file in _inside(config.files.get(name))]
    return sha256(params + judgement.hash_of(files).encode()).hexdigest()


def _inside(path: Path | None) -> Iterator[Path]:
    if path is not None and path.is_dir():
        yield from (each for each in sorted(path.rglob("*")) if each.is_file())
    elif path is not None:
        yield path
