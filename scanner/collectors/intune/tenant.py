"""The device manager itself: baselines, the switch for devices without policy, its records."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.intune.readings import SETTINGS_READ, devices, reported, settings
from scanner.collectors.microsoft.arm import listed, properties
from scanner.collectors.microsoft.diagnostics import destination_of, enabled_categories
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
        fact = Baseline(
            subject=policy.id.lower(),
            name=policy.name,
            system="intune",
            enforced=bool(reached),
            noncompliant=UNSET if unclear is not None and failed == 0 else failed,
            **place.here(policy.operation),
        )
        # A deviation that is seen stands, whatever the silent devices would say.
        if unclear is not None and failed == 0:
            yield Partial(fact, {"noncompliant": unclear})
        else:
            yield fact


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
    found = list(listed(place, DIAGNOSTICS))
    for setting in found:
        values = properties(setting)
        on = enabled_categories(values)
        name = str(setting.get("name", "diagnostic setting"))
        yield Trail(
            subject=f"{place.job.scope.id}/diagnostics/{name.lower()}",
            name=f"Intune logs: {name}",
            system="intune",
            enabled=bool(on),
            admin_writes=bool(on & {"auditlogs", "alllogs"}),
            destination=destination_of(values),
            **place.here(DIAGNOSTICS),
        )
    if not found:
        yield Trail(
            subject=f"{place.job.scope.id}/diagnostics",
            name="Intune logs",
            system="intune",
            enabled=False,
            admin_writes=False,
            destination=None,
            **place.here(DIAGNOSTICS),
        )
