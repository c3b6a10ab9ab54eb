"""The machines that can be read: this one, a mounted root directory, a tree held in memory.

A machine knows paths and commands, nothing of sources or facts. It raises OSError as the operating
system does, `Absent` where only a running system could tell, and `Unreadable` for the rest.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import stat as modes
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal, Protocol, TypeVar, cast

T = TypeVar("T")

MAX_FILE = 64 * 1024 * 1024
"""Bytes of the largest file that is read (a package database is the largest in practice)."""

MAX_OUTPUT = 16 * 1024 * 1024
RUN_SECONDS = 10.0
MAX_LINKS = 40

COMMAND_FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where commands are looked for; never the user's PATH."""

LIVE_ONLY = ("/proc", "/sys", "/run", "/dev")
"""Trees that a running kernel fills; in a mounted root they say nothing."""


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


def _kind(mode: int) -> Literal["file", "folder", "other"]:
    if modes.S_ISREG(mode):
        return "file"
    return "folder" if modes.S_ISDIR(mode) else "other"


def _read_file(fd: int, path: str, limit: int) -> bytes:
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
def _opened(path: str, flags: int = 0) -> Iterator[int]:
    # O_NONBLOCK: opening a FIFO without a writer would wait for ever.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | flags)
    try:
        yield fd
    finally:
        os.close(fd)


class Local:
    """The machine that this process runs on."""

    live = True

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        # Looked at before it is opened: opening a device can have effects.
        if not modes.S_ISREG(os.stat(path).st_mode):
            raise Unreadable("broken", f"{path} is not a regular file")
        with _opened(path) as fd:
            return _read_file(fd, path, limit)

    def listdir(self, path: str) -> tuple[str, ...]:
        return tuple(sorted(os.listdir(path)))

    def stat(self, path: str) -> Stat:
        found = os.stat(path)
        return Stat(
            _kind(found.st_mode),
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


def run_bounded(
    argv: Sequence[str],
    seconds: float = RUN_SECONDS,
    limit: int = MAX_OUTPUT,
    *,
    stdin: int = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
) -> Output:
    """Run a program without a shell, with a fixed environment; bounded in time and output.

    environment: what it needs beyond that.
    """
    fixed = {"LC_ALL": "C", "PATH": ":".join(COMMAND_FOLDERS), "HOME": "/"}
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**fixed, **(environment or {})},
            cwd="/",
            start_new_session=True,
        )
    except PermissionError:
        raise
    except OSError as error:
        raise Unreadable("broken", f"{argv[0]} does not start: {error.strerror}") from None
    try:
        out, err = _drain(process, argv[0], time.monotonic() + seconds, limit)
        return Output(process.wait(), out, err)
    finally:
        if process.poll() is None:
            with _quiet():
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@contextmanager
def _quiet() -> Iterator[None]:
    with suppress(OSError):
        yield


def _drain(
    process: subprocess.Popen[bytes], name: str, deadline: float, limit: int
) -> tuple[str, str]:
    buffers: dict[str, bytearray] = {"out": bytearray(), "err": bytearray()}
    with selectors.DefaultSelector() as selector:
        for key, stream in (("out", process.stdout), ("err", process.stderr)):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, key)
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                raise Unreadable("timeout", f"{name} did not end in time")
            for event, _ in ready:
                chunk = os.read(event.fd, 1 << 16)
                if not chunk:
                    selector.unregister(event.fileobj)
                    continue
                buffer = buffers[event.data]
                if event.data == "err" and len(buffer) > 4096:
                    continue
                buffer += chunk
                if len(buffer) > limit:
                    raise Unreadable("truncated", f"{name} printed more than {limit} bytes")
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise Unreadable("timeout", f"{name} did not end in time")
        time.sleep(0.001)
    return (
        buffers["out"].decode("utf-8", "replace"),
        buffers["err"].decode("utf-8", "replace"),
    )


def live_only(path: str) -> bool:
    return any(path == top or path.startswith(top + "/") for top in LIVE_ONLY)


def follow(path: str, readlink: Callable[[str], str | None], *, last: bool = True) -> str:
    """Resolve the links of an absolute path inside its own tree; `..` never leaves the root.

    readlink: the target of a link, or None for what is no link. last: follow the last part too.
    """
    pending = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    done: list[str] = []
    links = 0
    while pending:
        part = pending.pop()
        if part == "..":
            if done:
                done.pop()
            continue
        here = "/" + "/".join((*done, part))
        target = readlink(here) if last or pending else None
        if target is None:
            done.append(part)
            continue
        links += 1
        if links > MAX_LINKS:
            raise Unreadable("broken", f"{path} runs through too many links")
        if target.startswith("/"):
            done = []
        pending.extend(p for p in reversed(target.split("/")) if p not in ("", "."))
    return "/" + "/".join(done)


class Mounted:
    """A directory that holds another system's root. Links never lead out of it."""

    live = False

    def __init__(self, root: Path) -> None:
        self.root = str(root).rstrip("/")

    def _link(self, path: str) -> str | None:
        try:
            return os.readlink(self.root + path)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise

    def _inside(self, path: str, *, last: bool = True) -> str:
        if live_only(path):
            raise Absent("only a running system knows this; a mounted root holds files alone")
        return self.root + follow(path, self._link, last=last)

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        real = self._inside(path)
        if not modes.S_ISREG(os.lstat(real).st_mode):
            raise Unreadable("broken", f"{path} is not a regular file")
        with _opened(real, os.O_NOFOLLOW) as fd:
            return _read_file(fd, path, limit)

    def listdir(self, path: str) -> tuple[str, ...]:
        return tuple(sorted(os.listdir(self._inside(path))))

    def stat(self, path: str) -> Stat:
        found = os.lstat(self._inside(path))
        return Stat(
            _kind(found.st_mode),
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

    def _find(self, path: str, *, last: bool = True) -> tuple[str, Node]:
        if not self.live and live_only(path):
            raise Absent(self.why_absent)
        real = follow(path, self._link, last=last)
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


class Once:
    """A machine of which each thing is read once, however many sources ask for it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.live = machine.live
        self._lock = Lock()
        self._known: dict[tuple[str, ...], tuple[bool, object]] = {}

    def _once(self, key: tuple[str, ...], ask: Callable[[], T]) -> T:
        with self._lock:
            known = self._known.get(key)
        if known is None:
            try:
                known = (True, ask())
            except (OSError, Absent, Unreadable) as error:
                known = (False, error)
            with self._lock:
                self._known[key] = known
        fine, answer = known
        if not fine:
            raise cast(Exception, answer).with_traceback(None)
        return cast(T, answer)

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        return self._once(("read", path), lambda: self.machine.read(path, limit))

    def listdir(self, path: str) -> tuple[str, ...]:
        return self._once(("list", path), lambda: self.machine.listdir(path))

    def stat(self, path: str) -> Stat:
        return self._once(("stat", path), lambda: self.machine.stat(path))

    def readlink(self, path: str) -> str:
        return self._once(("link", path), lambda: self.machine.readlink(path))

    def run(self, argv: Sequence[str]) -> Output:
        return self._once(("run", *argv), lambda: self.machine.run(argv))

    def close(self) -> None:
        self.machine.close()
