"""Shipped rules and shipped sources fit: a rule is only put to facts that can answer it."""

from __future__ import annotations

import pytest

from scanner.cli.steps import all_rules
from scanner.collect import collectors
from scanner.collectors.base import Collector
from scanner.evaluate.judge import own_fields
from scanner.evaluate.possible import possible
from scanner.rules.model import Rule

RULES = list(all_rules([]))
COLLECTORS = collectors()


def unanswerable(rule: Rule, collector: Collector) -> list[str]:
    """The listings whose facts the rule would be put to, though nothing fills a field for them."""
    concerns = possible(rule)
    needed = own_fields(rule)
    relevant = [
        source
        for source in collector.sources
        if source.kind == rule.fact and concerns({**source.always, "provider": collector.provider})
    ]
    fills = frozenset().union(*(s.serves for s in relevant if not s.lists))
    served = fills.union(*(s.serves for s in relevant))
    if not needed <= served:
        return []
    return [
        f"{source.id} never fills {', '.join(sorted(needed - source.serves - fills))}"
        for source in relevant
        if source.lists and not needed <= source.serves | fills
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_shipped_rule_asks_a_source_what_it_cannot_tell(rule: Rule):
    found = [line for collector in COLLECTORS for line in unanswerable(rule, collector)]
    assert not found, f"narrow `when` of {rule.file}: " + "; ".join(found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_shipped_rule_has_a_provider_that_can_answer_it(rule: Rule):
    def serves(collector: Collector) -> bool:
        concerns = possible(rule)
        fields = [
            source.serves
            for source in collector.sources
            if source.kind == rule.fact
            and concerns({**source.always, "provider": collector.provider})
        ]
        return bool(fields) and own_fields(rule) <= frozenset().union(*fields)

    assert any(map(serves, COLLECTORS)), f"{rule.file}: no collector fills all that it looks at"
