"""The machine that this process runs on."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Sequence

from scanner.collectors.linux.machine.base import MAX_FILE, Absent, Output, Stat, Unreadable
from scanner.collectors.linux.machine.files import kind_of_mode, opened, read_file
from scanner.collectors.linux.machine.program import COMMAND_FOLDERS, run_bounded


class Local:
    """The machine that this process runs on."""

    live = True

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        # Looked at before it is opened: opening a device can have effects.
        if not modes.S_ISREG(os.stat(path).st_mode):
            raise Unreadable("broken", f"{path} is not a regular file")
        with opened(path) as fd:
            return read_file(fd, path, limit)

    def listdir(self, path: str) -> tuple[str, ...]:
        return tuple(sorted(os.listdir(path)))

    def stat(self, path: str) -> Stat:
        found = os.stat(path)
        return Stat(
            kind_of_mode(found.st_mode),
            modes.S_IMODE(found.st_mode),
            found.st_uid,
            found.st_gid,
            found.st_size,
            int(found.st_mtime),
        )

    def readlink(self, path: str) -> str:
        return os.readlink(path)

    def run(self, argv: Sequence[str]) -> Output:
        for folder in COMMAND_FOLDERS:
            program = f"{folder}/{argv[0]}"
            if os.access(program, os.X_OK):
                return run_bounded([program, *argv[1:]])
        raise Absent(f"the command {argv[0]} is not installed")

    def close(self) -> None:
        pass
