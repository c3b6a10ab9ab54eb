"""What the script sent back, as a tree in memory for the same sources."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

from scanner.collectors.linux.machine.base import Absent, Output, Unreadable
from scanner.collectors.linux.machine.memory import Memory, Node
from scanner.collectors.linux.ssh.script import MAX_REMOTE_FILE


def _decoded(lines: Iterator[str]) -> bytes:
    parts = []
    for line in lines:
        if line == ".":
            break
        parts.append(line)
    return base64.b64decode("".join(parts), validate=True)


def parse(text: str, calls: Sequence[str]) -> Memory:
    """The machine that the script's answer describes. Raises Unreadable for a broken answer."""
    nodes: dict[str, Node] = {}
    answers: dict[tuple[str, ...], Output | Exception] = {}
    lines = iter(text.splitlines())
    ended = False
    try:
        for line in lines:
            if line == "END":
                ended = True
                break
            kind, _, rest = line.partition("\t")
            if kind == "X":
                what = calls[int(rest)].partition(":")[2]
                answers[tuple(what.split(" "))] = _answer(what, lines)
                continue
            if kind == "G":
                path, _, name = rest.partition(":")
                nodes[path] = Node(name.encode())
                continue
            head, _, path = rest.partition("\t")
            if kind == "L":
                nodes[path] = Node(link=head)
                continue
            mode, uid, gid, size, mtime = head.split()
            data = _decoded(lines) if kind == "F" else b""
            # What /proc and /sys hold has no size of its own.
            told = int(size) if len(data) >= MAX_REMOTE_FILE or kind == "N" else None
            node = Node(
                data=data,
                folder=kind in "DQ",
                special=kind == "S",
                mode=int(mode, 16) & 0o7777,
                uid=int(uid),
                gid=int(gid),
                mtime=int(mtime),
                refused=kind in "RQ",
                size=told,
            )
            if path not in nodes or (kind == "F" and not nodes[path].folder):
                nodes[path] = node
    except (ValueError, IndexError, binascii.Error):
        raise Unreadable("broken", "the answer of the host is not understood") from None
    if not ended:
        raise Unreadable("truncated", "the answer of the host breaks off")
    return Memory(nodes, live=True, answers=answers)


def _answer(what: str, lines: Iterator[str]) -> Output | Exception:
    name = what.split(" ")[0]
    first = next(lines, "")
    if first == "!":
        next(lines, ""), next(lines, "")
        return Absent(f"the command {name} is not installed")
    out = _decoded(_with(first, lines))
    err = _decoded(lines).decode("utf-8", "replace")
    text, mark, code = out.decode("utf-8", "replace").rpartition("\nC")
    if not mark or not code.isdigit():
        return Unreadable("truncated", f"{name} printed more than {MAX_REMOTE_FILE} bytes")
    if code == "124":
        return Unreadable("timeout", f"{name} did not end in time")
    return Output(int(code), text, err)


def _with(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    if first != ".":
        yield from lines
