"""The emulator's answers: Graph and Resource Manager out of one tenant, faults first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from scanner.demo.microsoft.faults import Faults
from scanner.demo.microsoft.odata import BadQuery, page, selected
from scanner.demo.microsoft.tenant import Payload, Tenant

_NO_SELECT = ("/reports/authenticationMethods/userRegistrationDetails",)
_REPORT = "/deviceManagement/reports/getConfigurationPolicyDevicesReport"
_BATCH = 20


@dataclass(frozen=True)
class Request:
    """One request. path: without the query; query: decoded."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str
    """Scheme and host that it was sent to."""


@dataclass(frozen=True)
class Reply:
    """One answer; body: JSON, or bytes as they are."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    """An error in the shape that Graph and Resource Manager share."""
    return Reply(status, {"error": {"code": code, "message": message}}, headers or {})


@dataclass
class Answers:
    """Serves one tenant."""

    tenant: Tenant
    faults: Faults
    page_size: int = 100
    hang: Callable[[], Any] = lambda: None
    """Returns when the emulator stops."""
    unselected: list[str] = field(default_factory=list)
    """Graph listings that were asked for without $select."""

    def answer(self, request: Request) -> Reply:
        """The answer to a request of a client."""
        token = request.headers.get("authorization", "")
        if not token.startswith("Bearer ") or token == "Bearer expired":
            return error(401, "InvalidAuthenticationToken", "Access token is missing or expired.")
        version, path = _versioned(request.path)
        if path == "/$batch" and version:
            return self._batch(request, version)
        return self._one(request, version, path)

    def _one(self, request: Request, version: str, path: str) -> Reply:
        kind = self.faults.kind_for(path, request.query.get("$select", ""))
        if kind == "hang":
            self.hang()
        reply = _fault_reply(kind, request) if kind else None
        if reply is not None:
            return reply
        try:
            if version:
                return self._graph(request, version, path, kind)
            return self._arm(request, kind)
        except BadQuery as problem:
            return error(400, "BadRequest", str(problem))

    def _graph(self, request: Request, version: str, path: str, kind: str | None) -> Reply:
        if request.method == "POST":
            return self._report(request, version, path, kind)
        if request.method != "GET":
            return error(405, "Request_BadRequest", "Specified HTTP method is not allowed.")
        found = self.tenant.graph.get(f"/beta{path}") if version == "/beta" else None
        if found is None:
            found = self.tenant.graph.get(path)
        if found is None:
            return self._missing(path)
        if path in _NO_SELECT and "$select" in request.query:
            return error(400, "BadRequest", "Query option 'Select' is not allowed.")
        if isinstance(found, list) and "$select" not in request.query and path not in _NO_SELECT:
            self.unselected.append(path)
        return self._payload(request, found, kind, "@odata.nextLink")

    def _arm(self, request: Request, kind: str | None) -> Reply:
        if "api-version" not in request.query:
            return error(400, "MissingApiVersionParameter", "The api-version is required.")
        path = request.path.lower().rstrip("/")
        if request.method == "POST":
            body = self.tenant.summaries.get(path)
            return Reply(200, body) if body is not None else self._missing(path)
        found = self.tenant.arm.get(path)
        if found is None:
            return error(404, "ResourceNotFound", f"The resource {path} was not found.")
        return self._payload(request, found, kind, "nextLink")

    def _payload(self, request: Request, found: Payload, kind: str | None, link: str) -> Reply:
        if isinstance(found, dict):
            return Reply(200, selected(found, request.query))
        if kind == "empty":
            return Reply(200, {"value": []})
        size = 1 if kind in ("cut-off", "cut-off-denied", "foreign-link") else self.page_size
        here = f"{request.base}{request.path}"
        body = page(found, request.query, here=here, size=size, link=link)
        if link in body and kind == "foreign-link":
            body[link] = body[link].replace(request.base, "https://elsewhere.example")
        elif kind in ("cut-off", "cut-off-denied") and len(found) == 1:
            body[link] = f"{here}?$skiptoken=1&api-version=x"
        return Reply(200, body)

    def _missing(self, path: str) -> Reply:
        parts = path.strip("/").split("/")
        above = ["/" + "/".join(parts[:n]) for n in range(1, len(parts))]
        if any(isinstance(self.tenant.graph.get(one), list) for one in above):
            return error(404, "Request_ResourceNotFound", f"Resource '{path}' does not exist.")
        return error(400, "BadRequest", f"Resource not found for the segment '{parts[-1]}'.")

    def _report(self, request: Request, version: str, path: str, kind: str | None) -> Reply:
        if version != "/beta" or path != _REPORT:
            return error(405, "Request_BadRequest", "Specified HTTP method is not allowed.")
        asked = json.loads(request.body or b"{}")
        matched = re.search(r"PolicyId eq '([^']+)'", str(asked.get("filter", "")))
        rows = self.tenant.reports.get(matched[1] if matched else "", [])
        if kind == "empty":
            rows = []
        columns = list(asked.get("select") or ["IntuneDeviceId", "DeviceName", "PolicyStatus"])
        skip, top = int(asked.get("skip", 0)), int(asked.get("top", 50))
        part = rows[skip : skip + top]
        body = {
            "TotalRowCount": len(rows),
            "Schema": [{"Column": name, "PropertyType": "String"} for name in columns],
            "Values": [[row.get(name) for name in columns] for row in part],
        }
        return Reply(200, body)

    def _batch(self, request: Request, version: str) -> Reply:
        asked = json.loads(request.body or b"{}").get("requests", [])
        if len(asked) > _BATCH:
            return error(400, "BadRequest", "Number of batch request steps exceeds the maximum.")
        replies = []
        for one in asked:
            parts = urlsplit(one["url"])
            inner = Request(
                one.get("method", "GET"),
                f"{version}{parts.path}",
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                request.headers,
                b"",
                request.base,
            )
            _, path = _versioned(inner.path)
            reply = self._one(inner, version, path)
            body = reply.body if isinstance(reply.body, dict) else None
            replies.append(
                {"id": one["id"], "status": reply.status, "headers": dict(reply.headers),
                 "body": body}
            )  # fmt: skip
        return Reply(200, {"responses": replies})


def _versioned(path: str) -> tuple[str, str]:
    """("/v1.0", "/users") of a Graph path; ("", path) of Resource Manager's."""
    for version in ("/v1.0", "/beta"):
        if path.startswith(f"{version}/"):
            return version, path[len(version) :]
    return "", path


def _fault_reply(kind: str, request: Request) -> Reply | None:
    later = "$skiptoken" in request.query
    simple = {
        "denied": error(403, "Authorization_RequestDenied", "Insufficient privileges."),
        "unlicensed": error(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        ),
        "throttled": error(429, "TooManyRequests", "Slow down.", {"Retry-After": "0.02"}),
        "throttled-for-long": error(429, "TooManyRequests", "Slow down.", {"Retry-After": "3600"}),
        "expired": error(401, "InvalidAuthenticationToken", "Lifetime validation failed."),
        "broken": Reply(200, b"<html>gateway</html>"),
        "not-found": Reply(404, b""),
        "absent": error(400, "BadRequest", "Resource not found for the segment 'x'."),
        "error": error(500, "InternalServerError", "An error occurred.", {"Retry-After": "0.01"}),
    }
    if kind in simple:
        return simple[kind]
    if kind == "cut-off" and later:
        return simple["error"]
    if kind == "cut-off-denied" and later:
        return simple["denied"]
    return None
