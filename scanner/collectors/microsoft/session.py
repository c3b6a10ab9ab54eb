"""An open way into a tenant or subscription, and the place that a source is called with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from scanner.collectors.base import Job, Refused, Scope, Target
from scanner.collectors.microsoft.client import Client, Limits
from scanner.collectors.microsoft.cloud import Cloud, cloud_named
from scanner.collectors.microsoft.credentials import Token, from_environment, from_identity
from scanner.collectors.microsoft.times import days_since, days_until
from scanner.errors import Defect

T = TypeVar("T")

TENANT_OPTIONS: dict[str, Any] = {
    "tenant": {"type": "string", "minLength": 1, "description": "the tenant's id or a domain"},
    "cloud": {
        "enum": ["commercial", "gcc", "gcc-high", "dod"],
        "description": "which Microsoft cloud; commercial if left out",
    },
    "token_env": {
        "type": "string",
        "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
        "description": "environment variable with a bearer token, in place of azure-identity",
    },
    "arm_token_env": {
        "type": "string",
        "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
        "description": "the same for Azure Resource Manager, where both are read",
    },
}
"""JSON Schema of the keys that targets of a tenant take."""

SUBSCRIPTION_OPTIONS: dict[str, Any] = {
    **TENANT_OPTIONS,
    "subscription": {"type": "string", "minLength": 1, "description": "the subscription's id"},
}
"""JSON Schema of the keys that targets of a subscription take."""

_BATCH = 20


def split(operation: str) -> tuple[str, str]:
    """("GET", "/users") of "GET /users". An operation of Graph beta begins with /beta/.

    A query in an operation's name only tells apart what needs another permission:
    "GET /users?$select=signInActivity".
    """
    method, _, path = operation.partition(" ")
    return method, path.partition("?")[0]


def fill(path: str, ids: tuple[str, ...]) -> str:
    """The path with its placeholders filled in order. Raises Defect where their number differs."""
    parts, given = [], list(ids)
    for part in path.split("/"):
        if part.startswith("{") and part.endswith("}"):
            if not given:
                raise Defect(f"{path} lacks an id")
            safe = "/" if part == "{resource}" else ""
            parts.append(quote(given.pop(0).strip("/"), safe=safe))
        else:
            parts.append(part)
    if given:
        raise Defect(f"{path} takes fewer ids")
    return "/".join(parts)


class _Once:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done = False
        self.value: Any = None
        self.error: Refused | None = None


class MicrosoftSession:
    """One target: its clients for Graph and Resource Manager, and what was read for all sources."""

    def __init__(
        self, target: Target, scopes: Callable[[MicrosoftSession], Iterable[Scope]]
    ) -> None:
        options = target.options
        self.target, self.options = target, options
        self.cloud: Cloud = cloud_named(
            str(options.get("cloud", "commercial")), options.get("endpoint")
        )
        self.limits = Limits()
        self._scopes = scopes
        self._lock = threading.Lock()
        self._memo: dict[Any, _Once] = {}
        self._clients: dict[str, Client] = {}
        self._graph_token = self._arm_token = None
        if options.get("token_env"):
            self._graph_token = from_environment(str(options["token_env"]))
        if options.get("arm_token_env"):
            self._arm_token = from_environment(str(options["arm_token_env"]))

    def scopes(self) -> Iterable[Scope]:
        return self._scopes(self)

    def place(self, job: Job) -> Place:
        return Place(self, job)

    def close(self) -> None:
        with self._lock:
            clients = list(self._clients.values())
        for client in clients:
            client.close()

    def client(self, name: str) -> Client:
        """The client of `graph` or `arm`, made at its first use."""
        with self._lock:
            found = self._clients.get(name)
            if found is None:
                found = self._clients[name] = self._open(name)
            return found

    def _open(self, name: str) -> Client:
        base = self.cloud.graph if name == "graph" else self.cloud.arm
        return Client(
            base,
            self._token(name),
            self.cloud,
            proxy=self.options.get("proxy"),
            ca_bundle=self.options.get("ca_bundle"),
            limits=self.limits,
        )

    def _token(self, name: str) -> Token:
        subscription = self.target.options.get("subscription")
        own, other = self._graph_token, self._arm_token
        if name == "arm":
            # A subscription's target reads Resource Manager first, so token_env is its token.
            own = self._arm_token or (self._graph_token if subscription else None)
            other = self._graph_token
        if own is not None:
            return own
        if other is not None and self.cloud.emulated:
            return other
        if other is not None:
            which = "arm_token_env" if name == "arm" else "token_env"
            raise Refused(
                "credentials", "sign-in", f"the target names no token for this server; set {which}"
            )
        scope = self.cloud.graph_scope if name == "graph" else self.cloud.arm_scope
        if self.cloud.emulated:
            # The stand-in's URL is no audience that the cloud would issue a token for.
            real = cloud_named(self.cloud.name)
            scope = real.graph_scope if name == "graph" else real.arm_scope
        tenant = self.options.get("tenant")
        return from_identity(self.cloud, str(tenant) if tenant else None, scope, self.options)

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """What `make` gives, made once for the session; its refusal is remembered too."""
        with self._lock:
            slot = self._memo.setdefault(key, _Once())
        with slot.lock:
            if not slot.done:
                try:
                    slot.value = make()
                except Refused as error:
                    slot.error = error
                slot.done = True
        if slot.error is not None:
            raise slot.error
        value: T = slot.value
        return value


@dataclass(frozen=True)
class Place:
    """What a source reads with: operations that it declared, and nothing else."""

    session: MicrosoftSession
    job: Job

    def here(self, operation: str) -> dict[str, Any]:
        return self.job.here(operation)

    def wants(self, *fields: str) -> bool:
        """Whether any of these fields is asked for."""
        return not self.job.wanted.isdisjoint(fields)

    def once(self, key: Any, make: Callable[[], T]) -> T:
        return self.session.once(key, make)

    def days_since(self, text: object) -> int | None:
        """Whole days from that time until now; None where it is no time."""
        return days_since(text, self.job.now())

    def days_until(self, text: object) -> int | None:
        """Whole days from now until that time; None where it is no time."""
        return days_until(text, self.job.now())

    def permission(self, operation: str) -> str:
        """The permission that the operation was declared with. Raises Defect if it was not."""
        declared = dict(self.job.source.needs(self.job.source.serves))
        if operation not in declared:
            raise Defect(f"{self.job.source.id} does not declare {operation}")
        return declared[operation]

    def get(self, operation: str, *ids: str, query: Mapping[str, str] | None = None) -> Any:
        """One resource's body. Raises Refused."""
        client, path, permission = self._to(operation, ids)
        body = client.get(operation, path, query, permission=permission)
        if not isinstance(body, dict):
            raise Refused("broken", operation, "the answer is no object")
        return body

    def pages(
        self,
        operation: str,
        *ids: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every item of a listing. Raises Refused."""
        client, path, permission = self._to(operation, ids)
        return client.pages(operation, path, query, permission=permission, headers=headers)

    def post(
        self, operation: str, *ids: str, body: Any, query: Mapping[str, str] | None = None
    ) -> Any:
        """The answer to a read-only POST. Raises Refused."""
        client, path, permission = self._to(operation, ids)
        return client.post(operation, path, body, permission=permission, query=query)

    def batch(
        self, operation: str, ids: Iterable[tuple[str, ...]], query: Mapping[str, str] | None = None
    ) -> dict[tuple[str, ...], dict[str, Any] | Refused]:
        """The operation for many ids at once: each one's body or its refusal.

        A body that is a page brings the items of the pages that follow it.
        """
        client, _, permission = self._to(operation, (), check_ids=False)
        todo, done = list(dict.fromkeys(ids)), {}
        for start in range(0, len(todo), _BATCH):
            chunk = todo[start : start + _BATCH]
            done.update(_batch(client, operation, chunk, query, permission))
        return done

    def _to(
        self, operation: str, ids: tuple[str, ...], check_ids: bool = True
    ) -> tuple[Client, str, str]:
        permission = self.permission(operation)
        method, path = split(operation)
        if method not in ("GET", "POST"):
            raise Defect(f"{operation} does not read")
        arm = is_arm(path)
        if not arm and not path.startswith("/beta/"):
            path = f"/v1.0{path}"
        filled = fill(path, ids) if check_ids else path
        return self.session.client("arm" if arm else "graph"), filled, permission


def is_arm(path: str) -> bool:
    """Whether Azure Resource Manager serves the path, rather than Graph."""
    return path.startswith(("/subscriptions", "/providers/", "/{resource}"))


def _batch(
    client: Client,
    operation: str,
    chunk: list[tuple[str, ...]],
    query: Mapping[str, str] | None,
    permission: str,
) -> dict[tuple[str, ...], dict[str, Any] | Refused]:
    from urllib.parse import urlencode

    from scanner.collectors.microsoft.errors import refusal

    _, path = split(operation)
    version, inner = ("/beta", path[5:]) if path.startswith("/beta/") else ("/v1.0", path)
    text = f"?{urlencode(query, quote_via=quote, safe='$,()/:=')}" if query else ""
    done: dict[tuple[str, ...], dict[str, Any] | Refused] = {}
    left = dict(enumerate(chunk))
    for attempt in range(4):
        body = {
            "requests": [
                {"id": str(n), "method": "GET", "url": fill(inner, one) + text}
                for n, one in left.items()
            ]
        }
        try:
            answer = client.send(
                operation, "POST", f"{client.base}{version}/$batch", body, permission
            ).body
        except Refused as error:
            done.update(dict.fromkeys(left.values(), error))
            return done
        wait, again = 0.0, {}
        for reply in _replies(answer, operation):
            number = int(reply["id"]) if str(reply.get("id", "")).isdigit() else -1
            one = left.pop(number, None)
            if one is None:
                continue
            status, inner_body = reply.get("status"), reply.get("body")
            if status == 429 and attempt < 3:
                wait = max(wait, client.asked_to_wait(reply.get("headers")))
                again[number] = one
            elif isinstance(status, int) and 200 <= status < 300 and isinstance(inner_body, dict):
                done[one] = _whole(client, operation, inner_body, permission)
            else:
                number = status if isinstance(status, int) else 0
                done[one] = refusal(number, inner_body, operation, permission, client.cloud)
        missing = Refused("broken", operation, "the batch gave no answer for this request")
        done.update(dict.fromkeys(left.values(), missing))
        if not again:
            return done
        left = again
        if not client.wait(wait):
            break
    done.update(dict.fromkeys(left.values(), Refused("throttled", operation, "in a batch")))
    return done


def _replies(answer: Any, operation: str) -> list[dict[str, Any]]:
    replies = answer.get("responses") if isinstance(answer, dict) else None
    if not isinstance(replies, list):
        raise Refused("broken", operation, "the batch's answer holds no responses")
    return [reply for reply in replies if isinstance(reply, dict)]


def _whole(
    client: Client, operation: str, body: dict[str, Any], permission: str
) -> dict[str, Any] | Refused:
    if "value" not in body or not isinstance(body["value"], list):
        return body
    if body.get("@odata.nextLink") is None:
        return body
    try:
        return {**body, "value": list(client.rest(operation, body, permission=permission))}
    except Refused as error:
        return error
