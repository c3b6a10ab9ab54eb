"""The tenant's own rules: passwords and lockout, guests, partners, consent, sign-in methods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, text, words
from scanner.facts import Fact
from scanner.facts.identity import Policy

AUTHORIZATION = "GET /policies/authorizationPolicy"
SETTINGS = "GET /groupSettings"
METHODS = "GET /policies/authenticationMethodsPolicy"
PARTNERS = "GET /policies/crossTenantAccessPolicy/default"
DOMAINS = "GET /domains"

METHODS_READ = {METHODS: "Policy.Read.AuthenticationMethod"}
_PASSWORD_RULES = "5cf42378-d67d-4f36-ba46-e8b86229381d"
"""Template of the group setting "Password Rule Settings"."""
_LOCKOUT_DEFAULTS = {False: (10, 60), True: (3, 60)}
"""Threshold and seconds where nothing is set; government clouds lock out sooner."""
_NEVER = 2147483647
_VALID_DAYS = 90
"""How long a password lives in a domain where nothing is set."""

_GUEST_ROLES = {
    "a0b1b346-4d3e-4e8b-98f8-753987be4970": "as-members",
    "10dae51f-b6af-4016-8d66-8c2a99b929b3": "limited",
    "2af84b1e-32c8-42b7-82bc-daa82404023b": "restricted",
}


_ALLOWED = ("guest_invite", "guest_role", "user_can_create", "user_consent")


@source(
    Policy,
    fields=_ALLOWED,
    calls={AUTHORIZATION: "Policy.Read.All"},
)
def directory_policy(place: Place) -> Iterator[Fact | Partial]:
    """What ordinary users and guests may do in the directory."""
    # Neither is selected: the property is part of the default answer of a singleton.
    found = place.get(AUTHORIZATION)
    rights = found.get("defaultUserRolePermissions")
    if not isinstance(rights, dict):
        raise Refused("broken", AUTHORIZATION, "the answer holds no permissions of users")
    creates = {
        "apps": rights.get("allowedToCreateApps"),
        "security-groups": rights.get("allowedToCreateSecurityGroups"),
        "tenants": rights.get("allowedToCreateTenants"),
    }
    known: dict[str, Any] = {}
    if all(isinstance(value, bool) for value in creates.values()):
        known["user_can_create"] = tuple(sorted(n for n, value in creates.items() if value is True))
    if isinstance(rights.get("permissionGrantPoliciesAssigned"), list):
        known["user_consent"] = _consent(words(rights["permissionGrantPoliciesAssigned"]))
    guest = str(found.get("guestUserRoleId") or "").lower()
    if guest:
        known["guest_role"] = _GUEST_ROLES.get(guest, guest)
    if text(found, "allowInvitesFrom"):
        known["guest_invite"] = found["allowInvitesFrom"]
    fact = Policy(
        subject=place.job.scope.id,
        name=f"directory of {place.job.scope.name}",
        **known,
        **place.here(AUTHORIZATION),
    )
    absent = Refused("broken", AUTHORIZATION, "the answer does not hold it")
    refused = {name: absent for name in _ALLOWED if name not in known}
    yield Partial(fact, refused) if refused else fact


def _consent(policies: list[str]) -> str | None:
    own = [p.rpartition(".")[2] for p in policies if p.startswith("ManagePermissionGrantsForSelf.")]
    return ", ".join(sorted(own)) or None


@directory_policy.detail(
    fields=["lockout_threshold", "lockout_seconds"], calls={SETTINGS: "GroupSettings.Read.All"}
)
def lockout(place: Place, policy: Policy) -> dict[str, object]:
    """Smart lockout: its own setting, or Microsoft's default where nothing is set."""
    found = list(place.pages(SETTINGS, query={"$select": "id,templateId,values"}))
    threshold, seconds = _LOCKOUT_DEFAULTS[place.session.cloud.national]
    for setting in found:
        if str(setting.get("templateId", "")).lower() == _PASSWORD_RULES:
            values = {str(v.get("name")): str(v.get("value")) for v in items(setting.get("values"))}
            threshold = _number(values.get("LockoutThreshold"), threshold)
            seconds = _number(values.get("LockoutDurationInSeconds"), seconds)
    return {"lockout_threshold": threshold, "lockout_seconds": seconds}


def _number(value: str | None, default: int) -> int:
    if value is None or value == "":
        return default
    if not value.isdecimal():
        raise Refused("broken", SETTINGS, "a lockout value is no number")
    return int(value)


@directory_policy.detail(fields=["allowed_methods"], calls=METHODS_READ)
def methods(place: Place, policy: Policy) -> dict[str, object]:
    """Sign-in methods that are switched on for anybody."""
    return {"allowed_methods": tuple(sorted(enabled_methods(place)))}


def enabled_methods(place: Place) -> frozenset[str]:
    """Sign-in methods that are switched on for anybody, in lower case. Raises Refused."""

    def read() -> frozenset[str]:
        configurations = place.get(METHODS).get("authenticationMethodConfigurations")
        if not isinstance(configurations, list):
            raise Refused("broken", METHODS, "the answer lists no methods")
        return frozenset(
            str(one.get("id", "")).lower()
            for one in items(configurations)
            if one.get("state") == "enabled"
        )

    return place.once(("methods",), read)


@directory_policy.detail(fields=["partner_default"], calls={PARTNERS: "Policy.Read.All"})
def partners(place: Place, policy: Policy) -> dict[str, object]:
    """Whether users of tenants that no entry names may come in, and ours go out."""
    found = place.get(PARTNERS)
    ways = []
    for way, key in (
        ("in", "b2bCollaborationInbound"),
        ("out", "b2bCollaborationOutbound"),
        ("direct-in", "b2bDirectConnectInbound"),
        ("direct-out", "b2bDirectConnectOutbound"),
    ):
        access = _access(found.get(key))
        if access is None:
            raise Refused("broken", PARTNERS, f"{key} is not readable")
        ways.append(f"{way}:{access}")
    return {"partner_default": " ".join(ways)}


def _access(setting: Any) -> str | None:
    part = setting.get("usersAndGroups") if isinstance(setting, dict) else None
    if not isinstance(part, dict):
        return None
    access = part.get("accessType")
    targets = {str(t.get("target")) for t in items(part.get("targets"))}
    if access not in ("allowed", "blocked"):
        return None
    everybody = "AllUsers" in targets
    if access == "blocked":
        return "blocked" if everybody else "partly"
    return "allowed" if everybody else "partly"


@directory_policy.detail(fields=["max_age_days"], calls={DOMAINS: "Domain.Read.All"})
def password_age(place: Place, policy: Policy) -> dict[str, object]:
    """The longest that a password lives in any verified domain."""
    query = {"$select": "id,isVerified,authenticationType,passwordValidityPeriodInDays"}
    longest = 0
    for domain in place.pages(DOMAINS, query=query):
        if domain.get("isVerified") is not True or domain.get("authenticationType") != "Managed":
            continue
        days = domain.get("passwordValidityPeriodInDays")
        days = _VALID_DAYS if days is None else days
        if days == _NEVER:
            return {"max_age_days": None}
        if not isinstance(days, int):
            raise Refused("broken", DOMAINS, "a validity period is no number")
        longest = max(longest, days)
    if not longest:
        raise Refused("not-supported", DOMAINS, "no domain keeps its passwords here")
    return {"max_age_days": longest}
