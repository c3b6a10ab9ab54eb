"""File transfer servers, one endpoint a protocol, with what their security policy accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.crypto import Endpoint

_POLICY = "transfer:DescribeSecurityPolicy"
_NO_TLS: dict[str, Any] = {"min_version": None, "min_version_rank": None}


@source(
    Endpoint,
    fields=[
        "service",
        "protocol",
        "policy",
        "min_version",
        "min_version_rank",
        "encrypted",
        "plaintext_refused",
        "public",
    ],
    calls=["transfer:ListServers", "transfer:DescribeServer"],
    always={"service": "file-transfer"},
    per="region",
)
def transfer_servers(aws: Aws) -> Iterator[Endpoint | Partial]:
    """Servers of Transfer Family, one endpoint a protocol; the policy itself says if it is FIPS."""
    listed = (
        s for page in aws.pages("transfer:ListServers", MaxResults=1000) for s in page["Servers"]
    )

    def describe(server: dict[str, Any]) -> dict[str, Any]:
        answer = aws.call("transfer:DescribeServer", ServerId=server["ServerId"])
        return dict(answer["Server"])

    for _, server in aws.each(listed, describe):
        for protocol in server.get("Protocols") or ("SFTP",):
            yield _transfer(aws, server, protocol)


def _transfer(aws: Aws, server: dict[str, Any], protocol: str) -> Endpoint | Partial:
    details = server.get("EndpointDetails") or {}
    facts: dict[str, Any] = {
        **aws.here("transfer:DescribeServer"),
        "subject": f"{server['Arn']}#{protocol.lower()}",
        "name": f"{server['ServerId']} {protocol}",
        "service": "file-transfer",
        "protocol": protocol,
        "public": server.get("EndpointType") == "PUBLIC"
        or bool(details.get("AddressAllocationIds")),
    }
    if protocol == "FTP":
        return Endpoint(**facts, **_NO_TLS, policy=None, encrypted=False, plaintext_refused=False)
    facts["policy"] = server["SecurityPolicyName"]
    refused: dict[str, Refused] = {}
    if protocol == "FTPS":
        unsaid = Refused("not-supported", _POLICY, "policies name no least TLS version")
        refused = dict.fromkeys(("min_version", "min_version_rank"), unsaid)
    else:
        facts |= _NO_TLS
    if protocol == "AS2":
        inside = Refused("not-supported", "transfer:DescribeServer", "AS2 encrypts each message")
        refused = dict.fromkeys(("encrypted", "plaintext_refused"), inside)
    else:
        facts |= {"encrypted": True, "plaintext_refused": True}
    endpoint = Endpoint(**facts)
    return Partial(endpoint, refused) if refused else endpoint


@transfer_servers.detail(
    fields=["ciphers", "macs", "key_exchanges", "fips_policy"], calls=[_POLICY]
)
def transfer_policy(aws: Aws, endpoint: Endpoint) -> dict[str, object]:
    if endpoint.policy is None:
        return {"ciphers": (), "macs": (), "key_exchanges": (), "fips_policy": False}
    policy = _security_policy(aws, str(endpoint.policy))
    ssh = endpoint.protocol == "SFTP"
    return {
        "ciphers": tuple(sorted(policy.get("SshCiphers" if ssh else "TlsCiphers") or ())),
        "macs": tuple(sorted(policy.get("SshMacs") or ())) if ssh else (),
        "key_exchanges": tuple(sorted(policy.get("SshKexs") or ())) if ssh else (),
        # Absent from policies that are not FIPS.
        "fips_policy": policy.get("Fips", False),
    }


def _security_policy(aws: Aws, name: str) -> dict[str, Any]:
    return aws.shared(
        ("transfer-policy", aws.region, name),
        lambda: aws.call(_POLICY, SecurityPolicyName=name)["SecurityPolicy"],
    )
