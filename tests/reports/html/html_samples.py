"""An invented contractor of any size: findings, an assessment over them, and what was collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scanner.assess.assessment import assess
from scanner.assess.attest import wants
from scanner.assess.catalogue import load_catalogue
from scanner.assess.iso import control_view
from scanner.assess.poam_items import items
from scanner.assess.result import Assessment
from scanner.assess.statements import Artifact, Attestation, Statements
from scanner.assess.targets import Target
from scanner.facts.ledger import Gap, LedgerLine
from scanner.findings import Finding, Missing, fingerprint
from scanner.history.ask import Point
from scanner.reports.html import Context
from scanner.reports.sarif_inputs import PlainRule
from scanner.snapshot.manifest import FileInfo, ScopeInfo, TargetInfo

AT = "2026-11-24T07:33:41Z"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "<!--<script>",
    "photo\u202egnp.exe",
    "bell\x07null\x00esc\x1b[31m",
    '" onmouseover="alert(3)',
    "javascript:alert(4)",
    "a\u200bb\u2028c",
    "&lt;b&gt; &amp; {{7*7}} ${1}",
    "مستخدم",
)
LONG = "arn:aws-us-gov:iam::123456789012:role/" + "x" * 3962
"""A resource name of 4,000 characters."""


class SampleRule(PlainRule, frozen=True, kw_only=True):
    """A rule as assessment and reports look at it."""

    providers: tuple[str, ...] = ()
    informs_only: tuple[str, ...] = ()
    refutes: str = "always"
    product: str | None = None


def _rule(name: str, practice: str, decides: str, fact: str, title: str, **more: Any) -> SampleRule:
    number = practice.split("-")[1]
    return SampleRule(
        id=name,
        practice=practice,
        decides=tuple(f"{number}[{letter}]" for letter in decides),
        fact=fact,
        title=title,
        why=f"Because {title.lower()} keeps others out.",
        limits="It cannot see what happens outside.",
        fix={"aws": f"aws: {title}\nthen look again", "linux": f"linux: {title}"},
        **more,
    )


RULES = (
    _rule("mfa", "IA.L2-3.5.3", "cd", "identity.account", "People sign in with a second factor",
          severity="critical", message="{name} signs in to {provider} without a second factor"),
    _rule("idle", "IA.L2-3.5.6", "b", "identity.account", "Idle accounts are disabled",
          severity="medium", message="{name} was last used {last_used_days} days ago"),
    _rule("store-encrypted", "SC.L2-3.13.16", "a", "storage.store", "Stores are encrypted",
          severity="high", message="{name} is not encrypted"),
    _rule("log-kept", "AU.L2-3.3.1", "f", "log.store", "Logs are kept", severity="high"),
    _rule("clock", "AU.L2-3.3.7", "c", "host", "Clocks agree", severity="low"),
    _rule("patched", "SI.L2-3.14.1", "f", "host", "Updates are installed", severity="high"),
    _rule("open-port", "SC.L2-3.13.6", "ab", "network.rule", "Networks deny by default",
          severity="critical"),
    _rule("allow-list", "CM.L2-3.4.8", "c", "software.policy", "Only listed software runs",
          severity="medium"),
    _rule("session-lock", "AC.L2-3.1.10", "bc", "device", "Screens lock", severity="low"),
    _rule("badge", "PE.L2-3.10.1", "d", "device", "Doors are locked", severity="info"),
)  # fmt: skip


def finding(rule: SampleRule, verdict: str, name: str, number: int, **more: Any) -> Finding:
    """One finding of a rule."""
    target = f"target-{number % 3}"
    scope = f"aws:aws-us-gov:{number % 3:012}"
    subject = f"arn:aws-us-gov:thing:us-gov-west-1:{number % 3:012}:{rule.fact}/{name}"
    fields: dict[str, Any] = {
        "rule": rule.id,
        "practice": rule.practice,
        "objectives": rule.decides,
        "decides": rule.decides,
        "iso": ("A.8.5", "A.5.16"),
        "verdict": verdict,
        "strength": rule.strength,
        "severity": rule.severity,
        "subject": subject,
        "name": name,
        "target": target,
        "scope": scope,
        "provider": "aws",
        "region": "us-gov-west-1",
        "message": f"{name}: {rule.title}" if verdict == "pass" else f"{name} is not as it should",
        "observed_at": AT,
        "source": "aws.things",
        "evidence": {"enabled": True, "owner": f"owner-of-{name}"[:80], "last_used_days": number},
    }
    fields.update(more)
    fields["fingerprint"] = fingerprint(rule.id, fields["scope"], fields["subject"] or f"#{number}")
    return Finding(**fields)


GAP = Gap(
    id="0123456789ab",
    target="target-1",
    scope="aws:aws-us-gov:000000000001",
    region="us-gov-west-1",
    source="aws.stores",
    kind="storage.store",
    operation="s3:GetEncryptionConfiguration",
    reason="denied",
    permission="s3:GetEncryptionConfiguration",
    detail="AccessDenied <b>no</b>",
    reach="fields",
    fields=("encrypted",),
    subjects=7,
    examples=("arn:aws-us-gov:s3:::<img src=x onerror=alert(5)>",),
)


def findings(count: int) -> Iterator[Finding]:
    """`count` findings: a quarter fail, a tenth was not seen; the first names are hostile."""
    missing = Missing(
        id=GAP.id, operation=GAP.operation, permission=GAP.permission, detail=GAP.detail
    )
    for number in range(count):
        rule = RULES[number % len(RULES)]
        what = "person" if rule.fact == "identity.account" else "resource"
        name = f"{what}-{number // len(RULES):05}-{number % 7}"
        if number < len(HOSTILE):
            name = HOSTILE[number]
        elif number == len(HOSTILE):
            name = LONG
        if number % 29 == 28:
            yield finding(
                rule, "unknown", name, number, subject=None, reason="not-declared", count=3,
                gap=Missing(detail=f"declarations: list-{number % 3}"),
                message=f"Could not tell for {name}",
            )  # fmt: skip
        elif number % 10 == 2 and number > len(HOSTILE):
            yield finding(
                rule, "unknown", name, number, reason="denied", gap=missing, unread=("encrypted",),
                message=f"Could not tell for {name}: access was denied",
            )  # fmt: skip
        elif number % 4 == 0 or number <= len(HOSTILE):
            more = {"suppressed": "old-debt"} if number % 400 == 396 else {}
            yield finding(rule, "fail", name, number, **more)
        else:
            yield finding(rule, "pass", name, number)


@dataclass(frozen=True)
class Collected:
    """What a snapshot tells, in memory."""

    started_at: str = "2026-11-24T07:30:00Z"
    finished_at: str = AT
    complete: bool = True
    targets: tuple[TargetInfo, ...] = field(
        default_factory=lambda: tuple(
            TargetInfo(
                id=f"target-{n}",
                provider="aws",
                scopes=(ScopeInfo(id=f"aws:aws-us-gov:{n:012}", name=f"{n:012}", regions=()),),
            )
            for n in range(3)
        )
    )
    ledger: tuple[LedgerLine, ...] = ()
    gaps: dict[str, Gap] = field(default_factory=lambda: {GAP.id: GAP})
    files: tuple[tuple[Path, FileInfo], ...] = (
        (
            Path("snapshot"),
            FileInfo(
                path="target-0/storage.store.jsonl.gz",
                target="target-0",
                kind="storage.store",
                facts=12,
                bytes=3456,
                sha256="ab" * 32,
                plain_bytes=9999,
                plain_sha256="cd" * 32,
            ),
        ),
    )


def run_of(number: int, high: int) -> Point:
    """One run of a history."""
    counts = dict.fromkeys(Point.__struct_fields__, 0) | {"run": number, "high": high, "low": 7}
    scores = {"score_low": 40, "score_high": 40 + number}
    return Point(**counts | {"at": f"2026-11-{number:02}T07:33:41Z", "whole": number != 3} | scores)


TREND = tuple(run_of(number, 40 - number) for number in range(1, 25))

PLAN = Artifact(path="ssp.pdf", title="System Security Plan", actual="0" * 64)


def statements() -> Statements:
    """A plan and a policy that count, and a statement whose artifact is missing."""
    common = {"by": "Ada Example", "on": "2026-01-10", "review_by": "2027-01-10"}
    return Statements(
        attestations=(
            Attestation(
                id="ssp", statement="the plan is current", practices=("CA.L2-3.12.4",),
                artifacts=(PLAN,), **common,
            ),
            Attestation(
                id="training", statement="everybody is trained",
                practices=("AT.L2-3.2.1", "AT.L2-3.2.2", "AT.L2-3.2.3"),
                artifacts=(PLAN,), **common,
            ),
            Attestation(
                id="screening", statement="<b>people</b> are screened",
                practices=("PS.L2-3.9.1",), artifacts=(Artifact(path="gone.pdf"),), **common,
            ),
        )
    )  # fmt: skip


def sample(
    count: int, level: int = 2, given: Statements | None = None
) -> tuple[Callable[[], Iterator[Finding]], Assessment, Context]:
    """Findings, their assessment and its surroundings, as a command has them."""
    catalogue = load_catalogue()
    given = given if given is not None else statements()

    def read() -> Iterator[Finding]:
        return findings(count)

    collected = Collected()
    configured = tuple(
        Target(
            id=t.id,
            provider=t.provider,
            classes=catalogue.classes_of(t.provider),
            scopes=tuple(s.id for s in t.scopes),
        )
        for t in collected.targets
    )
    assessment = assess(read(), RULES, catalogue, given, level, "2026-11-24", configured)
    context = Context(
        organization="Example <Defense> LLC",
        version="1.2.3",
        snapshot=collected,
        rules=RULES,
        items=items(assessment, catalogue.practices),
        controls=control_view(assessment, catalogue, given),
        wants=wants(assessment, catalogue, given),
        trend=TREND,
        manifest_hashes={"snapshot/manifest.json": "ef" * 32},
    )
    return read, assessment, context
