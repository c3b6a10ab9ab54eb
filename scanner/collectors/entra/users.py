"""Accounts of the directory, read once, and what kind of account each is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.entra.conditional_access import Kind
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items

USERS = "GET /users"
USERS_READ = {USERS: "User.Read.All"}

_USER_FIELDS = (
    "id,userPrincipalName,displayName,accountEnabled,userType,createdDateTime,"
    "lastPasswordChangeDateTime,onPremisesSyncEnabled,identities,creationType,externalUserState"
)

_ENTRA_ISSUER = "ExternalAzureAD"


def users(place: Place) -> list[dict[str, Any]]:
    """Every account of the directory. Raises Refused."""
    query = {"$select": _USER_FIELDS, "$top": "999"}
    return place.once(("users",), lambda: list(place.pages(USERS, query=query)))


def kind_of(user: Mapping[str, Any]) -> Kind:
    """How Conditional Access classifies the account: by its type and where it authenticates."""
    outside = _authenticates_outside(user)
    user_type = user.get("userType")
    if user_type is None:
        return "unknown"
    if user_type == "Member":
        return "b2bCollaborationMember" if outside else "member"
    if not outside:
        return "internalGuest"
    return "b2bCollaborationGuest"


def is_enabled(user: Mapping[str, Any]) -> bool | Refused:
    """Whether the account can be used; a token that may see names only gets null, no answer."""
    found = user.get("accountEnabled")
    if isinstance(found, bool):
        return found
    return Refused("denied", USERS, "accountEnabled came empty", permission="User.Read.All")


def _authenticates_outside(user: Mapping[str, Any]) -> bool:
    identities = items(user.get("identities"))
    if any(one.get("signInType") == "federated" for one in identities):
        return True
    return not identities and "#EXT#" in str(user.get("userPrincipalName", ""))


def entra_home(user: Mapping[str, Any]) -> bool:
    """Whether the account signs in at an Entra tenant, so far as its identities tell."""
    federated = [o for o in items(user.get("identities")) if o.get("signInType") == "federated"]
    if federated:
        return all(one.get("issuer") == _ENTRA_ISSUER for one in federated)
    return not _authenticates_outside(user)
