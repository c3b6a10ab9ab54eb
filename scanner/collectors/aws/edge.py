"""Endpoints of older or global services: Classic load balancers and CloudFront."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.tls import NAMED, version_rank
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.crypto import Endpoint

_SECURE = ("HTTPS", "TLS")
_SSL_RANK = 3
_POLICIES = "elb:DescribeLoadBalancerPolicies"


def _classic_listeners(aws: Aws) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Subject -> (load balancer, listener) of every Classic one in the region, read once."""

    def read() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
        return {
            f"{aws.account}/{aws.region}/{_shown(balancer, item)}": (balancer, item)
            for page in aws.pages("elb:DescribeLoadBalancers", PageSize=400)
            for balancer in page["LoadBalancerDescriptions"]
            for item in balancer["ListenerDescriptions"]
        }

    return aws.shared(("classic-listeners", aws.region), read)


def _shown(balancer: dict[str, Any], item: dict[str, Any]) -> str:
    return f"{balancer['LoadBalancerName']}:{item['Listener']['LoadBalancerPort']}"


@source(
    Endpoint,
    fields=["service", "protocol", "encrypted", "plaintext_refused", "fips_policy", "public"],
    calls={"elb:DescribeLoadBalancers": "elasticloadbalancing:DescribeLoadBalancers"},
    always={"service": "classic-load-balancer"},
    per="region",
)
def classic_listeners(aws: Aws) -> Iterator[Endpoint]:
    """Listeners of Classic load balancers, which have no policy that stands for FIPS."""
    for subject, (balancer, item) in _classic_listeners(aws).items():
        protocol = item["Listener"]["Protocol"].upper().replace("SSL", "TLS")
        facts: dict[str, Any] = {}
        if protocol in ("HTTP", *_SECURE):
            secure = protocol in _SECURE
            facts = {"encrypted": secure, "plaintext_refused": secure, "fips_policy": False}
        # TCP passes through: what is spoken inside ends at the target, unseen here.
        yield Endpoint(
            **aws.here("elb:DescribeLoadBalancers"),
            subject=subject,
            name=_shown(balancer, item),
            service="classic-load-balancer",
            protocol=protocol,
            public=balancer.get("Scheme") == "internet-facing",
            **facts,
        )


@classic_listeners.detail(
    fields=["policy", "min_version", "min_version_rank"],
    calls={_POLICIES: "elasticloadbalancing:DescribeLoadBalancerPolicies"},
)
def classic_policy(aws: Aws, listener: Endpoint) -> dict[str, object]:
    if listener.protocol not in _SECURE:
        return {"policy": None, "min_version": None, "min_version_rank": None}
    balancer, item = _classic_listeners(aws)[listener.subject]
    known = _negotiations(aws, balancer["LoadBalancerName"])
    mine = [p for p in item.get("PolicyNames") or () if p in known]
    if not mine:
        raise Refused("broken", _POLICIES, "the listener names no policy that it lists")
    attributes = known[mine[0]]
    policy = attributes.get("Reference-Security-Policy") or mine[0]
    offered = [
        key.removeprefix("Protocol-")
        for key, value in attributes.items()
        if key.startswith("Protocol-") and value == "true"
    ]
    if not offered:
        absent = Refused("broken", _POLICIES, "the policy names no protocol")
        return {"policy": policy, "min_version": absent, "min_version_rank": absent}
    version, rank = min((least(p) for p in offered), key=lambda each: each[1])
    return {"policy": policy, "min_version": version, "min_version_rank": rank}


def _negotiations(aws: Aws, balancer: str) -> dict[str, dict[str, str]]:
    """What each TLS policy of a load balancer sets, by the policy's name."""

    def read() -> dict[str, dict[str, str]]:
        answer = aws.call(_POLICIES, LoadBalancerName=balancer)
        return {
            each["PolicyName"]: {
                a["AttributeName"]: a.get("AttributeValue", "")
                for a in each.get("PolicyAttributeDescriptions") or ()
            }
            for each in answer["PolicyDescriptions"]
            if each["PolicyTypeName"] == "SSLNegotiationPolicyType"
        }

    return aws.shared(("classic-policies", aws.region, balancer), read)


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
