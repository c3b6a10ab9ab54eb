"""Where the records of a subscription rest, and which rights lead there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from scanner.collectors.azure.common import everywhere, parts, where
from scanner.collectors.azure.data import ACCOUNTS
from scanner.collectors.azure.log_stores import FLOW_LOGS_READ, WORKSPACES, all_flow_logs
from scanner.collectors.azure.permissions import Way
from scanner.collectors.azure.records import (
    ACTIVITY,
    AUDITING,
    DIAGNOSTICS,
    OF_RESOURCE,
    SERVERS,
    VAULTS,
)
from scanner.collectors.base import Refused
from scanner.collectors.microsoft.arm import got, listed, properties, resource_id, subscription_of
from scanner.collectors.microsoft.diagnostics import enabled_categories
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import part, text

SENT_CALLS = {
    ACTIVITY: DIAGNOSTICS,
    OF_RESOURCE: DIAGNOSTICS,
    VAULTS: "Microsoft.KeyVault/vaults/read",
    SERVERS: "Microsoft.Sql/servers/read",
    AUDITING: "Microsoft.Sql/servers/auditingSettings/read",
    ACCOUNTS: "Microsoft.Storage/storageAccounts/read",
    **FLOW_LOGS_READ,
}
CALLS = {WORKSPACES: "Microsoft.OperationalInsights/workspaces/read", **SENT_CALLS}

ANY_SCOPE = ""
"""Stands for what a right leads to at whatever scope it is held."""
ABOVE = "/"
"""Stands for what lies outside the subscription: only rights from above it lead there."""

_WORKSPACE = "microsoft.operationalinsights/workspaces"
_STORAGE = "microsoft.storage/storageaccounts"
_EVENTS = (
    Way("microsoft.insights/eventtypes/values/read"),
    Way("microsoft.insights/eventtypes/digestevents/read"),
)
_QUERIES = (
    Way(f"{_WORKSPACE}/query/+/read"),
    Way(f"{_WORKSPACE}/tables/query/read"),
    Way(f"{_WORKSPACE}/tables/data/read", data=True),
    # Of older engines; roles that were made for them still name them.
    Way(f"{_WORKSPACE}/search/action"),
    Way(f"{_WORKSPACE}/analytics/query/action"),
)
_ON_A_TABLE = (*_QUERIES, Way(f"{_WORKSPACE}/query/read"))
"""The last opens no table of a workspace by itself, but the one that it is held at."""
_BY_RESOURCE = (Way("microsoft.insights/logs/+/read"),)
"""Reading records of a resource, wherever they rest, by a right on the resource."""
_BLOBS = (Way(f"{_STORAGE}/blobservices/containers/blobs/read", data=True),)
_ANY_BLOB = (Way(f"{_STORAGE}/blobservices/containers/blobs/runassuperuser/action", data=True),)
"""It does whatever is done with blobs, in an account that has folders."""
_KEYS = tuple(
    Way(f"{_STORAGE}/{word}/action")
    for word in ("listkeys", "regeneratekey", "listaccountsas", "listservicesas")
)
_LOCAL_USERS = tuple(
    Way(f"{_STORAGE}/localusers/{word}")
    for word in ("write", "regeneratepassword/action", "listkeys/action")
)
"""Whoever sets up a user of SFTP, or gets a password for one, signs in as that user."""


@dataclass(frozen=True)
class RecordPlace:
    """Something that holds records, with the ways to read them there: any one is enough."""

    resource: str
    """Its id in lower case, ANY_SCOPE or ABOVE."""
    ways: tuple[Way, ...]
    refused: Refused | None = None
    """Why it is not known whether these ways lead to records."""
    on_a_part: tuple[Way, ...] = ()
    """The ways for who holds them at a part of it only."""


@dataclass(frozen=True)
class Sent:
    """Where records are sent: ids of workspaces, storage accounts, event hubs, partners."""

    resources: frozenset[str]
    refused: Refused | None
    """Set where there may be more."""


def sent_to(place: Place) -> Sent:
    """Where the activity log, key vaults, SQL servers and flow logs send their records."""

    def read() -> Sent:
        found: set[str] = set()
        refused: Refused | None = None
        senders: tuple[Callable[[Place], Iterable[str]], ...] = (
            _activity_log, _key_vaults, _flow_logs, _sql_servers,
        )  # fmt: skip
        for sender in senders:
            try:
                for resource in sender(place):
                    found.add(resource.lower().rstrip("/"))
            except Refused as error:
                if error.fatal:
                    raise
                refused = refused or error
        return Sent(frozenset(found), refused)

    return place.once(("records-sent-to",), read)


_DESTINATIONS = (
    "workspaceId",
    "storageAccountId",
    "eventHubAuthorizationRuleId",
    "serviceBusRuleId",
    "marketplacePartnerId",
)


def _activity_log(place: Place) -> Iterator[str]:
    for setting in everywhere(place, ACTIVITY):
        values = parts(setting)
        yield from filter(None, (text(values, key) for key in _DESTINATIONS))


def _key_vaults(place: Place) -> Iterator[str]:
    for vault in everywhere(place, VAULTS):
        for setting in listed(place, OF_RESOURCE, resource_id(vault)):
            values = properties(setting)
            yield from filter(None, (text(values, key) for key in _DESTINATIONS))


def _flow_logs(place: Place) -> Iterator[str]:
    for log in all_flow_logs(place):
        found = parts(log)
        analytics = part(
            part(found, "flowAnalyticsConfiguration"), "networkWatcherFlowAnalyticsConfiguration"
        )
        yield from filter(None, (text(found, "storageId"), analytics.get("workspaceResourceId")))


_NOBODY = "00000000-0000-0000-0000-000000000000"
"""How a server writes that it names no subscription."""


def _sql_servers(place: Place) -> Iterator[str]:
    for server in everywhere(place, SERVERS):
        one = resource_id(server)
        found = properties(got(place, AUDITING, *where(place, one)))
        if found.get("isAzureMonitorTargetEnabled") is True:
            yield from _sql_settings(place, one)
        host = urlsplit(text(found, "storageEndpoint") or "").hostname
        if host is None:
            continue
        name = host.partition(".")[0]
        keeper = (text(found, "storageAccountSubscriptionId") or _NOBODY).lower()
        if keeper not in (_NOBODY, subscription_of(place)):
            yield f"/subscriptions/{keeper}/providers/{_STORAGE}/{name}"
            continue
        accounts = map(resource_id, everywhere(place, ACCOUNTS))
        mine = [one for one in accounts if one.endswith(f"/{name}")]
        if not mine:
            words = f"which storage account {name} is, is not told"
            raise Refused("not-supported", AUDITING, words)
        yield from mine


def _sql_settings(place: Place, server: str) -> Iterator[str]:
    """Where settings of the server's own database send its audit."""
    for setting in listed(place, OF_RESOURCE, f"{server}/databases/master"):
        values = properties(setting)
        if not isinstance(values.get("logs"), list):
            raise Refused("broken", OF_RESOURCE, "a setting does not tell which logs it sends")
        if enabled_categories(values) & _SQL_AUDIT:
            yield from filter(None, (text(values, key) for key in _DESTINATIONS))


_SQL_AUDIT = frozenset({"sqlsecurityauditevents", "devopsoperationsaudit", "audit", "alllogs"})


def record_places(place: Place) -> tuple[RecordPlace, ...]:
    """Everything that holds records of the subscription, as far as it can be told."""

    def read() -> tuple[RecordPlace, ...]:
        sent = sent_to(place)
        found = [
            RecordPlace(ANY_SCOPE, _EVENTS),
            *_workspaces(place, sent),
            *_archives(place, sent),
        ]
        if sent.refused is not None:
            found.append(
                RecordPlace(ANY_SCOPE, (*_BLOBS, *_ANY_BLOB, *_KEYS, *_LOCAL_USERS), sent.refused)
            )
            found.append(RecordPlace(ABOVE, _QUERIES, sent.refused))
        return tuple(found)

    return place.once(("record-places",), read)


def _workspaces(place: Place, sent: Sent) -> Iterator[RecordPlace]:
    elsewhere = [
        one for one in sorted(sent.resources) if f"/{_WORKSPACE}/" in one and not is_own(place, one)
    ]
    doubt = sent.refused
    if elsewhere:
        words = "how a workspace in another subscription may be opened is not told"
        doubt = Refused("not-supported", WORKSPACES, words)
    try:
        own = everywhere(place, WORKSPACES)
    except Refused as error:
        if error.fatal:
            raise
        own, doubt = [], error
        yield RecordPlace(ANY_SCOPE, _ON_A_TABLE, error)
    for one in (*map(resource_id, own), *elsewhere):
        yield RecordPlace(one, _QUERIES, on_a_part=_ON_A_TABLE)
    if any(_opens_by_resource(parts(workspace)) for workspace in own):
        yield RecordPlace(ANY_SCOPE, _BY_RESOURCE)
    elif doubt is not None:
        yield RecordPlace(ANY_SCOPE, _BY_RESOURCE, doubt)


def _opens_by_resource(workspace: dict[str, object]) -> bool:
    """Whether it shows records of a resource to whom the resource alone is open."""
    # Absent counts as off.
    return part(workspace, "features").get("enableLogAccessUsingOnlyResourcePermissions") is True


def _archives(place: Place, sent: Sent) -> Iterator[RecordPlace]:
    words = "which keys and users open a storage account in another subscription is not told"
    unseen = Refused("not-supported", ACCOUNTS, words)
    known = True
    try:
        accounts = {resource_id(one): parts(one) for one in everywhere(place, ACCOUNTS)}
    except Refused as error:
        if error.fatal:
            raise
        accounts, unseen, known = {}, error, False
    for one in sorted(sent.resources):
        if f"/{_STORAGE}/" not in one:
            continue
        account = accounts.get(one)
        if account is None and known and is_own(place, one):
            continue  # a setting outlives the account that it names
        yield RecordPlace(one, _BLOBS, on_a_part=_BLOBS)
        unsure = unseen if account is None else None
        if account is None or account.get("isHnsEnabled") is True:
            yield RecordPlace(one, _ANY_BLOB, unsure, on_a_part=_ANY_BLOB)
        if account is None or account.get("allowSharedKeyAccess") is not False:
            yield RecordPlace(one, _KEYS, unsure)
        if account is None or _lets_local_users_in(account):
            yield RecordPlace(f"{one}/localusers", _LOCAL_USERS, unsure, on_a_part=_LOCAL_USERS)


def _lets_local_users_in(account: dict[str, object]) -> bool:
    # SFTP is off where it is not told; its users are on unless they are switched off.
    on = account.get("isSftpEnabled") is True
    return on and account.get("isLocalUserEnabled") is not False


def is_own(place: Place, resource: str) -> bool:
    """Whether the resource is in the subscription."""
    return resource.startswith(f"/subscriptions/{subscription_of(place)}/")
