"""A directory that holds the root file system of another system."""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Sequence
from pathlib import Path

from scanner.collectors.linux.machine.base import MAX_FILE, Absent, Output, Stat, Unreadable
from scanner.collectors.linux.machine.files import kind_of_mode, opened, read_file
from scanner.collectors.linux.machine.paths import follow, live_only
from scanner.collectors.linux.machine.unmounted import unmounted


class Mounted:
    """A directory that holds another system's root. Links never lead out of it."""

    live = False

    def __init__(self, root: Path) -> None:
        self.root = str(root).rstrip("/")
        self.left_out: tuple[str, ...] = ()
        self.left_out = unmounted(self.read, self.listdir)

    def _link(self, path: str) -> str | None:
        self._refuse_left_out(path)
        try:
            return os.readlink(self.root + path)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise

    def _inside(self, path: str, *, last: bool = True) -> str:
        if live_only(path):
            raise Absent("only a running system knows this; a mounted root holds files alone")
        inside = follow(path, self._link, last=last)
        self._refuse_left_out(inside)
        return self.root + inside

    def _refuse_left_out(self, path: str) -> None:
        for point in self.left_out:
            if path == point or path.startswith(point + "/"):
                raise Absent(
                    f"{point} is a file system of its own (/etc/fstab) and is not mounted below"
                    " this root"
                )

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        real = self._inside(path)
        if not modes.S_ISREG(os.lstat(real).st_mode):
            raise Unreadable("broken", f"{path} is not a regular file")
        with opened(real, os.O_NOFOLLOW) as fd:
            return read_file(fd, path, limit)

    def listdir(self, path: str) -> tuple[str, ...]:
        return tuple(sorted(os.listdir(self._inside(path))))

    def stat(self, path: str) -> Stat:
        found = os.lstat(self._inside(path))
        return Stat(
            kind_of_mode(found.st_mode),
            modes.S_IMODE(found.st_mode),
            found.st_uid,
            found.st_gid,
            found.st_size,
            int(found.st_mtime),
        )

    def readlink(self, path: str) -> str:
        return os.readlink(self._inside(path, last=False))

    def run(self, argv: Sequence[str]) -> Output:
        raise Absent("only a running system can be asked; a mounted root holds files alone")

    def close(self) -> None:
        pass
