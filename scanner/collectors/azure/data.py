"""Where data rests: storage accounts, disks, databases, backups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, IN_GROUP, everywhere, named, parts, where
from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.microsoft.arm import got, listed, properties, resource_id
from scanner.collectors.microsoft.place import Place
from scanner.facts import Fact
from scanner.facts.crypto import Endpoint
from scanner.facts.storage import Backup, Store

ACCOUNTS = f"GET {ANYWHERE}Microsoft.Storage/storageAccounts"
BLOBS = f"GET {IN_GROUP}Microsoft.Storage/storageAccounts/{{account}}/blobServices/default"
CONTAINERS = (
    f"GET {IN_GROUP}Microsoft.Storage/storageAccounts/{{account}}/blobServices/default/containers"
)
DISKS = f"GET {ANYWHERE}Microsoft.Compute/disks"
SERVERS = f"GET {ANYWHERE}Microsoft.Sql/servers"
DATABASES = f"GET {IN_GROUP}Microsoft.Sql/servers/{{server}}/databases"
ENCRYPTION = (
    f"GET {IN_GROUP}Microsoft.Sql/servers/{{server}}/databases/{{database}}"
    "/transparentDataEncryption/current"
)
VAULTS = f"GET {ANYWHERE}Microsoft.RecoveryServices/vaults"
ASSIGNMENTS = f"GET {ANYWHERE}Microsoft.Authorization/roleAssignments"

_ACCOUNTS_READ = {ACCOUNTS: "Microsoft.Storage/storageAccounts/read"}
_SERVERS_READ = {SERVERS: "Microsoft.Sql/servers/read"}
_RANKS = {
    "TLS1_0": ("1.0", 10),
    "TLS1_1": ("1.1", 11),
    "TLS1_2": ("1.2", 12),
    "TLS1_3": ("1.3", 13),
    "1.0": ("1.0", 10),
    "1.1": ("1.1", 11),
    "1.2": ("1.2", 12),
    "1.3": ("1.3", 13),
}


def _absent(operation: str, name: str) -> Refused:
    return Refused("broken", operation, f"{name} is absent, which is no answer")


@source(
    Store,
    fields=["category", "public_blocked", "tls_required", "network_default_deny",
            "encrypted", "key_id"],
    calls=_ACCOUNTS_READ,
    always={"category": "storage-account"},
)  # fmt: skip
def storage_accounts(place: Place) -> Iterator[Fact | Partial]:
    """Storage accounts: public access, networks, encryption."""
    for account in everywhere(place, ACCOUNTS):
        found = parts(account)
        values: dict[str, Any] = {}
        refused: dict[str, Refused] = {}
        public = found.get("allowBlobPublicAccess")
        if isinstance(public, bool):
            values["public_blocked"] = not public
        else:
            refused["public_blocked"] = _absent(ACCOUNTS, "allowBlobPublicAccess")
        if isinstance(found.get("supportsHttpsTrafficOnly"), bool):
            values["tls_required"] = found["supportsHttpsTrafficOnly"]
        else:
            refused["tls_required"] = _absent(ACCOUNTS, "supportsHttpsTrafficOnly")
        denies = _default_deny(found)
        if denies is None:
            refused["network_default_deny"] = _absent(ACCOUNTS, "networkAcls")
        else:
            values["network_default_deny"] = denies
        encryption = found.get("encryption")
        if isinstance(encryption, dict):
            keys = encryption.get("keyvaultproperties") or {}
            customer = str(encryption.get("keySource", "")).lower() == "microsoft.keyvault"
            # The service encrypts everything that it stores; it cannot be switched off.
            values["encrypted"] = True
            values["key_id"] = str(keys.get("keyvaulturi") or "key vault") if customer else None
        else:
            refused |= dict.fromkeys(("encrypted", "key_id"), _absent(ACCOUNTS, "encryption"))
        fact = Store(category="storage-account", **values, **named(place, account, ACCOUNTS))
        yield Partial(fact, refused) if refused else fact


def _closed(found: dict[str, Any]) -> bool:
    return str(found.get("publicNetworkAccess", "")).lower() == "disabled"


def _default_deny(found: dict[str, Any]) -> bool | None:
    if _closed(found):
        return True
    rules = found.get("networkAcls")
    action = rules.get("defaultAction") if isinstance(rules, dict) else None
    return None if action not in ("Allow", "Deny") else action == "Deny"


@storage_accounts.detail(
    fields=["versioned"], calls={BLOBS: "Microsoft.Storage/storageAccounts/blobServices/read"}
)
def versions(place: Place, account: Store) -> dict[str, object]:
    """Whether earlier versions of blobs are kept."""
    found = properties(got(place, BLOBS, *where(place, account.subject)))
    return {"versioned": found.get("isVersioningEnabled") is True}


@storage_accounts.detail(
    fields=["public"],
    calls={
        CONTAINERS: "Microsoft.Storage/storageAccounts/blobServices/containers/read",
        **_ACCOUNTS_READ,
    },
)
def openness(place: Place, account: Store) -> dict[str, object]:
    """Whether a container can be read by anybody: it takes the account's leave and its own."""
    found = next(a for a in everywhere(place, ACCOUNTS) if resource_id(a) == account.subject)
    if parts(found).get("allowBlobPublicAccess") is False or _closed(parts(found)):
        return {"public": False}
    levels = {
        str(properties(container).get("publicAccess") or "None")
        for container in listed(place, CONTAINERS, *where(place, account.subject))
    }
    return {"public": bool(levels - {"None"})}


@source(
    Endpoint,
    fields=["service", "protocol", "min_version", "min_version_rank", "plaintext_refused",
            "encrypted", "public"],
    calls=_ACCOUNTS_READ,
    always={"service": "storage-account", "protocol": "TLS"},
)  # fmt: skip
def storage_endpoints(place: Place) -> Iterator[Fact | Partial]:
    """Which TLS versions each storage account accepts."""
    for account in everywhere(place, ACCOUNTS):
        found = parts(account)
        yield _endpoint(
            place,
            account,
            ACCOUNTS,
            "storage-account",
            found.get("minimumTlsVersion"),
            found.get("supportsHttpsTrafficOnly"),
            public=not _closed(found),
        )


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
        closed = parts(server).get("publicNetworkAccess") == "Disabled"
        yield _endpoint(place, server, SERVERS, "sql-server", least, refused, public=not closed)


def _endpoint(
    place: Place,
    resource: dict[str, Any],
    operation: str,
    service: str,
    least: object,
    plaintext_refused: object,
    *,
    public: bool,
) -> Fact | Partial:
    values: dict[str, Any] = {"public": public}
    refused: dict[str, Refused] = {}
    if least == "None":
        values["min_version"] = values["min_version_rank"] = None
    elif isinstance(least, str) and least in _RANKS:
        values["min_version"], values["min_version_rank"] = _RANKS[least]
    else:
        why = _absent(operation, "the least TLS version")
        refused |= {"min_version": why, "min_version_rank": why}
    if isinstance(plaintext_refused, bool):
        values["plaintext_refused"] = values["encrypted"] = plaintext_refused
    else:
        why = _absent(operation, "whether plain connections are refused")
        refused |= {"plaintext_refused": why, "encrypted": why}
    fact = Endpoint(service=service, protocol="TLS", **values, **named(place, resource, operation))
    return Partial(fact, refused) if refused else fact


@source(
    Store,
    fields=["category", "public", "encrypted", "key_id", "network_default_deny"],
    calls={DISKS: "Microsoft.Compute/disks/read"},
    always={"category": "disk", "public": False},
)
def disks(place: Place) -> Iterator[Fact | Partial]:
    """Managed disks: by whose key they are encrypted, and from where they can be exported."""
    for disk in everywhere(place, DISKS):
        found = parts(disk)
        encryption = found.get("encryption")
        kind = encryption.get("type") if isinstance(encryption, dict) else None
        values: dict[str, Any] = {}
        refused: dict[str, Refused] = {}
        if isinstance(kind, str) and isinstance(encryption, dict):
            values["encrypted"] = True
            own = "customerkey" in kind.lower()
            values["key_id"] = str(encryption.get("diskEncryptionSetId")).lower() if own else None
        else:
            refused |= dict.fromkeys(("encrypted", "key_id"), _absent(DISKS, "encryption"))
        access = found.get("networkAccessPolicy")
        if isinstance(access, str):
            values["network_default_deny"] = access in ("DenyAll", "AllowPrivate")
        else:
            refused["network_default_deny"] = _absent(DISKS, "networkAccessPolicy")
        fact = Store(category="disk", public=False, **values, **named(place, disk, DISKS))
        yield Partial(fact, refused) if refused else fact


@source(
    Store,
    fields=["category", "public", "public_blocked", "network_default_deny"],
    calls={**_SERVERS_READ, DATABASES: "Microsoft.Sql/servers/databases/read"},
    always={"category": "database", "public": False},
)
def sql_databases(place: Place) -> Iterator[Fact | Partial]:
    """SQL databases, with their server's network rules."""
    for server in everywhere(place, SERVERS):
        access = parts(server).get("publicNetworkAccess")
        closed = access == "Disabled"
        for database in listed(place, DATABASES, *where(place, resource_id(server))):
            if str(database.get("name", "")).lower() == "master":
                continue
            # Without a sign-in a database gives nothing, whatever its networks.
            always = {"category": "database", "public": False}
            fields = {**named(place, database, DATABASES), **always}
            if isinstance(access, str):
                yield Store(public_blocked=closed, network_default_deny=closed, **fields)
            else:
                why = _absent(SERVERS, "publicNetworkAccess")
                names = ("public_blocked", "network_default_deny")
                yield Partial(Store(**fields), dict.fromkeys(names, why))


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


@source(
    Backup,
    fields=["encrypted", "key_id", "immutable"],
    calls={VAULTS: "Microsoft.RecoveryServices/vaults/read"},
)
def backup_vaults(place: Place) -> Iterator[Fact]:
    """Recovery vaults: whose key, and whether backups can be deleted."""
    for vault in everywhere(place, VAULTS):
        found = parts(vault)
        key = (found.get("encryption") or {}).get("keyVaultProperties") or {}
        settings = (found.get("securitySettings") or {}).get("immutabilitySettings") or {}
        yield Backup(
            # The service encrypts what it stores; it cannot be switched off.
            encrypted=True,
            key_id=str(key["keyUri"]) if key.get("keyUri") else None,
            immutable=settings.get("state") == "Locked",
            **named(place, vault, VAULTS),
        )


@backup_vaults.detail(
    fields=["external_principals"],
    calls={ASSIGNMENTS: "Microsoft.Authorization/roleAssignments/read"},
)
def outsiders(place: Place, vault: Backup) -> dict[str, object]:
    """Groups of other tenants that hold a role on the vault or above it."""
    found = set()
    for assignment in everywhere(place, ASSIGNMENTS):
        values = parts(assignment)
        scope = str(values.get("scope") or "").lower()
        if str(values.get("principalType", "")).lower() == "foreigngroup" and (
            f"{vault.subject}/".startswith(f"{scope.rstrip('/')}/")
        ):
            found.add(str(values.get("principalId", "")).lower())
    return {"external_principals": tuple(sorted(found))}
