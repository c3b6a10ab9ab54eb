"""What `--redact` leaves out: who a person is, and what one field says about a person.

Left out are the fields that scanner/facts marks personal, the names and ids of accounts, grants,
credentials and people's devices, texts of providers that may quote either, and the names of those
who answer for a statement or a plan. Texts that people wrote themselves (reasons, statements'
titles, milestones) stay as they are.

In a name's place stands a label that is the same for the same subject in every output of every
scan: `account 1a2b3c4d`. It is a hash of scope and subject, so whoever already knows the subject
can tell that it is meant; nobody can read it back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from scanner.assess.poam_items import Item
from scanner.assess.result import Assessment, Because, ObjectiveResult, PracticeResult
from scanner.assess.soa import Row
from scanner.evaluate.wording import value, why
from scanner.facts import KINDS, fields_of
from scanner.facts.ledger import NO_SOURCE, NOT_COLLECTED, NOT_DECLARED, Gap
from scanner.findings import Finding, Missing

LEFT_OUT = "(left out)"
"""What stands in a sentence where a personal value was."""

_OURS = frozenset({NO_SOURCE, NOT_COLLECTED, NOT_DECLARED})
"""Reasons whose detail this program wrote; every other detail quotes a provider."""
_REFERENCES = frozenset({"account", "principal"})
"""Fields of identity facts that hold another one's subject."""
_ENDINGS = ("_name", "_subject", "_account", "_principal")
"""How variables of a lookup end that hold a name or a subject."""
_IMPERSONAL = frozenset({"identity.policy"})
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class RuleText(Protocol):
    """What redaction asks of a rule: a loaded rule and a PlainRule have it."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def fact(self) -> str: ...
    @property
    def message(self) -> str: ...


Redact = Callable[[Finding], Finding]


def redactor(rules: Iterable[RuleText]) -> Redact:
    """`redacted` with the rule of each finding at hand."""
    known = {rule.id: rule for rule in rules}
    return lambda finding: redacted(finding, known.get(finding.rule))


def redacted(finding: Finding, rule: RuleText | None = None) -> Finding:
    """The finding without anything personal. Without its rule, all that may be is left out."""
    kind = rule.fact if rule is not None and rule.fact in KINDS else None
    who = _names_a_person(kind)
    private = _private(kind)
    evidence = {k: v for k, v in finding.evidence.items() if not private(k)}
    gap = _gap(finding.gap, finding.reason)
    if not _is_place(finding) and who:
        name = label(finding, kind)
        subject = name if finding.subject is not None else None
        message = _message(finding, rule, name, evidence, gap)
    else:
        name, subject, message = finding.name, finding.subject, finding.message
        tells = finding.subject is not None and (
            len(evidence) != len(finding.evidence)
            or (rule is not None and any(map(private, _PLACEHOLDER.findall(rule.message))))
        )
        if tells or finding.gap != gap:
            message = _message(finding, rule, name, evidence, gap)
    return msgspec.structs.replace(
        finding, subject=subject, name=name, message=message, evidence=evidence, gap=gap
    )


def label(finding: Finding, kind: str | None = None) -> str:
    """What the subject is called instead: `account 1a2b3c4d`."""
    what = kind.rpartition(".")[2].replace("_", " ") if kind is not None else "subject"
    if finding.subject is None:
        return f"one {what}"
    text = "\x1f".join(("redacted", finding.scope, finding.subject))
    return f"{what} {sha256(text.encode()).hexdigest()[:8]}"


def _is_place(finding: Finding) -> bool:
    """It is about a scope, a set or nothing at all, and its name says which."""
    if finding.subject is not None:
        return False
    return finding.reason == NO_SOURCE or (
        finding.name == finding.scope
        or finding.name == f"{finding.scope} {finding.region}"
        or finding.verdict == "not-applicable"
    )


@cache
def _names_a_person(kind: str | None) -> bool:
    """Whether subjects of this kind are people's: their accounts, rights, keys and devices."""
    if kind is None:
        return True
    if kind in _IMPERSONAL:
        return False
    own = fields_of(kind)
    return kind.startswith("identity.") or any(own[n].personal for n in own if n == "primary_user")


@cache
def _everyones() -> frozenset[str]:
    """Personal fields of any kind but `name`, which is personal only where the thing is."""
    return frozenset(
        name for kind in KINDS for name, field in fields_of(kind).items() if field.personal
    ) - {"name"}


@cache
def _private(kind: str | None) -> Callable[[str], bool]:
    """Tells which values of a finding of this kind are left out.

    A variable that is no field of the kind comes from a lookup or a parameter: it goes where its
    name ends like a personal field.
    """
    own = fields_of(kind) if kind is not None else {}
    who = _names_a_person(kind)

    @cache
    def private(name: str) -> bool:
        if name == "tags" or name.endswith("_tags"):
            return True
        if name in ("name", "subject", "examples"):
            return who
        if name in own:
            return own[name].personal or (who and name in _REFERENCES)
        if name in _everyones() or any(name.endswith(f"_{n}") for n in _everyones()):
            return True
        return name in _REFERENCES or name.endswith(_ENDINGS)

    return private


def _gap(gap: Missing | None, reason: str | None) -> Missing | None:
    if gap is None or reason in _OURS:
        return gap
    return msgspec.structs.replace(gap, detail="")


def _message(
    finding: Finding,
    rule: RuleText | None,
    name: str,
    evidence: Mapping[str, Any],
    gap: Missing | None,
) -> str:
    """The sentence made anew from what is left, never by cutting names out of the old one."""
    if finding.verdict == "unknown":
        words = why(finding.reason or "unknown", gap, finding.unread)
        return f"Could not tell for {name}: {words}"
    if rule is None:
        return f"{name}: {finding.verdict} by {finding.rule}"
    if finding.verdict == "fail":
        values = {
            "provider": finding.provider,
            "target": finding.target,
            "scope": finding.scope,
            "region": finding.region,
            **evidence,
            "name": name,
        }
        values.setdefault("subject", name)
        return _PLACEHOLDER.sub(
            lambda m: value(values[m.group(1)]) if m.group(1) in values else LEFT_OUT, rule.message
        )
    return f"{name}: {rule.title}"


def redacted_gap(gap: Gap) -> Gap:
    """The gap without what the other side said and without subjects."""
    return msgspec.structs.replace(gap, detail="", examples=())


def redacted_assessment(
    assessment: Assessment, findings: Iterable[Finding], redact: Redact
) -> Assessment:
    """The assessment with the messages of redacted findings, and without who stated what.

    `findings`: as read, not redacted; one pass.
    """
    reasons = (b for p in assessment.practices for o in p.objectives for b in (*o.by, *o.notes))
    wanted = {b.ref for b in reasons if b.ref}
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for finding in findings:
        if finding.fingerprint in wanted:
            before[finding.fingerprint] = finding.message
            after[finding.fingerprint] = redact(finding).message
    texts = _Texts(before, after)
    return msgspec.structs.replace(
        assessment,
        practices=tuple(texts.practice(p) for p in assessment.practices),
        statements=tuple(texts.because(b) for b in assessment.statements),
    )


class _Texts:
    """Reasons reworded; `before` and `after`: messages by fingerprint."""

    def __init__(self, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        self._before, self._after = before, after

    def because(self, because: Because) -> Because:
        return msgspec.structs.replace(because, text=self._text(because))

    def _text(self, because: Because) -> str:
        text, ref = because.text, because.ref
        if ref in self._after:
            suffix = text.removeprefix(self._before[ref])
            return self._after[ref] + (suffix if suffix != text else "")
        if because.kind == "finding" and ref:
            return f"{because.rule} fails" + (f" at {because.target}" if because.target else "")
        if because.kind == "attestation":
            says_not = text.endswith(" states that it is not satisfied")
            return f"{ref} states that it is not satisfied" if says_not else f"stated in {ref}"
        if because.kind == "unknown":
            return text.partition(": Could not tell for ")[0]
        return text

    def practice(self, practice: PracticeResult) -> PracticeResult:
        objectives = tuple(self._objective(o) for o in practice.objectives)
        reworded = {
            f"{old.id}: {b.text}": f"{old.id}: {a.text}"
            for old, new in zip(practice.objectives, objectives, strict=True)
            for b, a in zip(old.by, new.by, strict=True)
        }
        why_ = tuple(dict.fromkeys(reworded.get(line, line) for line in practice.why))
        return msgspec.structs.replace(practice, objectives=objectives, why=why_)

    def _objective(self, objective: ObjectiveResult) -> ObjectiveResult:
        return msgspec.structs.replace(
            objective,
            by=tuple(self.because(b) for b in objective.by),
            notes=tuple(self.because(b) for b in objective.notes),
        )


def redacted_item(item: Item) -> Item:
    """The POA&M item without its point of contact, its weakness by objectives alone.

    The weakness in poam.yaml may quote messages of an earlier scan, so it is said anew.
    """
    failed = ", ".join(item.objectives) or item.practice
    return msgspec.structs.replace(
        item,
        weakness=f"{item.title}: {failed} not satisfied",
        point_of_contact=None if item.point_of_contact is None else LEFT_OUT,
    )


def redacted_row(row: Row) -> Row:
    """The control of the Statement of Applicability without its owner."""
    return msgspec.structs.replace(row, owner=None if row.owner is None else LEFT_OUT)
