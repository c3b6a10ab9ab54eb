"""Accounts of people and guests: who they are, how they sign in, what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.entra.conditional_access import (
    LEGACY_BLOCKED,
    MANAGED_DEVICE,
    MFA,
    PHISHING_RESISTANT,
    TERMS,
    Requirement,
    Verdict,
)
from scanner.collectors.entra.held_roles import ROLES_READ, held_by, role_holders
from scanner.collectors.entra.rules_of_tenant import METHODS_READ, enabled_methods
from scanner.collectors.entra.sign_in_rules import ACCESS_READ, SignInRules, sign_in_rules
from scanner.collectors.entra.users import USERS, USERS_READ, is_enabled, kind_of, users
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, text
from scanner.facts import UNSET, Fact
from scanner.facts.identity import Account

REGISTRATION = "GET /reports/authenticationMethods/userRegistrationDetails"
ACTIVITY = "GET /users?$select=signInActivity"
LEAVING = "GET /users?$select=employeeLeaveDateTime"
PLANS = "GET /users/{id}"
_SUCCEEDED = "lastSuccessfulSignInDateTime"
_ATTEMPTS = ("lastSignInDateTime", "lastNonInteractiveSignInDateTime")
_TOLD_SINCE = "2023-12-01T00:00:00Z"

_PHISHING_RESISTANT = frozenset(
    {
        "fido2",
        "fido2securitykey",
        "windowshelloforbusiness",
        "passkeydevicebound",
        "passkeydeviceboundauthenticator",
        "passkeydeviceboundwindowshello",
        "macossecureenclavekey",
    }
)


@source(
    Account,
    fields=[
        "category",
        "enabled",
        "owner",
        "created_days",
        "password_age_days",
        "synced",
        "remote",
    ],
    calls=USERS_READ,
)
def accounts(place: Place) -> Iterator[Fact | Partial]:
    """Accounts of people and guests, from the directory."""
    for user in users(place):
        yield _account(place, user)


def _account(place: Place, user: dict[str, Any]) -> Fact | Partial:
    guest = kind_of(user) not in ("member", "unknown") or user.get("userType") == "Guest"
    enabled = is_enabled(user)
    fact = Account(
        subject=str(user.get("id", "")).lower(),
        name=text(user, "userPrincipalName") or str(user.get("id", "")),
        category="guest" if guest else "human",
        owner=text(user, "displayName"),
        created_days=place.days_since(user.get("createdDateTime")),
        password_age_days=place.days_since(user.get("lastPasswordChangeDateTime")),
        synced=user.get("onPremisesSyncEnabled") is True,
        enabled=UNSET if isinstance(enabled, Refused) else enabled,
        remote=True,
        **place.here(USERS),
    )
    return Partial(fact, {"enabled": enabled}) if isinstance(enabled, Refused) else fact


def _is_bool(item: dict[str, Any], key: str) -> bool:
    return isinstance(item.get(key), bool)


@accounts.detail(
    fields=["mfa_registered", "mfa_phishing_resistant"],
    calls={REGISTRATION: "AuditLog.Read.All", **METHODS_READ},
)
def registration(place: Place, account: Account) -> dict[str, object]:
    """Which factors the account has enrolled."""

    def read() -> dict[str, dict[str, Any]]:
        return {str(row.get("id", "")).lower(): row for row in place.pages(REGISTRATION)}

    row = place.once(("registration",), read).get(account.subject)
    if row is None or not _is_bool(row, "isMfaRegistered"):
        raise Refused("not-supported", REGISTRATION, "the report has no row for this account")
    methods = row.get("methodsRegistered")
    if not isinstance(methods, list):
        raise Refused("broken", REGISTRATION, "the row lists no methods")
    found = {
        "mfa_registered": row["isMfaRegistered"],
        "mfa_phishing_resistant": any(str(m).lower() in _PHISHING_RESISTANT for m in methods),
    }
    if all(found.values()):
        return found
    # Nobody enrols a smart card's certificate, so that the report never counts one.
    unclear = _may_hold_a_certificate(place)
    return {name: value or unclear or False for name, value in found.items()}


def _may_hold_a_certificate(place: Place) -> Refused | None:
    try:
        if "x509certificate" not in enabled_methods(place):
            return None
    except Refused as refused:
        return refused
    detail = "certificates are a way to sign in, and the report tells of none"
    return Refused("not-supported", REGISTRATION, detail)


@accounts.detail(fields=["last_used_days"], calls={ACTIVITY: "AuditLog.Read.All"})
def activity(place: Place, account: Account) -> dict[str, object]:
    """When the account last signed in."""

    def read() -> dict[str, dict[str, Any]]:
        query = {"$select": "id,signInActivity", "$top": "500"}
        found = {
            str(user.get("id", "")).lower(): user["signInActivity"]
            for user in place.pages(ACTIVITY, query=query)
            if isinstance(user.get("signInActivity"), dict)
        }
        if not found:
            raise Refused("unlicensed", ACTIVITY, "no account came with its sign-in activity")
        return found

    found = place.once(("activity",), read).get(account.subject)
    if found is None:
        return {"last_used_days": None}
    last = place.days_since(found.get(_SUCCEEDED))
    if last is None:
        last = _attempted(place, found)
    return {"last_used_days": None if last is None else max(0, last)}


def _attempted(place: Place, found: dict[str, Any]) -> int | None:
    """Days since the last attempt, where it stands for a sign-in. Raises Refused where it may not.

    Attempts count that failed too. Those that succeeded are told apart since December 2023; before
    that, and in a cloud that does not tell, the attempt is the best answer.
    """
    days = [place.days_since(found.get(key)) for key in _ATTEMPTS]
    known = [day for day in days if day is not None]
    since = place.days_since(_TOLD_SINCE)
    if not known or _SUCCEEDED not in found or (since is not None and min(known) > since):
        return min(known, default=None)
    raise Refused("not-supported", ACTIVITY, "attempts to sign in are told, none that succeeded")


@accounts.detail(fields=["privileged", "roles"], calls=ROLES_READ)
def roles(place: Place, account: Account) -> dict[str, object]:
    """Directory roles that the account holds or may activate, directly or by a group."""
    held = held_by(place, account.subject)
    return {"privileged": held.privileged, "roles": held.roles}


@accounts.detail(fields=["daily_use"], calls={**ROLES_READ, PLANS: "User.Read.All"})
def everyday(place: Place, account: Account) -> dict[str, object]:
    """Whether an administrator's account has a mailbox, as everyday accounts do."""

    def read() -> dict[str, dict[str, Any] | Refused]:
        privileged = [
            (principal,)
            for principal, held in role_holders(place).items()
            if any(one.role.classes and one.principal_kind != "service" for one in held)
        ]
        found = place.batch(PLANS, privileged, {"$select": "id,assignedPlans"})
        return {ids[0]: body for ids, body in found.items()}

    body = place.once(("plans",), read).get(account.subject)
    if body is None:
        return {"daily_use": True}
    if isinstance(body, Refused):
        raise body
    if not isinstance(body.get("assignedPlans"), list):
        raise Refused("broken", PLANS, "the answer lists no plans")
    return {
        "daily_use": any(
            str(plan.get("service", "")).lower() == "exchange"
            and plan.get("capabilityStatus") == "Enabled"
            for plan in items(body["assignedPlans"])
        )
    }


@accounts.detail(fields=["leave_days"], calls={LEAVING: "User-LifeCycleInfo.Read.All"})
def leaving(place: Place, account: Account) -> dict[str, object]:
    """When the person left, or will."""

    def read() -> dict[str, Any]:
        query = {"$select": "id,employeeLeaveDateTime", "$top": "999"}
        return {
            str(user.get("id", "")).lower(): user.get("employeeLeaveDateTime")
            for user in place.pages(LEAVING, query=query)
        }

    found = place.once(("leaving",), read)
    return {"leave_days": place.days_since(found.get(account.subject))}


@accounts.detail(
    fields=[
        "mfa_enforced",
        "mfa_open",
        "mfa_phishing_resistant_enforced",
        "legacy_auth_blocked",
        "device_required",
        "terms_required",
        "session_max_minutes",
    ],
    calls=ACCESS_READ,
)
def access(place: Place, account: Account) -> dict[str, object]:
    """What Conditional Access and security defaults enforce, all policies together."""
    rules = sign_in_rules(place)
    mfa = _verdict(rules, account, MFA)
    minutes = rules.judged.session_minutes(account.subject)
    return {
        "mfa_enforced": _enforced(rules, mfa),
        "mfa_open": _unknown(rules, mfa) or _open(rules, mfa),
        "mfa_phishing_resistant_enforced": _asked(rules, account, PHISHING_RESISTANT),
        "legacy_auth_blocked": _asked(rules, account, LEGACY_BLOCKED),
        "device_required": _asked(rules, account, MANAGED_DEVICE),
        "terms_required": _asked(rules, account, TERMS),
        "session_max_minutes": rules.refusal("what limits its sessions is not certain")
        if minutes == "unknown"
        else minutes,
    }


def _asked(rules: SignInRules, account: Account, requirement: Requirement) -> bool | Refused:
    return _enforced(rules, _verdict(rules, account, requirement))


def _verdict(rules: SignInRules, account: Account, requirement: Requirement) -> Verdict:
    verdict = rules.judged.verdict(account.subject, requirement)
    if verdict.would_be is None:
        return verdict
    return Verdict(verdict.would_be, verdict.open, verdict.why, verdict.left_out_by)


def _enforced(rules: SignInRules, verdict: Verdict) -> bool | Refused:
    return _unknown(rules, verdict) or verdict.answer == "yes"


def _unknown(rules: SignInRules, verdict: Verdict) -> Refused | None:
    return rules.refusal("; ".join(verdict.why)) if verdict.answer == "unknown" else None


def _open(rules: SignInRules, verdict: Verdict) -> tuple[str, ...] | Refused | None:
    if verdict.answer == "yes":
        return None
    for refused in rules.refused.values():
        # Which policies leave it out is not certain, though that none of them covers it is.
        return refused
    left_out = tuple(f"left out by {name}" for name in verdict.left_out_by)
    return (*verdict.open, *left_out) or ("no policy asks for it",)
