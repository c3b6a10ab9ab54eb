"""Sharing and sessions of SharePoint and OneDrive, sessions of the portals, incidents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import text, words
from scanner.facts import Fact
from scanner.facts.host import Session
from scanner.facts.sharing import Incident, Sharing

SETTINGS = "GET /admin/sharepoint/settings"
TIMEOUTS = "GET /policies/activityBasedTimeoutPolicies"
INCIDENTS = "GET /security/incidents"

_EXTERNAL = {
    "disabled": "nobody",
    "existingExternalUserSharingOnly": "existing-guests",
    "externalUserSharingOnly": "new-guests",
    "externalUserAndGuestSharing": "anybody",
}
_MODES = {"none": "none", "allowList": "allow-list", "blockList": "block-list"}
_SETTINGS_READ = {SETTINGS: "SharePointTenantSettings.Read.All"}


def _settings(place: Place) -> dict[str, Any]:
    query = {
        "$select": "sharingCapability,sharingDomainRestrictionMode,sharingAllowedDomainList,"
        "sharingBlockedDomainList,isResharingByExternalUsersEnabled,isLegacyAuthProtocolsEnabled,"
        "isUnmanagedSyncAppForTenantRestricted,idleSessionSignOut"
    }
    return place.once(("sharepoint",), lambda: place.get(SETTINGS, query=query))


@source(
    Sharing,
    fields=["service", "external", "anonymous_links", "domains", "domains_mode",
            "guests_reshare", "legacy_auth", "unmanaged_sync"],
    calls=_SETTINGS_READ,
    always={"service": "sharepoint"},
)  # fmt: skip
def sharepoint_sharing(place: Place) -> Iterator[Fact | Partial]:
    """With whom SharePoint and OneDrive may share."""
    found = _settings(place)
    capability = _EXTERNAL.get(str(found.get("sharingCapability")))
    mode = _MODES.get(str(found.get("sharingDomainRestrictionMode")))
    if capability is None or mode is None:
        raise Refused("broken", SETTINGS, "the sharing settings are not understood")
    values: dict[str, Any] = {}
    refused: dict[str, Refused] = {}
    for name, key, inverted in (
        ("guests_reshare", "isResharingByExternalUsersEnabled", False),
        ("legacy_auth", "isLegacyAuthProtocolsEnabled", False),
        ("unmanaged_sync", "isUnmanagedSyncAppForTenantRestricted", True),
    ):
        if isinstance(found.get(key), bool):
            values[name] = found[key] is not inverted
        else:
            refused[name] = Refused("broken", SETTINGS, f"{key} is absent")
    allowed = tuple(sorted(words(found.get("sharingAllowedDomainList"))))
    fact = Sharing(
        subject=f"{place.job.scope.id}/sharepoint",
        name="SharePoint and OneDrive sharing",
        service="sharepoint",
        external=capability,
        anonymous_links=capability == "anybody",
        domains=allowed if mode == "allow-list" else None,
        domains_mode=mode,
        **values,
        **place.here(SETTINGS),
    )
    yield Partial(fact, refused) if refused else fact


@source(
    Session,
    fields=["session", "idle_minutes"],
    calls=_SETTINGS_READ,
    always={"session": "sharepoint"},
)
def sharepoint_sessions(place: Place) -> Iterator[Fact]:
    """After how many idle minutes SharePoint signs a browser out."""
    idle = _settings(place).get("idleSessionSignOut")
    if not isinstance(idle, dict) or not isinstance(idle.get("isEnabled"), bool):
        raise Refused("broken", SETTINGS, "the idle sign-out is not told")
    seconds = idle.get("signOutAfterInSeconds")
    minutes = None
    if idle["isEnabled"]:
        if not isinstance(seconds, int):
            raise Refused("broken", SETTINGS, "the idle sign-out has no time")
        minutes = -(-seconds // 60)
    yield Session(
        subject=f"{place.job.scope.id}/sharepoint-session",
        name="SharePoint in a browser",
        session="sharepoint",
        idle_minutes=minutes,
        **place.here(SETTINGS),
    )


@source(
    Session,
    fields=["session", "idle_minutes"],
    calls={TIMEOUTS: "Policy.Read.All"},
    always={"session": "portal"},
)
def portal_sessions(place: Place) -> Iterator[Fact]:
    """After how many idle minutes Microsoft's web applications sign out."""
    query = {"$select": "id,definition,displayName,isOrganizationDefault"}
    shortest: int | None = None
    for policy in place.pages(TIMEOUTS, query=query):
        if policy.get("isOrganizationDefault") is True:
            for definition in words_of(policy.get("definition")):
                minutes = _idle_minutes(definition)
                if minutes is not None and (shortest is None or minutes < shortest):
                    shortest = minutes
    yield Session(
        subject=f"{place.job.scope.id}/portal-session",
        name="Microsoft web applications",
        session="portal",
        idle_minutes=shortest,
        **place.here(TIMEOUTS),
    )


def words_of(value: object) -> list[str]:
    """The texts of a list property, whole."""
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _idle_minutes(definition: str) -> int | None:
    """Minutes of WebSessionIdleTimeout ([d.]hh:mm:ss) for every application; None: it names none
    but single ones."""
    try:
        policy = json.loads(definition)["ActivityBasedTimeoutPolicy"]
        default = next(
            (one for one in policy["ApplicationPolicies"] if one["ApplicationId"] == "default"),
            None,
        )
        if default is None:
            return None
        days, _, clock = str(default["WebSessionIdleTimeout"]).rpartition(".")
        hours, minutes, seconds = (int(part) for part in clock.split(":"))
        return int(days or 0) * 1440 + hours * 60 + minutes + (1 if seconds else 0)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("broken", TIMEOUTS, "a timeout policy is not understood") from error


@source(
    Incident,
    fields=["status", "severity", "assigned", "open_days"],
    calls={INCIDENTS: "SecurityIncident.Read.All"},
)
def incidents(place: Place) -> Iterator[Fact]:
    """Security incidents and whether somebody handles them."""
    query = {
        "$select": "id,displayName,status,severity,assignedTo,createdDateTime",
        "$top": "50",
    }
    headers = {"Prefer": "include-unknown-enum-members"}
    for incident in place.pages(INCIDENTS, query=query, headers=headers):
        status = str(incident.get("status") or "unknown")
        is_open = status not in ("resolved", "redirected")
        yield Incident(
            subject=f"incident/{incident.get('id')}",
            name=text(incident, "displayName") or f"incident {incident.get('id')}",
            status=status,
            severity=str(incident.get("severity") or "unknown"),
            assigned=bool(text(incident, "assignedTo")),
            open_days=place.days_since(incident.get("createdDateTime")) if is_open else None,
            **place.here(INCIDENTS),
        )
