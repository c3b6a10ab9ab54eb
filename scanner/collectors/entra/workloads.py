"""Service principals, managed identities, and the secrets of applications; never their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.entra.app_rights import RIGHTS_READ, administrative_rights
from scanner.collectors.entra.held_roles import ROLES_READ, held_by
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, text, words
from scanner.facts import UNSET, Fact
from scanner.facts.identity import Account, Credential

PRINCIPALS = "GET /servicePrincipals"
OWNERS = "GET /servicePrincipals/{id}/owners"
APPLICATIONS = "GET /applications"

_MICROSOFT = frozenset(
    {"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"}
)
"""Microsoft's own tenants: their applications are part of the service."""

_PRINCIPALS_READ = {PRINCIPALS: "Application.Read.All"}


def _principals(place: Place) -> list[dict[str, Any]]:
    query = {
        "$select": "id,appId,displayName,accountEnabled,servicePrincipalType,"
        "appOwnerOrganizationId,alternativeNames,passwordCredentials,keyCredentials",
        "$top": "999",
    }
    return place.once(("service-principals",), lambda: list(place.pages(PRINCIPALS, query=query)))


def _is_own(principal: dict[str, Any]) -> bool:
    return str(principal.get("appOwnerOrganizationId") or "").lower() not in _MICROSOFT


@source(
    Account,
    fields=["category", "enabled", "remote"],
    calls=_PRINCIPALS_READ,
    always={"category": "service"},
)
def service_principals(place: Place) -> Iterator[Fact | Partial]:
    """Applications and managed identities that act in the tenant, but for Microsoft's own."""
    for principal in _principals(place):
        if _is_own(principal):
            enabled = principal.get("accountEnabled")
            fact = Account(
                subject=str(principal.get("id", "")).lower(),
                name=text(principal, "displayName") or str(principal.get("id", "")),
                category="service",
                enabled=enabled if isinstance(enabled, bool) else UNSET,
                remote=True,
                **place.here(PRINCIPALS),
            )
            if isinstance(enabled, bool):
                yield fact
            else:
                empty = Refused("broken", PRINCIPALS, "accountEnabled came empty")
                yield Partial(fact, {"enabled": empty})


@service_principals.detail(fields=["owner"], calls={OWNERS: "Application.Read.All"})
def owner(place: Place, account: Account) -> dict[str, object]:
    """Who answers for the application."""

    def read() -> dict[str, dict[str, Any] | Refused]:
        ids = [(str(p.get("id", "")).lower(),) for p in _principals(place) if _is_own(p)]
        found = place.batch(OWNERS, ids, {"$select": "id,displayName,userPrincipalName"})
        return {one[0]: body for one, body in found.items()}

    body = place.once(("owners",), read)[account.subject]
    if isinstance(body, Refused):
        raise body
    if not isinstance(body.get("value"), list):
        raise Refused("broken", OWNERS, "the answer holds no list of owners")
    names = sorted(
        text(one, "userPrincipalName") or text(one, "displayName") or str(one.get("id", ""))
        for one in items(body["value"])
    )
    return {"owner": ", ".join(names) or _resource_of(place, account.subject)}


def _resource_of(place: Place, principal: str) -> str | None:
    """The Azure resource that a managed identity acts for, which answers for it; else None."""
    by_id = place.once(
        ("principals-by-id",), lambda: {str(p.get("id", "")).lower(): p for p in _principals(place)}
    )
    found = by_id[principal]
    if str(found.get("servicePrincipalType") or "").lower() != "managedidentity":
        return None
    names = words(found.get("alternativeNames"))
    return next((name for name in names if name.lower().startswith("/subscriptions/")), None)


@service_principals.detail(
    fields=["privileged", "roles"], calls={**ROLES_READ, **RIGHTS_READ, **_PRINCIPALS_READ}
)
def roles(place: Place, account: Account) -> dict[str, object]:
    """Directory roles that the application holds, and what it may administer over Graph."""
    held = held_by(place, account.subject)
    rights = administrative_rights(place, _principals(place)).get(account.subject, frozenset())
    return {
        "privileged": held.privileged or bool(rights),
        "roles": tuple(sorted({*held.roles, *(f"Microsoft Graph {right}" for right in rights)})),
    }


@source(
    Credential,
    fields=["account", "kind_of_secret", "active", "rotated_days", "expires_days"],
    calls={APPLICATIONS: "Application.Read.All", **_PRINCIPALS_READ},
)
def app_credentials(place: Place) -> Iterator[Fact]:
    """Secrets and certificates of applications: how old, until when."""
    principals = {str(p.get("appId", "")).lower(): p for p in _principals(place)}
    query = {
        "$select": "id,appId,displayName,passwordCredentials,keyCredentials",
        "$top": "999",
    }
    for application in place.pages(APPLICATIONS, query=query):
        principal = principals.get(str(application.get("appId", "")).lower())
        account = str((principal or application).get("id", "")).lower()
        yield from _credentials(place, application, account, APPLICATIONS)
    for principal in principals.values():
        if _is_own(principal):
            yield from _credentials(
                place, principal, str(principal.get("id", "")).lower(), PRINCIPALS
            )


def _credentials(
    place: Place, holder: dict[str, Any], account: str, operation: str
) -> Iterator[Fact]:
    name = text(holder, "displayName") or str(holder.get("appId", ""))
    # A client secret is used by programs as an access key is.
    for kind, key in (("access-key", "passwordCredentials"), ("certificate", "keyCredentials")):
        if not isinstance(holder.get(key), list):
            raise Refused("broken", operation, f"{name} does not tell its {key}")
        for credential in items(holder[key]):
            expires = place.days_until(credential.get("endDateTime"))
            label = text(credential, "displayName") or str(credential.get("keyId", ""))[:8]
            yield Credential(
                subject=f"{account}/{str(credential.get('keyId', '')).lower()}",
                name=f"{name}: {label}",
                account=account,
                kind_of_secret="access-key" if kind == "access-key" else "certificate",
                active=expires is None or expires >= 0,
                rotated_days=place.days_since(credential.get("startDateTime")),
                expires_days=expires,
                **place.here(operation),
            )
