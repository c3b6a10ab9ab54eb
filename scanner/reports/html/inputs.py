"""What the page is made of besides the findings and the assessment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from scanner.assess import scope_findings
from scanner.assess.attest import Wants
from scanner.assess.duties import DutyState
from scanner.assess.five_gaps import GapState
from scanner.assess.gap_report import Report as GapReport
from scanner.assess.iso import ControlView
from scanner.assess.outcome import Outcome
from scanner.assess.poam_items import Item
from scanner.assess.reuse import Use
from scanner.facts.ledger import Gap, LedgerLine
from scanner.history.ask import Point
from scanner.reports.sarif_inputs import PlainRule, RuleInfo
from scanner.snapshot.manifest import FileInfo, TargetInfo


class Collected(Protocol):
    """What a snapshot (of one or several folders) tells the page."""

    @property
    def started_at(self) -> str: ...
    @property
    def finished_at(self) -> str: ...
    @property
    def complete(self) -> bool: ...
    @property
    def targets(self) -> Sequence[TargetInfo]: ...
    @property
    def ledger(self) -> Sequence[LedgerLine]: ...
    @property
    def gaps(self) -> Mapping[str, Gap]: ...
    @property
    def files(self) -> Sequence[tuple[Path, FileInfo]]: ...


SCOPE_RULES = tuple(
    PlainRule(
        id=name,
        title=title,
        practice=practice,
        why=scope_findings.WHY[name],
        fact="scope",
        fix={"scope.yaml": fix},
    )
    for name, practice, title, fix in (
        (
            scope_findings.UNCLAIMED,
            "CA.L2-3.12.4",
            "Every asset has a category of the assessment scope",
            "Add the asset to a group of scope.yaml, or widen a group's selector to it.",
        ),
        (
            scope_findings.LEAVES,
            "AC.L2-3.1.3",
            "CUI flows only where it is authorized to",
            "Stop the flow, or name in scope.yaml what authorizes it.",
        ),
        (
            scope_findings.UNAUTHORIZED,
            "AC.L2-3.1.20",
            "Services that hold CUI have the authorization for it",
            "Move the CUI to a service that is authorized, or record its authorization.",
        ),
    )
)
"""The rules behind what a scope itself gives rise to; no file of rules/ has them."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """One report's surroundings. What is left empty is left out of the page, with a word.

    `snapshot`: an open Snapshot has everything that is asked of it.
    """

    organization: str
    version: str
    """Of cmmc-scan: `1.2.3`."""
    snapshot: Collected
    rules: Sequence[RuleInfo]
    """Every rule that was judged, or more."""
    items: Sequence[Item] = ()
    """poam_items.items"""
    controls: Sequence[ControlView] = ()
    """iso.control_view"""
    wants: Wants | None = None
    """attest.wants"""
    gap_report: GapReport | None = None
    """gap_report.gap_report, where there is a Statement of Applicability"""
    five_gaps: Sequence[GapState] = ()
    """five_gaps.five_gaps"""
    duties: Sequence[DutyState] = ()
    """incident.duties"""
    artifacts: Sequence[Use] = ()
    """reuse.evidence_reuse"""
    accepted_gaps: Iterable[str] = ()
    """Ids of gaps that the configuration accepts: shown all the same, and marked."""
    manifest_hashes: Mapping[str, str] = field(default_factory=dict)
    """Path of each manifest.json -> its SHA-256."""
    gaps: Mapping[str, Gap] | None = None
    """Instead of the snapshot's own, by id; null: those."""
    trend: Sequence[Point] = ()
    """ask.trend, where there is a history: every run by its time"""
    notes: Sequence[str] = ()
    """Sentences that stand at the top: a partial scan, a demonstration."""

    @property
    def all_gaps(self) -> Mapping[str, Gap]:
        """The gaps to show, by id."""
        return self.snapshot.gaps if self.gaps is None else self.gaps


def context_of(
    outcome: Outcome,
    *,
    organization: str,
    version: str,
    snapshot: Collected,
    rules: Sequence[RuleInfo],
    **more: Any,
) -> Context:
    """The surroundings of an outcome; `more`: what else a Context takes."""
    return Context(
        organization=organization,
        version=version,
        snapshot=snapshot,
        rules=rules,
        items=outcome.items,
        controls=outcome.controls,
        wants=outcome.wants,
        gap_report=outcome.gaps,
        five_gaps=outcome.five_gaps,
        duties=outcome.duties,
        **more,
    )
