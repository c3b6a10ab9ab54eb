"""Which call a request is: service, operation, region, account.

The service stands in the credential scope of the Authorization header. The operation stands in
X-Amz-Target (json), in the Action parameter (query, ec2), in the path of Smithy's RPC protocol,
or is found by method and path among the operations of the botocore model (rest-json, rest-xml).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from scanner.demo.aws import models
from scanner.demo.aws.wire import Request

UNKNOWN = "unknown"

# Signing names that are not botocore's client name. Those that several services share are told
# apart in `_service`.
_SIGNED_AS = {
    "access-analyzer": "accessanalyzer",
    "aoss": "opensearchserverless",
    "cloudhsm": "cloudhsmv2",
    "elasticfilesystem": "efs",
    "elasticmapreduce": "emr",
    "email": "sesv2",
    "monitoring": "cloudwatch",
    "sso": "sso-admin",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_RPC = re.compile(r"^/service/[^/]+/operation/([A-Za-z0-9]+)$")


class Identity(NamedTuple):
    """What a request asks for; `operation` may be UNKNOWN."""

    service: str
    operation: str
    region: str
    access_key: str
    labels: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


def identify(request: Request) -> Identity:
    """Never raises: what cannot be told is UNKNOWN."""
    signing_name, region, access_key = _scope(request)
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    form = _form(request)
    service = _service(signing_name, request.path, form)
    target = request.headers.get("x-amz-target")
    labels: dict[str, str] = {}
    if target:
        operation = target.rsplit(".", 1)[-1]
    elif "Action" in form:
        operation = form["Action"]
    elif rpc := _RPC.match(request.path):
        operation = rpc.group(1)
    else:
        operation, labels = _by_path(service, request, query)
    return Identity(service, operation, region, access_key, labels)


def _scope(request: Request) -> tuple[str, str, str]:
    """(signing name, region, access key id); an unsigned request is told by its host."""
    found = _SCOPE.search(request.headers.get("authorization", ""))
    if found:
        return found.group(3).lower(), found.group(2), found.group(1)
    host = request.headers.get("host", "").split(":")[0].split(".")
    if host[-2:] == ["amazonaws", "com"] and len(host) >= 4:
        return host[0], host[1], ""
    action = _form(request).get("Action", "")
    return ("sts" if action.startswith("AssumeRoleWith") else "s3"), "us-east-1", ""


def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return {}


def _service(signing_name: str, path: str, form: dict[str, str]) -> str:
    match signing_name:
        case "elasticloadbalancing":
            return "elb" if form.get("Version") == "2012-06-01" else "elbv2"
        case "s3":
            return "s3control" if path.startswith("/v20180820/") else "s3"
        case "es":
            return "opensearch" if path.startswith("/2021-01-01/") else "es"
        case "apigateway":
            return "apigatewayv2" if path.startswith("/v2/") else "apigateway"
    return _SIGNED_AS.get(signing_name, signing_name)


class _Route(NamedTuple):
    operation: str
    method: str
    path: re.Pattern[str]
    literals: frozenset[tuple[str, str]]
    required_query: frozenset[str]
    required_headers: frozenset[str]
    fixed: int
    current: bool


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    try:
        service_model = models.service_model(service)
    except LookupError:
        return ()
    return tuple(_route(service_model.operation_model(n)) for n in service_model.operation_names)


def _route(operation: Any) -> _Route:
    path, _, literals = operation.http.get("requestUri", "/").partition("?")
    shape = operation.input_shape
    members = shape.members if shape else {}
    required = [members[name].serialization for name in (shape.required_members if shape else ())]
    return _Route(
        operation=operation.name,
        method=operation.http.get("method", "POST"),
        path=_template(path),
        literals=frozenset(parse_qsl(literals, keep_blank_values=True)),
        required_query=frozenset(s["name"] for s in required if s.get("location") == "querystring"),
        required_headers=frozenset(
            s["name"].lower() for s in required if s.get("location") == "header"
        ),
        fixed=len(re.sub(r"\{[^}]*\}", "", path)),
        current=not operation.deprecated,
    )


def _template(path: str) -> re.Pattern[str]:
    """`/functions/{Name}/tags/{Rest+}` as a pattern with a group a label."""
    fixed, labels = re.split(r"\{[^}]+\}", path.rstrip("/")), re.findall(r"\{([^}]+)\}", path)
    pattern = re.escape(fixed[0])
    for label, text in zip(labels, fixed[1:], strict=True):
        name = label.rstrip("+").replace("-", "_")
        pattern += f"(?P<{name}>{'.+' if label.endswith('+') else '[^/]+'})" + re.escape(text)
    return re.compile(f"^{pattern}/?$")


def _by_path(service: str, request: Request, query: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The most particular of the operations that fit."""
    best: tuple[tuple[int, int, bool], str, dict[str, str]] | None = None
    for route in _routes(service):
        if route.method != request.method:
            continue
        found = route.path.match(request.path)
        if (
            found is None
            or not _holds(query, route.literals)
            or not route.required_query <= query.keys()
            or not route.required_headers <= request.headers.keys()
        ):
            continue
        asked = len(route.literals) + len(route.required_query) + len(route.required_headers)
        rank = (asked, route.fixed, route.current)
        if best is None or rank > best[0]:
            best = (rank, route.operation, found.groupdict())
    return (best[1], best[2]) if best else (UNKNOWN, {})


def _holds(query: dict[str, str], literals: frozenset[tuple[str, str]]) -> bool:
    return all(name in query and query[name] == value for name, value in literals)
