"""Findings with hostile names and an assessment, as the writers of documents are given them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from sarif_samples import HOSTILE, LOGS, MFA, RULES, every_kind, finding, in_order

from scanner.assess.assessment import assess
from scanner.assess.catalogue import load_catalogue
from scanner.assess.iso import control_view
from scanner.assess.poam_items import Item, Kept, KeptPlan, Milestone, items
from scanner.assess.result import Assessment
from scanner.assess.soa import Entry, Row, Soa, statement
from scanner.assess.statements import Artifact, Attestation, Statements
from scanner.assess.targets import Target
from scanner.findings import Finding

AS_OF = "2026-11-24"
ORGANIZATION = "Example Defense LLC"
FORMULA = "=cmd|'/C calc'!A0"
DANGEROUS = (*HOSTILE, FORMULA, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1")
"""Names of resources: markup, hidden characters, a long one, and formulas."""
PEOPLE = ("alice", "bob", "carol", "dave", "erin")
"""Names of accounts in `every_kind`."""

SAID = Statements(
    attestations=(
        Attestation(
            id="training",
            statement="everybody is trained",
            by="Anna Berg",
            on="2026-01-15",
            review_by="2027-01-15",
            practices=("AT.L2-3.2.1",),
            artifacts=(Artifact(path="training.pdf", actual="0" * 64),),
        ),
    )
)
PLAN = KeptPlan(
    conditional_status_date="2026-10-01",
    point_of_contact=FORMULA,
    items=(
        Kept(
            id="mfa",
            practice="IA.L2-3.5.3",
            status="Ongoing",
            status_since="2026-11-01",
            resources_required="+40 hours, 20 keys",
            scheduled_completion="2027-01-15",
            milestones=(
                Milestone(description="Order keys", due="2026-12-01", done="2026-11-20"),
                Milestone(description="@all: enroll", due="2027-01-10"),
            ),
            comments="-see ticket 7",
        ),
    ),
)
SOA = Soa(
    controls=(
        Entry(
            id="A.8.5", applicable=True, justification=FORMULA, implemented="yes", owner="Ira Cole"
        ),
    )
)


def hostile() -> list[Finding]:
    """One failure and one unknown of every dangerous name, and one finding of each kind."""
    found = [
        finding(
            subject=f"{name}#{number}",
            name=name,
            verdict=verdict,
            message=f"{name} can sign in to aws without a second factor",
            evidence={"category": name},
        )
        for number, (name, verdict) in enumerate(
            (name, verdict) for name in DANGEROUS for verdict in ("fail", "unknown")
        )
    ]
    return in_order([*found, *every_kind()])


def reading(findings: Sequence[Finding]) -> Callable[[], Iterator[Finding]]:
    """A function that reads them anew each time, as findings.jsonl is read."""
    return lambda: iter(findings)


@cache
def assessment() -> Assessment:
    """Level 2 of an account where people sign in without a second factor."""
    return assess(
        every_kind(),
        [],
        load_catalogue(),
        SAID,
        2,
        AS_OF,
        [Target(id="prod", provider="aws", classes=("cloud",))],
    )


@cache
def plan() -> tuple[Item, ...]:
    """Its POA&M."""
    return items(assessment(), load_catalogue().practices, PLAN)


@cache
def applicability() -> tuple[Row, ...]:
    """Its Statement of Applicability."""
    views = control_view(assessment(), load_catalogue(), SAID)
    return statement(SOA, views, AS_OF)


__all__ = ["AS_OF", "LOGS", "MFA", "RULES", "every_kind", "finding"]
