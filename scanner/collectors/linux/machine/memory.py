"""A tree in memory: a container image's root, or what a remote host sent back."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scanner.collectors.linux.machine.base import MAX_FILE, Absent, Output, Stat, Unreadable
from scanner.collectors.linux.machine.paths import follow, live_only


@dataclass(frozen=True)
class Node:
    """One file, folder or link of a tree in memory."""

    data: bytes = b""
    link: str | None = None
    folder: bool = False
    special: bool = False
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    refused: bool = False
    """It is there and could not be read for want of a right."""
    size: int | None = None


class Memory:
    """A tree in memory: a container image's root, or what a remote host sent back."""

    def __init__(
        self,
        nodes: Mapping[str, Node],
        *,
        live: bool = False,
        answers: Mapping[tuple[str, ...], Output | Exception] | None = None,
        why_absent: str = "only a running system knows this; an image holds files alone",
    ) -> None:
        self.live = live
        self.nodes = dict(nodes)
        self.answers = dict(answers or {})
        self.why_absent = why_absent
        self.children: dict[str, set[str]] = {"/": set()}
        self._folders: dict[str, str] = {}
        for path in nodes:
            while path != "/":
                parent, _, leaf = path.rpartition("/")
                parent = parent or "/"
                self.children.setdefault(parent, set()).add(leaf)
                path = parent

    def _link(self, path: str) -> str | None:
        node = self.nodes.get(path)
        if node is not None:
            return node.link
        if path in self.children:
            return None
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    def _real(self, path: str, *, last: bool) -> str:
        """The path with its links followed; where its folder lies is found once."""
        folder, _, leaf = path.rpartition("/")
        if leaf in ("", ".", ".."):
            return follow(path, self._link, last=last)
        base = self._folders.get(folder)
        if base is None:
            base = self._folders[folder] = follow(folder, self._link).rstrip("/")
        here = f"{base}/{leaf}"
        return follow(here, self._link) if last and self._link(here) is not None else here

    def _find(self, path: str, *, last: bool = True) -> tuple[str, Node]:
        if not self.live and live_only(path):
            raise Absent(self.why_absent)
        real = self._real(path, last=last)
        node = self.nodes.get(real)
        return real, node if node is not None else Node(folder=True, mode=0o755)

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        _, node = self._find(path)
        if node.refused:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        if node.folder or node.special:
            raise Unreadable("broken", f"{path} is not a regular file")
        if len(node.data) > limit or (node.size or 0) > len(node.data):
            raise Unreadable("truncated", f"{path} is longer than what is read")
        return node.data

    def listdir(self, path: str) -> tuple[str, ...]:
        real, node = self._find(path)
        if node.refused:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        if not node.folder:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        return tuple(sorted(self.children.get(real, ())))

    def stat(self, path: str) -> Stat:
        _, node = self._find(path)
        kind: Literal["file", "folder", "other"] = "folder" if node.folder else "file"
        size = len(node.data) if node.size is None else node.size
        return Stat(
            "other" if node.special else kind, node.mode, node.uid, node.gid, size, node.mtime
        )

    def readlink(self, path: str) -> str:
        _, node = self._find(path, last=False)
        if node.link is None:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        return node.link

    def run(self, argv: Sequence[str]) -> Output:
        if not self.live:
            raise Absent(self.why_absent)
        answer = self.answers.get(tuple(argv))
        if answer is None:
            raise Absent(f"the command {argv[0]} is not installed")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        pass
