"""What the directory records, where its records go, and devices that are registered in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.base import Refused, source
from scanner.collectors.entra.conditional_access import (
    RISKY_SIGN_IN,
    RISKY_USER,
    TERMS,
    Requirement,
)
from scanner.collectors.entra.sign_in_rules import ACCESS_READ, POLICIES, sign_in_rules
from scanner.collectors.entra.users import is_enabled, users
from scanner.collectors.microsoft.diagnostics import exports, tenant_export
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.platforms import platform_named
from scanner.collectors.microsoft.samples import SAMPLE
from scanner.collectors.microsoft.samples import sample as sample_of
from scanner.collectors.microsoft.values import text
from scanner.facts import Fact
from scanner.facts.audit import Record, Trail
from scanner.facts.device import Device
from scanner.facts.host import Banner
from scanner.facts.services import Detection

SIGN_INS = "GET /auditLogs/signIns"
CHANGES = "GET /auditLogs/directoryAudits"
DIAGNOSTICS = "GET /providers/microsoft.aadiam/diagnosticSettings"
DEVICES = "GET /devices"

_SIGN_IN_LOGS = frozenset(
    {"signinlogs", "noninteractiveusersigninlogs", "serviceprincipalsigninlogs"}
)


@source(
    Trail,
    fields=["system", "enabled", "admin_writes", "identity_events", "destination"],
    calls={DIAGNOSTICS: "microsoft.aadiam/diagnosticsettings/read"},
    always={"system": "entra"},
)
def directory_logs(place: Place) -> Iterator[Fact]:
    """Where the directory's audit and sign-in records are sent, by its diagnostic settings."""
    for export in exports(place, DIAGNOSTICS):
        yield Trail(
            system="entra",
            enabled=bool(export.categories),
            admin_writes=export.sends_any(["auditlogs"]),
            identity_events=export.sends_all(_SIGN_IN_LOGS),
            destination=export.destination,
            **tenant_export(place, export, "directory logs"),
            **place.here(DIAGNOSTICS),
        )


@source(
    Record,
    fields=["system", "sampled", "has_time", "has_event", "has_outcome", "has_origin",
            "individual"],
    calls={SIGN_INS: "AuditLog.Read.All"},
)  # fmt: skip
def sign_in_records(place: Place) -> Iterator[Fact]:
    """What the latest sign-in records hold."""
    query = {
        "$select": "id,createdDateTime,userId,userPrincipalName,appDisplayName,ipAddress,status,"
        "resourceDisplayName",
        "$top": str(SAMPLE),
    }
    sample = sample_of(SIGN_INS, place.pages(SIGN_INS, query=query))
    yield _record(
        place,
        "sign-ins",
        SIGN_INS,
        sample,
        has_time=all(text(r, "createdDateTime") for r in sample),
        has_event=all(text(r, "appDisplayName") for r in sample),
        has_outcome=all(_has_status(r) for r in sample),
        has_origin=all(text(r, "ipAddress") for r in sample),
        individual=all(text(r, "userId") or text(r, "userPrincipalName") for r in sample),
    )


def _has_status(record: dict[str, Any]) -> bool:
    status = record.get("status")
    return isinstance(status, dict) and isinstance(status.get("errorCode"), int)


@source(
    Record,
    fields=["system", "sampled", "has_time", "has_event", "has_outcome", "has_origin",
            "individual"],
    calls={CHANGES: "AuditLog.Read.All"},
)  # fmt: skip
def change_records(place: Place) -> Iterator[Fact]:
    """What the latest records of changes to the directory hold."""
    query = {
        "$select": "id,activityDateTime,activityDisplayName,result,initiatedBy,targetResources",
        "$top": str(SAMPLE),
    }
    sample = sample_of(CHANGES, place.pages(CHANGES, query=query))
    yield _record(
        place,
        "directory-audits",
        CHANGES,
        sample,
        has_time=all(text(r, "activityDateTime") for r in sample),
        has_event=all(text(r, "activityDisplayName") for r in sample),
        has_outcome=all(text(r, "result") for r in sample),
        has_origin=all(_initiator(r) for r in sample),
        individual=all(_initiator(r) for r in sample),
    )


def _initiator(record: dict[str, Any]) -> str | None:
    by = record.get("initiatedBy")
    by = by if isinstance(by, dict) else {}
    user, app = by.get("user"), by.get("app")
    user = user if isinstance(user, dict) else {}
    app = app if isinstance(app, dict) else {}
    return (
        text(user, "id")
        or text(user, "userPrincipalName")
        or text(app, "servicePrincipalId")
        or text(app, "appId")
        or text(app, "displayName")
    )


def _record(
    place: Place, system: str, operation: str, sample: list[dict[str, Any]], **has: Any
) -> Record:
    return Record(
        subject=f"{place.job.scope.id}/{system}",
        name=f"records of {system}",
        system=system,
        sampled=len(sample),
        **has,
        **place.here(operation),
    )


@source(
    Detection,
    fields=["service", "enabled", "features"],
    calls=ACCESS_READ,
    always={"service": "identity-protection"},
)
def risk_policies(place: Place) -> Iterator[Fact]:
    """Whether risky users and risky sign-ins are stopped for every enabled account of a person."""
    features = []
    for name, requirement in (("risky-user", RISKY_USER), ("risky-sign-in", RISKY_SIGN_IN)):
        if _holds_for_everybody(place, requirement, f"who is covered against {name}"):
            features.append(name)
    yield Detection(
        subject=f"{place.job.scope.id}/identity-protection",
        name="risk-based sign-in rules",
        service="identity-protection",
        enabled=len(features) == 2,
        features=tuple(features),
        **place.here(POLICIES),
    )


def _holds_for_everybody(place: Place, requirement: Requirement, what: str) -> bool:
    """Whether the rules ask it of every enabled account. Raises Refused where that is open."""
    rules, unclear = sign_in_rules(place), None
    for user in users(place):
        enabled = is_enabled(user)
        if enabled is False:
            continue
        answer = rules.judged.verdict(str(user.get("id", "")).lower(), requirement).answer
        if answer == "yes":
            continue
        # One enabled account that is left out decides, whatever is not known of the others.
        if answer in ("no", "partial") and enabled is True:
            return False
        unclear = (
            enabled
            if isinstance(enabled, Refused)
            else unclear or Refused("broken", POLICIES, f"{what} is not certain")
        )
    if unclear is not None:
        raise unclear
    return True


@source(Banner, fields=["surface", "shown"], calls=ACCESS_READ, always={"surface": "portal"})
def terms_of_use(place: Place) -> Iterator[Fact]:
    """Whether every enabled account has to accept terms of use; their text is not read."""
    shown = _holds_for_everybody(place, TERMS, "who has to accept terms of use")
    yield Banner(
        subject=f"{place.job.scope.id}/terms-of-use",
        name="terms of use at sign-in",
        surface="portal",
        shown=shown,
        **place.here(POLICIES),
    )


@source(
    Device,
    fields=["platform", "managed", "compliant", "os_version", "last_sync_days"],
    calls={DEVICES: "Device.Read.All"},
)
def registered_devices(place: Place) -> Iterator[Fact]:
    """Devices that are registered in the directory."""
    query = {
        "$select": "id,deviceId,displayName,accountEnabled,operatingSystem,operatingSystemVersion,"
        "isManaged,isCompliant,approximateLastSignInDateTime",
        "$top": "999",
    }
    for device in place.pages(DEVICES, query=query):
        if device.get("accountEnabled") is False:
            continue
        yield Device(
            subject=str(device.get("deviceId") or device.get("id", "")).lower(),
            name=text(device, "displayName") or str(device.get("id", "")),
            platform=platform_named(text(device, "operatingSystem")),
            # Null means that nobody ever reported it.
            managed=device.get("isManaged") is True,
            compliant=device.get("isCompliant") is True,
            os_version=text(device, "operatingSystemVersion"),
            last_sync_days=place.days_since(device.get("approximateLastSignInDateTime")),
            **place.here(DEVICES),
        )
