"""Which providers can answer a rule: what it looks at, held against what their sources declare."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.collectors.base import Collector, Source
from scanner.evaluate.judge import own_fields
from scanner.evaluate.possible import possible
from scanner.rules.model import Rule


def concerned(rule: Rule, collector: Collector) -> list[Source]:
    """The sources whose facts a rule could be put to."""
    concerns = possible(rule)
    return [
        source
        for source in collector.sources
        if source.kind == rule.fact and concerns({**source.always, "provider": collector.provider})
    ]


def answers(rule: Rule, collector: Collector) -> bool:
    """The provider's sources fill, together, every field that the rule looks at."""
    sources = concerned(rule, collector)
    filled = frozenset[str]().union(*(source.serves for source in sources))
    return bool(sources) and own_fields(rule) <= filled


def answering(rule: Rule, collectors: Iterable[Collector]) -> tuple[str, ...]:
    """The providers that can answer a rule, sorted."""
    return tuple(sorted(c.provider for c in collectors if answers(rule, c)))
