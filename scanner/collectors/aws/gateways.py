"""Custom domains of API Gateway as endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.tls import NAMED, by_policy_name, names_fips
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.crypto import Endpoint


def _domain_arn(aws: Aws, name: str) -> str:
    """Only newer answers hold it."""
    return f"arn:{aws.partition}:apigateway:{aws.region}::/domainnames/{name}"


@source(
    Endpoint,
    fields=NAMED,
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
                yield by_policy_name(facts, {"fips_policy": unsaid})
            else:
                yield by_policy_name({**facts, "fips_policy": names_fips(policy)}, {})
