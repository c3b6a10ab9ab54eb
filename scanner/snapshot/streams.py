"""Streams of encoded facts in order of (scope, subject), merged with bounded memory.

Two reads of one thing - two sources that fill different fields, or two targets that lead to one
account - stand side by side in that order and become one fact.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from scanner.facts import KINDS, UNSET, Fact
from scanner.facts.base import COMMON

Key = tuple[str, str]
_FAN_IN = 128


class _KeyOnly(msgspec.Struct):
    scope: str
    subject: str


_key_decoder = msgspec.json.Decoder(_KeyOnly)
_encoder = msgspec.json.Encoder(order="deterministic")


def key_of(line: bytes) -> Key:
    """(scope, subject) of an encoded fact."""
    head = _key_decoder.decode(line)
    return head.scope, head.subject


def combine(first: Fact, second: Fact) -> Fact:
    """One fact from two reads of one subject.

    A field that either read is taken; where both did, the later observation counts. What neither
    could read keeps its gap.
    """
    older, newer = (second, first) if second.observed_at < first.observed_at else (first, second)
    values: dict[str, object] = {}
    for name in type(first).__struct_fields__:
        if name in COMMON:
            continue
        late, early = getattr(newer, name), getattr(older, name)
        values[name] = early if late is UNSET else late
    for name in ("tags", "made_by"):
        late, early = getattr(newer, name), getattr(older, name)
        values[name] = early if late is UNSET else late
    unread = {**second.unread, **first.unread}
    values["unread"] = {k: gap for k, gap in unread.items() if values.get(k, UNSET) is UNSET}
    values["region"] = first.region if first.region is not None else second.region
    return msgspec.structs.replace(first, **values)


def merged(streams: Iterable[Iterable[bytes]], kind: str) -> Iterator[bytes]:
    """Sorted lines of all streams as one sorted stream in which every (scope, subject) is once."""
    decoder = msgspec.json.Decoder(KINDS[kind])
    keyed = (((key_of(line), line) for line in stream) for stream in streams)
    last_key: Key | None = None
    last_line = b""
    for key, line in heapq.merge(*keyed, key=lambda pair: pair[0]):
        if key == last_key:
            both = combine(decoder.decode(last_line), decoder.decode(line))
            last_line = _encoder.encode(both)
            continue
        if last_key is not None:
            yield last_line
        last_key, last_line = key, line
    if last_key is not None:
        yield last_line


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a plain run file, without their newlines."""
    with path.open("rb") as handle:
        for line in handle:
            yield line[:-1]


def merged_runs(runs: list[Path], kind: str) -> Iterator[bytes]:
    """Merge any number of run files, never holding more than a bounded number open."""
    round_ = 0
    while len(runs) > _FAN_IN:
        bigger: list[Path] = []
        for start in range(0, len(runs), _FAN_IN):
            group = runs[start : start + _FAN_IN]
            path = group[0].with_name(f"{kind}-{round_}-{start}.merge")
            with path.open("wb") as out:
                for line in merged(map(lines_of, group), kind):
                    out.write(line + b"\n")
            bigger.append(path)
        runs, round_ = bigger, round_ + 1
    return merged(map(lines_of, runs), kind)
