"""Opening files of this system: regular ones only, without effects, up to a size."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from scanner.collectors.linux.machine.base import Unreadable


def kind_of_mode(mode: int) -> Literal["file", "folder", "other"]:
    if modes.S_ISREG(mode):
        return "file"
    return "folder" if modes.S_ISDIR(mode) else "other"


def read_file(fd: int, path: str, limit: int) -> bytes:
    if not modes.S_ISREG(os.fstat(fd).st_mode):
        raise Unreadable("broken", f"{path} is not a regular file")
    parts: list[bytes] = []
    total = 0
    while chunk := os.read(fd, 1 << 20):
        total += len(chunk)
        if total > limit:
            raise Unreadable("truncated", f"{path} holds more than {limit} bytes")
        parts.append(chunk)
    return b"".join(parts)


@contextmanager
def opened(path: str, flags: int = 0) -> Iterator[int]:
    # O_NONBLOCK: opening a FIFO without a writer would wait for ever.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | flags)
    try:
        yield fd
    finally:
        os.close(fd)
