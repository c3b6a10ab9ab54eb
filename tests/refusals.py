"""The law of a refused read: it can turn a verdict into unknown, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scanner.cli.steps import controls_of
from scanner.collect import collect
from scanner.collectors.base import Collector, Source, Target
from scanner.evaluate.possible import possible
from scanner.evaluate.run import evaluate
from scanner.evaluate.wants import wants
from scanner.findings import Finding
from scanner.rules.model import Rule
from scanner.snapshot.read import open_snapshot

Key = tuple[str, str, str | None]


def stated(rules: Iterable[Rule]) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Parameters and declarations of an organisation that stated everything, however little.

    With them no verdict waits for a statement, so that every read can matter.
    """
    values = {"int": 1, "string": "x", "bool": True, "strings": ["x"]}
    params = {
        rule.id: {
            name: values[param.of] if param.declared else param.default
            for name, param in rule.params.items()
        }
        for rule in rules
    }
    names = {
        look.declaration for rule in rules for look in rule.lookups.values() if look.declaration
    }
    return params, {name: {} for name in names}


def scan(
    collector: Collector,
    target: Target,
    rules: Sequence[Rule],
    folder: Path,
    values: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[Key, Finding]:
    """Collect what the rules want and judge it; findings by rule, scope and subject.

    values: what the organisation states instead of `stated`'s, by rule.
    """
    import msgspec

    collect([target], {collector.provider: collector}, wants(rules), folder)
    params, declared = stated(rules)
    for rule_id, chosen in (values or {}).items():
        params[rule_id] = {**params[rule_id], **chosen}
    decoder = msgspec.json.Decoder(Finding)
    lines = evaluate(
        open_snapshot(folder),
        rules,
        params=params,
        declared=declared,
        controls=controls_of,
        as_of="2026-11-24",
    )
    found = [decoder.decode(line) for line in lines]
    return {(f.rule, f.scope, f.subject or f"{f.verdict}:{f.fingerprint}"): f for f in found}


def concerned(
    collector: Collector, operation: str, rules: Sequence[Rule]
) -> tuple[Collector, list[Rule]]:
    """The rules that look at anything that the operation tells, and the sources that they need.

    Of the kinds that it tells of, that is only sources of the same things: what they all share
    (`always`) may not contradict.
    """
    telling = [s for s in collector.sources if operation in dict(s.needs(s.serves))]
    kinds = {s.kind for s in telling}

    def looks(rule: Rule) -> bool:
        if kinds & {k.fact for k in rule.lookups.values()}:
            return True
        applies = possible(rule)
        return any(
            s.kind == rule.fact and applies({**s.always, "provider": collector.provider})
            for s in telling
        )

    def of_the_same(source: Source) -> bool:
        return source.kind not in kinds or any(
            other.kind == source.kind
            and all(source.always.get(k, v) == v for k, v in other.always.items())
            for other in telling
        )

    chosen = [r for r in rules if looks(r)]
    needed = {r.fact for r in chosen} | {k.fact for r in chosen for k in r.lookups.values()}
    sources = tuple(s for s in collector.sources if s.kind in needed and of_the_same(s))
    return replace(collector, sources=sources), chosen


def check(
    baseline: Mapping[Key, Finding], refused: Mapping[Key, Finding], permission: str
) -> set[str]:
    """Assert the law; returns the rules with a verdict that now names the permission."""
    named = set()
    blind = {
        (f.rule, f.scope) for f in refused.values() if f.verdict == "unknown" and not f.subject
    }
    for key, finding in refused.items():
        before = baseline.get(key)
        if finding.verdict == "unknown":
            if finding.gap is not None and finding.gap.permission == permission:
                named.add(finding.rule)
            continue
        if finding.verdict == "not-applicable":
            if before is not None and (finding.count or 0) <= (before.count or 0):
                continue
            other = {
                f.verdict
                for f in baseline.values()
                if (f.rule, f.scope) == (finding.rule, finding.scope)
            }
            assert other <= {"not-applicable"} or (finding.rule, finding.scope) in blind, (
                f"{finding.rule} says that nothing concerns it, though something did: {other}"
            )
            continue
        assert before is not None, f"{finding.rule}: a {finding.verdict} out of nowhere: {key}"
        assert before.verdict == finding.verdict, f"{key}: {before.verdict} -> {finding.verdict}"
    for key, before in baseline.items():
        if before.verdict in ("pass", "fail") and key not in refused:
            assert (before.rule, before.scope) in blind, f"{key} vanished without a word"
    return named
