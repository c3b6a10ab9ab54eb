"""What the page is made of besides the findings and the assessment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from scanner.assess.attest import Wants
from scanner.assess.duties import DutyState
from scanner.assess.five_gaps import GapState
from scanner.assess.gap_report import Report as GapReport
from scanner.assess.iso import ControlView
from scanner.assess.poam_items import Item
from scanner.assess.reuse import Use
from scanner.facts.ledger import Gap, LedgerLine
from scanner.reports.sarif_inputs import RuleInfo
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
    notes: Sequence[str] = ()
    """Sentences that stand at the top: a partial scan, a demonstration."""

    @property
    def all_gaps(self) -> Mapping[str, Gap]:
        """The gaps to show, by id."""
        return self.snapshot.gaps if self.gaps is None else self.gaps
