"""Search domains of OpenSearch, as endpoints and as places where data rests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import opened_by
from scanner.collectors.aws.tls import NAMED, by_policy_name, names_fips
from scanner.collectors.base import Partial, source
from scanner.facts.crypto import Endpoint
from scanner.facts.storage import Store

_CALLS = {
    "opensearch:ListDomainNames": "es:ListDomainNames",
    "opensearch:DescribeDomains": "es:DescribeDomains",
}
_BATCH = 5


def _domains(aws: Aws) -> list[dict[str, Any]]:
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
    Endpoint,
    fields=NAMED,
    calls=_CALLS,
    always={"service": "search-domain"},
    per="region",
)
def search_domains(aws: Aws) -> Iterator[Endpoint | Partial]:
    """OpenSearch domains."""
    for domain in _domains(aws):
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
            yield by_policy_name(facts, {})
        else:
            yield Endpoint(**facts, min_version=None, min_version_rank=None)


@source(
    Store,
    fields=["category", "encrypted", "key_id", "public", "external_principals"],
    calls=_CALLS,
    always={"category": "search-domain"},
    per="region",
)
def search_stores(aws: Aws) -> Iterator[Store]:
    """OpenSearch domains as places where data rests."""
    for domain in _domains(aws):
        options = domain.get("EncryptionAtRestOptions") or {}
        inside = bool((domain.get("VPCOptions") or {}).get("VPCId"))
        policy = domain.get("AccessPolicies")
        shared = opened_by("opensearch:DescribeDomains", policy, aws.account)
        yield Store(
            **aws.here("opensearch:DescribeDomains"),
            subject=domain["ARN"],
            name=domain["DomainName"],
            category="search-domain",
            encrypted=options.get("Enabled", False),
            key_id=options.get("KmsKeyId"),
            public=not inside and shared["public"] is True,
            external_principals=shared["external_principals"],
        )
