"""The contractor's networks in Azure."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.halyard.site import REGION, Site


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


def add_network(site: Site) -> None:
    """Security groups, a network with its subnets, interfaces, and ways in."""
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
    site.listing("Microsoft.Network/loadBalancers", [])
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
                "location": REGION,
                "properties": {
                    "enabled": True,
                    "targetResourceId": network,
                    "retentionPolicy": {"days": 90, "enabled": True},  # gone after a quarter
                },
            }
        ],
    )
