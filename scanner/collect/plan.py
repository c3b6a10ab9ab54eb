"""Which sources a selection of rules needs, and which of their fields: nothing else is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.collectors.base import Collector, Source
from scanner.snapshot.manifest import SourceInfo


@dataclass(frozen=True)
class Want:
    """Fields of one kind that somebody will look at."""

    kind: str
    fields: frozenset[str]
    possible: Callable[[Mapping[str, Any]], bool]
    """Whether a fact with (at least) these field values could matter at all."""


@dataclass(frozen=True)
class Planned:
    """A source with the fields that are wanted of it."""

    source: Source
    wanted: frozenset[str]


def plan(collector: Collector, wants: Sequence[Want] | None) -> tuple[Planned, ...]:
    """The sources to run for these wants, in their declared order; all of them for None."""
    planned = []
    for source in collector.sources:
        if wants is None:
            planned.append(Planned(source, source.serves))
            continue
        facts = {**source.always, "provider": collector.provider}
        asked = [w for w in wants if w.kind == source.kind and w.possible(facts)]
        if not asked:
            continue
        wanted = frozenset().union(*(w.fields for w in asked)) & source.serves
        # What only fills fields is not read for those that every fact of it has anyway.
        if source.lists or wanted - source.always.keys():
            planned.append(Planned(source, wanted))
    return tuple(planned)


def source_infos(collector: Collector) -> tuple[SourceInfo, ...]:
    """The collector's declarations as the manifest keeps them."""
    return tuple(
        SourceInfo(
            id=source.id,
            kind=source.kind,
            fields=tuple(sorted(source.serves)),
            always=dict(source.always),
            lists=source.lists,
            per=source.per,
            calls=dict(sorted(source.needs(source.serves))),
        )
        for source in sorted(collector.sources, key=lambda s: s.id)
    )


def calls(planned: Iterable[Planned]) -> dict[str, str]:
    """Operation -> permission of everything that a plan may call."""
    return dict(sorted({call for each in planned for call in each.source.needs(each.wanted)}))
