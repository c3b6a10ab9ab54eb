"""What the script sent back, as a tree in memory for the same sources."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collectors.linux.machine.base import Absent, Output, Unreadable
from scanner.collectors.linux.machine.memory import Memory, Node
from scanner.collectors.linux.machine.paths import follow
from scanner.collectors.linux.ssh.script import MAX_REMOTE_FILE

_LINK = re.compile(r"[`'\u2018].*['\u2019] -> [`'\u2018](.*)['\u2019]", re.S)


@dataclass
class _Told:
    """What the lines say, path by path."""

    kinds: dict[str, set[str]] = field(default_factory=dict)
    about: dict[str, dict[str, int]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    content: dict[str, bytes | None] = field(default_factory=dict)
    """None: it did not open."""
    processes: dict[str, Node] = field(default_factory=dict)
    answers: dict[tuple[str, ...], Output | Exception] = field(default_factory=dict)


def parse(data: bytes, calls: Sequence[str]) -> Memory:
    """The machine that the script's answer describes. Raises Unreadable for a broken answer."""
    if not data.endswith(b"END\n") and data != b"END":
        raise Unreadable("truncated", "the answer of the host breaks off")
    try:
        told = _read(iter(data.split(b"\n")), calls)
        return Memory(_nodes(told), live=True, answers=told.answers)
    except (ValueError, IndexError, KeyError, binascii.Error):
        raise Unreadable("broken", "the answer of the host is not understood") from None


def _read(lines: Iterator[bytes], calls: Sequence[str]) -> _Told:
    told = _Told()
    for line in lines:
        if line == b"END":
            return told
        letter, _, tail = line.partition(b"\t")
        if not line:
            continue
        kind, rest = letter.decode("ascii"), tail.decode("utf-8", "replace")
        if kind == "X":
            what = calls[int(rest)].partition(":")[2]
            told.answers[tuple(what.split(" "))] = _answer(what, lines)
        elif kind == "G":
            path, _, name = rest.partition(":")
            told.processes[path] = Node(name.encode())
        elif kind == "O":
            told.content[rest] = _text(lines)
        elif kind == "C":
            told.content[rest] = _decoded(lines)
        elif kind == "T":
            numbers, _, path = rest.partition("\t")
            mode, uid, gid, size, mtime = numbers.split()
            told.about[path] = {
                "mode": int(mode, 16) & 0o7777,
                "uid": int(uid),
                "gid": int(gid),
                "size": int(size),
                "mtime": int(mtime),
            }
        elif kind == "K":
            path, _, arrow = rest.partition("\t")
            found = _LINK.fullmatch(arrow)
            if found:
                told.links[path] = found.group(1)
        elif kind in "DQSRFNLBE" and len(kind) == 1:
            told.kinds.setdefault(rest, set()).add(kind)
        else:
            raise ValueError(kind)
    return told


def _nodes(told: _Told) -> dict[str, Node]:
    nodes = dict(told.processes)
    behind: dict[str, Node] = {}
    for path, kinds in told.kinds.items():
        link = told.links.get(path) if "L" in kinds else None
        if link is not None:
            nodes[path] = Node(link=link)
        if kinds == {"L"}:
            continue
        node = _node(path, kinds, told)
        if node is None:
            continue
        if link is None:
            nodes[path] = node
        else:
            # What a link leads to stands where it leads.
            behind[follow(path, told.links.get)] = node
    return {**behind, **nodes}


def _node(path: str, kinds: set[str], told: _Told) -> Node | None:
    about: dict[str, Any] = dict(told.about.get(path, {}))
    size = about.pop("size", 0)
    if "R" in kinds or "Q" in kinds:
        return Node(refused=True, folder="Q" in kinds, **about)
    if not about:
        return None  # it went away while the host was read
    if "D" in kinds:
        return Node(folder=True, **about)
    if "S" in kinds:
        return Node(special=True, **about)
    if not kinds & set("FBE"):
        return Node(size=size, **about)
    data = told.content[path]
    if data is None:
        return Node(refused=True, **about)
    if len(data) == size + 1 and data.endswith(b"\n") and size:
        data = data[:-1]  # its last line has no end
    # What /proc and /sys hold has no size of its own; of a log the end is enough.
    told_size = size if len(data) >= MAX_REMOTE_FILE else None
    return Node(data=data, size=told_size, **about)


def _text(lines: Iterator[bytes]) -> bytes | None:
    parts: list[bytes] = []
    for line in lines:
        if line == b".":
            return b"".join(parts)
        if line == b"!":
            return None
        if not line.startswith(b"|"):
            raise ValueError("a line of a file has no bar")
        parts.append(line[1:] + b"\n")
    raise ValueError("a file has no end")


def _decoded(lines: Iterator[bytes]) -> bytes:
    parts: list[bytes] = []
    for line in lines:
        if line == b".":
            break
        parts.append(line)
    return base64.b64decode(b"".join(parts), validate=True)


def _answer(what: str, lines: Iterator[bytes]) -> Output | Exception:
    name = what.split(" ")[0]
    first = next(lines, b"")
    if first == b"!":
        next(lines, b""), next(lines, b"")
        return Absent(f"the command {name} is not installed")
    out = _decoded(_with(first, lines))
    err = _decoded(lines).decode("utf-8", "replace")
    text, mark, code = out.decode("utf-8", "replace").rpartition("\nC")
    if not mark or not code.isdecimal():
        return Unreadable("truncated", f"{name} printed more than {MAX_REMOTE_FILE} bytes")
    if code == "124":
        return Unreadable("timeout", f"{name} did not end in time")
    return Output(int(code), text, err)


def _with(first: bytes, lines: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    if first != b".":
        yield from lines
