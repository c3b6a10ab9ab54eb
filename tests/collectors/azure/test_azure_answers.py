"""What Resource Manager leaves out, and what it says otherwise than one would read it."""

from __future__ import annotations

from typing import Any

import pytest
from told import SUBSCRIPTION, facts, only

from scanner.collectors.azure.collector import COLLECTOR
from scanner.collectors.base import Refused

SOURCES = {source.name: source for source in COLLECTOR.sources}
SUB = f"/subscriptions/{SUBSCRIPTION}"
ANY = "GET /subscriptions/{subscription}/providers/"
GROUP = "GET /subscriptions/{subscription}/resourceGroups/{group}/providers/"


def resource(kind: str, name: str, **properties: Any) -> dict[str, Any]:
    where = f"{SUB}/resourceGroups/g/providers/{kind}/{name}"
    return {"id": where, "name": name, "properties": properties}


ACCOUNTS = f"{ANY}Microsoft.Storage/storageAccounts"
RULES = {"defaultAction": "Deny", "ipRules": []}


@pytest.mark.parametrize(
    ("found", "denies"),
    [
        ({"networkAcls": RULES}, True),
        ({"networkAcls": {**RULES, "defaultAction": "Allow"}}, False),
        ({"networkAcls": {**RULES, "defaultAction": "Allow"}, "publicNetworkAccess": "Disabled"},
         True),
        ({"networkAcls": {**RULES, "ipRules": [{"value": "203.0.113.0/24"}]}}, True),
        ({"networkAcls": {**RULES, "ipRules": [{"value": "0.0.0.0/1"}, {"value": "128.0.0.0/1"}]}},
         False),
        ({"networkAcls": {**RULES, "defaultAction": "Allow"},
          "publicNetworkAccess": "SecuredByPerimeter"}, "not-supported"),
        ({}, "broken"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("source", "kind"),
    [("storage-accounts", "Microsoft.Storage/storageAccounts"),
     ("key-vaults", "Microsoft.KeyVault/vaults")],
)  # fmt: skip
def test_networks_of_a_store(
    source: str, kind: str, found: dict[str, Any], denies: bool | str
) -> None:
    answers = {f"{ANY}{kind}": [resource(kind, "one", **found)]}
    fact, refused = only(SOURCES[source], answers, "network_default_deny")
    if isinstance(denies, str):
        assert refused["network_default_deny"].reason == denies
    else:
        assert fact.network_default_deny is denies


DISKS = f"{ANY}Microsoft.Compute/disks"


@pytest.mark.parametrize(
    ("policy", "public", "denies"),
    [("AllowAll", "Enabled", False), ("AllowAll", "Disabled", True), ("DenyAll", "Enabled", True),
     ("AllowPrivate", None, True), (None, "Disabled", True)],
)  # fmt: skip
def test_from_where_a_disk_can_be_exported(policy: Any, public: Any, denies: bool) -> None:
    disk = resource(
        "Microsoft.Compute/disks", "d", networkAccessPolicy=policy, publicNetworkAccess=public
    )
    fact, _ = only(SOURCES["disks"], {DISKS: [disk]}, "network_default_deny")
    assert fact.network_default_deny is denies


SERVERS = f"{ANY}Microsoft.Sql/servers"
DATABASES = f"{GROUP}Microsoft.Sql/servers/{{server}}/databases"
FIREWALL = f"{GROUP}Microsoft.Sql/servers/{{server}}/firewallRules"


def rule(first: str, last: str) -> dict[str, Any]:
    return {"properties": {"startIpAddress": first, "endIpAddress": last}}


@pytest.mark.parametrize(
    ("access", "rules", "denies"),
    [
        ("Enabled", [], True),
        ("Enabled", [rule("203.0.113.7", "203.0.113.7")], True),
        # Every address of Azure, those of other customers too.
        ("Enabled", [rule("0.0.0.0", "0.0.0.0")], False),
        ("Enabled", [rule("0.0.0.0", "255.255.255.255")], False),
        ("Enabled", [rule("1.0.0.0", "223.255.255.255")], False),
        ("Enabled", [rule("", "")], False),
        ("Disabled", [rule("0.0.0.0", "0.0.0.0")], True),
        ("SecuredByPerimeter", [], None),
    ],
)
def test_the_firewall_of_a_database(access: str, rules: list[Any], denies: bool | None) -> None:
    server = resource("Microsoft.Sql/servers", "s", publicNetworkAccess=access)
    database = resource("Microsoft.Sql/servers/s/databases", "erp")
    answers = {SERVERS: [server], DATABASES: [database], FIREWALL: rules}
    fact, refused = only(SOURCES["sql-databases"], answers, "network_default_deny")
    if denies is None:
        assert refused["network_default_deny"].reason == "not-supported"
    else:
        assert fact.network_default_deny is denies


def test_a_server_that_does_not_tell_its_network_is_not_public() -> None:
    server = resource("Microsoft.Sql/servers", "s", minimalTlsVersion="1.2")
    _, refused = only(SOURCES["sql-endpoints"], {SERVERS: [server]}, "public")
    assert "public" in refused


NSGS = f"{ANY}Microsoft.Network/networkSecurityGroups"
NICS = f"{ANY}Microsoft.Network/networkInterfaces"
BALANCERS = f"{ANY}Microsoft.Network/loadBalancers"
SUBNET = f"{SUB}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/app"


def balancer(public: bool, **rules: Any) -> dict[str, Any]:
    front = {"properties": {"publicIPAddress": {"id": "/ip"}} if public else {}}
    kind = "Microsoft.Network/loadBalancers"
    return resource(kind, "lb", frontendIPConfigurations=[front], **rules)


@pytest.mark.parametrize(
    ("ties", "found", "faces"),
    [
        ({}, balancer(True, loadBalancingRules=[{}]), False),
        ({"publicIPAddress": {"id": "/ip"}}, balancer(False), True),
        ({"loadBalancerBackendAddressPools": ["backendAddressPools/p"]},
         balancer(True, loadBalancingRules=[{}]), True),
        ({"loadBalancerBackendAddressPools": ["backendAddressPools/p"]},
         balancer(False, loadBalancingRules=[{}]), False),
        # A balancer that only lets out hands nothing in.
        ({"loadBalancerBackendAddressPools": ["backendAddressPools/p"]},
         balancer(True, outboundRules=[{}]), False),
        ({"loadBalancerInboundNatRules": ["inboundNatRules/r"]},
         balancer(True, inboundNatRules=[{}]), True),
    ],
)  # fmt: skip
def test_a_load_balancer_is_a_way_in(
    ties: dict[str, Any], found: dict[str, Any], faces: bool
) -> None:
    tied = {
        key: [{"id": f"{found['id']}/{one}"} for one in value] if isinstance(value, list) else value
        for key, value in ties.items()
    }
    machine = resource("Microsoft.Compute/virtualMachines", "web")
    group = resource("Microsoft.Network/networkSecurityGroups", "nsg", subnets=[{"id": SUBNET}],
                     securityRules=[], defaultSecurityRules=[])  # fmt: skip
    nic = resource(
        "Microsoft.Network/networkInterfaces", "nic", virtualMachine={"id": machine["id"]},
        ipConfigurations=[{"properties": {"subnet": {"id": SUBNET}, **tied}}],
    )  # fmt: skip
    answers = {NSGS: [group], NICS: [nic], BALANCERS: [found]}
    assert only(SOURCES["security-groups"], answers, "faces_internet")[0].faces_internet is faces
    answers = {f"{ANY}Microsoft.Compute/virtualMachines": [machine], NICS: [nic],
               BALANCERS: [found]}  # fmt: skip
    assert only(SOURCES["machines"], answers, "public_address")[0].public_address is faces


def test_a_group_on_an_interface_is_watched_by_the_log_of_its_network() -> None:
    kind = "Microsoft.Network/networkSecurityGroups"
    group = resource(kind, "nsg", securityRules=[], defaultSecurityRules=[])
    nic = resource(
        "Microsoft.Network/networkInterfaces", "nic", networkSecurityGroup={"id": group["id"]},
        ipConfigurations=[{"properties": {"subnet": {"id": SUBNET}}}],
    )  # fmt: skip
    log = {"properties": {"enabled": True, "targetResourceId": SUBNET.rpartition("/subnets")[0]}}
    answers: dict[str, Any] = {
        NSGS: [group], NICS: [nic], BALANCERS: [],
        f"{ANY}Microsoft.Network/networkWatchers": [resource("W", "w")],
        f"{GROUP}Microsoft.Network/networkWatchers/{{watcher}}/flowLogs": [log],
    }  # fmt: skip
    assert only(SOURCES["security-groups"], answers, "logged")[0].logged is True
    log["properties"]["enabled"] = False
    assert only(SOURCES["security-groups"], answers, "logged")[0].logged is False


KEYS = f"{GROUP}Microsoft.KeyVault/vaults/{{vault}}/keys"


@pytest.mark.parametrize(
    ("trigger", "days"),
    [
        ({"timeAfterCreate": "P90D"}, 90),
        ({"timeAfterCreate": "P1Y6M"}, 545),
        ({"timeBeforeExpiry": "P30D"}, 335),
        ({"timeAfterCreate": "soon"}, None),
    ],
)
def test_how_often_a_key_rotates(trigger: dict[str, str], days: int | None) -> None:
    vault = resource("Microsoft.KeyVault/vaults", "v")
    key = resource("Microsoft.KeyVault/vaults/v/keys", "k", attributes={"enabled": True})
    policy = {
        "lifetimeActions": [{"trigger": trigger, "action": {"type": "rotate"}}],
        "attributes": {"expiryTime": "P1Y"},
    }
    answers = {
        f"{ANY}Microsoft.KeyVault/vaults": [vault],
        KEYS: [key],
        f"{KEYS}/{{key}}": {"properties": {"kty": "RSA-HSM", "rotationPolicy": policy}},
    }
    fact, refused = only(SOURCES["vault-keys"], answers, "rotation_days")
    if days is None:
        assert "rotation_days" in refused
    else:
        assert fact.rotation_days == days


MACHINES = f"{ANY}Microsoft.Compute/virtualMachines"
VIEW = f"{GROUP}Microsoft.Compute/virtualMachines/{{machine}}/instanceView"
RAN = {"status": "Succeeded", "lastModifiedTime": "2026-11-20T07:33:41Z"}


@pytest.mark.parametrize(
    ("power", "summary", "days"),
    [
        ("running", RAN, 4),
        ("running", None, None),
        ("deallocated", None, "switched off"),
        ("running", {**RAN, "status": "Failed"}, "state Failed"),
        ("running", {"status": "Succeeded"}, "no time"),
    ],
)
def test_when_a_machine_was_looked_at(power: str, summary: Any, days: Any) -> None:
    view = {
        "statuses": [{"code": f"PowerState/{power}"}],
        "patchStatus": {"availablePatchSummary": summary},
    }
    answers = {MACHINES: [resource("Microsoft.Compute/virtualMachines", "m")], VIEW: view}
    fact, refused = only(SOURCES["machine-scans"], answers, "last_scan_days")
    if isinstance(days, str):
        assert days in refused["last_scan_days"].detail
    else:
        assert not refused
        assert (fact.last_scan_days, fact.active) == (days, days is not None)


PRICINGS = f"{ANY}Microsoft.Security/pricings"


@pytest.mark.parametrize(
    ("found", "on"),
    [
        ({"pricingTier": "Standard"}, True),
        ({"pricingTier": "Standard", "resourcesCoverageStatus": "FullyCovered"}, True),
        ({"pricingTier": "Standard", "resourcesCoverageStatus": "PartiallyCovered"}, False),
        ({"pricingTier": "Free"}, False),
    ],
)
def test_a_plan_that_covers_a_part_is_not_on(found: dict[str, Any], on: bool) -> None:
    plan = {"id": f"{SUB}/p", "name": "Containers", "properties": found}
    fact, _ = only(SOURCES["defender-image-registry-plan"], {PRICINGS: [plan]})
    assert fact.active is on


CONTACTS = f"{ANY}Microsoft.Security/securityContacts"


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"emails": "a@x", "isEnabled": True}, True),
        ({"emails": "a@x"}, True),
        ({"emails": "a@x", "isEnabled": False}, False),
        ({"emails": "", "notificationsByRole": {"state": "On", "roles": ["Owner"]}}, True),
        ({"emails": "", "notificationsByRole": {"state": "Off", "roles": ["Owner"]}}, False),
    ],
)
def test_whom_azure_writes_to(found: dict[str, Any], told: bool) -> None:
    assert only(SOURCES["contacts"], {CONTACTS: [{"properties": found}]})[0].set is told


POLICIES = f"{ANY}Microsoft.Authorization/policyAssignments"


@pytest.mark.parametrize(
    ("found", "enforced"),
    [
        ({}, True),
        ({"enforcementMode": "DoNotEnforce"}, False),
        ({"notScopes": [f"{SUB}/resourceGroups/g"]}, True),
        # Inherited from a management group, which leaves this subscription out.
        ({"notScopes": [SUB.upper()]}, False),
    ],
)
def test_a_policy_that_leaves_the_subscription_out(found: dict[str, Any], enforced: bool) -> None:
    one = {"id": "/providers/Microsoft.Management/managementGroups/m/p", "properties": found}
    assert (
        only(SOURCES["policy-assignments"], {POLICIES: [one]}, "enforced")[0].enforced is enforced
    )


ALERTS = f"{ANY}Microsoft.Insights/activityLogAlerts"
ACTIONS = f"{ANY}Microsoft.Insights/actionGroups"
DELETED = "Microsoft.Insights/diagnosticSettings/delete"


def alert(group: str = "g1", scope: str = SUB, anyof: bool = False) -> dict[str, Any]:
    one = {"field": "operationName", "equals": DELETED}
    where = resource("Microsoft.Insights/actionGroups", group)["id"]
    return resource(
        "Microsoft.Insights/activityLogAlerts", "a", enabled=True, scopes=[scope],
        condition={"allOf": [{"anyOf": [one]} if anyof else one]},
        actions={"actionGroups": [{"actionGroupId": where}]},
    )  # fmt: skip


def action(name: str = "g1", enabled: bool = True, mails: int = 1) -> dict[str, Any]:
    kind = "Microsoft.Insights/actionGroups"
    return resource(kind, name, enabled=enabled, emailReceivers=[{}] * mails, smsReceivers=[])


def test_an_alert_tells_somebody_of_the_whole_subscription() -> None:
    def read(one: dict[str, Any], *groups: dict[str, Any]) -> Any:
        return only(SOURCES["alerts"], {ALERTS: [one], ACTIONS: list(groups)})[0]

    whole = read(alert(), action())
    assert (whole.watches, whole.recipients) == ((DELETED.lower(),), ("g1",))
    assert read(alert(anyof=True), action()).watches == (DELETED.lower(),)
    assert read(alert(scope=f"{SUB}/resourceGroups/g"), action()).watches == ()
    assert read(alert(), action(enabled=False)).recipients == ()
    assert read(alert(), action(mails=0)).recipients == ()
    assert read(alert()).recipients == ()
    other = alert()
    other["properties"]["actions"]["actionGroups"][0]["actionGroupId"] = "/subscriptions/x/y/g9"
    _, refused = only(SOURCES["alerts"], {ALERTS: [other], ACTIONS: []})
    assert refused["recipients"].reason == "not-supported"


ASSIGNMENTS = f"{ANY}Microsoft.Authorization/roleAssignments"
DEFINITIONS = f"{ANY}Microsoft.Authorization/roleDefinitions"
SCHEDULED = f"{ANY}Microsoft.Authorization/roleAssignmentScheduleInstances"
HELD = {"roleDefinitionId": f"{SUB}/r1", "principalId": "P", "principalType": "User", "scope": SUB}


def grant(schedules: Any, actions: list[str] | None = None, **held: Any) -> Any:
    role = {"roleName": "Role", "permissions": [{"actions": actions or ["*"]}]}
    answers = {
        DEFINITIONS: [{"id": f"{SUB}/r1", "properties": role}],
        ASSIGNMENTS: [{"id": f"{SUB}/a1", "properties": {**HELD, **held}}],
        SCHEDULED: schedules,
    }
    return only(SOURCES["role-assignments"], answers, "permanent")


def schedule(**more: Any) -> list[dict[str, Any]]:
    person = {"displayName": "Ben", "email": "ben@x"}
    values = {
        **HELD, "originRoleAssignmentId": f"{SUB}/A1", "assignmentType": "Assigned",
        "endDateTime": None, "expandedProperties": {"principal": person}, **more,
    }  # fmt: skip
    return [{"id": f"{SUB}/i1", "properties": values}]


def test_a_holder_has_a_name_and_a_role_an_end() -> None:
    fact, refused = grant(schedule())
    assert not refused
    assert (fact.principal, fact.principal_name, fact.permanent) == ("p", "ben@x", True)
    app = {"expandedProperties": {"principal": {"displayName": "erp"}}}
    assert grant(schedule(**app))[0].principal_name == "erp"
    ends = grant(schedule(assignmentType="Activated", endDateTime="2026-11-24T15:00:00Z"))[0]
    assert (ends.permanent, ends.expires_days) == (False, 0)
    _, refused = grant([])
    assert refused["permanent"].reason == "not-supported"


def test_names_that_cannot_be_read() -> None:
    fact, refused = grant(Refused("unlicensed", SCHEDULED))
    # No licence, no timed roles: the id stands for the name.
    assert not refused
    assert (fact.principal_name, fact.permanent) == ("p", True)
    _, refused = grant(Refused("throttled", SCHEDULED))
    assert {name: one.reason for name, one in refused.items()} == dict.fromkeys(
        ("principal_name", "permanent", "expires_days"), "throttled"
    )


def test_what_a_role_amounts_to() -> None:
    reader = ["*/read", "Microsoft.Support/*"]
    assert grant(schedule(), reader)[0].privileged is False
    assert grant(schedule(), [*reader, "Microsoft.Network/*"])[0].privileged is True
    _, refused = grant(schedule(), principalType="Device")
    assert "principal_kind" in refused


def test_a_time_of_days_is_understood() -> None:
    policies = f"{ANY}Microsoft.Security/jitNetworkAccessPolicies"
    one = {"id": "/m", "ports": [{"maxRequestAccessDuration": "P1D"}]}
    answers = {policies: [resource("J", "j", virtualMachines=[one])]}
    assert only(SOURCES["just-in-time"], answers)[0].max_minutes == 1440
    one["ports"] = [{"maxRequestAccessDuration": "PT3H"}]
    assert only(SOURCES["just-in-time"], answers)[0].max_minutes == 180
    one["ports"] = [{"maxRequestAccessDuration": "long"}]
    with pytest.raises(Refused):
        facts(SOURCES["just-in-time"], answers)


CONTAINERS = f"{GROUP}Microsoft.Storage/storageAccounts/{{account}}/blobServices/default/containers"


@pytest.mark.parametrize(
    ("account", "containers", "public"),
    [
        ({"allowBlobPublicAccess": True}, {"a": "None"}, False),
        ({"allowBlobPublicAccess": True}, {"a": "None", "b": "Blob"}, True),
        ({"allowBlobPublicAccess": False}, {"b": "Blob"}, False),
        # A website is open whatever the account and its containers say.
        ({"allowBlobPublicAccess": False}, {"$web": "None"}, None),
        ({"publicNetworkAccess": "Disabled"}, {"$web": "None"}, False),
    ],
)
def test_whether_anybody_reads_a_store(
    account: dict[str, Any], containers: dict[str, str], public: bool | None
) -> None:
    listed = [{"name": n, "properties": {"publicAccess": v}} for n, v in containers.items()]
    one = resource("Microsoft.Storage/storageAccounts", "s", **account)
    fact, refused = only(
        SOURCES["storage-accounts"], {ACCOUNTS: [one], CONTAINERS: listed}, "public"
    )
    if public is None:
        assert refused["public"].reason == "not-supported"
    else:
        assert fact.public is public


def test_a_role_that_is_gone_hides_no_other_assignment() -> None:
    held = {**HELD, "roleDefinitionId": f"{SUB}/gone"}
    answers = {
        DEFINITIONS: [],
        ASSIGNMENTS: [{"id": f"{SUB}/a1", "properties": held}],
        SCHEDULED: [],
    }
    fact, refused = only(SOURCES["role-assignments"], answers, "privileged")
    assert fact.role == "gone"
    assert {"action_class", "privileged"} <= set(refused)
    # A role that is built in is known without its definition.
    held["roleDefinitionId"] = f"{SUB}/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    assert only(SOURCES["role-assignments"], answers, "privileged")[0].privileged is True
