"""Leaves out what facts mark as personal: names of people and accounts, owners, last sign-ins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from scanner.assess.poam_items import Item
from scanner.assess.result import Assessment, Because, ObjectiveResult, PracticeResult
from scanner.evaluate.wording import value, why
from scanner.facts import KINDS, fields_of
from scanner.findings import Finding
from scanner.reports.sarif_inputs import RuleInfo

OUT = "(left out)"

_PEOPLE = "identity."
"""Facts of these kinds are about people: their subject and name are left out too."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

PERSONAL = frozenset(
    name for kind in KINDS for name, about in fields_of(kind).items() if about.personal
)


def personal(variable: str) -> bool:
    """Whether a rule's variable holds something personal, its own field or a looked-up one."""
    return variable in PERSONAL or any(variable.endswith(f"_{name}") for name in PERSONAL)


@dataclass
class Redactor:
    """Replaces people by numbers, the same number for the same account throughout one report."""

    rules: Mapping[str, RuleInfo]
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def findings(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The same findings without what is personal."""
        return map(self.finding, findings)

    def finding(self, finding: Finding) -> Finding:
        """One finding without what is personal."""
        rule = self.rules.get(finding.rule)
        about_people = rule is None or rule.fact.startswith(_PEOPLE)
        evidence = {k: OUT if personal(k) else v for k, v in finding.evidence.items()}
        template = rule.message if rule is not None else ""
        named = any(personal(name) for name in _PLACEHOLDER.findall(template))
        if finding.subject is None or not (about_people or named):
            return msgspec.structs.replace(finding, evidence=evidence)
        name = self._name(finding, rule) if about_people else finding.name
        message = self._message(finding, rule, name)
        return msgspec.structs.replace(
            finding,
            subject=name if about_people else finding.subject,
            name=name,
            message=message,
            evidence=evidence,
        )

    def _name(self, finding: Finding, rule: RuleInfo | None) -> str:
        key = (finding.scope, finding.subject or "")
        number = self.numbers.setdefault(key, len(self.numbers) + 1)
        kind = rule.fact if rule is not None else "resource"
        return f"{kind.removeprefix(_PEOPLE)} {number} {OUT}"

    def _message(self, finding: Finding, rule: RuleInfo | None, name: str) -> str:
        if finding.verdict == "unknown":
            clause = why(finding.reason or "", finding.gap, finding.unread)
            return f"Could not tell for {name}: {clause}"
        title = rule.title if rule is not None else finding.rule
        if finding.verdict != "fail" or rule is None:
            return f"{name}: {title}"

        def fill(match: re.Match[str]) -> str:
            word = match.group(1)
            if word in ("name", "subject"):
                return name
            known = {
                "provider": finding.provider,
                "target": finding.target,
                "scope": finding.scope,
                "region": finding.region,
                **finding.evidence,
            }
            return OUT if personal(word) or word not in known else value(known[word])

        return _PLACEHOLDER.sub(fill, rule.message)


def redacted(
    assessment: Assessment, items: Sequence[Item], rules: Mapping[str, RuleInfo]
) -> tuple[Assessment, tuple[Item, ...]]:
    """An assessment and its POA&M without the names in their reasons."""
    swaps: dict[str, str] = {}

    def because(reason: Because) -> Because:
        rule = rules.get(reason.rule)
        text = reason.text
        if reason.kind in ("attestation", "inheritance", "exception"):
            text = f"stated in {reason.ref} {OUT}"
        elif reason.kind in ("finding", "pass") and reason.ref and _names_people(rule):
            text = f"{rule.title if rule is not None else reason.rule}: not so {OUT}"
        if text != reason.text:
            swaps[reason.text] = text
        return msgspec.structs.replace(reason, text=text)

    def objective(result: ObjectiveResult) -> ObjectiveResult:
        return msgspec.structs.replace(
            result,
            by=tuple(because(b) for b in result.by),
            notes=tuple(because(b) for b in result.notes),
        )

    practices = [
        msgspec.structs.replace(p, objectives=tuple(objective(o) for o in p.objectives))
        for p in assessment.practices
    ]
    swap = _swapper(swaps)
    made = msgspec.structs.replace(
        assessment,
        practices=tuple(_practice(p, swap) for p in practices),
        statements=tuple(because(b) for b in assessment.statements),
    )
    kept = tuple(
        msgspec.structs.replace(
            item,
            weakness=swap(item.weakness),
            point_of_contact=OUT if item.point_of_contact is not None else None,
            comments=OUT if item.comments is not None else None,
        )
        for item in items
    )
    return made, kept


def _names_people(rule: RuleInfo | None) -> bool:
    if rule is None or rule.fact.startswith(_PEOPLE):
        return True
    return any(personal(name) for name in _PLACEHOLDER.findall(rule.message))


def _practice(result: PracticeResult, swap: Callable[[str], str]) -> PracticeResult:
    return msgspec.structs.replace(result, why=tuple(swap(line) for line in result.why))


def _swapper(swaps: Mapping[str, str]) -> Callable[[str], str]:
    """A function that replaces every one of these texts, the longest first."""
    if not swaps:
        return lambda text: text
    pattern = re.compile("|".join(re.escape(t) for t in sorted(swaps, key=len, reverse=True)))
    return lambda text: pattern.sub(lambda match: swaps[match.group()], text)
