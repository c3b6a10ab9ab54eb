"""cmmc-scan as a process of its own: on a terminal of so many columns, or with its output kept."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

STYLE = re.compile(r"\x1b\[(\d+)m")
"""The escapes that we write ourselves: bold, colours and their end."""


def on_terminal(columns: int, *arguments: str, cwd: Path | None = None) -> tuple[int, list[str]]:
    """Exit code and what the terminal was sent, line by line."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "CI")}
    process = subprocess.Popen(
        [sys.executable, "-m", "scanner", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env={**environment, "TERM": "xterm"},
    )
    os.close(theirs)
    sent = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that the other side has closed
            break
        if not part:
            break
        sent += part
    os.close(ours)
    return process.wait(), sent.decode().replace("\r\n", "\n").splitlines()


def piped(
    *arguments: str, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The finished process with what it wrote to pipes."""
    return subprocess.run(
        [sys.executable, "-m", "scanner", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        check=False,
    )


def shown(line: str) -> str:
    """What one sees of a line."""
    return STYLE.sub("", line)
