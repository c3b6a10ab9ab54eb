"""OSCAL assessment-results: an observation a verdict, a finding an objective, a risk a practice.

OSCAL knows two states of an objective. Satisfied stands for MET and NOT APPLICABLE. What is not
assessed is not-satisfied with the reason `other`, so that nobody takes it for shown; the property
`determination` has our four words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from scanner.assess.result import Assessment, ObjectiveResult, PracticeResult
from scanner.assess.summary import score_words
from scanner.findings import Finding
from scanner.output import whole_file
from scanner.reports.json_stream import Each, Open, write_json
from scanner.reports.oscal.ids import (
    ORIGINS,
    control_id,
    digest,
    line,
    markup,
    metadata,
    objective_id,
    paragraphs,
    props,
    tool,
    uid,
)
from scanner.reports.redact import redacted_assessment, redactor
from scanner.reports.sarif import Findings
from scanner.reports.sarif_inputs import PlainRule, Scan, described, stand_in

_PLAN = "https://www.ecfr.gov/current/title-32/part-170"


def write_assessment_results(
    path: Path,
    findings: Findings,
    scan: Scan,
    assessment: Assessment,
    *,
    organization: str,
    redact: bool = False,
) -> None:
    """Write the document; the findings are read three times (four redacted) and never held.

    Raises InputError if the file cannot be written.
    """
    change: Callable[[Finding], Finding] = redactor(scan.rules) if redact else _same
    if redact:
        assessment = redacted_assessment(assessment, findings(), change)
    about = _Related(findings())
    plan = uid("plan", organization, str(assessment.level))
    rules = {rule.id: rule for rule in described(scan)}
    head = {
        "uuid": uid("assessment-results", organization, assessment.as_of, scan.ended),
        "metadata": metadata(
            f"CMMC Level {assessment.level} assessment results, {assessment.as_of}",
            scan.ended,
            assessment.as_of,
            organization,
        ),
        "import-ap": {"href": f"#{plan}"},
    }
    result = Open(
        {
            "uuid": uid("result", organization, assessment.as_of, scan.ended),
            "title": f"CMMC Level {assessment.level} as of {assessment.as_of}",
            "description": paragraphs(
                [
                    f"{'Score: ' if assessment.score is not None else ''}{score_words(assessment)}",
                    f"Status: {assessment.status.status} (only an assessment confers one)",
                    *assessment.status.why,
                ]
            ),
            "start": scan.started,
            "end": scan.ended,
            **props(
                ("as-of", assessment.as_of),
                ("status", assessment.status.status),
                ("score-low", assessment.score.low if assessment.score else None),
                ("score-high", assessment.score.high if assessment.score else None),
            ),
            "local-definitions": Open(
                {
                    "inventory-items": Each(_inventory(findings, change)),
                    "assessment-assets": _assets(scan),
                }
            ),
            "reviewed-controls": _reviewed(assessment),
            "observations": Each(_observations(findings, change, rules, scan)),
            "risks": Each(_risks(assessment, about)),
            "findings": Each(_findings(assessment, scan, about)),
        }
    )
    with whole_file(path) as out:
        write_json(
            out,
            Open(
                {
                    "assessment-results": Open(
                        {
                            **head,
                            "results": Each([result]),
                            "back-matter": {"resources": [_plan(plan)]},
                        }
                    )
                }
            ),
        )
        out.write(b"\n")


def _same(finding: Finding) -> Finding:
    return finding


class _Related:
    """Which observations speak of each objective, and which fail each practice; 16 bytes each."""

    def __init__(self, findings: Iterator[Finding]) -> None:
        self._of: dict[str, bytearray] = {}
        self._against: dict[str, bytearray] = {}
        for finding in findings:
            if finding.verdict == "not-applicable":
                continue
            observation = _observation_id(finding).bytes
            for objective in finding.objectives:
                self._of.setdefault(objective, bytearray()).extend(observation)
            if finding.verdict == "fail" and finding.suppressed is None:
                self._against.setdefault(finding.practice, bytearray()).extend(observation)

    def of(self, objective: str) -> dict[str, Any]:
        """{"related-observations": [...]}, or nothing where there are none."""
        return _refs(self._of.get(objective))

    def against(self, practice: PracticeResult) -> dict[str, Any]:
        return _refs(self._against.get(practice.id))


def _refs(raw: bytearray | None) -> dict[str, Any]:
    if not raw:
        return {}
    ids = (bytes(raw[at : at + 16]) for at in range(0, len(raw), 16))
    return {"related-observations": [{"observation-uuid": str(UUID(bytes=i))} for i in ids]}


def _observation_id(finding: Finding) -> UUID:
    return digest("observation", finding.fingerprint)


def _plan(plan: str) -> dict[str, Any]:
    return {
        "uuid": plan,
        "title": "Assessment plan",
        "description": "The objectives of the assessment and the rules of cmmc-scan that look at "
        "them stand for a plan; a plan of the assessor takes its place.",
        "rlinks": [{"href": _PLAN}],
    }


def _assets(scan: Scan) -> dict[str, Any]:
    component = tool(scan.version)
    return {
        "components": [component],
        "assessment-platforms": [
            {
                "uuid": uid("platform", "cmmc-scan"),
                "title": "cmmc-scan",
                "uses-components": [{"component-uuid": component["uuid"]}],
            }
        ],
    }


def _reviewed(assessment: Assessment) -> dict[str, Any]:
    practices = [p for p in assessment.practices if p.objectives]
    return {
        "control-selections": [
            {"include-controls": [{"control-id": control_id(p.id)} for p in practices]}
        ],
        "control-objective-selections": [
            {
                "include-objectives": [
                    {"objective-id": objective_id(p.id, o.id)}
                    for p in practices
                    for o in p.objectives
                ]
            }
        ],
    }


def _subject_id(finding: Finding) -> UUID:
    return digest("subject", finding.scope, finding.subject or "")


def _inventory(
    findings: Findings, change: Callable[[Finding], Finding]
) -> Iterator[dict[str, Any]]:
    seen: set[bytes] = set()
    for each in findings():
        if each.subject is None:
            continue
        finding = change(each)
        key = _subject_id(finding)
        if key.bytes in seen:
            continue
        seen.add(key.bytes)
        asset = line(finding.subject or "") or "-"
        yield {
            "uuid": str(key),
            "description": markup(finding.name),
            "props": [
                {"name": "asset-id", "value": asset},
                *props(
                    ("target", finding.target),
                    ("scope", finding.scope),
                    ("provider", finding.provider),
                    ("region", finding.region),
                    ("made-by", finding.made_by),
                ).get("props", []),
            ],
        }


def _observations(
    findings: Findings,
    change: Callable[[Finding], Finding],
    rules: dict[str, PlainRule],
    scan: Scan,
) -> Iterator[dict[str, Any]]:
    for each in findings():
        finding = change(each)
        rule = rules.get(finding.rule) or stand_in(finding)
        found: dict[str, Any] = {
            "uuid": str(_observation_id(finding)),
            "title": markup(rule.title),
            "description": markup(finding.message),
            **props(
                ("rule", finding.rule),
                ("practice", finding.practice),
                ("verdict", finding.verdict),
                ("severity", finding.severity),
                ("strength", finding.strength),
                ("fingerprint", finding.fingerprint),
                ("scope", finding.scope),
                ("reason", finding.reason),
                ("permission", finding.gap.permission if finding.gap is not None else None),
                ("iso", " ".join(finding.iso)),
                ("count", finding.count),
                ("suppressed-by", finding.suppressed),
            ),
            "methods": ["TEST"],
            "types": ["control-objective"],
            "origins": ORIGINS,
        }
        if finding.subject is not None:
            found["subjects"] = [
                {"subject-uuid": str(_subject_id(finding)), "type": "inventory-item"}
            ]
        if finding.evidence:
            values = msgspec.json.encode(finding.evidence, order="sorted").decode()
            found["relevant-evidence"] = [{"description": markup(f"Read: {values}")}]
        found["collected"] = finding.observed_at or scan.ended
        yield found


def _risks(assessment: Assessment, about: _Related) -> Iterator[dict[str, Any]]:
    for practice in assessment.practices:
        if practice.determination == "NOT MET":
            yield {
                "uuid": uid("risk", practice.id),
                "title": markup(f"{practice.id} is NOT MET: {practice.title}"),
                "description": paragraphs(practice.why),
                "statement": markup(f"{practice.id} {practice.title} is not satisfied."),
                **props(("points", practice.points)),
                "status": "open",
                "origins": ORIGINS,
                **about.against(practice),
            }


def _findings(assessment: Assessment, scan: Scan, about: _Related) -> Iterator[dict[str, Any]]:
    for practice in assessment.practices:
        for objective in practice.objectives:
            yield _finding(practice, objective, scan, about)


def _finding(
    practice: PracticeResult, objective: ObjectiveResult, scan: Scan, about: _Related
) -> dict[str, Any]:
    determination = objective.determination
    text = scan.titles.objective(objective.id) or practice.title
    state = "satisfied" if determination in ("MET", "NOT APPLICABLE") else "not-satisfied"
    reason = {"MET": "pass", "NOT MET": "fail"}.get(determination, "other")
    found: dict[str, Any] = {
        "uuid": uid("finding", practice.id, objective.id),
        "title": markup(f"{objective.id}: {determination}"),
        "description": paragraphs([b.text for b in objective.by] or [determination]),
        "origins": ORIGINS,
        "target": {
            "type": "objective-id",
            "target-id": objective_id(practice.id, objective.id),
            "title": markup(text),
            **props(("determination", determination), ("objective", objective.id)),
            "status": {"state": state, "reason": reason},
        },
        **about.of(objective.id),
    }
    if determination == "NOT MET":
        found["related-risks"] = [{"risk-uuid": uid("risk", practice.id)}]
    return found
