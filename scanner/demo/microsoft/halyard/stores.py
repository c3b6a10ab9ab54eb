"""Where the contractor's data rests in Azure: storage accounts, databases, key vaults."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.halyard.site import REGION, Site
from scanner.demo.microsoft.making import SUBSCRIPTION, WORKSPACE


def add_stores(site: Site) -> None:
    """Storage accounts, databases, and key vaults with their keys."""
    _storage(site)
    _databases(site)
    _keys(site)


def _storage(site: Site) -> None:
    kind = "Microsoft.Storage/storageAccounts"
    # name: public containers allowed, https only, least TLS, default action, own key
    rows = (
        ("halyarddrawings", False, True, "TLS1_2", "Deny", True),
        ("halyardbuilds", False, True, "TLS1_2", "Allow", False),  # open to every network
        ("halyardweb", True, True, "TLS1_2", "Allow", False),  # the public datasheets
        ("halyardlegacy", False, False, "TLS1_0", "Allow", False),  # plain http, old TLS
        ("halyardlogs", False, True, "TLS1_2", "Deny", False),
    )
    accounts = []
    for name, public, https, tls, action, own in rows:
        key = {"keyvaulturi": "https://halyard-keys.vault.halyard.example", "keyname": "data"}
        account = site.resource(
            "data",
            kind,
            name,
            provisioningState="Succeeded",
            allowBlobPublicAccess=public,
            supportsHttpsTrafficOnly=https,
            minimumTlsVersion=tls,
            publicNetworkAccess="Enabled",
            networkAcls={
                "bypass": "AzureServices",
                "defaultAction": action,
                "ipRules": [],
                "virtualNetworkRules": [],
            },
            encryption={
                "keySource": "Microsoft.Keyvault" if own else "Microsoft.Storage",
                **({"keyvaultproperties": key} if own else {}),
                "services": {"blob": {"enabled": True, "keyType": "Account"}},
            },
        )
        if name == "halyardlogs":
            account["properties"]["immutableStorageWithVersioning"] = {
                "enabled": True,
                "immutabilityPolicy": {
                    "immutabilityPeriodSinceCreationInDays": 400,
                    "state": "Locked",
                    "allowProtectedAppendWrites": True,
                },
            }
        accounts.append(account)
        site.under(
            account,
            "blobServices/default",
            {
                "id": f"{account['id']}/blobServices/default",
                "name": "default",
                "properties": {"isVersioningEnabled": name in ("halyarddrawings", "halyardlogs")},
            },
        )
        site.under(
            account,
            "blobServices/default/containers",
            [
                {
                    "id": f"{account['id']}/blobServices/default/containers/files",
                    "name": "files",
                    "properties": {"publicAccess": "Blob" if public else "None"},
                }
            ],
        )
        site.under(
            account,
            "managementPolicies/default",
            {
                "id": f"{account['id']}/managementPolicies/default",
                "name": "DefaultManagementPolicy",
                "properties": {
                    "policy": {
                        "rules": [
                            {
                                "name": "expire",
                                "enabled": True,
                                "type": "Lifecycle",
                                "definition": {
                                    "actions": {
                                        "baseBlob": {
                                            "delete": {"daysAfterModificationGreaterThan": 800}
                                        }
                                    }
                                },
                            }
                        ]
                    }
                },
            },
        )
    site.listing(kind, accounts)
    site.listing(
        "Microsoft.Compute/disks",
        [
            site.resource(
                "compute",
                "Microsoft.Compute/disks",
                name,
                diskState="Attached",
                encryption={"type": "EncryptionAtRestWithPlatformKey"},
                networkAccessPolicy=access,
            )
            for name, access in (("build-os", "DenyAll"), ("test-os", "AllowAll"))
        ],
    )
    site.listing(
        "Microsoft.RecoveryServices/vaults",
        [
            site.resource(
                "backup",
                "Microsoft.RecoveryServices/vaults",
                "halyard-backup",
                provisioningState="Succeeded",
                securitySettings={"immutabilitySettings": {"state": "Unlocked"}},
            )
        ],
    )


def _databases(site: Site) -> None:
    kind = "Microsoft.Sql/servers"
    servers = []
    for name, access, tls, audited, databases in (
        ("halyard-sql", "Disabled", "1.2", True, {"erp": "Enabled", "parts": "Enabled"}),
        ("halyard-test", "Enabled", "1.0", False, {"scratch": "Disabled"}),  # open, not encrypted
    ):
        server = site.resource(
            "data", kind, name, publicNetworkAccess=access, minimalTlsVersion=tls, state="Ready"
        )
        servers.append(server)
        listed = []
        for database, state in {"master": "Enabled", **databases}.items():
            listed.append(
                {
                    "id": f"{server['id']}/databases/{database}",
                    "name": database,
                    "location": REGION,
                    "properties": {"status": "Online"},
                }
            )
            site.under(
                server,
                f"databases/{database}/transparentDataEncryption/current",
                {
                    "id": f"{server['id']}/databases/{database}/transparentDataEncryption/current",
                    "name": "current",
                    "properties": {"state": state},
                },
            )
        site.under(server, "databases", listed)
        # Every address of Azure, those of other customers too.
        rule = {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}
        site.under(
            server,
            "firewallRules",
            [
                {
                    "id": f"{server['id']}/firewallRules/AllowAllWindowsAzureIps",
                    "name": "AllowAllWindowsAzureIps",
                    "properties": rule,
                }
            ]
            if access == "Enabled"
            else [],
        )
        site.under(
            server,
            "auditingSettings/default",
            {
                "id": f"{server['id']}/auditingSettings/default",
                "name": "default",
                "properties": {
                    "state": "Enabled" if audited else "Disabled",
                    "retentionDays": 0,
                    "isAzureMonitorTargetEnabled": audited,
                },
            },
        )
        audit = [setting("audit", {"SQLSecurityAuditEvents": True}, WORKSPACE)] if audited else []
        site.under(
            server, "databases/master/providers/Microsoft.Insights/diagnosticSettings", audit
        )
    site.listing(kind, servers)


def _keys(site: Site) -> None:
    kind = "Microsoft.KeyVault/vaults"
    vaults = []
    for name, sku, action, logged, keys in (
        ("halyard-keys", "premium", "Deny", True, {"data": ("RSA-HSM", 365), "old": ("RSA", None)}),
        ("halyard-test", "standard", "Allow", False, {"test": ("RSA", None)}),  # open, not logged
    ):
        vault = site.resource(
            "security",
            kind,
            name,
            sku={"family": "A", "name": sku},
            enableRbacAuthorization=True,
            enablePurgeProtection=True,
            publicNetworkAccess="Enabled",
            networkAcls={"bypass": "AzureServices", "defaultAction": action},
        )
        vaults.append(vault)
        listed = []
        for key, (kty, rotation) in keys.items():
            properties: dict[str, Any] = {
                "attributes": {"enabled": True, "created": 1690000000},
                "keyUri": f"https://{name}.vault.halyard.example/keys/{key}",
            }
            one = {
                "id": f"{vault['id']}/keys/{key}",
                "name": key,
                "location": REGION,
                "properties": properties,
            }
            listed.append(one)
            policy = None
            if rotation:
                policy = {
                    "lifetimeActions": [
                        {
                            "trigger": {"timeAfterCreate": f"P{rotation}D"},
                            "action": {"type": "rotate"},
                        }
                    ]
                }
            detail = {**one, "properties": {**properties, "kty": kty, "rotationPolicy": policy}}
            site.under(vault, f"keys/{key}", detail)
        site.under(vault, "keys", listed)
        settings = [setting("audit", {"AuditEvent": True}, WORKSPACE)] if logged else []
        site.under(vault, "providers/Microsoft.Insights/diagnosticSettings", settings)
    site.listing(kind, vaults)


def setting(
    name: str, categories: dict[str, bool], workspace: str | None, storage: str | None = None
) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.insights"
        f"/diagnosticSettings/{name}",
        "name": name,
        "type": "Microsoft.Insights/diagnosticSettings",
        "properties": {
            "workspaceId": workspace,
            "storageAccountId": storage,
            "logs": [{"category": c, "enabled": on} for c, on in categories.items()],
        },
    }
