"""The wording of reasons: what a person reads beside a determination."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.assess.evidence import Pile, Tally
from scanner.assess.result import Because, BecauseKind
from scanner.assess.statements import Attestation, Exemption
from scanner.frameworks import Objective

CANNOT_TELL = frozenset({"not-supported", "not-in-this-cloud", "unlicensed", "unsettled"})
"""Reasons for an unknown where asking again cannot help: an attestation that names the target may
stand in. For every other reason the answer exists and has to be read."""


def fails(rule: str, target: str, tally: Tally) -> list[Because]:
    """The failures that refute."""
    return pile("finding", rule, target, tally.fails, "")


def pile(kind: BecauseKind, rule: str, target: str, found: Pile, suffix: str) -> list[Because]:
    """The first five findings by name, and how many more there are."""
    shown = found.shown[:5]
    lines = [
        Because(
            kind=kind,
            ref=f.fingerprint,
            rule=rule,
            target=target,
            text=f"{f.message} {suffix}".rstrip(),
        )
        for f in shown
    ]
    if found.count > len(shown):
        more = found.count - len(shown)
        text = f"{more} more of {rule}" + (f" at {target}" if target else "")
        lines.append(Because(kind=kind, rule=rule, target=target, text=text, count=more))
    return lines


def unread_at(rule: str, target: str, tally: Tally, naming: Sequence[Attestation]) -> list[Because]:
    """What a rule could not tell there, unless a statement that names the target may stand in."""
    if not tally.unknowns.count:
        return []
    if naming and tally.unknowns.reasons <= CANNOT_TELL:
        return []
    grouped: dict[tuple[str, str], int] = {}
    for finding in tally.unknowns.shown:
        missing = finding.gap.permission or finding.gap.operation if finding.gap else None
        wanted = missing or ", ".join(finding.unread)
        key = (finding.reason or "unknown", wanted or finding.message)
        grouped[key] = grouped.get(key, 0) + 1
    place = f" at {target}" if target else ""
    hidden = tally.unknowns.count - len(tally.unknowns.shown)
    lines = [
        Because(
            kind="unknown",
            rule=rule,
            target=target,
            text=f"{rule} is unknown{place}: {reason}: {wanted}",
            count=count,
        )
        for (reason, wanted), count in sorted(grouped.items())
    ]
    if hidden:
        text = f"{hidden} more of {rule} are unknown{place}"
        lines.append(Because(kind="unknown", rule=rule, target=target, text=text, count=hidden))
    return lines


def undeclared(job: str, rule: str, target: str) -> Because:
    """A pass that counts only once the product is declared."""
    text = (
        f"{rule} counts at {target} only once declarations.yaml names under products what does "
        f"the job {job}"
    )
    return Because(kind="missing", rule=rule, target=target, text=text)


def wanted(objective: Objective, target: str) -> Because:
    """What would decide the objective."""
    place = f" at {target}" if target else ""
    if objective.method == "observe":
        text = f"nothing decides it{place}; scan it or attest it"
        if objective.artifact:
            text += f" with: {objective.artifact}"
    else:
        text = f"an attestation with: {objective.artifact or 'a document that shows it'}"
        # a document speaks for the whole organisation unless it names targets
        target = ""
    return Because(kind="missing", target=target, text=text)


def class_missing(objective: Objective, name: str) -> Because:
    """A class of target that nothing answers for."""
    if objective.method != "observe":
        return wanted(objective, "")
    text = (
        f"no target in scope shows the class {name}; scan one, attest it for {name}, or state in "
        f"scope.yaml that there is none"
    )
    return Because(kind="missing", target=name, text=text)


def stated(attestation: Attestation) -> Because:
    """A statement that counts."""
    if attestation.inherited is not None:
        text = f"inherited from {attestation.inherited.provider} " + (
            f"({attestation.inherited.authorization}): {attestation.statement}"
        )
        return Because(kind="inheritance", ref=attestation.id, text=text)
    text = f"{attestation.by}, {attestation.on}: {attestation.statement}"
    return Because(kind="attestation", ref=attestation.id, text=text)


def exception_words(exemption: Exemption) -> str:
    """The exception with its clause."""
    words = {
        "enduring-exception": "enduring exception (32 CFR 170.24(b)(1)(i))",
        "temporary-deficiency": "temporary deficiency (32 CFR 170.24(b)(1)(ii))",
        "dod-cio-adjudication": "DoD CIO adjudication (32 CFR 170.24(c)(2)(i)(B)(8))",
    }
    return f"{words[exemption.kind]}: {exemption.reason}"


def rest_of(exemption: Exemption) -> Because:
    """What an exception for some assets or findings leaves to be shown."""
    named = exemption.assets or exemption.subjects or exemption.targets or exemption.rules
    about = ", ".join(named) or "single findings"
    text = (
        f"{exemption.id} speaks of {about} only; a pass or an attestation has to show the rest "
        "(32 CFR 170.4(b), 170.24(b)(1))"
    )
    return Because(kind="missing", ref=exemption.id, text=text)


def excepted(exemption: Exemption, text: str) -> Because:
    """An exception that counts."""
    return Because(kind="exception", ref=exemption.id, text=text)
