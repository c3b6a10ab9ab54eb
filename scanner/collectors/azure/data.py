"""Where data rests: storage accounts, disks, databases, backups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, IN_GROUP, everywhere, named, parts, where
from scanner.collectors.azure.endpoints import absent, endpoint
from scanner.collectors.azure.network_access import denies_by_default, is_closed
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
VAULTS = f"GET {ANYWHERE}Microsoft.RecoveryServices/vaults"
ASSIGNMENTS = f"GET {ANYWHERE}Microsoft.Authorization/roleAssignments"
_ACCOUNTS_READ = {ACCOUNTS: "Microsoft.Storage/storageAccounts/read"}


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
            refused["public_blocked"] = absent(ACCOUNTS, "allowBlobPublicAccess")
        if isinstance(found.get("supportsHttpsTrafficOnly"), bool):
            values["tls_required"] = found["supportsHttpsTrafficOnly"]
        else:
            refused["tls_required"] = absent(ACCOUNTS, "supportsHttpsTrafficOnly")
        denies = denies_by_default(found, ACCOUNTS)
        if isinstance(denies, Refused):
            refused["network_default_deny"] = denies
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
            refused |= dict.fromkeys(("encrypted", "key_id"), absent(ACCOUNTS, "encryption"))
        fact = Store(category="storage-account", **values, **named(place, account, ACCOUNTS))
        yield Partial(fact, refused) if refused else fact


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
    if is_closed(parts(found)):
        return {"public": False}
    levels = {
        str(container.get("name")): str(properties(container).get("publicAccess") or "None")
        for container in listed(place, CONTAINERS, *where(place, account.subject))
    }
    allowed = parts(found).get("allowBlobPublicAccess") is not False
    public = allowed and any(level != "None" for level in levels.values())
    if not public and _WEBSITE in levels:
        # A website is open whatever the account and its containers say.
        raise Refused("not-supported", CONTAINERS, "whether its static website is on is not told")
    return {"public": public}


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
        yield endpoint(
            place,
            account,
            ACCOUNTS,
            "storage-account",
            found.get("minimumTlsVersion"),
            found.get("supportsHttpsTrafficOnly"),
            public=not is_closed(found),
        )


_WEBSITE = "$web"
"""The container that a static website is served from."""
_NOT_EVERYWHERE = ("DenyAll", "AllowPrivate")


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
            refused |= dict.fromkeys(("encrypted", "key_id"), absent(DISKS, "encryption"))
        access = found.get("networkAccessPolicy")
        if is_closed(found) or isinstance(access, str):
            values["network_default_deny"] = is_closed(found) or access in _NOT_EVERYWHERE
        else:
            refused["network_default_deny"] = absent(DISKS, "networkAccessPolicy")
        fact = Store(category="disk", public=False, **values, **named(place, disk, DISKS))
        yield Partial(fact, refused) if refused else fact


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
