"""Who may read the records of a subscription: roles, scopes, conditions and what is not known."""

from __future__ import annotations

from typing import Any

import pytest
from record_estate import (
    ACCOUNTS,
    ACTIVITY,
    ARCHIVE,
    ASSIGNMENTS,
    AUDITING,
    BLOBS,
    BY_RESOURCE,
    CONTAINER,
    DEFINITIONS,
    ELSEWHERE,
    EVENTS,
    FLOW_LOGS,
    KEYS,
    LOGS,
    MANAGED,
    OF_RESOURCE,
    OPEN,
    OTHER,
    SCHEDULED,
    SERVERS,
    SOURCES,
    SUB,
    TABLE,
    VAULT,
    VAULTS,
    WATCHERS,
    WORKSPACE,
    WORKSPACES,
    does,
    opens,
    reads,
    resource,
    setting,
)

from scanner.collectors.base import Refused


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (does("*"), True),
        (does("*/read"), True),
        (does(EVENTS.upper()), True),
        (does("Microsoft.Insights/*"), True),
        (does("Microsoft.Insights/metrics/read"), False),
        (does("Microsoft.Insights/eventtypes/digestevents/read"), True),
        (does(f"{LOGS}/query/SigninLogs/read"), True),
        (does(f"{LOGS}/query/*"), True),
        (does(f"{LOGS}/*"), True),
        (does(f"{LOGS}/tables/*"), True),
        (does(f"{LOGS}/search/action"), True),
        (opens(f"{LOGS}/tables/data/read"), True),
        # To run queries and to see what tables there are opens none of them.
        (does(f"{LOGS}/query/read", f"{LOGS}/read", f"{LOGS}/tables/read"), False),
        (does(f"{LOGS}/query/Heartbeat/read"), False),
        (does(f"{LOGS}/query/Heartbeat/read", f"{LOGS}/query/Syslog/read"), True),
        (does(f"{LOGS}/tables/data/read"), False),
        (does(KEYS), True),
        (does("Microsoft.Storage/*"), True),
        (does("Microsoft.Storage/storageAccounts/read"), False),
        (opens("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"), True),
        (does(BLOBS), False),
        ({"actions": ["*"], "notActions": ["*/read", "Microsoft.Storage/*", f"{LOGS}/*"]}, False),
        ({"actions": [EVENTS], "notActions": ["Microsoft.Insights/*/read"]}, False),
        ({"actions": [f"{LOGS}/query/*/read"], "notActions": [f"{LOGS}/query/*"]}, False),
        ({"actions": [f"{LOGS}/query/*/read"], "notActions": [f"{LOGS}/query/Syslog/read"]}, True),
        ({"actions": [], "dataActions": ["*"], "notDataActions": ["*/read"]}, False),
        # What is named after the star is no table, or none that holds records.
        (does("*/metricDefinitions/read"), False),
        (does("*/providers/read", f"{LOGS}/*/schemas/read", "*/Heartbeat/read"), False),
        (does(f"{LOGS}/query/*/schemas/read"), False),
        (does("*/SigninLogs/read"), True),
        (does(f"{LOGS}/*/read"), True),
        ({"actions": ["*/SigninLogs/read"], "notActions": [f"{LOGS}/query/Signin*"]}, False),
        ({"actions": None}, False),
    ],
)
def test_actions_that_open_records(entry: dict[str, Any], told: bool) -> None:
    assert reads(entry) is told


def test_one_entry_may_give_what_another_takes() -> None:
    nothing = {"actions": ["*"], "notActions": ["*"]}
    assert reads(nothing) is False
    assert reads(nothing, does(EVENTS)) is True


@pytest.mark.parametrize(
    ("entry", "scope", "told"),
    [
        (does("*/read"), f"{SUB}/resourceGroups/apps", True),  # the activity log of that group
        (does(f"{LOGS}/query/*/read"), "/", True),
        (does(f"{LOGS}/query/*/read"), MANAGED, True),
        (does(f"{LOGS}/query/*/read"), f"{SUB}/resourceGroups/LOGGING", True),
        (does(f"{LOGS}/query/*/read"), f"{SUB}/resourceGroups/log", False),
        (does(f"{LOGS}/query/*/read"), f"{SUB}/resourceGroups/apps", False),
        (does(f"{LOGS}/query/*/read"), WORKSPACE["id"], True),
        (does(f"{LOGS}/query/read"), f"{TABLE}/SigninLogs", True),
        (does(f"{LOGS}/query/read"), f"{TABLE}/Heartbeat", False),
        (does(KEYS), ARCHIVE["id"], True),
        (does(KEYS), OTHER["id"], False),
        (opens(BLOBS), OTHER["id"], False),
        (opens(BLOBS), f"{CONTAINER}/insights-activity-logs", True),
        (opens(BLOBS), f"{CONTAINER}/drawings", False),
        (opens(BLOBS), f"{ARCHIVE['id']}/blobServices/default", True),
        (opens(BLOBS), f"{ARCHIVE['id']}/blobServices", True),
        (opens(BLOBS), CONTAINER, True),
        (does(KEYS), f"{CONTAINER}/insights-activity-logs", False),  # keys are the account's
        (opens(BLOBS), f"{OTHER['id']}/blobServices/default", False),
        (opens("*"), f"{ARCHIVE['id']}/fileServices/default/fileshares/plans", False),
    ],
)
def test_scopes_that_reach_records(entry: dict[str, Any], scope: str, told: bool) -> None:
    assert reads(entry, at=scope) is told


@pytest.mark.parametrize(
    ("entry", "scope"),
    [
        (opens(BLOBS), f"{ARCHIVE['id']}/blobServices/other"),
        (opens(BLOBS), f"{ARCHIVE['id']}/encryptionScopes/x"),
        (opens(BLOBS), f"{CONTAINER}/drawings/blobs/a"),
        (does(f"{LOGS}/query/*/read"), f"{WORKSPACE['id']}/savedSearches/x"),
        (does(f"{LOGS}/query/*/read"), TABLE),
    ],
)
def test_a_part_that_is_not_understood_leaves_it_open(entry: dict[str, Any], scope: str) -> None:
    found = reads(entry, at=scope)
    assert (found.reason, found.operation) == ("not-supported", ASSIGNMENTS)
    assert "part of a store" in found.detail
    assert reads(does("Microsoft.Compute/*"), at=scope) is False


def test_records_of_a_resource_are_open_where_a_workspace_says_so() -> None:
    apps = f"{SUB}/resourceGroups/apps"
    assert reads(does(BY_RESOURCE), at=apps) is False
    shown = {WORKSPACES: [WORKSPACE, resource(LOGS, "apps", **OPEN)]}
    assert reads(does(BY_RESOURCE), at=apps, estate=shown) is True
    away = {ACTIVITY: [setting(workspaceId=f"{ELSEWHERE}/providers/{LOGS}/far")]}
    found = reads(does(BY_RESOURCE), at=apps, estate=away)
    assert (found.reason, found.operation) == ("not-supported", WORKSPACES)


WATCHER = resource("Microsoft.Network/networkWatchers", "w")
SERVER = resource("Microsoft.Sql/servers", "s")
ENDPOINT = "https://archive.blob.core.usgovcloudapi.net/"


@pytest.mark.parametrize(
    "senders",
    [
        {VAULTS: [VAULT], OF_RESOURCE: [setting(storageAccountId=ARCHIVE["id"])]},
        {WATCHERS: [WATCHER], FLOW_LOGS: [{"properties": {"storageId": ARCHIVE["id"]}}]},
        {SERVERS: [SERVER], AUDITING: {"properties": {"storageEndpoint": ENDPOINT}}},
    ],
)
def test_others_that_send_records_to_an_archive(senders: dict[str, Any]) -> None:
    assert reads(does(KEYS), estate={ACTIVITY: [], **senders}) is True
    assert reads(does(KEYS), estate={ACTIVITY: []}) is False


READS = [WORKSPACES, ACTIVITY, ACCOUNTS, VAULTS, OF_RESOURCE, WATCHERS, FLOW_LOGS, SERVERS,
         AUDITING]  # fmt: skip
SENDING = {
    VAULTS: [VAULT], OF_RESOURCE: [], WATCHERS: [WATCHER], FLOW_LOGS: [], SERVERS: [SERVER],
    AUDITING: {"properties": {"storageEndpoint": ENDPOINT}},
}  # fmt: skip


@pytest.mark.parametrize("operation", READS)
def test_what_cannot_be_read_leaves_it_open(operation: str) -> None:
    declared = dict(SOURCES["role-assignments"].needs(frozenset({"reads_records"})))
    refused = Refused("denied", operation, permission=declared[operation])
    estate = {**SENDING, operation: refused}
    doubtful = does(f"{LOGS}/query/Syslog/read") if operation == WORKSPACES else does(KEYS)
    apart = f"{SUB}/resourceGroups/apps" if operation != ACCOUNTS else SUB
    found = reads(doubtful, at=apart, estate=estate)
    assert (found.reason, found.operation) == ("denied", operation)
    assert found.permission == declared[operation]
    # Who reads the activity log reads records whatever else there is; who has no way has none.
    assert reads(does(EVENTS), estate=estate) is True
    assert reads(does("Microsoft.Compute/*/read"), estate=estate) is False
    everything = reads(does("*"), estate=estate)
    assert everything is True


def test_workspaces_elsewhere_that_are_not_told_matter_only_above() -> None:
    queries = does(f"{LOGS}/query/*/read")
    estate = {WORKSPACES: [], ACTIVITY: Refused("denied", ACTIVITY)}
    assert reads(queries, estate=estate) is False
    assert reads(queries, at=MANAGED, estate=estate).operation == ACTIVITY
    assert reads(queries, at="/", estate=estate).operation == ACTIVITY


def test_flow_logs_that_are_analysed_in_a_workspace() -> None:
    sent = {"workspaceResourceId": f"{ELSEWHERE}/providers/{LOGS}/far"}
    log = {"flowAnalyticsConfiguration": {"networkWatcherFlowAnalyticsConfiguration": sent}}
    estate = {WATCHERS: [WATCHER], FLOW_LOGS: [{"properties": log}], WORKSPACES: []}
    assert reads(does(f"{LOGS}/query/*/read"), at="/", estate=estate) is True
    assert reads(does(f"{LOGS}/query/*/read"), estate=estate) is False


GUARDED = "(!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'}) OR @Request[a] = b)"
ON_BLOBS = f"(!(ActionMatches{{'{BLOBS}'}}) OR @Resource[x:name] StringEquals 'insights-logs')"


def test_conditions() -> None:
    assert reads(does("*"), condition=GUARDED) is True
    assert reads(opens(BLOBS), condition=GUARDED) is True
    found = reads(opens(BLOBS), condition=ON_BLOBS)
    assert (found.reason, found.operation) == ("not-supported", ASSIGNMENTS)
    assert "condition" in found.detail
    assert reads(does("*/read"), condition=ON_BLOBS) is True
    assert reads(opens("*/write"), condition=ON_BLOBS) is False
    assert reads(opens(BLOBS), condition=f"!(ActionMatches{{'{BLOBS}'}})") is False
    assert reads({**opens(BLOBS), "condition": ON_BLOBS}).reason == "not-supported"
    assert reads({**does(EVENTS), "condition": None}, condition=None) is True


def test_answers_that_are_none() -> None:
    assert reads(does("*"), roleDefinitionId=f"{SUB}/gone").operation == DEFINITIONS
    assert reads(does("*"), at=None).operation == ASSIGNMENTS
    far = {"storageEndpoint": "https://far.blob.core.usgovcloudapi.net/"}
    estate = {ACTIVITY: [], SERVERS: [SERVER], AUDITING: {"properties": far}}
    assert reads(does(KEYS), estate=estate).operation == AUDITING
    far["storageAccountSubscriptionId"] = ELSEWHERE.rpartition("/")[2]
    assert reads(does(KEYS), estate=estate) is False


def test_nobody_else_pays_for_it() -> None:
    ordinary = {op for op, _ in SOURCES["role-assignments"].needs(frozenset({"privileged"}))}
    assert ordinary == {ASSIGNMENTS, DEFINITIONS, SCHEDULED}
    for name in ("record-exports", "record-delegations"):
        assert not list(SOURCES[name].needs(frozenset({"external"})))
