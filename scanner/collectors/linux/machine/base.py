"""What a machine is, and how it answers.

A machine knows paths and commands, nothing of sources or facts. It raises OSError as the operating
system does, `Absent` where only a running system could tell, and `Unreadable` for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

MAX_FILE = 64 * 1024 * 1024
"""Bytes of the largest file that is read (a package database is the largest in practice)."""


class Absent(Exception):
    """Only a running system knows this, or this one lacks the command."""


class Unreadable(Exception):
    """A thing that is there and gives no answer: a device, a loop of links, an endless output."""

    def __init__(self, reason: Literal["broken", "truncated", "timeout"], detail: str) -> None:
        self.reason: Literal["broken", "truncated", "timeout"] = reason
        self.detail = detail
        super().__init__(detail)


@dataclass(frozen=True)
class Stat:
    """What a path is. mtime in seconds since 1970."""

    kind: Literal["file", "folder", "other"]
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int


@dataclass(frozen=True)
class Output:
    code: int
    out: str
    err: str


class Machine(Protocol):
    """What a host place reads from."""

    live: bool
    """It runs: it can be asked for its processes, and commands can be started."""

    def read(self, path: str, limit: int = MAX_FILE) -> bytes: ...
    def listdir(self, path: str) -> tuple[str, ...]: ...
    def stat(self, path: str) -> Stat: ...
    def readlink(self, path: str) -> str: ...
    def run(self, argv: Sequence[str]) -> Output: ...
    def close(self) -> None: ...
