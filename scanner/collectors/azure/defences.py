"""Defender for Cloud, whom Azure writes to, and the policies that the subscription is held to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, everywhere, named, parts
from scanner.collectors.base import Refused, Source, source
from scanner.collectors.microsoft.arm import listed, properties, subscription_of, version_of
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, part, words
from scanner.facts import Fact
from scanner.facts.services import Baseline, Contact, Detection
from scanner.facts.software import Scanner

PRICINGS = f"GET {ANYWHERE}Microsoft.Security/pricings"
CONTACTS = f"GET {ANYWHERE}Microsoft.Security/securityContacts"
POLICIES = f"GET {ANYWHERE}Microsoft.Authorization/policyAssignments"
STATES = f"POST {ANYWHERE}Microsoft.PolicyInsights/policyStates/latest/summarize"


def is_on(plan: dict[str, Any]) -> bool:
    """Whether a plan is on for the whole subscription, not for some of its resources."""
    found = properties(plan)
    coverage = str(found.get("resourcesCoverageStatus") or "FullyCovered")
    return found.get("pricingTier") == "Standard" and coverage == "FullyCovered"


def _plan(name: str, kind: str) -> Source:
    """The source of one Defender plan: whether it watches that kind of asset."""

    def plan(place: Place) -> Iterator[Fact]:
        for one in everywhere(place, PRICINGS):
            if str(one.get("name")) == name:
                on = is_on(one)
                fields = named(place, one, PRICINGS)
                yield Scanner(asset_kind=kind, active=on, continuous=on, **fields)

    plan.__name__ = f"defender_{kind.replace('-', '_')}_plan"
    plan.__doc__ = f"Whether Defender for Cloud watches assets of the kind {kind}."
    return source(
        Scanner,
        fields=["asset_kind", "active", "continuous"],
        calls={PRICINGS: "Microsoft.Security/pricings/read"},
        always={"asset_kind": kind},
    )(plan)


DEFENDER_PLANS = tuple(
    _plan(name, kind)
    for name, kind in (
        ("VirtualMachines", "instance"),
        ("Containers", "image-registry"),
        ("SqlServers", "database"),
        ("StorageAccounts", "storage"),
    )
)
"""One source for each plan that looks for flaws or attacks in assets."""


@source(
    Detection,
    fields=["service", "enabled", "features"],
    calls={PRICINGS: "Microsoft.Security/pricings/read"},
    always={"service": "defender-for-cloud"},
)
def defender(place: Place) -> Iterator[Fact]:
    """Defender for Cloud, with the plans that are on."""
    on = sorted(str(plan.get("name")) for plan in everywhere(place, PRICINGS) if is_on(plan))
    yield Detection(
        subject=f"{place.job.scope.id}/defender-for-cloud",
        name="Defender for Cloud",
        service="defender-for-cloud",
        enabled=bool(on),
        features=tuple(on),
        **place.here(PRICINGS),
    )


@source(
    Contact,
    fields=["purpose", "set"],
    calls={CONTACTS: "Microsoft.Security/securityContacts/read"},
    always={"purpose": "security"},
)
def contacts(place: Place) -> Iterator[Fact]:
    """Whom Azure writes to on security matters."""
    told = [
        properties(contact).get("isEnabled") is not False and _is_written_to(properties(contact))
        for contact in listed(place, CONTACTS, subscription_of(place))
    ]
    yield Contact(
        subject=f"{place.job.scope.id}/security-contact",
        name="security contact",
        purpose="security",
        set=any(told),
        **place.here(CONTACTS),
    )


def _is_written_to(contact: dict[str, Any]) -> bool:
    """Whether anybody is named, by an address or by a role that is written to."""
    roles = part(contact, "notificationsByRole")
    by_role = str(roles.get("state") or "").lower() == "on" and bool(roles.get("roles"))
    return bool(str(contact.get("emails") or "").strip()) or by_role


@source(
    Baseline,
    fields=["system", "enforced"],
    calls={POLICIES: "Microsoft.Authorization/policyAssignments/read"},
    always={"system": "azure-policy"},
)
def policy_assignments(place: Place) -> Iterator[Fact]:
    """Policies and initiatives that the subscription is held to."""
    for assignment in everywhere(place, POLICIES):
        found = parts(assignment)
        yield Baseline(
            system="azure-policy",
            enforced=str(found.get("enforcementMode") or "Default") == "Default"
            and not _leaves_out(found, subscription_of(place)),
            **{
                **named(place, assignment, POLICIES),
                "name": str(found.get("displayName") or assignment.get("name")),
            },
        )


def _leaves_out(assignment: dict[str, Any], subscription: str) -> bool:
    """Whether an assignment from above excludes the whole subscription."""
    out = {scope.lower().rstrip("/") for scope in words(assignment.get("notScopes"))}
    return f"/subscriptions/{subscription}" in out


@policy_assignments.detail(
    fields=["noncompliant"],
    calls={STATES: "Microsoft.PolicyInsights/policyStates/summarize/read"},
)
def deviations(place: Place, baseline: Baseline) -> dict[str, object]:
    """How many resources deviate from it."""

    def read() -> dict[str, int]:
        body = place.post(STATES, subscription_of(place), body={}, query=version_of(STATES))
        summaries = items(body.get("value")) if isinstance(body, dict) else []
        if not summaries:
            raise Refused("broken", STATES, "the answer holds no summary")
        found: dict[str, int] = {}
        for one in items(summaries[0].get("policyAssignments")):
            count = (one.get("results") or {}).get("nonCompliantResources")
            if isinstance(count, int):
                found[str(one.get("policyAssignmentId", "")).lower()] = count
        return found

    found = place.once((STATES,), read)
    if baseline.subject not in found:
        raise Refused("not-supported", STATES, "no state of this assignment yet")
    return {"noncompliant": found[baseline.subject]}
