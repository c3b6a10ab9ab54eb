"""Streams of encoded facts in order of (scope, subject), merged with bounded memory.

Two reads of one thing - two sources that fill different fields, or two targets that lead to one
account - stand side by side in that order and become one fact.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import msgspec

from scanner.facts import KINDS, UNSET, Fact
from scanner.facts.base import COMMON
from scanner.output import private_file

Key = tuple[str, str]
_FAN_IN = 128


class _KeyOnly(msgspec.Struct):
    scope: str
    subject: str


_key_decoder = msgspec.json.Decoder(_KeyOnly)
_encoder = msgspec.json.Encoder(order="deterministic")
_key = itemgetter(0)


def key_of(line: bytes) -> Key:
    """(scope, subject) of an encoded fact."""
    head = _key_decoder.decode(line)
    return head.scope, head.subject


def combine(facts: Sequence[Fact]) -> Fact:
    """One fact from several reads of one subject; target and source are the first's.

    A field that any read is taken; where several did, the latest observation counts, and of
    observations in one second the later in `facts`. What none could read keeps its gap. The whole
    is as old as the oldest of what was taken.
    """
    first = facts[0]
    latest = sorted(facts, key=lambda fact: fact.observed_at)[::-1]
    values: dict[str, object] = {}
    oldest = latest[0].observed_at
    for name in type(first).__struct_fields__:
        if name in COMMON and name not in ("name", "tags", "made_by"):
            continue
        read = next((fact for fact in latest if getattr(fact, name) is not UNSET), latest[0])
        values[name] = getattr(read, name)
        oldest = min(oldest, read.observed_at)
    values["observed_at"] = oldest
    unread = {name: gap for fact in reversed(facts) for name, gap in fact.unread.items()}
    values["unread"] = {k: gap for k, gap in unread.items() if values.get(k, UNSET) is UNSET}
    values["region"] = next((f.region for f in facts if f.region is not None), None)
    return msgspec.structs.replace(first, **values)


def merged(streams: Iterable[Iterable[bytes]], kind: str) -> Iterator[bytes]:
    """Sorted lines of all streams as one sorted stream in which every (scope, subject) is once."""
    decoder = msgspec.json.Decoder(KINDS[kind])
    keyed = (((key_of(line), line) for line in stream) for stream in streams)
    for _, group in groupby(heapq.merge(*keyed, key=_key), key=_key):
        lines = [line for _, line in group]
        if len(lines) == 1:
            yield lines[0]
        else:
            yield _encoder.encode(combine([decoder.decode(line) for line in lines]))


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
            with private_file(path) as out:
                out.writelines(line + b"\n" for line in merged(map(lines_of, group), kind))
            bigger.append(path)
        runs, round_ = bigger, round_ + 1
    return merged(map(lines_of, runs), kind)
