"""Boundaries, segments and the ways in from outside."""

from __future__ import annotations

from typing import Annotated

from scanner.facts.base import UNSET, Fact, Maybe, Sure


class Boundary(Fact, frozen=True, kw_only=True, tag="network.boundary"):
    """One security group, firewall, gateway or host firewall."""

    category: Annotated[
        Sure[str],
        "security-group, default-security-group, nacl, host-firewall, provider-network, ...",
    ] = UNSET
    enabled: Annotated[Sure[bool], "it is in force"] = UNSET
    default_ingress: Annotated[Sure[str], "deny or allow, for what no rule names"] = UNSET
    default_egress: Annotated[Sure[str], "deny or allow, for what no rule names"] = UNSET
    open_rules: Annotated[
        Sure[tuple[str, ...]],
        "inbound rules open to every address, as protocol/port or protocol/from-to",
    ] = UNSET
    open_admin: Annotated[Sure[bool], "an administration port is open to every address"] = UNSET
    open_egress: Annotated[Sure[bool], "outbound traffic to every address is allowed"] = UNSET
    rules_count: Annotated[Sure[int], "rules that it holds"] = UNSET
    attached: Annotated[Sure[bool], "something uses it"] = UNSET
    faces_internet: Annotated[Sure[bool], "what uses it has an address on the internet"] = UNSET
    logged: Annotated[Sure[bool], "traffic across it is recorded"] = UNSET


class Segment(Fact, frozen=True, kw_only=True, tag="network.segment"):
    """One subnetwork or virtual network."""

    category: Annotated[Sure[str], "subnet or network"] = UNSET
    public_route: Annotated[Sure[bool], "it has a route to the internet in both directions"] = UNSET
    auto_public_address: Annotated[
        Sure[bool], "new machines get a public address by themselves"
    ] = UNSET
    flow_logged: Annotated[Sure[bool], "its traffic is recorded"] = UNSET
    members: Annotated[Sure[tuple[str, ...]], "kinds of resource that live in it"] = UNSET


class RemoteAccess(Fact, frozen=True, kw_only=True, tag="network.remote_access"):
    """One way in from outside: VPN, bastion, session service, SSH."""

    category: Annotated[Sure[str], "ssh, session-service, client-vpn, site-vpn, bastion"] = UNSET
    enabled: Annotated[Sure[bool], "it can be used, or starts with the host"] = UNSET
    exposed_directly: Annotated[Sure[bool], "it listens to every address on the internet"] = UNSET
    encryption: Annotated[Sure[tuple[str, ...]], "algorithms that protect it"] = UNSET
    mfa_required: Annotated[Sure[bool], "it refuses entry without a second factor"] = UNSET
    approval_required: Annotated[Sure[bool], "entry needs another person's approval"] = UNSET
    restricted_to: Annotated[
        Maybe[tuple[str, ...]], "groups, users or networks that may enter; null: all"
    ] = UNSET
    root_allowed: Annotated[Sure[bool], "the root account may enter"] = UNSET
    logged: Annotated[Sure[bool], "sessions are recorded"] = UNSET
    split_tunnel: Annotated[Sure[bool], "other traffic bypasses it"] = UNSET
    idle_minutes: Annotated[Maybe[int], "idle minutes until it ends; null: never"] = UNSET
    max_minutes: Annotated[Maybe[int], "minutes until it ends in any case; null: never"] = UNSET
