"""A snapshot as one file that any tool can carry home: a plain tar, the same bytes each time.

What comes home may have been pressed by gzip on the way, and is bounded as the plain one is.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO

from scanner.errors import InputError
from scanner.snapshot.manifest import NAME
from scanner.snapshot.write import WORK

_MOST_FILES = 100_000
_MOST_BYTES = 1 << 30
"""Of a tar that was pressed: a plain one is as large as it is, and takes no more."""
_MOST_AT_ONCE = 1 << 20
"""Bytes of one read, so of one header of a member: contents are copied in smaller parts."""
_NO_SNAPSHOT = "this is no snapshot that collect -o - wrote"


def pack(folder: Path, out: BinaryIO) -> None:
    """Write a finished snapshot as a tar; the manifest comes first."""
    inside = (path for path in folder.rglob("*") if WORK not in path.relative_to(folder).parts)
    files = sorted(path for path in inside if path.is_file())
    files.sort(key=lambda path: path.name != NAME)
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for path in files:
            data = path.read_bytes()
            info = tarfile.TarInfo(path.relative_to(folder).as_posix())
            info.size, info.mode = len(data), 0o600
            archive.addfile(info, io.BytesIO(data))


def unpack(path: Path, folder: Path) -> Path:
    """Lay a packed snapshot, plain or gzip'd, out in `folder`.

    Raises InputError for anything else than one.
    """
    try:
        with path.open("rb") as file, NamedTemporaryFile(prefix="cmmc-scan-") as plain:
            pressed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if pressed:
                _expand(path, file, plain)
            _lay_out(path, plain.name if pressed else path, folder)
    except (tarfile.TarError, OSError, ValueError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be unpacked as a snapshot: {error}") from error
    return folder


def _expand(path: Path, file: BinaryIO, plain: IO[bytes]) -> None:
    size = 0
    with gzip.open(file) as content:
        while block := content.read(1 << 16):
            size += len(block)
            if size > _MOST_BYTES:
                raise InputError(
                    f"{path}: expands to more than {_MOST_BYTES >> 20:,} MiB; if it is a snapshot"
                    " all the same, expand it yourself (gunzip) and name the plain tar"
                )
            plain.write(block)
    plain.flush()


class _Sparing(io.FileIO):
    """A tar whose headers cannot ask for more memory than they need."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= _MOST_AT_ONCE:
            raise tarfile.ReadError("a header of it is too long")
        return super().read(size) or b""


def _lay_out(path: Path, plain: str | Path, folder: Path) -> None:
    with _Sparing(plain) as file, tarfile.open(fileobj=file, mode="r:") as archive:
        members = []
        for member in archive:
            members.append(member)
            name = PurePosixPath(member.name)
            strange = name.is_absolute() or ".." in name.parts or not name.parts
            plain_file = member.isfile() and not member.issparse()
            if strange or not plain_file or len(members) > _MOST_FILES:
                raise InputError(f"{path}: {_NO_SNAPSHOT}")
        if not members:
            raise InputError(f"{path}: {_NO_SNAPSHOT}: it holds no file")
        for member in members:
            _write(archive, member, folder / member.name)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write one plain file by hand: tarfile's own filters came with Python 3.11.4."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    with open(path, "xb", opener=_private) as out:
        if content is not None:
            copyfileobj(content, out, 1 << 16)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
