"""APIs of API Gateway, and what they pass on without asking who calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.collectors.aws.interfaces import policy_admits_anybody
from scanner.collectors.base import Refused
from scanner.demo.aws import Emulator
from scanner.facts import UNSET

REGION = "us-gov-west-1"
ME = "123456789012"


def _rest(gateway: Any, name: str, *methods: tuple[str, str], **more: Any) -> str:
    api = gateway.create_rest_api(name=name, **more)
    for verb, kind in methods:
        gateway.put_method(
            restApiId=api["id"],
            resourceId=api["rootResourceId"],
            httpMethod=verb,
            authorizationType=kind,
        )
    return str(api["id"])


def _policy(principal: str, **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "execute-api:Invoke"}
    held = statement | {"Resource": "*"} | ({"Condition": condition} if condition else {})
    return json.dumps({"Version": "2012-10-17", "Statement": [held]})


def test_methods_of_a_rest_api(empty: Emulator, client: Any, read: Any) -> None:
    gateway = client("apigateway")
    signed = ("GET", "AWS_IAM")
    opened = _rest(gateway, "open", signed, ("POST", "NONE"))
    _rest(gateway, "asking", signed, ("POST", "COGNITO_USER_POOLS"), ("OPTIONS", "NONE"))
    _rest(gateway, "named", ("GET", "NONE"), policy=_policy(f"arn:aws-us-gov:iam::{ME}:root"))
    _rest(gateway, "everybody", ("GET", "NONE"), ("PUT", "NONE"), policy=_policy("*"))
    _rest(gateway, "bare")
    found = {each.name: each for each in read("rest-interfaces").values()}
    assert {name: (each.enforced, each.noncompliant) for name, each in found.items()} == {
        "API open": (False, 1),
        "API asking": (True, 0),
        "API named": (True, 0),
        "API everybody": (False, 2),
        "API bare": (True, 0),
    }
    subject = f"arn:aws-us-gov:apigateway:{REGION}::/restapis/{opened}"
    assert (found["API open"].subject, found["API open"].system) == (subject, "api-authorization")


def test_methods_on_every_path_count(empty: Emulator, client: Any, read: Any) -> None:
    gateway = client("apigateway")
    api = gateway.create_rest_api(name="deep")
    for part in ("parts", "orders"):
        resource = gateway.create_resource(
            restApiId=api["id"], parentId=api["rootResourceId"], pathPart=part
        )["id"]
        gateway.put_method(
            restApiId=api["id"], resourceId=resource, httpMethod="GET", authorizationType="NONE"
        )
    (found,) = read("rest-interfaces").values()
    assert (found.enforced, found.noncompliant) == (False, 2)


def _routed(gateway: Any, name: str, protocol: str, **routes: str) -> None:
    more = {} if protocol == "HTTP" else {"RouteSelectionExpression": "$request.body.action"}
    api = gateway.create_api(Name=name, ProtocolType=protocol, **more)["ApiId"]
    for key, kind in routes.items():
        gateway.create_route(ApiId=api, RouteKey=key, AuthorizationType=kind)


def test_routes(empty: Emulator, client: Any, read: Any) -> None:
    gateway = client("apigatewayv2")
    _routed(gateway, "open", "HTTP", **{"GET /parts": "JWT", "$default": "NONE"})
    _routed(gateway, "asking", "HTTP", **{"GET /parts": "AWS_IAM", "OPTIONS /parts": "NONE"})
    _routed(gateway, "bare", "HTTP")
    # Over a connection that was asked for, nothing is asked again.
    _routed(gateway, "talk", "WEBSOCKET", **{"$connect": "AWS_IAM", "send": "NONE"})
    _routed(gateway, "loud", "WEBSOCKET", **{"$connect": "NONE", "send": "NONE"})
    _routed(gateway, "unconnected", "WEBSOCKET", send="NONE")
    found = {each.name: each.noncompliant for each in read("routed-interfaces").values()}
    assert found == {
        "API open": 1,
        "API asking": 0,
        "API bare": 0,
        "API talk": 0,
        "API loud": 1,
        "API unconnected": 1,
    }
    assert {each.enforced for each in read("routed-interfaces").values() if each.noncompliant} == {
        False
    }


@pytest.mark.parametrize(
    ("principal", "condition", "anybody"),
    [
        ("*", {}, True),
        ("*", {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}, True),
        ("*", {"StringEquals": {"aws:SourceVpce": "vpce-1"}}, False),
        (f"arn:aws-us-gov:iam::{ME}:root", {}, False),
        ("arn:aws-us-gov:iam::210987654321:root", {}, False),
    ],
)
def test_whom_the_policy_of_an_api_admits(
    principal: str, condition: dict[str, Any], anybody: bool
) -> None:
    plain = _policy(principal, **condition)
    assert policy_admits_anybody(plain, ME) is anybody
    # As the service writes it.
    assert policy_admits_anybody(plain.replace('"', '\\"'), ME) is anybody


@pytest.mark.parametrize("text", ["{", '{\\"Version'])
def test_a_policy_that_cannot_be_read_is_a_refusal(text: str) -> None:
    with pytest.raises(Refused) as refused:
        policy_admits_anybody(text, ME)
    assert refused.value.reason == "broken"


@pytest.mark.parametrize(
    ("source", "operation"),
    [
        ("rest-interfaces", "apigateway:GetResources"),
        ("routed-interfaces", "apigatewayv2:GetRoutes"),
    ],
)
def test_what_an_api_asks_is_unread_where_its_methods_are_denied(
    empty: Emulator, client: Any, read: Any, source: str, operation: str
) -> None:
    _rest(client("apigateway"), "parts", ("GET", "NONE"))
    _routed(client("apigatewayv2"), "parts", "HTTP", **{"$default": "NONE"})
    empty.faults.add(operation, "denied")
    (found,) = read(source).values()
    assert found.enforced is UNSET
    assert found.unread == {"enforced": "denied", "noncompliant": "denied"}


def test_every_page_of_routes_is_read(empty: Emulator, client: Any, read: Any) -> None:
    kinds = {f"GET /{n}": "AWS_IAM" for n in range(130)}
    _routed(client("apigatewayv2"), "long", "HTTP", **kinds, **{"GET /last": "NONE"})
    empty.calls.clear()
    (found,) = read("routed-interfaces").values()
    assert found.noncompliant == 1
    assert empty.calls.by_operation()["apigatewayv2:GetRoutes"] == 2


def test_every_resource_of_an_api_is_one_read(empty: Emulator, client: Any, read: Any) -> None:
    gateway = client("apigateway")
    for name in ("first", "second"):
        _rest(gateway, name, ("GET", "AWS_IAM"), ("POST", "AWS_IAM"))
    empty.calls.clear()
    read("rest-interfaces")
    made = {
        name: count
        for name, count in empty.calls.by_operation().items()
        if name.startswith("apigateway:")
    }
    assert made == {"apigateway:GetRestApis": 1, "apigateway:GetResources": 2}
