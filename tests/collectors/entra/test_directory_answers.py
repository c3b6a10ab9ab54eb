"""What the directory leaves out, and what it says otherwise than one would read it."""

from __future__ import annotations

from typing import Any

import pytest
from told import facts, only

from scanner.collectors.base import Refused
from scanner.collectors.entra.collector import COLLECTOR

SOURCES = {source.name: source for source in COLLECTOR.sources}
USERS = "GET /users"
ACTIVITY = "GET /users?$select=signInActivity"
POLICIES = "GET /identity/conditionalAccess/policies"
MIA = {"id": "mia", "userPrincipalName": "mia@x", "accountEnabled": True, "userType": "Member"}


def days(activity: dict[str, Any] | None) -> int | Refused | None:
    answers = {
        USERS: [MIA],
        ACTIVITY: [{"id": "mia", "signInActivity": activity},
                   {"id": "eve", "signInActivity": {"lastSignInDateTime": "2026-01-01T00:00:00Z"}}],
    }  # fmt: skip
    fact, refused = only(SOURCES["accounts"], answers, "last_used_days")
    return refused.get("last_used_days", fact.last_used_days)


def test_failed_attempts_are_no_sign_in() -> None:
    tried = {"lastSignInDateTime": "2026-11-23T07:33:41Z"}
    assert days({**tried, "lastSuccessfulSignInDateTime": "2026-08-26T07:33:41Z"}) == 90
    unclear = days({**tried, "lastSuccessfulSignInDateTime": None})
    assert isinstance(unclear, Refused)
    assert "none that succeeded" in unclear.detail


def test_what_is_told_of_sign_ins_otherwise() -> None:
    assert days(None) is None
    # Before they were told apart, the last attempt says that it is long ago.
    old = {"lastSignInDateTime": "2023-11-24T07:33:41Z", "lastSuccessfulSignInDateTime": None}
    assert days(old) == 1096
    # A cloud that does not tell them apart.
    assert days({"lastNonInteractiveSignInDateTime": "2026-11-20T07:33:41Z"}) == 4


DEFAULTS_OFF = {"GET /policies/identitySecurityDefaultsEnforcementPolicy": {"isEnabled": False}}
RISKY = {
    "id": "p",
    "displayName": "P",
    "state": "enabled",
    "conditions": {
        "users": {"includeUsers": ["mia"]},
        "applications": {"includeApplications": ["All"]},
        "clientAppTypes": ["all"],
    },
    "grantControls": {"operator": "OR", "builtInControls": ["block"]},
}
BEN = {**MIA, "id": "ben"}


@pytest.mark.parametrize(
    ("second", "answer"),
    [
        ({**BEN, "accountEnabled": True}, False),
        ({**BEN, "accountEnabled": False}, True),
        ({**BEN, "accountEnabled": None}, "denied"),
    ],
)
def test_an_account_of_unknown_state_may_be_one_that_is_left_out(
    second: dict[str, Any], answer: bool | str
) -> None:
    answers = {USERS: [MIA, second], POLICIES: [RISKY], **DEFAULTS_OFF}
    if isinstance(answer, str):
        for name in ("risk-policies", "terms-of-use"):
            with pytest.raises(Refused) as caught:
                facts(SOURCES[name], answers)
            assert caught.value.reason == answer
    else:
        assert only(SOURCES["risk-policies"], answers)[0].enabled is answer
        assert only(SOURCES["terms-of-use"], answers)[0].shown is answer


AUTHORIZATION = "GET /policies/authorizationPolicy"
RIGHTS = {"allowedToCreateApps": False, "allowedToCreateSecurityGroups": True,
          "allowedToCreateTenants": False, "permissionGrantPoliciesAssigned": []}  # fmt: skip


def test_a_right_that_is_not_told_is_unread() -> None:
    whole = {"defaultUserRolePermissions": RIGHTS, "allowInvitesFrom": "none",
             "guestUserRoleId": "2af84b1e-32c8-42b7-82bc-daa82404023b"}  # fmt: skip
    fields = ("guest_invite", "guest_role", "user_can_create", "user_consent")
    fact, refused = only(SOURCES["directory-policy"], {AUTHORIZATION: whole}, *fields)
    assert not refused
    assert (fact.user_can_create, fact.guest_role) == (("security-groups",), "restricted")
    bare = {"defaultUserRolePermissions": {"allowedToCreateApps": False}}
    _, refused = only(SOURCES["directory-policy"], {AUTHORIZATION: bare}, *fields)
    assert set(refused) == set(fields)


def age(*domains: dict[str, Any]) -> int | Refused | None:
    whole = {"defaultUserRolePermissions": RIGHTS, "allowInvitesFrom": "none"}
    answers = {AUTHORIZATION: whole, "GET /domains": list(domains)}
    fact, refused = only(SOURCES["directory-policy"], answers, "max_age_days")
    return refused.get("max_age_days", fact.max_age_days)


def test_the_age_of_passwords() -> None:
    managed = {"isVerified": True, "authenticationType": "Managed"}
    assert age({**managed, "passwordValidityPeriodInDays": 2147483647}) is None
    assert age({**managed, "passwordValidityPeriodInDays": 60}, {"isVerified": False}) == 60
    assert age({**managed, "passwordValidityPeriodInDays": None}) == 90
    assert isinstance(age({**managed, "authenticationType": "Federated"}), Refused)


PRINCIPALS = "GET /servicePrincipals"
OWNERS = "GET /servicePrincipals/{id}/owners"


def test_a_managed_identity_is_answered_for_by_its_resource() -> None:
    machine = "/subscriptions/s/resourcegroups/g/providers/Microsoft.Compute/virtualMachines/web"
    found = {
        "id": "mi", "displayName": "web", "accountEnabled": True,
        "servicePrincipalType": "ManagedIdentity",
        "alternativeNames": ["isExplicit=False", machine],
    }  # fmt: skip
    answers: dict[str, Any] = {PRINCIPALS: [found], OWNERS: []}
    assert only(SOURCES["service-principals"], answers, "owner")[0].owner == machine
    answers[OWNERS] = [{"id": "u", "userPrincipalName": "b@x"}, {"id": "v", "displayName": "A"}]
    assert only(SOURCES["service-principals"], answers, "owner")[0].owner == "A, b@x"
    app = {**found, "servicePrincipalType": "Application"}
    answers = {PRINCIPALS: [app], OWNERS: []}
    assert only(SOURCES["service-principals"], answers, "owner")[0].owner is None


def test_secrets_that_are_not_told_are_not_none() -> None:
    app = {"id": "a", "appId": "a", "displayName": "App", "passwordCredentials": []}
    answers = {PRINCIPALS: [], "GET /applications": [app]}
    with pytest.raises(Refused, match="keyCredentials"):
        facts(SOURCES["app-credentials"], answers)


ROLES = {
    "GET /roleManagement/directory/roleDefinitions": [
        {"id": "r", "templateId": "62e90394-69f5-4237-9190-012177145e10", "displayName": "Global",
         "isBuiltIn": True, "rolePermissions": []}
    ],
    "GET /roleManagement/directory/roleAssignments": [
        {"id": "1", "principalId": "mia", "roleDefinitionId": "r", "directoryScopeId": "/",
         "principal": {"@odata.type": "#microsoft.graph.user", "userPrincipalName": "mia@x"}}
    ],
}  # fmt: skip
SCHEDULES = "GET /roleManagement/directory/roleAssignmentScheduleInstances"


@pytest.mark.parametrize(
    ("schedule", "permanent"),
    [
        ({"assignmentType": "Assigned", "endDateTime": None}, True),
        ({"assignmentType": "Activated", "endDateTime": "2026-11-24T15:00:00Z"}, False),
        ({"assignmentType": "Assigned", "endDateTime": "2027-01-01T00:00:00Z"}, False),
    ],
)
def test_how_long_a_role_is_held(schedule: dict[str, Any], permanent: bool) -> None:
    where = {"principalId": "MIA", "roleDefinitionId": "r", "directoryScopeId": "/"}
    answers = {**ROLES, SCHEDULES: [{**where, **schedule}]}
    assert only(SOURCES["active-grants"], answers, "permanent")[0].permanent is permanent


def test_without_the_licence_no_role_has_an_end() -> None:
    answers = {**ROLES, SCHEDULES: Refused("unlicensed", SCHEDULES)}
    fact, refused = only(SOURCES["active-grants"], answers, "permanent")
    assert not refused
    assert (fact.permanent, fact.expires_days) == (True, None)


APPROVALS = "GET /policies/roleManagementPolicyAssignments"


def asked(policies: list[dict[str, Any]] | Refused, rules: list[str] = []) -> bool | Refused:  # noqa: B006
    held = {
        "roleDefinitionId": "r",
        "policy": {
            "rules": [
                {"id": "Approval_EndUser_Assignment", "setting": {"isApprovalRequired": False}},
                {"id": "Enablement_EndUser_Assignment", "enabledRules": rules},
                {"id": "AuthenticationContext_EndUser_Assignment", "isEnabled": True,
                 "claimValue": "c1"},
            ]
        },
    }  # fmt: skip
    answers = {**ROLES, APPROVALS: [held], POLICIES: policies}
    fact, refused = only(SOURCES["active-grants"], answers, "mfa_condition")
    return refused.get("mfa_condition", fact.mfa_condition)


def test_a_context_asks_for_nothing_by_itself() -> None:
    policy: dict[str, Any] = {
        **RISKY,
        "conditions": {
            "users": {"includeUsers": ["All"]},
            "applications": {"includeAuthenticationContextClassReferences": ["c1"]},
            "clientAppTypes": ["all"],
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
    assert asked([]) is False
    assert asked([], ["MultiFactorAuthentication"]) is True
    assert asked([policy]) is True
    assert asked([{**policy, "state": "enabledForReportingButNotEnforced"}]) is False
    either = {"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]}
    assert asked([{**policy, "grantControls": either}]) is False
    both = {**either, "operator": "AND"}
    assert asked([{**policy, "grantControls": both}]) is True
    some = {**policy["conditions"], "users": {"includeUsers": ["All"], "excludeUsers": ["ben"]}}
    assert isinstance(asked([{**policy, "conditions": some}]), Refused)
    refused = asked(Refused("denied", POLICIES, permission="Policy.Read.All"))
    assert isinstance(refused, Refused)
    assert refused.reason == "denied"


def test_plans_that_are_not_told_are_not_none() -> None:
    eligible = "GET /roleManagement/directory/roleEligibilityScheduleInstances"
    answers = {USERS: [MIA], **ROLES, eligible: [], "GET /users/{id}": {"id": "mia"}}
    _, refused = only(SOURCES["accounts"], answers, "daily_use")
    assert refused["daily_use"].reason == "broken"


JOINING = "GET /identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
ELIGIBLE = "GET /roleManagement/directory/roleEligibilityScheduleInstances"
BY_GROUP = {
    **ROLES,
    "GET /roleManagement/directory/roleAssignments": [
        {"id": "1", "principalId": "admins", "roleDefinitionId": "r", "directoryScopeId": "/",
         "principal": {"@odata.type": "#microsoft.graph.group", "displayName": "Admins"}}
    ],
    ELIGIBLE: [],
    USERS: [MIA],
    "GET /groups/{id}/transitiveMembers admins": [],
    "GET /groups/{id}/transitiveMembers helpers": [
        {"@odata.type": "#microsoft.graph.user", "id": "MIA"}
    ],
    "GET /groups/{id}": {"visibility": None},
}  # fmt: skip


@pytest.mark.parametrize(
    ("joining", "privileged"),
    [
        ([], False),
        ([{"principalId": "MIA", "principal": {"@odata.type": "#microsoft.graph.user"}}], True),
        ([{"principalId": "helpers", "principal": {"@odata.type": "#microsoft.graph.group"}}],
         True),
        (Refused("unlicensed", JOINING), False),
        (Refused("denied", JOINING), None),
    ],
)  # fmt: skip
def test_who_may_join_a_group_may_take_its_roles(joining: Any, privileged: bool | None) -> None:
    answers = {**BY_GROUP, JOINING: joining}
    fact, refused = only(SOURCES["accounts"], answers, "privileged", "roles")
    if privileged is None:
        assert refused["privileged"].reason == "denied"
    else:
        assert (fact.privileged, fact.roles) == (privileged, ("Global",) if privileged else ())


def test_an_application_that_may_give_rights_is_privileged() -> None:
    graph_app = "00000003-0000-0000-c000-000000000000"
    offered = [{"id": "r1", "value": "User.Read.All"},
               {"id": "r2", "value": "RoleManagement.ReadWrite.Directory"}]  # fmt: skip
    app = {"id": "sync", "displayName": "sync", "accountEnabled": True}
    graph = {"id": "graph", "appId": graph_app,
             "appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a"}  # fmt: skip
    given = {"principalId": "SYNC", "appRoleId": "R2"}
    answers: dict[str, Any] = {
        **BY_GROUP, JOINING: [], PRINCIPALS: [app, graph],
        "GET /servicePrincipals/{id} graph": {"appRoles": offered},
        "GET /servicePrincipals/{id}/appRoleAssignedTo graph": [given],
    }  # fmt: skip
    fact, _ = only(SOURCES["service-principals"], answers, "privileged", "roles")
    right = "Microsoft Graph RoleManagement.ReadWrite.Directory"
    assert (fact.privileged, fact.roles) == (True, (right,))
    given["appRoleId"] = "r1"
    assert only(SOURCES["service-principals"], answers, "privileged")[0].privileged is False
    answers["GET /servicePrincipals/{id} graph"] = {}
    _, refused = only(SOURCES["service-principals"], answers, "privileged")
    assert refused["privileged"].reason == "broken"


REGISTRATION = "GET /reports/authenticationMethods/userRegistrationDetails"
METHODS = "GET /policies/authenticationMethodsPolicy"


def test_a_smart_card_is_never_enrolled() -> None:
    def read(methods: list[str], certificates: str | Refused) -> dict[str, Any]:
        way = {"id": "X509Certificate", "state": certificates}
        row = {"id": "mia", "isMfaRegistered": bool(methods), "methodsRegistered": methods}
        policy = {"authenticationMethodConfigurations": [way]}
        told = certificates if isinstance(certificates, Refused) else policy
        answers = {USERS: [MIA], REGISTRATION: [row], METHODS: told}
        fields = ("mfa_registered", "mfa_phishing_resistant")
        fact, refused = only(SOURCES["accounts"], answers, *fields)
        return {name: refused.get(name, getattr(fact, name)) for name in fields}

    assert read(["passKeyDeviceBound"], "enabled") == {
        "mfa_registered": True, "mfa_phishing_resistant": True
    }  # fmt: skip
    assert read([], "disabled") == {"mfa_registered": False, "mfa_phishing_resistant": False}
    card = read([], "enabled")
    assert all(isinstance(value, Refused) for value in card.values())
    push = read(["microsoftAuthenticatorPush"], "enabled")
    assert push["mfa_registered"] is True
    assert isinstance(push["mfa_phishing_resistant"], Refused)
    assert isinstance(read([], Refused("denied", METHODS))["mfa_registered"], Refused)
