"""A snapshot as one file that any tool can carry home: a plain tar, the same bytes each time."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import BinaryIO

from scanner.errors import InputError
from scanner.snapshot.manifest import NAME

_MOST_FILES = 100_000


def pack(folder: Path, out: BinaryIO) -> None:
    """Write a finished snapshot as a tar; the manifest comes first."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    files.sort(key=lambda path: path.name != NAME)
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for path in files:
            data = path.read_bytes()
            info = tarfile.TarInfo(path.relative_to(folder).as_posix())
            info.size, info.mode = len(data), 0o600
            archive.addfile(info, io.BytesIO(data))


def unpack(path: Path, folder: Path) -> Path:
    """Lay a packed snapshot out in `folder`. Raises InputError for anything else than one."""
    try:
        with tarfile.open(path, mode="r:") as archive:
            members = archive.getmembers()
            if len(members) > _MOST_FILES or not all(member.isfile() for member in members):
                raise InputError(f"{path}: this is no snapshot that collect -o - wrote")
            archive.extractall(folder, members, filter="data")
    except (tarfile.TarError, OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be unpacked as a snapshot: {error}") from error
    return folder
