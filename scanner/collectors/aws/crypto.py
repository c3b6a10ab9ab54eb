"""Which cryptography endpoints offer, and the switches that put services into FIPS mode.

A policy whose name holds the token FIPS is AWS's word for "FIPS modules only". A service whose
settings cannot name FIPS at all gives no answer here: its part is inherited or unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.times import days_until
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.crypto import Endpoint, FipsSetting

_TOKEN = re.compile(r"(?<![A-Za-z0-9])FIPS(?![A-Za-z0-9])")
_TLS = (
    re.compile(r"TLS13_1_(\d)"),
    re.compile(r"TLS[_-]1[_-](\d)"),
    re.compile(r"TLS1(\d)_"),
    re.compile(r"TLSv1\.(\d)"),
)
"""How policies write their least version: the set's own TLS13 stands before it where it does."""
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


def names_fips(policy: str) -> bool:
    """Whether FIPS stands in a policy's name as a word of its own."""
    return _TOKEN.search(policy.replace("_", "-")) is not None


def version_rank(version: str | None) -> int | None:
    """`1.2` as 12, so that versions compare as numbers."""
    return None if version is None else int(version.replace(".", ""))


def named_version(policy: str) -> str | None:
    """The least TLS version that a policy's name tells (TLS_1_2, Policy-Min-TLS-1-2-...)."""
    for pattern in _TLS:
        match = pattern.search(policy)
        if match:
            return f"1.{match.group(1)}"
    return None


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
        "min_version",
        "min_version_rank",
        "ciphers",
        "encrypted",
        "plaintext_refused",
        "fips_policy",
        "public",
    ],
    calls={
        **_LISTENER_CALLS,
        "elbv2:DescribeSSLPolicies": "elasticloadbalancing:DescribeSSLPolicies",
    },
    always={"service": "load-balancer"},
    per="region",
)
def listeners(aws: Aws) -> Iterator[Endpoint | Partial]:
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


def _listener(aws: Aws, balancer: dict[str, Any], listener: dict[str, Any]) -> Endpoint | Partial:
    protocol = listener["Protocol"]
    secure = protocol in _SECURE
    facts: dict[str, Any] = {
        **aws.here("elbv2:DescribeListeners"),
        "subject": listener["ListenerArn"],
        "name": f"{balancer['LoadBalancerName']}:{listener['Port']}",
        "service": "load-balancer",
        "protocol": protocol,
        "public": balancer["Scheme"] == "internet-facing",
    }
    if not secure:
        redirects = protocol == "HTTP" and _only_redirects(listener.get("DefaultActions", []))
        facts |= {"policy": None, "min_version": None, "min_version_rank": None}
        if protocol == "HTTP":
            facts |= {"encrypted": False, "plaintext_refused": redirects, "fips_policy": False}
        # TCP, UDP and QUIC pass through: what is spoken inside ends at the target, unseen here.
        return Endpoint(**facts)
    policy = listener["SslPolicy"]
    facts |= {
        "policy": policy,
        "encrypted": True,
        "plaintext_refused": True,
        "fips_policy": names_fips(policy),
    }
    try:
        known = _policies(aws).get(policy)
        if known is None:
            raise Refused("broken", "elbv2:DescribeSSLPolicies", f"it does not list {policy}")
    except Refused as refused:
        fields = ("min_version", "min_version_rank", "ciphers")
        return Partial(Endpoint(**facts), dict.fromkeys(fields, refused))
    version = _least(known["SslProtocols"])
    return Endpoint(
        **facts,
        min_version=version,
        min_version_rank=version_rank(version),
        ciphers=tuple(sorted(cipher["Name"] for cipher in known["Ciphers"])),
    )


def _only_redirects(actions: list[dict[str, Any]]) -> bool:
    return bool(actions) and all(
        action["Type"] == "redirect" and action.get("RedirectConfig", {}).get("Protocol") == "HTTPS"
        for action in actions
    )


def _domain_arn(aws: Aws, name: str) -> str:
    """Only newer answers hold it."""
    return f"arn:{aws.partition}:apigateway:{aws.region}::/domainnames/{name}"


def _named(facts: dict[str, Any], refused: dict[str, Refused]) -> Endpoint | Partial:
    """An endpoint whose least version stands only in its policy's name."""
    version = named_version(facts["policy"])
    if version is None:
        unknown = Refused("broken", facts["operation"], f"{facts['policy']} names no TLS version")
        refused = {**refused, "min_version": unknown, "min_version_rank": unknown}
    else:
        facts = {**facts, "min_version": version, "min_version_rank": version_rank(version)}
    endpoint = Endpoint(**facts)
    return Partial(endpoint, refused) if refused else endpoint


DOMAIN_CALLS = {
    "opensearch:ListDomainNames": "es:ListDomainNames",
    "opensearch:DescribeDomains": "es:DescribeDomains",
}
_NAMED = [
    "service",
    "protocol",
    "policy",
    "min_version",
    "min_version_rank",
    "encrypted",
    "plaintext_refused",
    "fips_policy",
    "public",
]


@source(
    Endpoint,
    fields=_NAMED,
    calls={"apigateway:GetDomainNames": "apigateway:GET"},
    always={"service": "api-domain"},
    per="region",
)
def api_domains(aws: Aws) -> Iterator[Endpoint | Partial]:
    """Custom domains of API Gateway; the gateway speaks HTTPS only."""
    operation = "apigateway:GetDomainNames"
    for page in aws.pages(operation, limit=500):
        for domain in page.get("items") or ():
            kinds = (domain.get("endpointConfiguration") or {}).get("types") or ()
            facts: dict[str, Any] = {
                **aws.here(operation),
                "subject": domain.get("domainNameArn") or _domain_arn(aws, domain["domainName"]),
                "name": domain["domainName"],
                "service": "api-domain",
                "protocol": "HTTPS",
                "encrypted": True,
                "plaintext_refused": True,
                "public": "PRIVATE" not in kinds,
            }
            policy = domain.get("securityPolicy")
            if policy is None:
                absent = Refused("broken", operation, "the domain has no securityPolicy")
                fields = ("policy", "min_version", "min_version_rank", "fips_policy")
                yield Partial(Endpoint(**facts), dict.fromkeys(fields, absent))
                continue
            facts["policy"] = policy
            if "EDGE" in kinds or policy.endswith("_EDGE"):
                unsaid = Refused(
                    "not-supported", operation, "no policy of an edge domain can name FIPS"
                )
                yield _named(facts, {"fips_policy": unsaid})
            else:
                yield _named({**facts, "fips_policy": names_fips(policy)}, {})


@source(
    Endpoint,
    fields=_NAMED,
    calls=DOMAIN_CALLS,
    always={"service": "search-domain"},
    per="region",
)
def search_domains(aws: Aws) -> Iterator[Endpoint | Partial]:
    """OpenSearch domains."""
    for domain in search_domain_list(aws):
        options = domain["DomainEndpointOptions"]
        policy = options["TLSSecurityPolicy"]
        forced = options["EnforceHTTPS"]
        facts: dict[str, Any] = {
            **aws.here("opensearch:DescribeDomains"),
            "subject": domain["ARN"],
            "name": domain["DomainName"],
            "service": "search-domain",
            "protocol": "HTTPS" if forced else "HTTP",
            "policy": policy,
            "encrypted": forced,
            "plaintext_refused": forced,
            "fips_policy": forced and names_fips(policy),
            "public": not (domain.get("VPCOptions") or {}).get("VPCId"),
        }
        if forced:
            yield _named(facts, {})
        else:
            yield Endpoint(**facts, min_version=None, min_version_rank=None)


_BATCH = 5


def search_domain_list(aws: Aws) -> list[dict[str, Any]]:
    """Every OpenSearch domain as DescribeDomains tells it, five a call."""

    def read() -> list[dict[str, Any]]:
        names = [
            each["DomainName"] for each in aws.call("opensearch:ListDomainNames")["DomainNames"]
        ]
        found: list[dict[str, Any]] = []
        for start in range(0, len(names), _BATCH):
            batch = names[start : start + _BATCH]
            found += aws.call("opensearch:DescribeDomains", DomainNames=batch)["DomainStatusList"]
        return [domain for domain in found if not domain.get("Deleted", False)]

    return aws.shared(("search-domains", aws.region), read)


@source(
    FipsSetting,
    fields=["setting", "value", "on"],
    calls=["ecs:ListClusters", "ecs:ListAccountSettings"],
    always={"setting": "fargate"},
    per="region",
)
def fargate_fips(aws: Aws) -> Iterator[FipsSetting]:
    """Whether Fargate tasks start in FIPS mode; told only where the region has a cluster."""
    clusters = next(aws.pages("ecs:ListClusters", maxResults=1), {}).get("clusterArns")
    if not clusters:
        return
    pages = aws.pages("ecs:ListAccountSettings", effectiveSettings=True)
    settings = {s["name"]: s["value"] for page in pages for s in page["settings"]}
    value = settings.get("fargateFIPSMode")
    yield FipsSetting(
        **aws.here("ecs:ListAccountSettings"),
        subject=f"{aws.account}/{aws.region}/fargateFIPSMode",
        name=f"Fargate FIPS mode in {aws.region}",
        setting="fargate",
        value=value,
        on=value == "enabled",
    )


@source(
    FipsSetting,
    fields=["setting", "value", "on"],
    calls=["eks:ListClusters", "eks:ListNodegroups", "eks:DescribeNodegroup"],
    always={"setting": "node-image"},
    per="region",
)
def node_images(aws: Aws) -> Iterator[FipsSetting | Partial]:
    """Images of EKS managed nodes; only Bottlerocket's name tells, others are told by the node."""
    clusters = (c for page in aws.pages("eks:ListClusters") for c in page["clusters"])

    def groups(cluster: str) -> list[str]:
        pages = aws.pages("eks:ListNodegroups", clusterName=cluster)
        return [group for page in pages for group in page["nodegroups"]]

    pairs = ((cluster, group) for cluster, found in aws.each(clusters, groups) for group in found)

    def describe(pair: tuple[str, str]) -> dict[str, Any]:
        return aws.call("eks:DescribeNodegroup", clusterName=pair[0], nodegroupName=pair[1])

    for (cluster, group), answer in aws.each(pairs, describe):
        found = answer["nodegroup"]
        image = found["amiType"]
        facts: dict[str, Any] = {
            **aws.here("eks:DescribeNodegroup"),
            "subject": found["nodegroupArn"],
            "name": f"{cluster}/{group}",
            "setting": "node-image",
            "value": image,
        }
        if image.endswith("_FIPS"):
            yield FipsSetting(**facts, on=True)
        elif image.startswith("BOTTLEROCKET_"):
            yield FipsSetting(**facts, on=False)
        else:
            unknown = Refused(
                "not-supported",
                "eks:DescribeNodegroup",
                f"image type {image} does not tell: scan the node itself",
            )
            yield Partial(FipsSetting(**facts), {"on": unknown})
