"""VPNs: of people to networks, and between networks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import tags_of
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.host import Banner, Session
from scanner.facts.network import RemoteAccess

_CLIENT_VPN = "ec2:DescribeClientVpnEndpoints"


def _client_vpns(aws: Aws) -> list[dict[str, Any]]:
    return aws.shared(
        ("client-vpns", aws.region),
        lambda: [
            endpoint
            for page in aws.pages(_CLIENT_VPN, MaxResults=1000)
            for endpoint in page["ClientVpnEndpoints"]
            if endpoint["Status"]["Code"] not in ("deleted", "deleting")
        ],
    )


def _vpn_facts(aws: Aws, endpoint: dict[str, Any]) -> dict[str, Any]:
    return {
        **aws.here(_CLIENT_VPN),
        "subject": endpoint["ClientVpnEndpointId"],
        "name": tags_of(endpoint).get("Name") or endpoint["ClientVpnEndpointId"],
    }


def _limits(endpoint: dict[str, Any]) -> dict[str, Any]:
    """When a session ends: there is no limit for idle ones, and none where it may reconnect."""
    ends = endpoint.get("DisconnectOnSessionTimeout", False)
    hours = int(endpoint.get("SessionTimeoutHours", 24))
    return {"idle_minutes": None, "max_minutes": hours * 60 if ends else None}


@source(
    RemoteAccess,
    fields=[
        "category",
        "enabled",
        "exposed_directly",
        "encryption",
        "mfa_required",
        "logged",
        "split_tunnel",
        "idle_minutes",
        "max_minutes",
    ],
    calls=[_CLIENT_VPN],
    always={"category": "client-vpn"},
    per="region",
)
def client_vpns(aws: Aws) -> Iterator[RemoteAccess | Partial]:
    """Client VPN endpoints."""
    for endpoint in _client_vpns(aws):
        kinds = {each["Type"] for each in endpoint.get("AuthenticationOptions") or ()}
        facts = {
            **_vpn_facts(aws, endpoint),
            "category": "client-vpn",
            "enabled": True,
            "exposed_directly": True,
            # Fixed by the service (Client VPN administrator guide).
            "encryption": ("AES256-GCM", "TLS"),
            "logged": (endpoint.get("ConnectionLogOptions") or {}).get("Enabled", False),
            "split_tunnel": endpoint["SplitTunnel"],
            **_limits(endpoint),
        }
        if kinds and kinds <= {"certificate-authentication"}:
            yield RemoteAccess(**facts, mfa_required=False)
        else:
            unsaid = Refused(
                "not-supported", _CLIENT_VPN, "the directory behind it decides on second factors"
            )
            yield Partial(RemoteAccess(**facts), {"mfa_required": unsaid})


@client_vpns.detail(
    fields=["restricted_to"],
    calls={"ec2:DescribeClientVpnAuthorizationRules": "ec2:DescribeClientVpnAuthorizationRules"},
)
def client_vpn_groups(aws: Aws, endpoint: RemoteAccess) -> dict[str, object]:
    rules = [
        rule
        for page in aws.pages(
            "ec2:DescribeClientVpnAuthorizationRules", ClientVpnEndpointId=endpoint.subject
        )
        for rule in page["AuthorizationRules"]
    ]
    if any(rule.get("AccessAll", False) for rule in rules):
        return {"restricted_to": None}
    return {"restricted_to": tuple(sorted({r["GroupId"] for r in rules if r.get("GroupId")}))}


@source(
    Session,
    fields=["session", "idle_minutes", "max_minutes"],
    calls=[_CLIENT_VPN],
    always={"session": "client-vpn"},
    per="region",
)
def client_vpn_times(aws: Aws) -> Iterator[Session]:
    """When sessions of Client VPN end by themselves; one that may reconnect alone never does."""
    for endpoint in _client_vpns(aws):
        yield Session(
            **_vpn_facts(aws, endpoint),
            session="client-vpn",
            **_limits(endpoint),
        )


@source(
    Banner,
    fields=["surface", "shown", "text_hash"],
    calls=[_CLIENT_VPN],
    always={"surface": "client-vpn"},
    per="region",
)
def client_vpn_banners(aws: Aws) -> Iterator[Banner]:
    """The notice that a Client VPN shows."""
    for endpoint in _client_vpns(aws):
        options = endpoint.get("ClientLoginBannerOptions") or {}
        text = " ".join((options.get("BannerText") or "").split())
        shown = options.get("Enabled", False) and bool(text)
        yield Banner(
            **_vpn_facts(aws, endpoint),
            surface="client-vpn",
            shown=shown,
            text_hash=hashlib.sha256(text.encode()).hexdigest() if shown else None,
        )


_SITE_VPN = "ec2:DescribeVpnConnections"
_OFFERED = {
    "EncryptionAlgorithms": ("AES128", "AES128-GCM-16", "AES256", "AES256-GCM-16"),
    "IntegrityAlgorithms": ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512"),
    "DHGroupNumbers": ("DH-2", "DH-5", *(f"DH-{n}" for n in range(14, 25))),
}
"""What a tunnel accepts where no list is set (Site-to-Site VPN user guide, tunnel options)."""


@source(
    RemoteAccess,
    fields=[
        "category",
        "enabled",
        "exposed_directly",
        "encryption",
        "mfa_required",
        "restricted_to",
        "logged",
        "split_tunnel",
    ],
    calls=[_SITE_VPN],
    always={"category": "site-vpn"},
    per="region",
)
def site_vpns(aws: Aws) -> Iterator[Partial]:
    """Site-to-site VPNs with every algorithm that a tunnel of theirs accepts."""
    for vpn in aws.call(_SITE_VPN)["VpnConnections"]:
        if vpn["State"] in ("deleted", "deleting"):
            continue
        tunnels = (vpn.get("Options") or {}).get("TunnelOptions") or [{}]
        logs = [
            (tunnel.get("LogOptions") or {})
            .get("CloudWatchLogOptions", {})
            .get("LogEnabled", False)
            for tunnel in tunnels
        ]
        access = RemoteAccess(
            **aws.here(_SITE_VPN),
            subject=vpn["VpnConnectionId"],
            name=tags_of(vpn).get("Name") or vpn["VpnConnectionId"],
            category="site-vpn",
            enabled=True,
            restricted_to=(vpn["CustomerGatewayId"],),
            exposed_directly=False,
            encryption=tuple(sorted({a for tunnel in tunnels for a in _algorithms(tunnel)})),
            logged=all(logs),
            split_tunnel=False,
        )
        networks = Refused(
            "not-supported", _SITE_VPN, "it joins networks: no person signs in to it"
        )
        yield Partial(access, {"mfa_required": networks})


def _algorithms(tunnel: dict[str, Any]) -> Iterator[str]:
    for name, offered in _OFFERED.items():
        for phase in ("Phase1", "Phase2"):
            chosen = [each["Value"] for each in tunnel.get(f"{phase}{name}") or ()]
            if not chosen:
                yield from offered
            else:
                yield from (f"DH-{v}" if name == "DHGroupNumbers" else str(v) for v in chosen)
