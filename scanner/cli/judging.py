"""Judging a snapshot with everything that the organisation states: findings.jsonl."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from scanner import findings
from scanner.assess.catalogue import load_catalogue
from scanner.assess.outcome import Stated, suppressed
from scanner.assess.scope import claim
from scanner.assess.scope_findings import scope_findings
from scanner.cli import steps
from scanner.config import Config
from scanner.evaluate.run import evaluate
from scanner.facts import Fact
from scanner.findings import Finding
from scanner.frameworks.cmvp import load_register
from scanner.output import private_folder, user_data
from scanner.rules.load import Rules
from scanner.rules.model import Rule
from scanner.snapshot.read import Snapshot

_decoder = msgspec.json.Decoder(Finding)


def judged(
    snapshot: Snapshot,
    config: Config,
    known: Rules,
    rules: Sequence[Rule],
    said: Stated,
    as_of: str,
    out: Path,
) -> Path:
    """Judge a snapshot; returns the path of findings.jsonl.

    What the scope gives rise to stands among the rules' findings, and what an exception sets aside
    carries its id.
    """
    seen = {target.id for target in snapshot.targets}
    configured = config.targets if config.path is not None else ()
    lines = evaluate(
        snapshot,
        rules,
        params=steps.settled(config, known, rules),
        declared=said.statements.declarations.current(as_of),
        controls=steps.controls_of,
        as_of=as_of,
        register=load_register(user_data() / steps.REGISTER),
        elsewhere={t.id: t.provider for t in configured if t.id not in seen},
    )
    if said.scope is not None:
        own = list(scope_findings(claim(all_facts(snapshot), said.scope), as_of))
        lines = heapq.merge(lines, map(findings.encode, own), key=_rule_of)
    if said.statements.exceptions:
        lines = _set_aside(lines, said, known, as_of)
    path = private_folder(out) / "findings.jsonl"
    findings.write(path, lines)
    return path


def all_facts(snapshot: Snapshot) -> Iterator[Fact]:
    """Every fact, kind by kind."""
    for kind in sorted(snapshot.kinds()):
        yield from snapshot.facts(kind)


def _rule_of(line: bytes) -> str:
    return _decoder.decode(line).rule


def _set_aside(lines: Iterable[bytes], said: Stated, known: Rules, as_of: str) -> Iterator[bytes]:
    found = map(_decoder.decode, lines)
    for finding in suppressed(found, said.statements, load_catalogue(), known, as_of):
        yield findings.encode(finding)
