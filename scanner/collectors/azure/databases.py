"""SQL servers and their databases."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.azure.common import ANYWHERE, IN_GROUP, everywhere, named, parts, where
from scanner.collectors.azure.endpoints import absent, endpoint
from scanner.collectors.azure.network_access import is_closed, opens_to_all
from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.microsoft.arm import got, listed, properties, resource_id
from scanner.collectors.microsoft.place import Place
from scanner.facts import Fact
from scanner.facts.crypto import Endpoint
from scanner.facts.storage import Store

SERVERS = f"GET {ANYWHERE}Microsoft.Sql/servers"
DATABASES = f"GET {IN_GROUP}Microsoft.Sql/servers/{{server}}/databases"
ENCRYPTION = (
    f"GET {IN_GROUP}Microsoft.Sql/servers/{{server}}/databases/{{database}}"
    "/transparentDataEncryption/current"
)
FIREWALL = f"GET {IN_GROUP}Microsoft.Sql/servers/{{server}}/firewallRules"
_SERVERS_READ = {SERVERS: "Microsoft.Sql/servers/read"}


@source(
    Endpoint,
    fields=["service", "protocol", "min_version", "min_version_rank", "plaintext_refused",
            "encrypted", "public"],
    calls=_SERVERS_READ,
    always={"service": "sql-server", "protocol": "TLS"},
)  # fmt: skip
def sql_endpoints(place: Place) -> Iterator[Fact | Partial]:
    """Which TLS versions each SQL server accepts."""
    for server in everywhere(place, SERVERS):
        least = parts(server).get("minimalTlsVersion")
        # "None" lets unencrypted connections in.
        refused = None if least is None else least != "None"
        public = None if parts(server).get("publicNetworkAccess") is None else True
        public = False if is_closed(parts(server)) else public
        yield endpoint(place, server, SERVERS, "sql-server", least, refused, public=public)


@source(
    Store,
    fields=["category", "public", "public_blocked"],
    calls={**_SERVERS_READ, DATABASES: "Microsoft.Sql/servers/databases/read"},
    always={"category": "database", "public": False},
)
def sql_databases(place: Place) -> Iterator[Fact | Partial]:
    """SQL databases, with their server's network rules."""
    for server in everywhere(place, SERVERS):
        access = parts(server).get("publicNetworkAccess")
        for database in listed(place, DATABASES, *where(place, resource_id(server))):
            if str(database.get("name", "")).lower() == "master":
                continue
            # Without a sign-in a database gives nothing, whatever its networks.
            always = {"category": "database", "public": False}
            fields = {**named(place, database, DATABASES), **always}
            if isinstance(access, str):
                yield Store(public_blocked=is_closed(parts(server)), **fields)
            else:
                why = absent(SERVERS, "publicNetworkAccess")
                yield Partial(Store(**fields), {"public_blocked": why})


@sql_databases.detail(
    fields=["network_default_deny"],
    calls={**_SERVERS_READ, FIREWALL: "Microsoft.Sql/servers/firewallRules/read"},
)
def firewall(place: Place, database: Store) -> dict[str, object]:
    """Whether its server refuses networks that no rule of its firewall names."""
    subject = database.subject.rpartition("/databases/")[0]
    server = parts(next(s for s in everywhere(place, SERVERS) if resource_id(s) == subject))
    if is_closed(server):
        return {"network_default_deny": True}
    if str(server.get("publicNetworkAccess") or "").lower() == "securedbyperimeter":
        raise Refused("not-supported", SERVERS, "a network security perimeter decides on it")
    rules = place.once(
        (FIREWALL, subject), lambda: list(listed(place, FIREWALL, *where(place, subject)))
    )
    return {"network_default_deny": not any(opens_to_all(properties(rule)) for rule in rules)}


@sql_databases.detail(
    fields=["encrypted"],
    calls={ENCRYPTION: "Microsoft.Sql/servers/databases/transparentDataEncryption/read"},
)
def database_encryption(place: Place, database: Store) -> dict[str, object]:
    """Whether the database is encrypted at rest."""
    server = database.subject.rpartition("/databases/")[0]
    ids = (*where(place, server), database.subject.rpartition("/")[2])
    state = properties(got(place, ENCRYPTION, *ids)).get("state")
    if state not in ("Enabled", "Disabled"):
        raise Refused("broken", ENCRYPTION, "the answer tells no state")
    return {"encrypted": state == "Enabled"}
