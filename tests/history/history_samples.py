"""Findings for the history's tests, and a short way to record them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from scanner.findings import Finding, fingerprint
from scanner.history.record import Recorded, RuleName, record, scored

DAYS = [f"2026-11-{day:02}T06:00:00Z" for day in range(1, 31)]


RULES = (RuleName("mfa"), RuleName("logs"))


def finding(subject: str | None, verdict: str = "fail", rule: str = "mfa", **more: Any) -> Finding:
    first = more.pop("first_id", rule)
    scope = more.pop("scope", "aws:1")
    fields: dict[str, Any] = {
        "rule": rule,
        "practice": "IA.L2-3.5.3",
        "objectives": ("3.5.3[a]",),
        "iso": ("A.8.5",),
        "verdict": verdict,
        "strength": "enforced",
        "severity": "high",
        "subject": subject,
        "name": subject or "accounts of aws:1",
        "target": "prod",
        "scope": scope,
        "provider": "aws",
        "region": None,
        "message": f"{subject} can sign in without a second factor",
        "fingerprint": fingerprint(first, scope, subject, "" if subject else verdict),
        "observed_at": DAYS[0],
        "source": "aws.credential-report",
    }
    return Finding(**(fields | more))


def unread(rule: str = "mfa", **more: Any) -> Finding:
    """The line that a listing leaves which nobody could read."""
    return finding(None, "unknown", rule, reason="denied", **more)


def write(
    path: Path,
    findings: Iterable[Finding],
    day: int = 0,
    *,
    rules: Sequence[RuleName] = RULES,
    targets: Sequence[str] = ("prod",),
    whole: bool = True,
    score: tuple[int, int] | None = None,
) -> Recorded:
    done = record(path, findings, DAYS[day], rules=rules, targets=targets, whole=whole)
    if score is not None:
        scored(path, done.run, *score)
    return done
