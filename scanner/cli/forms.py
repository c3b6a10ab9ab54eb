"""The formats that a report can have: what each is called, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from scanner import __version__, findings
from scanner.assess.reuse import evidence_reuse
from scanner.cli.assessing import Assessed
from scanner.cli.files import scan_of
from scanner.cli.say import say
from scanner.config import Config
from scanner.errors import InputError
from scanner.history.ask import trend
from scanner.output import file_hash, private_folder
from scanner.reports import asff, csv_files, html, junit, markdown, ocsf, sheets, workbook
from scanner.reports.oscal.assessment_results import write_assessment_results
from scanner.reports.oscal.component import write_component_definition
from scanner.reports.oscal.poam import write_oscal_poam
from scanner.reports.sarif_inputs import Scan
from scanner.snapshot.manifest import NAME


@dataclass(frozen=True)
class Material:
    """What the writers are given."""

    found: Assessed
    config: Config
    scan: Scan
    out: Path
    redact: bool
    history: Path | None = None
    names: bool = True

    def findings(self) -> Iterator[findings.Finding]:
        return findings.read(self.found.path)

    @property
    def organization(self) -> str:
        return self.config.organization or "the organisation"


def _html(m: Material) -> list[str]:
    outcome, snapshot = m.found.outcome, m.found.snapshot
    accepted = [
        gap.id
        for gap in snapshot.gaps.values()
        if any(entry.covers(gap.target, gap.source, m.found.as_of) for entry in m.config.gaps)
    ]
    manifests = {f"{folder.name}/{NAME}": file_hash(folder / NAME) for folder in snapshot.folders}
    context = html.context_of(
        outcome,
        organization=m.organization,
        version=__version__,
        snapshot=snapshot,
        rules=m.scan.rules,
        artifacts=evidence_reuse(m.found.stated.statements, m.found.catalogue),
        accepted_gaps=accepted,
        manifest_hashes=manifests,
        trend=trend(m.history) if m.history is not None else (),
    )
    name = "report.html"
    html.write_html(m.out / name, m.findings, outcome.assessment, context, redact=m.redact)
    return [name]


def _workbooks(m: Material) -> list[str]:
    outcome = m.found.outcome
    workbook.write_poam_workbook(
        m.out / "poam.xlsx",
        outcome.items,
        outcome.assessment,
        organization=m.organization,
        version=__version__,
        affected=_affected(m),
        redact=m.redact,
    )
    workbook.write_soa_workbook(
        m.out / "soa.xlsx",
        outcome.applicability,
        outcome.assessment,
        organization=m.organization,
        version=__version__,
        redact=m.redact,
    )
    return ["poam.xlsx", "soa.xlsx"]


def _csv(m: Material) -> list[str]:
    outcome = m.found.outcome
    csv_files.write_findings_csv(m.out / "findings.csv", m.findings, m.scan, redact=m.redact)
    csv_files.write_poam_csv(
        m.out / "poam.csv",
        outcome.items,
        outcome.assessment,
        organization=m.organization,
        affected=_affected(m),
        redact=m.redact,
    )
    csv_files.write_soa_csv(m.out / "soa.csv", outcome.applicability, redact=m.redact)
    return ["findings.csv", "poam.csv", "soa.csv"]


def _affected(m: Material) -> dict[str, str]:
    return sheets.affected_by(m.findings(), m.scan.rules, redact=m.redact)


def _oscal(m: Material) -> list[str]:
    outcome = m.found.outcome
    folder = private_folder(m.out / "oscal")
    write_assessment_results(
        folder / "assessment-results.json",
        m.findings,
        m.scan,
        outcome.assessment,
        organization=m.organization,
        redact=m.redact,
    )
    write_component_definition(folder / "component-definition.json", m.scan)
    write_oscal_poam(
        folder / "plan-of-action-and-milestones.json",
        outcome.items,
        outcome.assessment,
        m.scan,
        organization=m.organization,
        redact=m.redact,
    )
    return ["oscal/"]


def _junit(m: Material) -> list[str]:
    junit.write_junit(m.out / "junit.xml", m.findings, m.scan, redact=m.redact)
    return ["junit.xml"]


def _markdown(m: Material) -> list[str]:
    outcome = m.found.outcome
    markdown.write_markdown(
        m.out / "summary.md",
        m.findings,
        m.scan,
        assessment=outcome.assessment,
        ranks=outcome.ranks,
        redact=m.redact,
        names=m.names,
    )
    return ["summary.md"]


def _ocsf(m: Material) -> list[str]:
    ocsf.write_ocsf(m.out / "findings.ocsf.jsonl", m.findings, m.scan, redact=m.redact)
    return ["findings.ocsf.jsonl"]


def _asff(m: Material) -> list[str]:
    hub = asff.hub_of(m.found.snapshot.targets)
    if hub is None:
        say(f"{m.out}/asff: not written: {_NO_ACCOUNT}", err=True)
        return []
    asff.write_asff(m.out / "asff", m.findings, m.scan, hub, redact=m.redact)
    return ["asff/"]


FORMS: dict[str, Callable[[Material], list[str]]] = {
    "html": _html,
    "xlsx": _workbooks,
    "csv": _csv,
    "oscal": _oscal,
    "junit": _junit,
    "markdown": _markdown,
    "ocsf": _ocsf,
    "asff": _asff,
}
"""Format -> its writer, which gives the names that it wrote below the output folder."""


_NO_ACCOUNT = "no account of an AWS target could be entered, and each finding there names one"


def impossible(forms: Iterable[str], providers: Iterable[str]) -> dict[str, str]:
    """Which of these formats cannot be written, with the reason. providers: of the targets."""
    why: dict[str, str] = {}
    if "xlsx" in forms and find_spec("openpyxl") is None:
        why["xlsx"] = "--format xlsx needs openpyxl: pip install 'cmmc-scan[xlsx]', or take csv"
    if "asff" in forms and "aws" not in providers:
        why["asff"] = (
            "--format asff needs an AWS account, and no target leads to one: it is Security Hub's"
            " own format; ocsf is the one for every provider"
        )
    return why


def possible(forms: Iterable[str], providers: Iterable[str]) -> None:
    """See, before anything is collected, that all these formats can be. Raises InputError."""
    why = impossible(forms, providers)
    if why:
        raise InputError(list(why.values()))


def write_forms(
    forms: Sequence[str],
    found: Assessed,
    config: Config,
    out: Path,
    *,
    redact: bool,
    history: Path | None = None,
    names: bool = True,
) -> list[str]:
    """Write these formats into a folder; returns what was written. Raises InputError.

    history: where it is kept, with this scan as its last run. names: markdown names resources.
    """
    scan = scan_of(found.snapshot, config, list(found.rules))
    material = Material(found, config, scan, out, redact, history, names)
    return [f"{out}/{made}" for name in forms for made in FORMS[name](material)]
