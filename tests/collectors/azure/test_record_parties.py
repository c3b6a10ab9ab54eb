"""Who outside the subscription gets at its records: by settings that send them, by delegation."""

from __future__ import annotations

from typing import Any

import pytest
from record_estate import (
    ACCOUNTS,
    ACTIVITY,
    ANY,
    DEFINITIONS,
    ELSEWHERE,
    ESTATE,
    KEYS,
    LOGS,
    OF_RESOURCE,
    SOURCES,
    SUB,
    VAULT,
    VAULTS,
    does,
    setting,
)
from told import only

from scanner.collectors.base import Refused


def parties(**estate: Any) -> Any:
    fact, refused = only(SOURCES["record-exports"], {**ESTATE, **estate})
    return refused.get("parties", fact.parties)


def test_to_whom_records_are_sent() -> None:
    assert parties() == ()
    hub = f"{SUB}/resourceGroups/g/providers/Microsoft.EventHub/namespaces/n/authorizationRules/r"
    partner = f"{SUB}/resourceGroups/g/providers/Microsoft.Datadog/monitors/m"
    far = f"{ELSEWHERE}/resourceGroups/g/providers/{LOGS}/far"
    settings = [
        setting(workspaceId=far, eventHubAuthorizationRuleId=hub, marketplacePartnerId=partner),
        setting(storageAccountId=f"{ELSEWHERE}/x"),
    ]
    assert parties(**{ACTIVITY: settings}) == (partner.lower(), ELSEWHERE.rpartition("/")[2])
    refused = Refused("denied", OF_RESOURCE)
    assert parties(**{VAULTS: [VAULT], OF_RESOURCE: refused}) is refused


DELEGATIONS = f"{ANY}Microsoft.ManagedServices/registrationAssignments"


def delegated(delegations: Any, **estate: Any) -> Any:
    roles = {"reader": does("*/read"), "keys": does(KEYS), "builder": does("Microsoft.Web/*")}
    answers = {
        **ESTATE,
        DEFINITIONS: [
            {"id": f"/x/{name}", "properties": {"permissions": [entry]}}
            for name, entry in roles.items()
        ],
        DELEGATIONS: delegations,
        **estate,
    }
    fact, refused = only(SOURCES["record-delegations"], answers)
    return refused.get("parties", fact.parties)


def delegation(tenant: str | None, *roles: str, later: tuple[str, ...] = ()) -> dict[str, Any]:
    terms = {
        "managedByTenantId": tenant,
        "authorizations": [{"roleDefinitionId": role} for role in roles],
        "eligibleAuthorizations": [{"roleDefinitionId": role} for role in later],
    }
    one = f"{SUB}/providers/Microsoft.ManagedServices/registrationAssignments/d"
    return {"id": one, "properties": {"registrationDefinition": {"properties": terms}}}


def test_tenants_that_hold_delegated_rights() -> None:
    assert delegated([]) == ()
    several = [
        delegation("MSP", "builder", "reader"),
        delegation("soc", "builder", later=("/a/reader",)),
        delegation("web", "builder"),
    ]
    assert delegated(several) == ("msp", "soc")
    assert delegated([delegation(None, "reader")]).operation == DELEGATIONS
    assert delegated([delegation("msp", "gone")]).operation == DEFINITIONS
    assert delegated([delegation("msp", "gone", "reader")]) == ("msp",)
    unseen = Refused("denied", ACCOUNTS)
    assert delegated([delegation("msp", "keys")], **{ACCOUNTS: unseen}) is unseen
    denied = Refused("denied", DELEGATIONS, "HTTP 403")
    assert delegated(denied) is denied
    assert delegated(Refused("not-supported", DELEGATIONS, "MissingSubscriptionRegistration")) == ()


@pytest.mark.parametrize("told", [None, {}, [], "reader"])
def test_a_delegation_that_tells_no_rights_is_not_one_of_none(told: Any) -> None:
    one = delegation("msp")
    one["properties"]["registrationDefinition"]["properties"]["authorizations"] = told
    found = delegated([one])
    assert (found.reason, found.operation) == ("broken", DELEGATIONS)
