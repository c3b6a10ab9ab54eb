"""JSON written piece by piece, so that a document of any length takes little memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

import msgspec

_ENCODER = msgspec.json.Encoder()


class Open(dict[str, Any]):
    """An object whose members are written one after another."""


class Each:
    """An array whose items are made one at a time, one a line; without items it is left out."""

    def __init__(self, items: Iterable[Any]) -> None:
        self.items = items


def write_json(out: BinaryIO, value: Any) -> None:
    """Write an Open object with all that is in it; other values are encoded at once."""
    if not isinstance(value, Open):
        out.write(_ENCODER.encode(value))
        return
    out.write(b"{")
    first = True
    for name, member in value.items():
        head = (b"\n" if first else b",\n") + _ENCODER.encode(name) + b": "
        if isinstance(member, Each):
            if not _array(out, head, member):
                continue
        else:
            out.write(head)
            write_json(out, member)
        first = False
    out.write(b"\n}")


def _array(out: BinaryIO, head: bytes, array: Each) -> bool:
    started = False
    for item in array.items:
        out.write(b",\n" if started else head + b"[\n")
        write_json(out, item)
        started = True
    if started:
        out.write(b"\n]")
    return started
