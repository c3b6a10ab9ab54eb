"""The contractor's people: accounts, the factors that they have enrolled, groups."""

from __future__ import annotations

from typing import Any, NamedTuple

from scanner.demo.microsoft.making import ago, ahead, guid, typed
from scanner.demo.microsoft.tenant import Tenant

DOMAIN = "halyard.example"


class Somebody(NamedTuple):
    """One account. factors: what is enrolled; used: days since the last sign-in, None: never."""

    name: str
    team: str
    factors: tuple[str, ...] = ("microsoftAuthenticatorPush",)
    used: int | None = 1
    enabled: bool = True
    roles: tuple[str, ...] = ()
    mailbox: bool = True
    age: int = 500
    leaves: int | None = None
    """Days until the person leaves; below 0: has left."""


PUSH = ("microsoftAuthenticatorPush",)
KEY = ("fido2SecurityKey", "microsoftAuthenticatorPush")
HELLO = ("windowsHelloForBusiness",)

NONE: tuple[str, ...] = ()

PEOPLE = (
    Somebody("amara.okafor", "it", KEY, 0),
    Somebody("amara.okafor-adm", "admins", KEY, 0, roles=("Global Administrator",), mailbox=False),
    Somebody("ben.lindqvist", "it", PUSH, 1, roles=("Intune Administrator",)),  # daily account
    Somebody("carmen.diaz", "engineering", HELLO, 2),
    Somebody("daniel.ruiz", "engineering", PUSH, 0),
    Somebody("elif.kaya", "engineering", NONE, 3),  # no second factor enrolled
    Somebody("farah.nassar", "engineering", HELLO, 12),
    Somebody("george.whitfield", "finance", PUSH, 8),
    Somebody("hannah.berg", "finance", PUSH, 5),
    Somebody("ivan.petrov", "production", NONE, 161),  # no factor, idle for months
    Somebody("jun.takahashi", "engineering", PUSH, 4),
    Somebody("kofi.mensah", "it", KEY, 1),
    Somebody("kofi.mensah-adm", "admins", KEY, 1, roles=("Security Administrator",), mailbox=False),
    Somebody("laura.costa", "quality", PUSH, 6),
    Somebody("mateo.silva", "quality", PUSH, 17),
    Somebody("nadia.haddad", "program-office", PUSH, 2),
    Somebody("owen.price", "program-office", PUSH, 30),
    Somebody("priya.raman", "engineering", HELLO, 1),
    Somebody("rosa.jimenez", "production", PUSH, 9),
    Somebody("samuel.adeyemi", "security", KEY, 0, roles=("Global Reader",)),
    Somebody("tova.lund", "security", KEY, 1, roles=("Exchange Administrator",)),  # daily account
    Somebody("break-glass-1", "emergency", ("fido2SecurityKey",), 340,
             roles=("Global Administrator",), mailbox=False),
    Somebody("break-glass-2", "emergency", NONE, None,  # no key enrolled, never tried
             roles=("Global Administrator",), mailbox=False),
    Somebody("scanner.kiosk", "shared", NONE, 1),  # a shared account, left out of every policy
    Somebody("ulrich.weber", "production", PUSH, 3, leaves=-12),  # left twelve days ago
    Somebody("vera.smirnova", "finance", PUSH, None, enabled=False),
    Somebody("wendy.chu", "engineering", PUSH, 2),
    Somebody("xavier.roche", "engineering", HELLO, 1),
    Somebody("yara.mansour", "quality", PUSH, 3),
    Somebody("zoe.keller", "program-office", PUSH, 2),
)  # fmt: skip

_MORE = "abel beth cora dina eric fred gina hugo iris jack kate leon mary nils olga paul rita sven"
_SURNAMES = ("ashby", "brandt", "cole")

GUESTS = (
    ("inspector@navy.example", "ExternalAzureAD", PUSH),
    ("supplier@castings.example", "mail", NONE),  # one-time codes by mail, no factor
)

GROUPS: dict[str, tuple[str, ...]] = {
    "ca-exclusions": ("break-glass-1", "break-glass-2", "scanner.kiosk"),  # the kiosk should not be
    "travellers": ("owen.price",),
}


def everybody() -> tuple[Somebody, ...]:
    """The named people and those who only make up the number."""
    rest = [
        Somebody(f"{first}.{_SURNAMES[n % 3]}", "production", PUSH, n % 11)
        for n, first in enumerate(_MORE.split())
    ]
    rest += [
        Somebody(f"{first}.dunn", "engineering", HELLO, n % 7)
        for n, first in enumerate(_MORE.split()[:14])
    ]
    return (*PEOPLE, *rest)


def upn(name: str) -> str:
    return f"{name}@{DOMAIN}"


def add_people(tenant: Tenant, people: tuple[Somebody, ...]) -> None:
    """Accounts with the factors that they have enrolled, and groups."""
    _users(tenant, people)
    _groups(tenant)


def _users(tenant: Tenant, people: tuple[Somebody, ...]) -> None:
    users, details = [], []
    for person in people:
        user = _user(person)
        users.append(user)
        tenant.graph[f"/users/{user['id']}"] = user
        details.append(_registration(user, person.factors, bool(person.roles), "member"))
    for mail, issuer, factors in GUESTS:
        guest = _guest(mail, issuer)
        users.append(guest)
        tenant.graph[f"/users/{guest['id']}"] = guest
        details.append(_registration(guest, factors, False, "guest"))
    tenant.graph["/users"] = users
    tenant.graph["/reports/authenticationMethods/userRegistrationDetails"] = details


def _user(person: Somebody) -> dict[str, Any]:
    shown = " ".join(part.capitalize() for part in person.name.replace("-", " ").split("."))
    used = None if person.used is None else {
        "lastSignInDateTime": ago(person.used),
        "lastSignInRequestId": guid("sign-in", person.name),
        "lastNonInteractiveSignInDateTime": ago(person.used),
        "lastNonInteractiveSignInRequestId": guid("sign-in-2", person.name),
    }  # fmt: skip
    plan = {
        "assignedDateTime": ago(person.age),
        "capabilityStatus": "Enabled",
        "service": "exchange",
        "servicePlanId": "efb87545-963c-4e0d-99df-69c6916d9eb0",
    }
    return {
        "id": guid("user", person.name),
        "userPrincipalName": upn(person.name),
        "displayName": shown,
        "accountEnabled": person.enabled,
        "userType": "Member",
        "createdDateTime": ago(person.age),
        "lastPasswordChangeDateTime": ago(min(person.age, 90)),
        "onPremisesSyncEnabled": None,
        "identities": [
            {
                "signInType": "userPrincipalName",
                "issuer": DOMAIN,
                "issuerAssignedId": upn(person.name),
            }
        ],
        "creationType": None,
        "externalUserState": None,
        "employeeLeaveDateTime": ahead(person.leaves),
        "assignedPlans": [plan] if person.mailbox else [],
        **({"signInActivity": used} if used else {}),
    }


def _guest(mail: str, issuer: str) -> dict[str, Any]:
    return {
        "id": guid("user", mail),
        "userPrincipalName": f"{mail.replace('@', '_')}#EXT#@{DOMAIN}",
        "displayName": mail,
        "accountEnabled": True,
        "userType": "Guest",
        "createdDateTime": ago(200),
        "lastPasswordChangeDateTime": ago(200),
        "onPremisesSyncEnabled": None,
        "identities": [{"signInType": "federated", "issuer": issuer, "issuerAssignedId": None}],
        "creationType": "Invitation",
        "externalUserState": "Accepted",
        "employeeLeaveDateTime": None,
        "assignedPlans": [],
        "signInActivity": {"lastSignInDateTime": ago(20)},
    }


def _registration(
    user: dict[str, Any], factors: tuple[str, ...], admin: bool, kind: str
) -> dict[str, Any]:
    return {
        "id": user["id"],
        "userPrincipalName": user["userPrincipalName"],
        "userDisplayName": user["displayName"],
        "userType": kind,
        "isAdmin": admin,
        "isSsprRegistered": bool(factors),
        "isSsprEnabled": True,
        "isSsprCapable": bool(factors),
        "isMfaRegistered": bool(factors),
        "isMfaCapable": bool(factors),
        "isPasswordlessCapable": factors in (KEY, HELLO),
        "methodsRegistered": list(factors),
        "isSystemPreferredAuthenticationMethodEnabled": True,
        "systemPreferredAuthenticationMethods": [],
        "userPreferredMethodForSecondaryAuthentication": "none",
        "lastUpdatedDateTime": ago(1),
    }


def _groups(tenant: Tenant) -> None:
    tenant.graph["/groups"] = [
        {"id": guid("group", name), "displayName": name, "securityEnabled": True} for name in GROUPS
    ]
    for name, members in GROUPS.items():
        tenant.graph[f"/groups/{guid('group', name)}/transitiveMembers"] = [
            typed("user", {"id": guid("user", member), "deviceId": None}) for member in members
        ]


def principal_of(name: str) -> dict[str, Any]:
    """An account as lists of mixed objects show it."""
    return typed(
        "user",
        {
            "id": guid("user", name),
            "displayName": name,
            "userPrincipalName": upn(name),
        },
    )
