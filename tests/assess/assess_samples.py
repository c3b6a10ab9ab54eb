"""Short ways to write findings, rules, targets and statements."""

from __future__ import annotations

from typing import Any

import msgspec

from scanner.assess.statements import Artifact, Attestation, Exemption, Statements
from scanner.assess.targets import Target
from scanner.findings import Finding, fingerprint

AS_OF = "2026-11-24"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as far as the assessment looks at it."""

    id: str
    practice: str = ""
    title: str = ""
    decides: tuple[str, ...] = ()
    informs: tuple[str, ...] = ()
    informs_only: tuple[str, ...] = ()
    strength: str = "enforced"
    refutes: str = "always"
    severity: str = "high"
    product: str | None = None
    providers: tuple[str, ...] = ()
    fact: str = ""
    why: str = ""
    limits: str = ""


def finding(
    verdict: str = "fail",
    *,
    rule: str = "account-mfa-enforced",
    decides: tuple[str, ...] = ("3.5.3[c]", "3.5.3[d]"),
    informs: tuple[str, ...] = (),
    target: str | None = "corp",
    subject: str | None = "user-1",
    **more: Any,
) -> Finding:
    fields: dict[str, Any] = {
        "practice": "IA.L2-3.5.3",
        "iso": (),
        "strength": "enforced",
        "severity": "high",
        "name": subject or "",
        "scope": f"entra:{target}",
        "provider": "entra",
        "region": None,
        "message": f"{subject} fails {rule}",
        "fingerprint": fingerprint(rule, f"entra:{target}", subject),
        "observed_at": "2026-11-24T06:00:00Z",
    }
    fields.update(more)
    return Finding(
        rule=rule,
        objectives=(*decides, *informs),
        decides=decides,
        verdict=verdict,  # type: ignore[arg-type]
        subject=subject,
        target=target,
        **fields,
    )


PLAN = Artifact(path="ssp.pdf", actual="0" * 64)


def attestation(*objectives: str, **more: Any) -> Attestation:
    fields: dict[str, Any] = {
        "id": "att-" + "-".join(objectives or more.get("practices", ("x",)))[:40],
        "statement": "It is so.",
        "by": "Dana Reyes",
        "on": "2026-03-01",
        "review_by": "2027-02-28",
        "objectives": objectives,
        "artifacts": (PLAN,),
    }
    fields.update(more)
    return Attestation(**fields)


def exemption(kind: str, *objectives: str, **more: Any) -> Exemption:
    fields: dict[str, Any] = {
        "id": f"exc-{kind}",
        "kind": kind,
        "reason": "A reason.",
        "owner": "Dana Reyes",
        "approver": "Ira Cole",
        "approved": "2026-05-01",
        "expires": "2027-04-30",
        "objectives": objectives,
    }
    if kind == "enduring-exception":
        fields |= {"ssp": PLAN, "mitigations": "It is kept apart.", "assets": ("the lathe",)}
    elif kind == "temporary-deficiency":
        fields |= {
            "plan_of_action": PLAN,
            "implemented": "2025-01-10",
            "arose": "2026-04-20",
            "assets": ("one host",),
        }
    elif kind == "dod-cio-adjudication":
        fields |= {"adjudication": PLAN, "ssp": PLAN, "environment_unchanged": True}
    fields.update(more)
    return Exemption(**fields)


def said(*attestations: Attestation, exceptions: tuple[Exemption, ...] = ()) -> Statements:
    return Statements(attestations=attestations, exceptions=exceptions)


CORP = Target(id="corp", provider="entra", classes=("identity-provider",))
PROD = Target(id="prod", provider="aws", classes=("identity-provider", "cloud"))
BASTION = Target(id="bastion", provider="linux", classes=("server",))
ELSEWHERE = frozenset({"server", "code", "endpoint", "office", "facility", "media", "network"})
"""Classes that the small examples do not have."""
