"""The contractor's subscription in Azure Government."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.making import SUBSCRIPTION, WORKSPACE, ago, guid
from scanner.demo.microsoft.tenant import Tenant

_REGION = "usgovvirginia"


def add_subscription(tenant: Tenant, subscription: str) -> None:
    """Fill in what Resource Manager answers."""
    site = _Site(tenant, subscription)
    tenant.arm[f"/subscriptions/{subscription}"] = {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": tenant.id,
        "displayName": "Halyard Engineering",
        "state": "Enabled",
    }
    _storage(site)
    _databases(site)
    _keys(site)
    _network(site)
    _machines(site)
    _records(site)
    _rights(site)
    _defences(site)


class _Site:
    """One subscription: resources by path, with the fields that every resource has."""

    def __init__(self, tenant: Tenant, subscription: str) -> None:
        self.tenant, self.subscription = tenant, subscription

    def id(self, group: str, kind: str, name: str) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{group}/providers/{kind}/{name}"

    def resource(self, group: str, kind: str, name: str, **properties: Any) -> dict[str, Any]:
        return {
            "id": self.id(group, kind, name),
            "name": name,
            "type": kind,
            "location": _REGION,
            "tags": {"env": "prod"},
            "properties": properties,
        }

    def listing(self, kind: str, resources: list[dict[str, Any]]) -> None:
        self.tenant.arm[f"/subscriptions/{self.subscription}/providers/{kind}".lower()] = resources

    def under(self, resource: dict[str, Any], path: str, payload: Any) -> None:
        self.tenant.arm[f"{resource['id']}/{path}".lower()] = payload


def _storage(site: _Site) -> None:
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


def _databases(site: _Site) -> None:
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
                    "location": _REGION,
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
    site.listing(kind, servers)


def _keys(site: _Site) -> None:
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
                "location": _REGION,
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
        settings = [_setting("audit", {"AuditEvent": True}, WORKSPACE)] if logged else []
        site.under(vault, "providers/Microsoft.Insights/diagnosticSettings", settings)
    site.listing(kind, vaults)


def _setting(
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


def _rule(name: str, priority: int, access: str, source: str, port: str, **more: str) -> Any:
    return {
        "name": name,
        "properties": {
            "protocol": "Tcp",
            "sourcePortRange": "*",
            "destinationPortRange": port,
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": "*",
            "access": access,
            "priority": priority,
            "direction": "Inbound",
            **more,
        },
    }


_DEFAULTS = [
    _rule("AllowVnetInBound", 65000, "Allow", "VirtualNetwork", "*", protocol="*"),
    _rule("DenyAllInBound", 65500, "Deny", "*", "*", protocol="*"),
    _rule("AllowInternetOutBound", 65001, "Allow", "*", "*", protocol="*", direction="Outbound",
          destinationAddressPrefix="Internet"),
    _rule("DenyAllOutBound", 65500, "Deny", "*", "*", protocol="*", direction="Outbound"),
]  # fmt: skip


def _network(site: _Site) -> None:
    network = site.id("network", "Microsoft.Network/virtualNetworks", "halyard-vnet")
    no_egress = _rule("no-egress", 400, "Deny", "*", "*", protocol="*", direction="Outbound")
    groups = []
    for name, subnet, rules in (
        ("nsg-app", "app", [_rule("https", 100, "Allow", "Internet", "443")]),
        ("nsg-data", "data", [_rule("app", 100, "Allow", "10.20.1.0/24", "1433"), no_egress]),
        # Somebody opened remote desktop to everybody and forgot it.
        ("nsg-test", "test", [_rule("rdp", 110, "Allow", "*", "3389")]),
    ):
        groups.append(
            site.resource(
                "network",
                "Microsoft.Network/networkSecurityGroups",
                name,
                securityRules=rules,
                defaultSecurityRules=_DEFAULTS,
                subnets=[{"id": f"{network}/subnets/{subnet}"}],
            )
        )
    site.listing("Microsoft.Network/networkSecurityGroups", groups)
    site.listing(
        "Microsoft.Network/virtualNetworks",
        [
            site.resource(
                "network",
                "Microsoft.Network/virtualNetworks",
                "halyard-vnet",
                addressSpace={"addressPrefixes": ["10.20.0.0/16"]},
                subnets=[
                    {
                        "id": f"{network}/subnets/{subnet}",
                        "name": subnet,
                        "properties": {"addressPrefix": f"10.20.{n}.0/24"},
                    }
                    for n, subnet in enumerate(("app", "data", "test"), 1)
                ],
            )
        ],
    )
    site.listing(
        "Microsoft.Network/networkInterfaces",
        [
            site.resource(
                "network",
                "Microsoft.Network/networkInterfaces",
                f"{machine}-nic",
                virtualMachine={
                    "id": site.id("compute", "Microsoft.Compute/virtualMachines", machine)
                },
                ipConfigurations=[
                    {
                        "name": "ipconfig1",
                        "properties": {
                            "subnet": {"id": f"{network}/subnets/{subnet}"},
                            **({"publicIPAddress": {"id": f"{network}/ip"}} if public else {}),
                        },
                    }
                ],
            )
            for machine, subnet, public in (
                ("build", "app", False),
                ("gateway", "app", True),
                ("test", "test", True),
            )
        ],
    )
    site.listing(
        "Microsoft.Network/bastionHosts",
        [site.resource("network", "Microsoft.Network/bastionHosts", "halyard-bastion")],
    )
    site.listing("Microsoft.Security/jitNetworkAccessPolicies", [])
    watcher = site.resource("NetworkWatcherRG", "Microsoft.Network/networkWatchers", "watcher")
    site.listing("Microsoft.Network/networkWatchers", [watcher])
    site.under(
        watcher,
        "flowLogs",
        [
            {
                "id": f"{watcher['id']}/flowLogs/vnet",
                "name": "vnet",
                "location": _REGION,
                "properties": {
                    "enabled": True,
                    "targetResourceId": network,
                    "retentionPolicy": {"days": 90, "enabled": True},  # gone after a quarter
                },
            }
        ],
    )


def _machines(site: _Site) -> None:
    # machine: security updates that are missing, days since they were assessed
    for name, critical, days in (("build", 0, 1), ("gateway", 0, 2), ("test", 7, 40)):
        machine = {"id": site.id("compute", "Microsoft.Compute/virtualMachines", name)}
        site.under(
            machine,
            "instanceView",
            {
                "vmAgent": {
                    "vmAgentVersion": "2.11.1.12",
                    "statuses": [{"code": "ProvisioningState/succeeded", "displayStatus": "Ready"}],
                },
                "statuses": [
                    {"code": "ProvisioningState/succeeded", "displayStatus": "Succeeded"},
                    {"code": "PowerState/running", "displayStatus": "VM running"},
                ],
                "patchStatus": {
                    "availablePatchSummary": {
                        "status": "Succeeded",
                        "rebootPending": False,
                        "criticalAndSecurityPatchCount": critical,
                        "otherPatchCount": 3,
                        "startTime": ago(days),
                        "lastModifiedTime": ago(days),
                    }
                },
            },
        )
    site.listing(
        "Microsoft.Compute/virtualMachines",
        [
            site.resource(
                "compute",
                "Microsoft.Compute/virtualMachines",
                name,
                storageProfile={
                    "imageReference": {"publisher": "canonical", "offer": offer, "sku": sku},
                    "osDisk": {"osType": "Linux"},
                },
            )
            for name, offer, sku in (
                ("build", "0001-com-ubuntu-pro-jammy-fips", "pro-fips-22_04"),
                ("gateway", "0001-com-ubuntu-pro-jammy-fips", "pro-fips-22_04"),
                ("test", "ubuntu-24_04-lts", "server"),  # no FIPS image
            )
        ],
    )
    site.listing(
        "Microsoft.ContainerService/managedClusters",
        [
            site.resource(
                "compute",
                "Microsoft.ContainerService/managedClusters",
                "halyard-aks",
                agentPoolProfiles=[
                    {"name": "system", "osSKU": "Ubuntu", "enableFIPS": True},
                    {"name": "batch", "osSKU": "AzureLinux", "enableFIPS": False},  # not FIPS
                ],
            )
        ],
    )


def _records(site: _Site) -> None:
    kind = "Microsoft.OperationalInsights/workspaces"
    workspaces = []
    for name, tables in (
        ("halyard-security", {"SigninLogs": 400, "AuditLogs": 400, "AzureActivity": 400}),
        ("halyard-apps", {"AppTraces": 400, "ContainerLogV2": 30}),  # gone after a month
    ):
        workspace = site.resource(
            "logging", kind, name, retentionInDays=90, publicNetworkAccessForQuery="Enabled"
        )
        workspaces.append(workspace)
        site.under(
            workspace,
            "tables",
            [
                {
                    "id": f"{workspace['id']}/tables/{table}",
                    "name": table,
                    "properties": {
                        "retentionInDays": min(days, 90),
                        "totalRetentionInDays": days,
                        "plan": "Analytics",
                        "schema": {"name": table},
                    },
                }
                for table, days in tables.items()
            ],
        )
    site.listing(kind, workspaces)
    archive = site.id("data", "Microsoft.Storage/storageAccounts", "halyardlogs")
    on = {"Administrative": True, "Security": True, "Policy": True, "Alert": True}
    site.listing(
        "Microsoft.Insights/diagnosticSettings",
        [_setting("to-sentinel", on, WORKSPACE, archive)],
    )
    site.listing(
        "Microsoft.Insights/eventtypes/management/values",
        [
            {
                "eventTimestamp": ago(n / 4),
                "operationName": {"value": "Microsoft.Storage/storageAccounts/write"},
                "status": {"value": "Succeeded"},
                "category": {"value": "Administrative"},
                "caller": "amara.okafor-adm@halyard.example",
                "httpRequest": {"clientIpAddress": "198.51.100.7", "method": "PUT"},
            }
            for n in range(20)
        ],
    )
    site.listing(
        "Microsoft.Authorization/locks",
        [
            {
                "id": f"{workspaces[0]['id']}/providers/Microsoft.Authorization/locks/keep",
                "name": "keep",
                "properties": {"level": "CanNotDelete"},
            }
        ],
    )
    site.listing(
        "Microsoft.Insights/activityLogAlerts",
        [
            {
                **site.resource(
                    "logging",
                    "Microsoft.Insights/activityLogAlerts",
                    "diagnostics-deleted",
                    enabled=True,
                    condition={
                        "allOf": [
                            {"field": "category", "equals": "Administrative"},
                            {
                                "field": "operationName",
                                "equals": "Microsoft.Insights/diagnosticSettings/delete",
                            },
                        ]
                    },
                    actions={
                        "actionGroups": [
                            {
                                "actionGroupId": site.id(
                                    "logging", "Microsoft.Insights/actionGroups", "security"
                                )
                            }
                        ]
                    },
                ),
                "location": "Global",
            }
        ],
    )


_OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
_LOGS = "92aaf0da-9dab-42b6-94a3-d43ce8d16293"


def _rights(site: _Site) -> None:
    start = f"/subscriptions/{site.subscription}/providers/Microsoft.Authorization"
    roles = {_OWNER: ("Owner", "*"), _READER: ("Reader", "*/read"),
             _LOGS: ("Log Analytics Contributor", "Microsoft.OperationalInsights/*")}  # fmt: skip
    site.listing(
        "Microsoft.Authorization/roleDefinitions",
        [
            {
                "id": f"{start}/roleDefinitions/{one}",
                "name": one,
                "type": "Microsoft.Authorization/roleDefinitions",
                "properties": {
                    "roleName": name,
                    "type": "BuiltInRole",
                    "permissions": [{"actions": [action], "notActions": []}],
                },
            }
            for one, (name, action) in roles.items()
        ],
    )
    site.listing(
        "Microsoft.Authorization/roleAssignments",
        [
            {
                "id": f"{start}/roleAssignments/{guid('rbac', who, role)}",
                "name": guid("rbac", who, role),
                "type": "Microsoft.Authorization/roleAssignments",
                "properties": {
                    "roleDefinitionId": f"{start}/roleDefinitions/{role}",
                    "principalId": guid(kind, who),
                    "principalType": "User" if kind == "user" else "ServicePrincipal",
                    "scope": f"/subscriptions/{site.subscription}",
                    "createdOn": ago(200),
                },
            }
            for who, kind, role in (
                ("amara.okafor-adm", "user", _OWNER),
                ("ben.lindqvist", "user", _OWNER),  # an everyday account that owns everything
                ("erp-connector", "sp", _READER),
                ("samuel.adeyemi", "user", _LOGS),
            )
        ],
    )


def _defences(site: _Site) -> None:
    start = f"/subscriptions/{site.subscription}/providers/Microsoft.Security"
    site.listing(
        "Microsoft.Security/pricings",
        [
            {
                "id": f"{start}/pricings/{name}",
                "name": name,
                "type": "Microsoft.Security/pricings",
                "properties": {"pricingTier": tier},
            }
            for name, tier in (
                ("VirtualMachines", "Standard"),
                ("SqlServers", "Standard"),
                ("StorageAccounts", "Free"),
                ("Containers", "Free"),  # images are not scanned
            )
        ],
    )
    site.listing(
        "Microsoft.Security/securityContacts",
        [
            {
                "id": f"{start}/securityContacts/default",
                "name": "default",
                "properties": {"emails": "security@halyard.example", "isEnabled": True},
            }
        ],
    )
    policy: dict[str, Any] = {
        "id": f"/subscriptions/{site.subscription}/providers/Microsoft.Authorization"
        "/policyAssignments/nist-800-171",
        "name": "nist-800-171",
        "type": "Microsoft.Authorization/policyAssignments",
        "properties": {
            "displayName": "NIST SP 800-171 Rev. 2",
            "enforcementMode": "Default",
            "scope": f"/subscriptions/{site.subscription}",
        },
    }
    site.listing("Microsoft.Authorization/policyAssignments", [policy])
    path = (
        f"/subscriptions/{site.subscription}/providers/Microsoft.PolicyInsights"
        "/policyStates/latest/summarize"
    )
    site.tenant.summaries[path.lower()] = {
        "value": [
            {
                "results": {"nonCompliantResources": 4},
                "policyAssignments": [
                    {
                        "policyAssignmentId": policy["id"].lower(),
                        "results": {"nonCompliantResources": 4, "nonCompliantPolicies": 3},
                    }
                ],
            }
        ]
    }
