"""findings.sarif: everything, for auditors, as SARIF 2.1.0 (OASIS, errata 01)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from scanner.facts.ledger import Gap
from scanner.findings import Finding
from scanner.output import whole_file
from scanner.reports.sarif_inputs import PlainRule, Scan, described, stand_in
from scanner.reports.sarif_messages import REASONS, Phrases
from scanner.reports.sarif_places import ROOT, Places
from scanner.reports.sarif_results import ENCODER, audited
from scanner.reports.sarif_rules import GAP_REASONS, descriptor, driver, plain
from scanner.reports.sarif_taxonomies import Taxonomies
from scanner.reports.sarif_text import harmless, sentence, visible

SCHEMA_URI = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
CATEGORY = "cmmc"
"""First part of every automation id: `cmmc/` here, `cmmc/<target>/` for GitHub."""

Findings = Callable[[], Iterator[Finding]]
"""A fresh reading of the findings, sorted by rule, scope and subject."""


def write_sarif(
    path: Path,
    findings: Findings,
    scan: Scan,
    *,
    baseline: Mapping[str, str] | None = None,
    suppression: Callable[[str], str] = visible,
) -> int:
    """Write the auditor's file and return the number of its results.

    baseline: `new`, `unchanged`, `updated` or `absent` by fingerprint, where there is history; a
    finding that it does not know is new. suppression: the words of an exception by its id.
    The findings are read twice and never held. Raises InputError if the file cannot be written.
    """
    rules, suppressed = _look_ahead(findings(), described(scan))
    taxonomies = Taxonomies(rules, scan.titles)
    phrases = {rule.id: Phrases(rule, "auditor") for rule in rules}
    places = Places(scan, based=True)
    descriptors = [descriptor(r, scan.titles, phrases[r.id].strings, taxonomies) for r in rules]
    count = 0

    def results() -> Iterator[bytes]:
        nonlocal count
        index = {rule.id: number for number, rule in enumerate(rules)}
        taxa: dict[tuple[tuple[str, ...], ...], msgspec.Raw] = {}
        for finding in findings():
            state = None
            if baseline is not None:
                state = baseline.get(finding.fingerprint, "new")
            key = ((finding.practice,), finding.objectives, finding.iso)
            if key not in taxa:
                found = taxonomies.refer(finding.practice, finding.objectives, finding.iso)
                taxa[key] = msgspec.Raw(msgspec.json.encode(found))
            count += 1
            yield ENCODER.encode(
                audited(
                    finding,
                    index[finding.rule],
                    phrases[finding.rule].of(finding),
                    places.of(finding),
                    taxa[key],
                    state=state,
                    suppression=suppression if suppressed else None,
                )
            )

    run = {
        "tool": driver(scan, descriptors, taxonomies),
        "invocations": plain([_invocation(scan)]),
        "automationDetails": {"id": f"{CATEGORY}/"},
        "columnKind": "utf16CodeUnits",
        **_provenance(scan),
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "taxonomies": plain(taxonomies.components()),
    }
    with whole_file(path) as out:
        write_log(out, run, results(), lambda: {"artifacts": places.artifacts()})
    return count


def write_log(
    out: BinaryIO,
    run: Mapping[str, Any],
    results: Iterable[bytes],
    tail: Callable[[], Mapping[str, Any]] = dict,
) -> None:
    """Write a log of one run: its head, one result a line, then what is known only at the end."""
    head = msgspec.json.encode({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]})
    out.write(head[: -len(b"}]}")])
    out.write(b',"results":[')
    separator = b"\n"
    for result in results:
        out.write(separator)
        out.write(result)
        separator = b",\n"
    out.write(b"]")
    rest = {key: value for key, value in tail().items() if value}
    if rest:
        out.write(b"," + msgspec.json.encode(rest)[1:-1])
    out.write(b"}]}\n")


def _look_ahead(
    findings: Iterable[Finding], rules: Sequence[PlainRule]
) -> tuple[tuple[PlainRule, ...], bool]:
    """All rules that the file speaks of, by id, and whether any finding is suppressed."""
    known = {rule.id: rule for rule in rules}
    suppressed = False
    for finding in findings:
        suppressed = suppressed or finding.suppressed is not None
        if finding.rule not in known:
            known[finding.rule] = stand_in(finding)
    return tuple(known[name] for name in sorted(known)), suppressed


def _invocation(scan: Scan) -> Any:
    from sarif_om import Invocation

    return Invocation(
        execution_successful=True,
        start_time_utc=scan.started,
        end_time_utc=scan.ended,
        tool_execution_notifications=[
            _notification(gap) for gap in sorted(scan.gaps, key=lambda gap: gap.id)
        ]
        or None,
    )


def _notification(gap: Gap) -> Any:
    """A gap: what could not be read, why, and what would allow it."""
    from sarif_om import Message, Notification, ReportingDescriptorReference

    where = f"{gap.scope} {gap.region}" if gap.region else gap.scope
    text = (
        f"Target '{harmless(gap.target)}': '{harmless(gap.operation)}' told nothing of"
        f" '{harmless(where)}', since {REASONS[gap.reason]}"
    )
    if gap.permission:
        text += f". It takes '{harmless(gap.permission)}'"
    return Notification(
        descriptor=ReportingDescriptorReference(
            id=gap.reason, index=list(GAP_REASONS).index(gap.reason)
        ),
        level="warning",
        message=Message(text=sentence(text)),
        properties=msgspec.to_builtins(gap),
    )


def _provenance(scan: Scan) -> dict[str, Any]:
    if scan.repository is None or "://" not in scan.repository:
        return {}
    from sarif_om import ArtifactLocation, VersionControlDetails

    details = VersionControlDetails(
        repository_uri=scan.repository,
        revision_id=scan.revision,
        mapped_to=ArtifactLocation(uri_base_id=ROOT),
    )
    return {"versionControlProvenance": [plain(details)]}
