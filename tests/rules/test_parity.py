"""What objectives.yaml says that a provider shows, a rule uses; else there is a reason.

Providers join by themselves, as their collectors are registered as entry points.
"""

from __future__ import annotations

from functools import cache

import pytest

from scanner.cli.steps import all_rules
from scanner.collect import collectors
from scanner.evaluate.answers import answers
from scanner.frameworks import objectives
from scanner.frameworks.not_collected import not_collected

COLLECTORS = {collector.provider: collector for collector in collectors()}


@cache
def used(provider: str) -> tuple[frozenset[str], frozenset[str]]:
    """The objectives that shipped rules decide, and those that they at least inform."""
    decided: set[str] = set()
    informed: set[str] = set()
    for rule in all_rules([]):
        if answers(rule, COLLECTORS[provider]):
            informed.update(rule.decides, rule.informs)
            if provider not in rule.informs_only:
                decided.update(rule.decides)
    return frozenset(decided), frozenset(informed)


@pytest.mark.parametrize("provider", sorted(COLLECTORS))
def test_every_signal_is_used_or_has_its_reason(provider: str) -> None:
    decided, informed = used(provider)
    missing = []
    for objective in objectives():
        if provider in not_collected().get(objective.id, {}):
            continue
        shown = [signal for signal in objective.signals if signal.provider == provider]
        if objective.deciding(provider) and objective.id not in decided:
            missing.append(f"{objective.id} is decided by no rule")
        elif shown and objective.id not in informed:
            missing.append(f"{objective.id} is informed by no rule")
    assert not missing


def test_reasons_name_signals_that_exist_and_that_no_rule_uses_for_what_they_could() -> None:
    signals = {o.id: {s.provider for s in o.signals} for o in objectives()}
    deciding = {o.id: o.deciding for o in objectives()}
    for objective, reasons in not_collected().items():
        for provider, reason in reasons.items():
            assert provider in signals[objective], f"{provider} shows nothing of {objective}"
            assert len(reason.split()) > 8, f"{provider} needs a reason for {objective}"
            if provider in COLLECTORS:
                decided, informed = used(provider)
                could = deciding[objective](provider)
                has = decided if could else informed
                assert objective not in has, f"{provider} has a rule for {objective}"


def test_no_rule_decides_where_its_provider_cannot_settle() -> None:
    wrong = [
        f"{name} of {provider}"
        for provider in COLLECTORS
        for name in sorted(used(provider)[0])
        if not next(o for o in objectives() if o.id == name).deciding(provider)
    ]
    assert not wrong
