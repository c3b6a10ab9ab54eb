"""What has to be ready before an incident: the duties of DFARS 252.204-7012 as attestable items.

CMMC itself has no 72-hour rule; the contract clause has. IR.L2-3.6.2 asks to report incidents to
designated authorities.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from scanner.assess.statements import Statements
from scanner.assess.validity import attestation_fault


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that has to be ready before an incident."""

    item: str
    title: str
    about: str
    cite: str


DUTIES = (
    Duty(
        item="dibnet-access",
        title="Access to DIBNet",
        about="named people can sign in to the portal through which reports go to DoD",
        cite="DFARS 252.204-7012(c)(1)(ii)",
    ),
    Duty(
        item="medium-assurance-certificate",
        title="Medium assurance certificate",
        about="a DoD-approved certificate to report with; review_by is its expiry",
        cite="DFARS 252.204-7012(c)(3)",
    ),
    Duty(
        item="incident-playbook",
        title="Playbook for incidents that touch CUI",
        about="who decides that a cyber incident happened, who reports, who looks for compromise",
        cite="DFARS 252.204-7012(c)(1)(i)",
    ),
    Duty(
        item="report-within-72-hours",
        title="Report within 72 hours of discovery",
        about="the playbook counts from discovery and has been rehearsed",
        cite="DFARS 252.204-7012(a), (c)(1)(ii)",
    ),
    Duty(
        item="image-preservation-90-days",
        title="Images and captures kept for 90 days",
        about="images of affected systems and monitoring data can be kept from the report onward",
        cite="DFARS 252.204-7012(e)",
    ),
    Duty(
        item="malware-to-dc3",
        title="Malicious software to DC3",
        about="isolated malware goes to the DoD Cyber Crime Center, not to the contracting officer",
        cite="DFARS 252.204-7012(d)",
    ),
)


class DutyState(msgspec.Struct, frozen=True, kw_only=True):
    """One duty, with the statement that says that it is ready."""

    duty: Duty
    ready: bool
    why: str
    attestation: str | None = None
    until: str | None = None


def duties(statements: Statements, as_of: str) -> tuple[DutyState, ...]:
    """Each duty with the statement that fulfils it on that day, or why none does."""
    found: list[DutyState] = []
    for duty in DUTIES:
        state = DutyState(duty=duty, ready=False, why="nobody attests it")
        for attestation in statements.attestations:
            if duty.item not in attestation.items:
                continue
            fault = attestation_fault(attestation, as_of, statements)
            if fault is None and attestation.says == "satisfied":
                state = DutyState(
                    duty=duty,
                    ready=True,
                    why=attestation.statement,
                    attestation=attestation.id,
                    until=attestation.review_by,
                )
                break
            fault = fault or "it says that it is not so"
            state = DutyState(
                duty=duty, ready=False, why=f"{attestation.id}: {fault}", attestation=attestation.id
            )
        found.append(state)
    return tuple(found)


def duty_lines(states: Sequence[DutyState]) -> list[str]:
    """The duties as a person reads them."""
    return [
        f"  {'ready' if s.ready else 'MISSING':<8} {s.duty.title}: {s.why}"
        + (f" (until {s.until})" if s.until is not None else f" ({s.duty.cite})")
        for s in states
    ]
