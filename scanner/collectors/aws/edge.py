"""Endpoints of older or global services: Classic load balancers and CloudFront."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.tls import NAMED, version_rank
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.crypto import Endpoint

_SSL_RANK = 3
_POLICIES = "elb:DescribeLoadBalancerPolicies"


@source(
    Endpoint,
    fields=NAMED,
    calls={
        "elb:DescribeLoadBalancers": "elasticloadbalancing:DescribeLoadBalancers",
        _POLICIES: "elasticloadbalancing:DescribeLoadBalancerPolicies",
    },
    always={"service": "classic-load-balancer"},
    per="region",
)
def classic_listeners(aws: Aws) -> Iterator[Endpoint | Partial]:
    """Listeners of Classic load balancers, which have no policy that stands for FIPS."""
    balancers = (
        b
        for page in aws.pages("elb:DescribeLoadBalancers", PageSize=400)
        for b in page["LoadBalancerDescriptions"]
    )

    def policies(balancer: dict[str, Any]) -> dict[str, dict[str, str]] | Refused:
        if not any(item.get("PolicyNames") for item in balancer["ListenerDescriptions"]):
            return {}
        try:
            answer = aws.call(_POLICIES, LoadBalancerName=balancer["LoadBalancerName"])
        except Refused as refused:
            return refused
        return {
            each["PolicyName"]: {
                a["AttributeName"]: a.get("AttributeValue", "")
                for a in each.get("PolicyAttributeDescriptions") or ()
            }
            for each in answer["PolicyDescriptions"]
            if each["PolicyTypeName"] == "SSLNegotiationPolicyType"
        }

    for balancer, known in aws.each(balancers, policies):
        for item in balancer["ListenerDescriptions"]:
            yield _classic(aws, balancer, item, known)


def _classic(
    aws: Aws,
    balancer: dict[str, Any],
    item: dict[str, Any],
    known: dict[str, dict[str, str]] | Refused,
) -> Endpoint | Partial:
    listener = item["Listener"]
    protocol = listener["Protocol"].upper().replace("SSL", "TLS")
    name = balancer["LoadBalancerName"]
    facts: dict[str, Any] = {
        **aws.here("elb:DescribeLoadBalancers"),
        "subject": f"{aws.account}/{aws.region}/{name}:{listener['LoadBalancerPort']}",
        "name": f"{name}:{listener['LoadBalancerPort']}",
        "service": "classic-load-balancer",
        "protocol": protocol,
        "public": balancer.get("Scheme") == "internet-facing",
    }
    if protocol not in ("HTTPS", "TLS"):
        facts |= {"policy": None, "min_version": None, "min_version_rank": None}
        if protocol == "HTTP":
            facts |= {"encrypted": False, "plaintext_refused": False, "fips_policy": False}
        # TCP passes through: what is spoken inside ends at the target, unseen here.
        return Endpoint(**facts)
    facts |= {"encrypted": True, "plaintext_refused": True, "fips_policy": False}
    unread = ("policy", "min_version", "min_version_rank")
    if isinstance(known, Refused):
        return Partial(Endpoint(**facts), dict.fromkeys(unread, known))
    mine = [p for p in item.get("PolicyNames") or () if p in known]
    if not mine:
        absent = Refused("broken", _POLICIES, "the listener names no policy that it lists")
        return Partial(Endpoint(**facts), dict.fromkeys(unread, absent))
    attributes = known[mine[0]]
    offered = [
        key.removeprefix("Protocol-")
        for key, value in attributes.items()
        if key.startswith("Protocol-") and value == "true"
    ]
    facts["policy"] = attributes.get("Reference-Security-Policy") or mine[0]
    if not offered:
        absent = Refused("broken", _POLICIES, "the policy names no protocol")
        return Partial(Endpoint(**facts), dict.fromkeys(unread[1:], absent))
    version, rank = min((least(p) for p in offered), key=lambda each: each[1])
    return Endpoint(**facts, min_version=version, min_version_rank=rank)


def least(name: str) -> tuple[str, int]:
    """Version and rank of `TLSv1.2_2021`, `TLSv1_2016`, `SSLv3`; a bare TLSv1 is 1.0."""
    if name.startswith("SSL"):
        return "SSL 3.0", _SSL_RANK
    found = re.match(r"TLSv1(?:\.(\d))?", name)
    version = f"1.{found.group(1) or 0}" if found else "1.0"
    rank = version_rank(version)
    assert rank is not None
    return version, rank


_DISTRIBUTIONS = "cloudfront:ListDistributions"


@source(
    Endpoint,
    fields=NAMED,
    calls=[_DISTRIBUTIONS],
    always={"service": "distribution"},
)
def distributions(aws: Aws) -> Iterator[Endpoint | Partial]:
    """CloudFront distributions, which exist in the commercial partition only.

    No value of theirs names FIPS: that part is the provider's word, taken in as an inheritance.
    """
    if aws.partition != "aws":
        return
    for page in aws.pages(_DISTRIBUTIONS, at=aws.home):
        for each in page["DistributionList"].get("Items") or ():
            behaviors = [
                each["DefaultCacheBehavior"],
                *((each.get("CacheBehaviors") or {}).get("Items") or ()),
            ]
            forced = all(b["ViewerProtocolPolicy"] != "allow-all" for b in behaviors)
            certificate = each.get("ViewerCertificate") or {}
            # The shared certificate of the provider keeps the oldest version, whatever is set.
            own = not certificate.get("CloudFrontDefaultCertificate", False)
            floor = certificate.get("MinimumProtocolVersion", "TLSv1") if own else "TLSv1"
            version, rank = least(floor)
            unsaid = Refused("not-supported", _DISTRIBUTIONS, "no value of it names FIPS")
            yield Partial(
                Endpoint(
                    **{**aws.here(_DISTRIBUTIONS), "region": None},
                    subject=each["ARN"],
                    name=each["DomainName"],
                    service="distribution",
                    protocol="HTTPS" if forced else "HTTP",
                    policy=floor,
                    min_version=version,
                    min_version_rank=rank,
                    encrypted=forced,
                    plaintext_refused=forced,
                    public=True,
                ),
                {"fips_policy": unsaid},
            )
