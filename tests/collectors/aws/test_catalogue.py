"""Every topic of the AWS catalogue has its reads and rules, or its reason."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from scanner.cli.steps import all_rules
from scanner.collect import plan
from scanner.collect.plan import calls
from scanner.collectors.aws import COLLECTOR
from scanner.evaluate.answers import answers
from scanner.evaluate.wants import wants
from scanner.frameworks import practices
from scanner.frameworks.reading import catalogue as shipped
from scanner.resources import mappings_dir

RULES = {rule.id: rule for rule in all_rules([])}
READS = {call for s in COLLECTOR.sources for call, _ in s.needs(s.serves)}


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    practice: str
    reads: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    reason: str = ""
    left: str = ""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: int
    topics: tuple[Topic, ...]


TOPICS = shipped("catalogue-aws.yaml", Table).topics


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.about)
def test_a_topic_is_read_and_judged_or_has_its_reason(topic: Topic) -> None:
    assert topic.practice in {practice.id for practice in practices()}
    if topic.reason:
        assert (topic.reads, topic.rules, topic.left) == ((), (), "")
        assert len(topic.reason.split()) > 12
        return
    assert topic.rules
    for rule in topic.rules:
        assert rule in RULES, f"there is no rule {rule}"
        assert answers(RULES[rule], COLLECTOR), f"{rule} is never answered by this collector"
    read = set(calls(plan(COLLECTOR, wants([RULES[rule] for rule in topic.rules]))))
    assert set(topic.reads) <= read, f"its rules do not look at {sorted(set(topic.reads) - read)}"


def test_every_declared_read_is_made_for_some_rule() -> None:
    made = set(calls(plan(COLLECTOR, wants(list(RULES.values())))))
    assert READS - made == set()


def test_a_topic_stands_once() -> None:
    abouts = [topic.about for topic in TOPICS]
    assert len(abouts) == len(set(abouts))


def test_every_source_serves_a_rule() -> None:
    """What no rule looks at is never fetched, and need not be there."""
    kinds = {r.fact for r in RULES.values()} | {
        k.fact for r in RULES.values() for k in r.lookups.values()
    }
    assert {s.name for s in COLLECTOR.sources if s.kind not in kinds} == set()


def test_the_table_is_shipped_as_data() -> None:
    assert Path(mappings_dir() / "catalogue-aws.yaml").is_file()
