"""Lays the demo organisation's own statements beside its configuration, for a person to change.

They lie as plain files in `organization/` here. Their dates count from the day WRITTEN; in the copy
they are moved with the calendar, so that the firm stands halfway whenever the demo runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from scanner.errors import InputError
from scanner.output import private_folder, whole_file

SOURCE = Path(__file__).with_name("organization")
WRITTEN = date(2026, 11, 24)
FOLDER = "organization"
FILES = {
    "declarations": "declarations.yaml",
    "attestations": "attestations",
    "exceptions": "exceptions.yaml",
    "scope": "scope.yaml",
    "poam": "poam.yaml",
    "soa": "soa.yaml",
}
"""Key of cmmc-scan.yaml -> what it names below the folder."""

_PARAMS = "params.yaml"
_RECORD = ".demo.json"
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def configured() -> dict[str, str]:
    """The keys of cmmc-scan.yaml that name the statements, relative to it."""
    return {key: f"{FOLDER}/{name}" for key, name in FILES.items()}


def params_text() -> str:
    """The `params:` of cmmc-scan.yaml, with their comments."""
    return (SOURCE / _PARAMS).read_text(encoding="utf-8")


def lay(out: Path, today: date) -> list[str]:
    """Copy the statements to `out`/organization. Gives the names of files that were left alone.

    A file that somebody changed, added or took away since an earlier demo stays as it is. Raises
    InputError where a folder cannot be written.
    """
    folder = private_folder(out / FOLDER)
    before = _record(folder)
    after = dict(before)
    left = []
    for name, content in _files(today):
        path = folder / name
        if _touched(path, before.get(name)):
            left.append(f"{FOLDER}/{name}")
            continue
        private_folder(path.parent)
        with whole_file(path) as file:
            file.write(content)
        after[name] = sha256(content).hexdigest()
    _keep(folder, after)
    return left


def write_config(out: Path, text: str) -> Path:
    """Write `out`/cmmc-scan.yaml. Raises InputError where one lies that the demo did not write."""
    path = out / "cmmc-scan.yaml"
    folder = out / FOLDER
    record = _record(folder)
    if path.exists() and _touched(path, record.get(path.name)):
        raise InputError(
            f"{path}: not written by the demo, or changed since; to judge with it again: cmmc-scan "
            f"evaluate {out} -c {path} -o {out}; for a new demo choose another folder with -o"
        )
    content = text.encode()
    private_folder(folder)
    with whole_file(path) as file:
        file.write(content)
    _keep(folder, {**record, path.name: sha256(content).hexdigest()})
    return path


def _files(today: date) -> Iterator[tuple[str, bytes]]:
    for path in sorted(SOURCE.rglob("*")):
        name = path.relative_to(SOURCE).as_posix()
        if path.suffix == ".yaml" and name != _PARAMS:
            yield name, moved(path.read_text(encoding="utf-8"), today).encode()
        elif path.suffix == ".md":
            yield name, path.read_bytes()


def moved(text: str, today: date) -> str:
    """The text with every day moved by the distance from WRITTEN to `today`."""
    distance = (today - WRITTEN).days

    def move(match: re.Match[str]) -> str:
        return (date.fromisoformat(match.group()) + timedelta(days=distance)).isoformat()

    return _DAY.sub(move, text)


def _touched(path: Path, written: str | None) -> bool:
    if not path.exists():
        return written is not None
    return written is None or sha256(path.read_bytes()).hexdigest() != written


def _record(folder: Path) -> dict[str, str]:
    """Hash of each file as the demo wrote it last."""
    try:
        found = json.loads((folder / _RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _keep(folder: Path, record: dict[str, str]) -> None:
    with whole_file(folder / _RECORD) as file:
        file.write((json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
