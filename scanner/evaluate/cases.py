"""Runs the tests inside rule files: the same evaluation, over facts given in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from scanner.errors import Defect
from scanner.evaluate.memory import AT, MemorySnapshot
from scanner.evaluate.run import evaluate
from scanner.evaluate.settle import settled
from scanner.facts import COMMON, KINDS, Fact, fields_of
from scanner.facts.ledger import Gap, LedgerLine, Reason
from scanner.findings import Finding
from scanner.rules.model import Case, CaseGap, Rule
from scanner.snapshot.manifest import ScopeInfo, SourceInfo, TargetInfo

_REASON: Reason = "denied"
_decoder = msgspec.json.Decoder(Finding)


class Failed(msgspec.Struct, frozen=True):
    """A case whose verdict is another than it says."""

    rule: str
    where: str
    """file:line of the case."""
    expected: str
    got: str
    message: str


def run_cases(rules: Sequence[Rule]) -> Iterator[Failed | None]:
    """One item a case: None where it holds. Raises RuleDefect."""
    for rule in rules:
        for case in rule.cases:
            finding = judged(rule, case)
            if finding.verdict == case.verdict:
                yield None
            else:
                where = f"{rule.file}:{case.line}"
                yield Failed(rule.id, where, case.verdict, finding.verdict, finding.message)


def judged(rule: Rule, case: Case) -> Finding:
    """The finding of one case; of several facts without `expect`, that of the worst verdict."""
    snapshot = _snapshot(rule, case)
    lines = evaluate(
        snapshot,
        [rule],
        params={rule.id: settled(rule, case.params)},
        declared={
            name: {record["id"]: record for record in records}
            for name, records in case.declarations.items()
        },
        controls=lambda _: (),
        as_of=AT[:10],
    )
    findings = [_decoder.decode(line) for line in lines]
    if not findings:
        raise Defect(f"{rule.file}:{case.line}: this case gives no finding at all")
    order = ("fail", "unknown", "pass", "not-applicable")
    return min(findings, key=lambda finding: order.index(finding.verdict))


def _snapshot(rule: Rule, case: Case) -> MemorySnapshot:
    kinds = {rule.fact, *(look.fact for look in rule.lookups.values() if look.fact)}
    provider = _provider(rule, case)
    scope = f"{provider}:test"
    refused = {gap.fact or rule.fact: gap for gap in case.gaps}
    gaps = {kind: _gap(kind, gap, scope) for kind, gap in refused.items()}
    facts = [*_facts(rule.fact, case.facts, provider, scope, gaps)]
    for kind, neighbours in case.neighbours.items():
        facts += _facts(kind, neighbours, provider, scope, gaps)
    return MemorySnapshot(
        targets=(
            TargetInfo(
                id="test",
                provider=provider,
                scopes=(ScopeInfo(id=scope, name=scope, regions=()),),
            ),
        ),
        providers={provider: tuple(_source(kind) for kind in sorted(kinds))},
        ledger=tuple(_line(kind, scope, gaps.get(kind)) for kind in sorted(kinds)),
        gaps={gap.id: gap for gap in gaps.values()},
        held=facts,
    )


def _provider(rule: Rule, case: Case) -> str:
    named = [fact["provider"] for fact in case.facts if "provider" in fact]
    return str(named[0]) if named else (rule.providers[0] if rule.providers else "aws")


def _facts(
    kind: str,
    written: Sequence[Mapping[str, Any]],
    provider: str,
    scope: str,
    gaps: Mapping[str, Gap],
) -> Iterator[Fact]:
    known = fields_of(kind)
    gap = gaps.get(kind)
    for number, fields in enumerate(written):
        own = {name: value for name, value in fields.items() if name in known}
        if gap is not None:
            own = {name: value for name, value in own.items() if name not in gap.fields}
        common = {
            "subject": f"{scope}/{number}",
            "name": f"{kind} {number}",
            "provider": provider,
            "target": "test",
            "scope": scope,
            "source": f"test.{kind}",
            "operation": "test",
            "observed_at": AT,
            "unread": dict.fromkeys(gap.fields, gap.id) if gap is not None else {},
        }
        fact: Fact = msgspec.convert(common | own | {"kind": kind}, KINDS[kind])
        yield fact


def _source(kind: str) -> SourceInfo:
    return SourceInfo(
        id=f"test.{kind}",
        kind=kind,
        fields=tuple(sorted(name for name in fields_of(kind) if name not in COMMON)),
        always={},
        lists=True,
        per="scope",
        calls={},
    )


def _gap(kind: str, gap: CaseGap, scope: str) -> Gap:
    return Gap(
        id=f"test-{kind}",
        target="test",
        scope=scope,
        region=None,
        source=f"test.{kind}",
        kind=kind,
        operation="test",
        reason=_REASON,
        permission="test",
        detail="refused by the test",
        reach="listing" if gap.listing else "fields",
        fields=gap.fields,
    )


def _line(kind: str, scope: str, gap: Gap | None) -> LedgerLine:
    return LedgerLine(
        target="test",
        scope=scope,
        region=None,
        source=f"test.{kind}",
        kind=kind,
        fields=tuple(sorted(fields_of(kind))),
        always={},
        lists=True,
        gap=gap.id if gap is not None and gap.reach == "listing" else None,
        facts=0,
        at=AT,
    )
