"""Encoded findings on their way out: in memory while they are few, in a file once they are many."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

_SPILL_BYTES = 256 * 1024


class Lines:
    """Takes lines in order and gives them back once, in the same order."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None

    def add(self, line: bytes) -> None:
        self._kept.append(line)
        self._size += len(line)
        if self._size > _SPILL_BYTES:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __iter__
            self._file.writelines(each + b"\n" for each in self._kept)
            self._kept, self._size = [], 0

    def __iter__(self) -> Iterator[bytes]:
        if self._file is not None:
            self._file.seek(0)
            for line in self._file:
                yield line[:-1]
            self._file.close()
        yield from self._kept
