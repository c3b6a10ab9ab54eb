"""Listeners of application and network load balancers, and the certificates that they show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.times import days_until
from scanner.collectors.aws.tls import names_fips, version_rank
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.crypto import Endpoint

_SECURE = ("HTTPS", "TLS")
_LISTENER_CALLS = {
    "elbv2:DescribeLoadBalancers": "elasticloadbalancing:DescribeLoadBalancers",
    "elbv2:DescribeListeners": "elasticloadbalancing:DescribeListeners",
}
_KEY_TYPES = (
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
)
"""Named one by one, since the listing leaves all but the RSA ones out unless asked."""


def _least(protocols: list[str]) -> str:
    """The weakest of `TLSv1`, `TLSv1.2`, `TLSv1.3`, ..."""
    return min(p.removeprefix("TLSv") if "." in p else "1.0" for p in protocols)


def _policies(aws: Aws) -> dict[str, dict[str, Any]]:
    def read() -> dict[str, dict[str, Any]]:
        return {
            policy["Name"]: policy
            for page in aws.pages("elbv2:DescribeSSLPolicies", PageSize=400)
            for policy in page["SslPolicies"]
        }

    return aws.shared(("ssl-policies", aws.region), read)


@source(
    Endpoint,
    fields=[
        "service",
        "protocol",
        "policy",
        "encrypted",
        "plaintext_refused",
        "fips_policy",
        "public",
    ],
    calls=_LISTENER_CALLS,
    always={"service": "load-balancer"},
    per="region",
)
def listeners(aws: Aws) -> Iterator[Endpoint]:
    """Listeners of application and network load balancers with what their TLS policy accepts."""
    for balancer, listener in _balancer_listeners(aws):
        yield _listener(aws, balancer, listener)


def _balancer_listeners(aws: Aws) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every (load balancer, listener) of the region, read once."""

    def balancers() -> Iterator[dict[str, Any]]:
        for page in aws.pages("elbv2:DescribeLoadBalancers", PageSize=400):
            yield from (lb for lb in page["LoadBalancers"] if lb["Type"] != "gateway")

    def read(balancer: dict[str, Any]) -> list[dict[str, Any]]:
        arn = balancer["LoadBalancerArn"]
        pages = aws.pages("elbv2:DescribeListeners", LoadBalancerArn=arn, PageSize=400)
        return [listener for page in pages for listener in page["Listeners"]]

    return aws.shared(
        ("listeners", aws.region),
        lambda: [
            (balancer, listener)
            for balancer, found in aws.each(balancers(), read)
            for listener in found
        ],
    )


@source(
    Endpoint,
    fields=["certificate_days"],
    calls={**_LISTENER_CALLS, "acm:ListCertificates": "acm:ListCertificates"},
    lists=False,
    per="region",
)
def listener_certificates(aws: Aws) -> Iterator[Endpoint | Partial]:
    """When the certificates of listeners end, from one listing of Certificate Manager."""
    ends = {
        each["CertificateArn"]: each.get("NotAfter")
        for page in aws.pages(
            "acm:ListCertificates", MaxItems=1000, Includes={"keyTypes": list(_KEY_TYPES)}
        )
        for each in page["CertificateSummaryList"]
    }
    for balancer, listener in _balancer_listeners(aws):
        facts: dict[str, Any] = {
            **aws.here("acm:ListCertificates"),
            "subject": listener["ListenerArn"],
            "name": f"{balancer['LoadBalancerName']}:{listener['Port']}",
        }
        shown = [c["CertificateArn"] for c in listener.get("Certificates") or ()]
        if not shown:
            yield Endpoint(**facts, certificate_days=None)
            continue
        end = ends.get(shown[0])
        if end is None:
            elsewhere = Refused(
                "not-supported", "acm:ListCertificates", "its certificate is not in ACM, or pending"
            )
            yield Partial(Endpoint(**facts), {"certificate_days": elsewhere})
        else:
            yield Endpoint(**facts, certificate_days=days_until(end, aws.now()))


def _listener(aws: Aws, balancer: dict[str, Any], listener: dict[str, Any]) -> Endpoint:
    protocol = listener["Protocol"]
    facts: dict[str, Any] = {
        **aws.here("elbv2:DescribeListeners"),
        "subject": listener["ListenerArn"],
        "name": f"{balancer['LoadBalancerName']}:{listener['Port']}",
        "service": "load-balancer",
        "protocol": protocol,
        "public": balancer["Scheme"] == "internet-facing",
    }
    if protocol in _SECURE:
        policy = listener["SslPolicy"]
        facts |= {"policy": policy, "fips_policy": names_fips(policy)}
        return Endpoint(**facts, encrypted=True, plaintext_refused=True)
    if protocol == "HTTP":
        redirects = _only_redirects(listener.get("DefaultActions", []))
        facts |= {"encrypted": False, "plaintext_refused": redirects, "fips_policy": False}
    # TCP, UDP and QUIC pass through: what is spoken inside ends at the target, unseen here.
    return Endpoint(**facts, policy=None)


@listeners.detail(
    fields=["min_version", "min_version_rank", "ciphers"],
    calls={"elbv2:DescribeSSLPolicies": "elasticloadbalancing:DescribeSSLPolicies"},
)
def listener_policy(aws: Aws, listener: Endpoint) -> dict[str, object]:
    if listener.policy is None:
        return {"min_version": None, "min_version_rank": None}
    known = _policies(aws).get(str(listener.policy))
    if known is None:
        absent = f"it does not list {listener.policy}"
        raise Refused("broken", "elbv2:DescribeSSLPolicies", absent)
    version = _least(known["SslProtocols"])
    return {
        "min_version": version,
        "min_version_rank": version_rank(version),
        "ciphers": tuple(sorted(cipher["Name"] for cipher in known["Ciphers"])),
    }


def _only_redirects(actions: list[dict[str, Any]]) -> bool:
    return bool(actions) and all(
        action["Type"] == "redirect" and action.get("RedirectConfig", {}).get("Protocol") == "HTTPS"
        for action in actions
    )
