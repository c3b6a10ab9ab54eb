"""The device manager itself: baselines, the switch for devices without policy, its records."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.intune.devices import devices
from scanner.collectors.intune.in_force import SETTINGS_READ
from scanner.collectors.intune.reported import reported
from scanner.collectors.intune.stores import settings
from scanner.collectors.microsoft.diagnostics import exports, tenant_export
from scanner.collectors.microsoft.place import Place
from scanner.facts import UNSET, Fact
from scanner.facts.audit import Trail
from scanner.facts.device import DevicePolicy
from scanner.facts.services import Baseline

SWITCHES = "GET /deviceManagement"
DIAGNOSTICS = "GET /providers/microsoft.intune/diagnosticSettings"


@source(
    Baseline,
    fields=["system", "enforced", "noncompliant"],
    calls=SETTINGS_READ,
    always={"system": "intune"},
)
def baselines(place: Place) -> Iterator[Fact | Partial]:
    """Security baselines, with the devices that deviate from them."""
    found = [policy for policy in settings(place).policies if policy.baseline]
    for policy in found:
        reached = [d for d in devices(place) if policy.covers(d) is True]
        states = [reported(place, policy, device) for device in reached]
        silent = [state for state in states if isinstance(state, Refused)]
        failed = sum(state == "failed" for state in states)
        unclear = next(iter(silent), None)
        if policy.reach.certain != policy.reach.possible:
            unclear = policy.reach.doubt or unclear
        refused = {}
        # A deviation that is seen stands, whatever the silent devices would say.
        if unclear is not None and failed == 0:
            refused["noncompliant"] = unclear
        if not reached and policy.reach.possible:
            doubt = Refused("broken", policy.operation, "its reach is unclear")
            refused["enforced"] = policy.reach.doubt or doubt
        fact = Baseline(
            subject=policy.id.lower(),
            name=policy.name,
            system="intune",
            enforced=UNSET if "enforced" in refused else bool(reached),
            noncompliant=UNSET if "noncompliant" in refused else failed,
            **place.here(policy.operation),
        )
        yield Partial(fact, refused) if refused else fact


@source(
    DevicePolicy,
    fields=["purpose", "setting", "assigned", "value", "secure"],
    calls={SWITCHES: "DeviceManagementConfiguration.Read.All"},
    always={"purpose": "enrolment"},
)
def enrolment(place: Place) -> Iterator[Fact]:
    """Whether a device that no compliance policy reaches counts as noncompliant."""
    body = place.get(SWITCHES, query={"$select": "id,settings"})
    found = body.get("settings")
    if not isinstance(found, dict) or not isinstance(found.get("secureByDefault"), bool):
        raise Refused("broken", SWITCHES, "the answer holds no settings")
    secure: bool = found["secureByDefault"]
    yield DevicePolicy(
        subject=f"{place.job.scope.id}/secure-by-default",
        name="devices without a compliance policy",
        purpose="enrolment",
        setting="secureByDefault",
        assigned=True,
        value=str(secure).lower(),
        secure=secure,
        **place.here(SWITCHES),
    )


@source(
    Trail,
    fields=["system", "enabled", "admin_writes", "destination"],
    calls={DIAGNOSTICS: "microsoft.intune/diagnosticsettings/read"},
    always={"system": "intune"},
)
def intune_logs(place: Place) -> Iterator[Fact]:
    """Where Intune's audit records are sent, by its diagnostic settings."""
    for export in exports(place, DIAGNOSTICS):
        yield Trail(
            system="intune",
            enabled=bool(export.categories),
            admin_writes=export.sends_any(["auditlogs"]),
            destination=export.destination,
            **tenant_export(place, export, "Intune logs"),
            **place.here(DIAGNOSTICS),
        )
