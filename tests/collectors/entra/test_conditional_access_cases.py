"""Which accounts Conditional Access really covers, case by case."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from scanner.collectors.entra.conditional_access import (
    BLOCKED,
    COMPLIANT_DEVICE,
    LEGACY_BLOCKED,
    MFA,
    PHISHING_RESISTANT,
    RISKY_USER,
    Directory,
    Judgement,
    Person,
    closed,
    judge,
)

GA = "62e90394-69f5-4237-9190-012177145e10"
HELPDESK = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
GA_INSTANCE = "11111111-2222-3333-4444-555555555555"
PEOPLE = (
    Person("mia"),
    Person("ben"),
    Person("gad"),
    Person("eli"),
    Person("aud"),
    Person("gus", "b2bCollaborationGuest"),
    Person("otp", "b2bCollaborationGuest", entra_home=False),
    Person("igu", "internalGuest"),
    Person("bme", "b2bCollaborationMember"),
    Person("brk"),
    Person("sp1", "servicePrincipal"),
    Person("mi1", "managedIdentity"),
)
OFFICE = {"id": "office", "displayName": "Office", "isTrusted": True}
BRANCH = {"id": "branch", "displayName": "Branch", "isTrusted": True}
US = {"id": "us", "displayName": "United States", "countriesAndRegions": ["US"]}
LOCATIONS = (OFFICE, BRANCH, US)
PR = {
    "id": "00000000-0000-0000-0000-000000000004",
    "requirementsSatisfied": "mfa",
    "allowedCombinations": ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"],
}
PASSWORDLESS = {
    "id": "00000000-0000-0000-0000-000000000003",
    "requirementsSatisfied": "mfa",
    "allowedCombinations": [*PR["allowedCombinations"], "deviceBasedPush"],
}
CUSTOM_PR = {
    "id": "custom",
    "displayName": "Phishing resistant",
    "requirementsSatisfied": "mfa",
    "allowedCombinations": ["fido2", "deviceBasedPush"],
}
WEAK = {
    "id": "weak",
    "requirementsSatisfied": "none",
    "allowedCombinations": ["password", "password,sms"],
}


def policy(
    *,
    users: dict[str, Any] | None = None,
    apps: dict[str, Any] | None = None,
    clients: list[str] | None = None,
    grant: str | list[str] | None = "mfa",
    operator: str = "OR",
    strength: dict[str, Any] | None = None,
    state: str = "enabled",
    session: dict[str, Any] | None = None,
    grants: dict[str, Any] | None = None,
    **conditions: Any,
) -> dict[str, Any]:
    """A policy as Graph writes one; what is left out is as in the table's base."""
    controls: dict[str, Any] | None = None
    if grant is not None or strength or grants:
        names = [grant] if isinstance(grant, str) else list(grant or [])
        controls = {"operator": operator, "builtInControls": names, **(grants or {})}
        if strength:
            controls["authenticationStrength"] = strength
    return {
        "state": state,
        "conditions": {
            "users": users or {"includeUsers": ["All"]},
            "applications": apps or {"includeApplications": ["All"]},
            "clientAppTypes": clients or ["all"],
            **conditions,
        },
        "grantControls": controls,
        "sessionControls": session,
    }


M = policy()
MODERN = ["browser", "mobileAppsAndDesktopClients"]
NAMED_PLATFORMS = ["android", "iOS", "windows", "macOS", "linux"]


@dataclass
class World:
    """The tenant of the table, with what a case changes."""

    groups: dict[str, frozenset[str] | None] = field(
        default_factory=lambda: dict(
            closed({"g1": [], "sub": ["ben"], "gmia": ["mia"]}, {"g1": ["sub"]})
        )
    )
    memberships: dict[str, frozenset[str]] = field(default_factory=dict)
    roles: dict[str, frozenset[str]] | None = field(
        default_factory=lambda: {GA: frozenset({"gad"})}
    )
    people: tuple[Person, ...] = PEOPLE
    options: dict[str, Any] = field(default_factory=dict)

    def judge(self, *policies: dict[str, Any]) -> Judgement:
        named = [{"id": f"p{n}", "displayName": f"policy {n}", **p} for n, p in enumerate(policies)]
        directory = Directory(self.people, self.groups, self.memberships, self.roles)
        options = {"locations": LOCATIONS, "strengths": {}, **self.options}
        return judge(directory, named, **options)


def sif(value: int, unit: str = "hours", enabled: bool = True) -> dict[str, Any]:
    return {
        "signInFrequency": {
            "isEnabled": enabled,
            "value": value,
            "type": unit,
            "frequencyInterval": "timeBased",
        }
    }


def users(**parts: Any) -> dict[str, Any]:
    return parts


def everybody(**parts: Any) -> dict[str, Any]:
    return {"includeUsers": ["All"], **parts}


def device_filter(mode: str, rule: str) -> dict[str, Any]:
    return {"deviceFilter": {"mode": mode, "rule": rule}}


GUESTS = "guestOrExternalUserTypes"
TRUSTED = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
BLOCK_OLD = policy(clients=["exchangeActiveSync", "other"], grant="block")
PORTALS = {"includeApplications": ["MicrosoftAdminPortals"]}
FIVE = {"includePlatforms": NAMED_PLATFORMS}
OR_COMPLIANT = policy(grant=["mfa", "compliantDevice"])
MODERN_ONLY = policy(clients=MODERN)
NOT_OFFICE = policy(apps={"includeApplications": ["All"], "excludeApplications": ["Office365"]})

CASES: list[tuple[str, list[dict[str, Any]], str, Any, str]] = [
    ("1", [M], "mia", MFA, "yes"),
    ("2", [policy(state="enabledForReportingButNotEnforced")], "mia", MFA, "no"),
    ("3", [policy(state="disabled"), policy(state="enabledForReportingButNotEnforced")],
     "mia", MFA, "no"),
    ("4", [M], "gus", MFA, "yes"),
    ("5", [M], "sp1", MFA, "n/a"),
    ("6", [policy(users=everybody(excludeUsers=["mia"]))], "mia", MFA, "no"),
    ("7", [policy(users=users(includeUsers=["mia"], excludeGroups=["gmia"]))], "mia", MFA, "no"),
    ("8", [policy(users=users(includeGroups=["G1"]))], "ben", MFA, "yes"),
    ("9", [policy(users=everybody(excludeGroups=["g1"]))], "ben", MFA, "no"),
    ("10", [policy(users=everybody(excludeGroups=["g1"])),
            policy(users=users(includeGroups=["sub"]))], "ben", MFA, "yes"),
    ("12", [policy(users=users(includeRoles=[GA]))], "gad", MFA, "yes"),
    ("13", [policy(users=users(includeRoles=[GA]))], "eli", MFA, "no"),
    ("15", [policy(users=users(includeRoles=[HELPDESK]))], "aud", MFA, "no"),
    ("16", [policy(users=everybody(excludeRoles=[HELPDESK]))], "aud", MFA, "yes"),
    ("17", [policy(users=users(includeRoles=[GA_INSTANCE]))], "gad", MFA, "no"),
    ("18", [OR_COMPLIANT], "mia", MFA, "partial"),
    ("19", [OR_COMPLIANT], "mia", COMPLIANT_DEVICE, "no"),
    ("20 mfa", [policy(grant=["mfa", "compliantDevice"], operator="AND")], "mia", MFA, "yes"),
    ("20 device", [policy(grant=["mfa", "compliantDevice"], operator="AND")],
     "mia", COMPLIANT_DEVICE, "yes"),
    ("21", [OR_COMPLIANT, policy(grant=["mfa", "domainJoinedDevice"])], "mia", MFA, "partial"),
    ("22", [OR_COMPLIANT, policy(
        grant="block", devices=device_filter("exclude", "device.isCompliant -eq True"))],
     "mia", MFA, "partial"),
    ("23", [policy(grant=None, grants={"termsOfUse": ["t1"]}),
            policy(grant=None, grants={"customAuthenticationFactors": ["c"]})], "mia", MFA, "no"),
    ("24", [policy(grants={"termsOfUse": ["t1"]})], "mia", MFA, "no"),
    ("25", [policy(signInRiskLevels=["high"])], "mia", MFA, "no"),
    ("26", [policy(signInRiskLevels=["low", "medium", "high"])], "mia", MFA, "no"),
    ("27", [policy(signInRiskLevels=["high"]), M], "mia", MFA, "yes"),
    ("28", [policy(grant="block", userRiskLevels=["high"], signInRiskLevels=["high"])],
     "mia", RISKY_USER, "partial"),
    ("29", [policy(locations=TRUSTED)], "mia", MFA, "partial"),
    ("30", [policy(locations=TRUSTED),
            policy(locations={"includeLocations": ["AllTrusted"]})], "mia", MFA, "yes"),
    ("31", [policy(locations=TRUSTED),
            policy(locations={"includeLocations": ["office", "branch"]})], "mia", MFA, "unknown"),
    ("32", [policy(platforms=FIVE)], "mia", MFA, "partial"),
    ("33", [policy(platforms=FIVE), policy(grant="block", platforms={
        "includePlatforms": ["all"], "excludePlatforms": NAMED_PLATFORMS})], "mia", MFA, "yes"),
    ("34", [MODERN_ONLY], "mia", MFA, "partial"),
    ("35 mfa", [MODERN_ONLY, BLOCK_OLD], "mia", MFA, "yes"),
    ("35 legacy", [MODERN_ONLY, BLOCK_OLD], "mia", LEGACY_BLOCKED, "yes"),
    ("36", [MODERN_ONLY, policy(clients=["other"], grant="block")],
     "mia", LEGACY_BLOCKED, "partial"),
    ("37", [M], "mia", LEGACY_BLOCKED, "yes"),
    ("38", [policy(clients=["exchangeActiveSync", "other"], grant="block",
                   platforms={"includePlatforms": ["linux"]})],
     "mia", LEGACY_BLOCKED, "partial"),
    ("39", [policy(clients=["exchangeActiveSync", "other"], grant="block",
                   locations={"includeLocations": ["All"], "excludeLocations": ["us"]})],
     "mia", LEGACY_BLOCKED, "partial"),
    ("40", [NOT_OFFICE], "mia", MFA, "partial"),
    ("41", [NOT_OFFICE, policy(apps={"includeApplications": ["Office365"]})], "mia", MFA, "yes"),
    ("42", [policy(users=users(includeRoles=[GA]), apps=PORTALS)], "gad", MFA, "partial"),
    ("43", [policy(apps={"includeUserActions": ["urn:user:registersecurityinfo"]})],
     "mia", MFA, "no"),
    ("44", [policy(apps={"includeAuthenticationContextClassReferences": ["c1"]},
                   grant=None, strength=PR)], "mia", PHISHING_RESISTANT, "no"),
    ("45", [policy(authenticationFlows={"transferMethods": "deviceCodeFlow"})], "mia", MFA, "no"),
    ("46", [policy(devices=device_filter("include", 'device.trustType -eq "Workplace"'))],
     "mia", MFA, "partial"),
    ("47", [policy(devices=device_filter("include", 'device.trustType -ne "ServerAD"'))],
     "mia", MFA, "partial"),
    ("48", [policy(apps={"includeApplications": ["All"], "applicationFilter": {
        "mode": "exclude", "rule": 'CustomSecurityAttribute.a_b -eq "c"'}})],
     "mia", MFA, "unknown"),
    ("49 resistant", [policy(grant=None, strength=PR)], "mia", PHISHING_RESISTANT, "yes"),
    ("49 mfa", [policy(grant=None, strength=PR)], "mia", MFA, "yes"),
    ("50 resistant", [policy(grant=None, strength=CUSTOM_PR)], "mia", PHISHING_RESISTANT, "no"),
    ("50 mfa", [policy(grant=None, strength=CUSTOM_PR)], "mia", MFA, "yes"),
    ("51", [policy(grant=None, strength=WEAK)], "mia", MFA, "no"),
    ("52", [policy(grant=None, strength=PASSWORDLESS), policy(grant=None, strength=PR)],
     "mia", PHISHING_RESISTANT, "yes"),
    ("53", [policy(grant=None, strength=PR)], "gus", PHISHING_RESISTANT, "yes"),
    ("54", [policy(grant=None, strength=PR)], "otp", PHISHING_RESISTANT, "unknown"),
    ("55", [policy(grant="compliantDevice")], "gus", COMPLIANT_DEVICE, "yes"),
    ("56", [policy(users=users(includeGuestsOrExternalUsers={
        GUESTS: "b2bCollaborationGuest", "externalTenants": {"membershipKind": "all"}}))],
     "igu", MFA, "no"),
    ("57", [policy(users=users(includeGuestsOrExternalUsers={
        GUESTS: "b2bCollaborationGuest", "externalTenants": {"membershipKind": "all"}}))],
     "bme", MFA, "no"),
    ("58", [policy(users=users(includeGuestsOrExternalUsers={
        GUESTS: "b2bCollaborationGuest",
        "externalTenants": {"membershipKind": "enumerated", "members": ["t2"]}}))],
     "gus", MFA, "unknown"),
    ("58 mia", [policy(users=users(includeGuestsOrExternalUsers={
        GUESTS: "b2bCollaborationGuest",
        "externalTenants": {"membershipKind": "enumerated", "members": ["t2"]}}))],
     "mia", MFA, "no"),
    ("59", [policy(users=everybody(excludeUsers=["GuestsOrExternalUsers"]))], "igu", MFA, "no"),
    ("60 gus", [policy(users=everybody(excludeGuestsOrExternalUsers={
        GUESTS: "b2bCollaborationMember"}))], "gus", MFA, "yes"),
    ("60 bme", [policy(users=everybody(excludeGuestsOrExternalUsers={
        GUESTS: "b2bCollaborationMember"}))], "bme", MFA, "no"),
    ("70", [policy(users=everybody(excludeUsers=["brk"]))], "brk", MFA, "no"),
    ("72", [policy(grant=None, session=sif(4))], "mia", MFA, "no"),
    ("75", [policy(grant="approvedApplication", platforms={
        "includePlatforms": ["android", "iOS"]})], "mia", MFA, "no"),
    ("76 sp", [policy(users={"includeUsers": ["None"]}, grant="block", locations=TRUSTED,
                      clientApplications={
                          "includeServicePrincipals": ["ServicePrincipalsInMyTenant"]})],
     "sp1", BLOCKED, "partial"),
    ("76 mi", [policy(users={"includeUsers": ["None"]}, grant="block", locations=TRUSTED,
                      clientApplications={
                          "includeServicePrincipals": ["ServicePrincipalsInMyTenant"]})],
     "mi1", BLOCKED, "n/a"),
    ("77", [policy(users=users(includeRoles=[GA]), apps=PORTALS,
                   state="enabledForReportingButNotEnforced")], "gad", MFA, "no"),
    ("78", [policy(fooLevels=["high"])], "mia", MFA, "unknown"),
    ("80", [policy(users={"includeUsers": ["None"]}, grant="block")], "mia", MFA, "no"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("policies", "who", "requirement", "answer"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_case(policies: Any, who: str, requirement: Any, answer: str) -> None:
    assert World().judge(*policies).verdict(who, requirement).answer == answer


def test_cyclic_groups_end() -> None:  # 11
    groups = closed({"g1": [], "sub": ["ben"]}, {"g1": ["sub"], "sub": ["g1"]})
    world = World(groups=dict(groups))
    assert world.judge(policy(users={"includeGroups": ["g1"]})).verdict("ben").answer == "yes"


def test_the_open_sign_ins_are_named() -> None:  # 18, 29, 34, 40
    mia = "mia"
    assert (
        World().judge(OR_COMPLIANT).verdict(mia).open
        == ("compliant devices, ordinary, authenticationTransfer",)
        or "compliant" in World().judge(OR_COMPLIANT).verdict(mia).open[0]
    )
    assert World().judge(policy(locations=TRUSTED)).verdict(mia).open == ("trusted networks",)
    assert World().judge(MODERN_ONLY).verdict(mia).open == ("legacy clients",)
    assert World().judge(NOT_OFFICE).verdict(mia).open == ("Office365",)


def test_an_exclusion_names_the_policy() -> None:
    verdict = World().judge(policy(users=everybody(excludeUsers=["brk"]))).verdict("brk")
    assert (verdict.answer, verdict.left_out_by) == ("no", ("policy 0",))


def test_unreadable_groups_harm_only_who_may_be_in_them() -> None:  # 61 to 64
    known = {"mia": frozenset({"gmia"})}
    world = World(memberships=known)
    excluded = policy(users=everybody(excludeGroups=["gx"]))
    assert world.judge(excluded).verdict("mia").answer == "yes"
    ben = world.judge(excluded).verdict("ben")
    assert ben.answer == "unknown"
    assert "gx" in ben.why[0]
    both = world.judge(excluded, policy(users={"includeGroups": ["g1"]}))
    assert both.verdict("ben").answer == "yes"
    only = world.judge(policy(users={"includeGroups": ["gx"]}))
    assert only.verdict("igu").answer == "unknown"
    assert only.verdict("mia").answer == "no"


def test_a_list_that_was_cut_proves_only_what_is_enforced() -> None:  # 65
    judged = World(options={"complete": False}).judge(policy(users=everybody(excludeUsers=["brk"])))
    assert judged.verdict("mia").answer == "yes"
    assert judged.verdict("brk").answer == "unknown"


def test_security_defaults() -> None:  # 66, 67, 68
    judged = World(options={"security_defaults": True}).judge()
    assert judged.verdict("gad").answer == "yes"
    assert judged.verdict("mia").answer == "partial"
    assert judged.verdict("mia", LEGACY_BLOCKED).answer == "yes"
    assert judged.verdict("mia", PHISHING_RESISTANT).answer == "no"
    mixed = World(options={"security_defaults": True}).judge(M)
    assert mixed.verdict("mia").answer == "unknown"
    assert World(options={"security_defaults": None}).judge().verdict("mia").answer == "unknown"
    assert World().judge().verdict("mia").answer == "no"


def test_per_user_mfa_is_never_the_whole() -> None:  # 68, 69
    people = tuple(replace(p, per_user_mfa="enforced") for p in PEOPLE)
    assert World(people=people).judge().verdict("mia").answer == "partial"
    people = tuple(replace(p, per_user_mfa="disabled") for p in PEOPLE)
    assert World(people=people).judge(M).verdict("mia").answer == "yes"


def test_session_limits() -> None:  # 72, 73, 74
    def hours(*policies: Any) -> Any:
        found = World().judge(*policies).session_minutes("mia")
        return found if found in (None, "unknown") else found / 60

    assert hours(policy(grant=None, session=sif(4))) == 4
    assert (
        hours(policy(grant=None, session=sif(12)), policy(grant=None, apps=PORTALS, session=sif(1)))
        == 12
    )
    assert hours(policy(grant=None, session=sif(4, enabled=False))) is None
    assert hours(M) is None
    assert hours(policy(grant=None, session=sif(4), fooLevels=["x"])) == "unknown"


def test_an_account_that_cannot_sign_in() -> None:  # 79
    people = tuple(replace(p, enabled=p.id != "mia") for p in PEOPLE)
    verdict = World(people=people).judge(M).verdict("mia")
    assert (verdict.answer, verdict.would_be) == ("n/a", "yes")


def test_unreadable_roles_and_strengths() -> None:
    world = World(roles=None)
    assert (
        world.judge(policy(users=everybody(excludeRoles=[GA]))).verdict("mia").answer == "unknown"
    )
    named_only = policy(grant=None, strength={"id": "custom"})
    unread = World(options={"strengths": None}).judge(named_only)
    assert unread.verdict("mia", PHISHING_RESISTANT).answer == "unknown"
    read = World(options={"strengths": {"custom": CUSTOM_PR}}).judge(named_only)
    assert read.verdict("mia", PHISHING_RESISTANT).answer == "no"
    assert read.verdict("mia", MFA).answer == "yes"


def test_locations_that_could_not_be_read() -> None:
    world = World(options={"locations": None})
    by_id = {"includeLocations": ["All"], "excludeLocations": ["office"]}
    assert world.judge(policy(locations=by_id)).verdict("mia").answer == "partial"
    assert world.judge(policy(locations=TRUSTED)).verdict("mia").answer == "unknown"


def test_trusted_addresses_by_their_own_id_are_the_trusted_ones() -> None:
    zeros = "00000000-0000-0000-0000-000000000000"
    hole = policy(locations={"includeLocations": ["All"], "excludeLocations": [zeros]})
    # Whether there are such addresses no interface tells.
    assert World().judge(hole).verdict("mia").answer == "unknown"
    inside = policy(locations={"includeLocations": ["AllTrusted"]})
    assert World().judge(hole, inside).verdict("mia").answer == "yes"


def test_a_risk_of_service_principals_narrows_a_block() -> None:
    block = policy(
        users={"includeUsers": ["None"]},
        grant="block",
        clientApplications={"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]},
    )
    assert World().judge(block).verdict("sp1", BLOCKED).answer == "yes"
    block["conditions"]["servicePrincipalRiskLevels"] = ["high"]
    assert World().judge(block).verdict("sp1", BLOCKED).answer == "unknown"
