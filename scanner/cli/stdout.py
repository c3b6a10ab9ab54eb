"""Standard streams that end no run: closed, full or left by their reader, or of a poor encoding."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


class _Pipe(io.RawIOBase):
    """A stream of bytes; what nobody can take any more (`| head`) is dropped.

    A reader that has left knows it. Any other fault, such as a full disk, is kept in `fault`.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.fault: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, data: object) -> int | None:
        try:
            if self.fault is None:
                return self._raw.write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            pass
        except OSError as error:
            self.fault = error
        return memoryview(data).nbytes  # type: ignore[arg-type]


def forgiving(stream: TextIO) -> TextIO:
    """The same stream for a process of its own, so that no write raises.

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
        line_buffering=stream.line_buffering if isinstance(stream, io.TextIOWrapper) else False,
    )


def settle() -> None:
    """Make the process's own streams forgiving; one that was closed (`>&-`) leads nowhere."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    for name in ("stdout", "stderr"):
        given = getattr(sys, name)
        to = open(os.devnull, "w", encoding="utf-8") if given is None else forgiving(given)  # noqa: SIM115
        setattr(sys, name, to)


def lost() -> str | None:
    """Why standard output is not whole, in words; null where all of it was written."""
    sys.stdout.flush()
    pipe = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    fault = pipe.fault if isinstance(pipe, _Pipe) else None
    if fault is None:
        return None
    cause = (fault.strerror or str(fault)).lower()
    return f"standard output: cannot be written: {cause}; what was printed is not whole"
