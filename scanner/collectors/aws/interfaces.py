"""APIs of API Gateway: what they pass on without asking who calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import opened_by
from scanner.collectors.base import Refused, source
from scanner.facts.services import Baseline

_ASKED = ["enforced", "noncompliant"]
_SYSTEM = {"system": "api-authorization"}
_OPEN = "NONE"
_RESTS = "apigateway:GetRestApis"
_RESOURCES = "apigateway:GetResources"


def _rests(aws: Aws) -> dict[str, dict[str, Any]]:
    """Subject -> id, name and policy of every REST API in the region."""
    return aws.shared(
        ("rest-interfaces", aws.region),
        lambda: {
            f"arn:{aws.partition}:apigateway:{aws.region}::/restapis/{each['id']}": {
                "id": each["id"],
                "name": each["name"],
                "policy": each.get("policy"),
            }
            for page in aws.pages(_RESTS, limit=500)
            for each in page.get("items") or ()
        },
    )


@source(
    Baseline,
    fields=["system"],
    calls={_RESTS: "apigateway:GET"},
    always=_SYSTEM,
    per="region",
)
def rest_interfaces(aws: Aws) -> Iterator[Baseline]:
    """REST APIs."""
    for subject, each in _rests(aws).items():
        yield _interface(aws, _RESTS, subject, each["name"])


@rest_interfaces.detail(fields=_ASKED, calls={_RESOURCES: "apigateway:GET"})
def rest_methods(aws: Aws, interface: Baseline) -> dict[str, object]:
    found = _rests(aws)[interface.subject]
    unasked = 0
    for page in aws.pages(_RESOURCES, restApiId=found["id"], embed=["methods"], limit=500):
        for resource in page.get("items") or ():
            for verb, method in (resource.get("resourceMethods") or {}).items():
                kind = method.get("authorizationType")
                if kind is None:
                    raise Refused("broken", _RESOURCES, "a method without its authorizationType")
                # What a browser asks beforehand cannot carry credentials.
                unasked += kind == _OPEN and verb != "OPTIONS"
    if unasked and found["policy"] and not policy_admits_anybody(found["policy"], aws.account):
        unasked = 0
    return {"enforced": unasked == 0, "noncompliant": unasked}


def policy_admits_anybody(text: str, account: str) -> bool:
    """Whether a REST API's own policy lets callers in that nobody has named.

    text: as the service gives it, which is JSON with its quotes escaped. Raises Refused.
    """
    plain = text
    if text.startswith('{\\"'):
        try:
            plain = json.loads(f'"{text}"')
        except ValueError:
            raise Refused("broken", _RESTS, "the policy is no JSON") from None
    return bool(opened_by(_RESTS, plain, account)["public"])


_APIS = "apigatewayv2:GetApis"
_ROUTES = "apigatewayv2:GetRoutes"
_PAGE = "100"
"""No document tells the most that may be asked for; the interface wants a text."""


def _apis(aws: Aws) -> dict[str, dict[str, Any]]:
    """Subject -> id, name and protocol of every HTTP and WebSocket API in the region."""
    return aws.shared(
        ("interfaces", aws.region),
        lambda: {
            f"arn:{aws.partition}:apigateway:{aws.region}::/apis/{each['ApiId']}": {
                "id": each["ApiId"],
                "name": each["Name"],
                "protocol": each["ProtocolType"],
            }
            for page in aws.pages(_APIS, MaxResults=_PAGE)
            for each in page.get("Items") or ()
        },
    )


@source(
    Baseline,
    fields=["system"],
    calls={_APIS: "apigateway:GET"},
    always=_SYSTEM,
    per="region",
)
def routed_interfaces(aws: Aws) -> Iterator[Baseline]:
    """HTTP and WebSocket APIs, which have no policy of their own."""
    for subject, each in _apis(aws).items():
        yield _interface(aws, _APIS, subject, each["name"])


@routed_interfaces.detail(fields=_ASKED, calls={_ROUTES: "apigateway:GET"})
def routes(aws: Aws, interface: Baseline) -> dict[str, object]:
    found = _apis(aws)[interface.subject]
    kinds = {
        route["RouteKey"]: route.get("AuthorizationType", _OPEN)
        for page in aws.pages(_ROUTES, ApiId=found["id"], MaxResults=_PAGE)
        for route in page.get("Items") or ()
    }
    if found["protocol"] == "WEBSOCKET":
        # Who connects is asked once; what is sent afterwards comes over that connection.
        unasked = int(bool(kinds) and kinds.get("$connect", _OPEN) == _OPEN)
    else:
        unasked = sum(
            kind == _OPEN and not key.startswith("OPTIONS ") for key, kind in kinds.items()
        )
    return {"enforced": unasked == 0, "noncompliant": unasked}


def _interface(aws: Aws, operation: str, subject: str, name: str) -> Baseline:
    return Baseline(
        **aws.here(operation),
        subject=subject,
        name=f"API {name}",
        system="api-authorization",
    )
