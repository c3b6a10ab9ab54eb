"""Standard output that ends no run: its reader may leave early, and its encoding may be poor."""

from __future__ import annotations

import io
from typing import TextIO


class _Pipe(io.RawIOBase):
    """A stream of bytes; what nobody reads any more (`| head`) is dropped without a word."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, data: object) -> int | None:
        try:
            return self._raw.write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            return memoryview(data).nbytes  # type: ignore[arg-type]


def forgiving(stream: TextIO) -> TextIO:
    """The same stream for a process of its own, so that the exit code is the verdict's alone.

    What its encoding cannot say is written as \\x, \\u and \\U. A stream that stands on nothing
    else (a test's) is given back.
    """
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)  # with PYTHONUNBUFFERED there is nothing between
    if not isinstance(raw, io.RawIOBase):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Pipe(raw)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.isatty(),
    )
