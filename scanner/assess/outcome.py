"""The whole assessment in two calls: read what people state, then conclude from a scan.

stated = read_stated(config.files, config.path.parent)
outcome = conclude(stated, load_catalogue(), rules, findings, facts, config.targets, scopes,
                   level=2, as_of="2026-11-24")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from scanner.assess import poam, soa
from scanner.assess.assessment import assess, standing_exceptions
from scanner.assess.attest import Wants, wants
from scanner.assess.catalogue import Catalogue
from scanner.assess.determine import Rule
from scanner.assess.duties import DutyState, duties
from scanner.assess.evidence import bearing, covering
from scanner.assess.five_gaps import GapState, five_gaps
from scanner.assess.gap_report import Report, gap_report
from scanner.assess.iso import ControlView, control_view
from scanner.assess.load import statements
from scanner.assess.poam_file import load_plan
from scanner.assess.poam_items import Item, KeptPlan, items
from scanner.assess.result import Assessment
from scanner.assess.scope import Claims, Scope, claim
from scanner.assess.scope import load as load_scope
from scanner.assess.scope_findings import scope_findings
from scanner.assess.score import Rank, ranking
from scanner.assess.statements import Exemption, Statements
from scanner.assess.targets import Configured, targets
from scanner.facts import Fact
from scanner.findings import Finding


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that people wrote down, read and checked."""

    statements: Statements = Statements()
    scope: Scope | None = None
    poam: KeptPlan = KeptPlan()
    soa: soa.Soa | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the reports show."""

    assessment: Assessment
    claims: Claims | None
    """Null without a scope.yaml."""
    scope_findings: tuple[Finding, ...]
    items: tuple[Item, ...]
    ranks: tuple[Rank, ...]
    duties: tuple[DutyState, ...]
    wants: Wants
    controls: tuple[ControlView, ...]
    applicability: tuple[soa.Row, ...]
    """All 93 controls; those that nobody stated say so."""
    gaps: Report | None
    """Null without a Statement of Applicability, or at another level than 2."""
    five_gaps: tuple[GapState, ...]
    """Empty at another level than 2."""


def read_stated(files: Mapping[str, Path], root: Path | None = None) -> Stated:
    """The user's files by name: attestations, exceptions, declarations, scope, poam, soa.

    `root`: the folder inside which artifacts lie. Raises InputError.
    """
    scope = load_scope(files["scope"]) if "scope" in files else None
    return Stated(
        statements=statements(
            attestations_path=files.get("attestations"),
            exceptions_path=files.get("exceptions"),
            declarations_path=files.get("declarations"),
            services=scope.services if scope is not None else None,
            root=root,
        ),
        scope=scope,
        poam=load_plan(files["poam"]) if "poam" in files else KeptPlan(),
        soa=soa.load(files["soa"]) if "soa" in files else None,
    )


def conclude(
    stated: Stated,
    catalogue: Catalogue,
    rules: Sequence[Rule],
    findings: Iterable[Finding],
    facts: Iterable[Fact],
    configured: Iterable[Configured],
    scopes: Mapping[str, Sequence[str]],
    *,
    level: int,
    as_of: str,
    first_seen: Mapping[str, str] | None = None,
) -> Outcome:
    """Judge a scan. `facts` are read only where there is a scope.yaml.

    `rules`: all of them, so that what was not judged is named. `scopes`: target id -> the accounts,
    tenants or machines that the snapshot found there. `first_seen`: fingerprint -> day.
    """
    said = stated.statements
    claims = claim(facts, stated.scope) if stated.scope is not None else None
    own = tuple(scope_findings(claims, as_of)) if claims is not None else ()
    result = assess(
        chain(findings, own),
        rules,
        catalogue,
        said,
        level,
        as_of,
        targets(configured, scopes, catalogue, claims, level),
        placer=claims,
        without=frozenset(stated.scope.without) if stated.scope is not None else frozenset(),
        conditional_since=stated.poam.conditional_status_date,
    )
    made = items(result, catalogue.practices, stated.poam, first_seen)
    ready = duties(said, as_of)
    views = control_view(result, catalogue, said)
    judged = [p for p in result.practices if p.level == level]
    return Outcome(
        assessment=result,
        claims=claims,
        scope_findings=own,
        items=made,
        ranks=ranking(judged, poam.blockers(catalogue.practices, judged)),
        duties=ready,
        wants=wants(result, catalogue, said),
        controls=views,
        applicability=soa.statement(stated.soa or soa.Soa(), views, as_of),
        gaps=(
            gap_report(stated.soa, catalogue, result)
            if stated.soa is not None and level == 2
            else None
        ),
        five_gaps=five_gaps(result, made, ready, claims) if level == 2 else (),
    )


def suppressed(
    findings: Iterable[Finding],
    said: Statements,
    catalogue: Catalogue,
    rules: Iterable[Rule],
    as_of: str,
) -> Iterator[Finding]:
    """The same findings; those that an exception sets aside carry its id.

    Only where the exceptions of today cover every objective that the finding bears on. An accepted
    risk sets nothing aside: CMMC does not know it.
    """
    exempted = standing_exceptions(said, catalogue, as_of)
    decided = {rule.id: rule.decides for rule in rules}
    for finding in findings:
        name = None
        if finding.verdict in ("fail", "unknown"):
            name = _set_aside(finding, decided.get(finding.rule, ()), exempted)
        yield msgspec.structs.replace(finding, suppressed=name) if name is not None else finding


def _set_aside(
    finding: Finding, decided: Sequence[str], exempted: Mapping[str, Sequence[Exemption]]
) -> str | None:
    names = bearing(finding, decided)
    found = [covering(finding, exempted.get(name, ())) for name in names]
    known = [e.id for e in found if e is not None]
    return known[0] if names and len(known) == len(names) else None
