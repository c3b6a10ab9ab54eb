"""Who may read the records of a subscription, by a role or because they are sent elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.azure.conditions import some
from scanner.collectors.azure.log_stores import NO_RECORDS
from scanner.collectors.azure.permissions import Permissions, gives
from scanner.collectors.azure.record_places import (
    ABOVE,
    ANY_SCOPE,
    SENT_CALLS,
    RecordPlace,
    is_own,
    record_places,
    sent_to,
)
from scanner.collectors.azure.records import ACTIVITY
from scanner.collectors.base import Refused, source
from scanner.collectors.microsoft.place import Place
from scanner.facts import Fact
from scanner.facts.sharing import Sharing

_QUIET = tuple(name.lower() for name in NO_RECORDS)
_NO_TABLES = (
    "alertrules", "availabilitystatuses", "deployments", "diagnosticsettings", "locations", "logs",
    "metricdefinitions", "metricnamespaces", "metrics", "operations", "privateendpointconnections",
    "providers", "query", "resourcegroups", "resources", "roleassignments", "roledefinitions",
    "savedsearches", "schemas", "subscriptions", "tables", "usages", "workspaces",
)  # fmt: skip
"""Words that roles write after a star, where the name of a table could stand: types of resources,
which no table is called after."""
_NO_RECORDS = frozenset(
    f"microsoft.{start}/{name}/read"
    for name in (*_QUIET, *_NO_TABLES)
    for start in ("operationalinsights/workspaces/query", "insights/logs")
)
_CONTAINERS = ("insights-", "sqldbauditlogs")
"""How the names of containers begin that the platform writes records to."""


def reads_records(
    place: Place, permissions: Permissions, scope: str, condition: str | None, operation: str
) -> bool | Refused:
    """Whether the role lets who holds it at the scope read any records.

    A refusal: that hangs on something that is not known. operation: what told of the assignment.
    """
    scope = scope.lower().rstrip("/")
    doubt: Refused | None = None
    for one in record_places(place):
        on_a_part = one.resource not in (ANY_SCOPE, ABOVE) and scope.startswith(f"{one.resource}/")
        reached = _is_of_records(one, scope) if on_a_part else _reaches(place, scope, one.resource)
        if reached is False:
            continue
        ways = one.on_a_part if on_a_part else one.ways
        given = some(gives(permissions, condition, way, _NO_RECORDS) for way in ways)
        if given is False:
            continue
        if given and reached and one.refused is None:
            return True
        if doubt is None:
            words = _CONDITION if given is None else _PART if on_a_part else _GROUP
            doubt = one.refused or Refused("not-supported", operation, words)
    return False if doubt is None else doubt


_CONDITION = "a condition on who may read records is not weighed"
_PART = "whether that part of a store holds records is not known"
_GROUP = "which subscriptions a management group holds is not told"


def _reaches(place: Place, scope: str, resource: str) -> bool | None:
    """Whether what is held at the scope holds for the resource; None where that is not told."""
    above = not scope.startswith("/subscriptions/")
    if resource in (ANY_SCOPE, ABOVE):
        return resource == ANY_SCOPE or above
    if above:
        return True if not scope or is_own(place, resource) else None
    return resource == scope or resource.startswith(f"{scope}/")


def _is_of_records(one: RecordPlace, scope: str) -> bool | None:
    """Whether a part of an account or a workspace holds records; None where that is not known."""
    part = scope.removeprefix(f"{one.resource}/")
    if f"{_BLOB_SERVICE}/".startswith(f"{part}/"):
        return True  # every container is below it
    *kind, name = part.split("/")
    if kind == ["tables"]:
        return name not in _QUIET
    if kind == _BLOB_SERVICE.split("/"):
        return name.startswith(_CONTAINERS)
    # The platform writes records to blobs, never to a share, a queue or a table of an account.
    return False if part.startswith(_NO_BLOBS) else None


_BLOB_SERVICE = "blobservices/default/containers"
_NO_BLOBS = ("fileservices/", "queueservices/", "tableservices/")


@source(
    Sharing,
    fields=["service"],
    calls={},
    always={"service": "records"},
)
def record_exports(place: Place) -> Iterator[Fact]:
    """Records of the subscription, which settings may send to others."""
    yield Sharing(
        subject=f"{place.job.scope.id}/records",
        name="records of the subscription",
        service="records",
        **place.here(ACTIVITY),
    )


@record_exports.detail(fields=["parties"], calls=SENT_CALLS)
def record_parties(place: Place, shared: Sharing) -> dict[str, object]:
    """Other subscriptions that records are sent to, by id, and partners' products."""
    sent = sent_to(place)
    if sent.refused is not None:
        raise sent.refused
    parties = set()
    for one in sent.resources:
        if not is_own(place, one):
            parties.add(one.split("/")[2] if one.startswith("/subscriptions/") else one)
        elif not any(f"/providers/microsoft.{kind}/" in one for kind in _KEPT_HERE):
            parties.add(one)
    return {"parties": tuple(sorted(parties))}


_KEPT_HERE = ("operationalinsights", "storage", "eventhub", "servicebus")
