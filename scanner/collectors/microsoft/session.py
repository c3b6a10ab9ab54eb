"""An open way into a tenant or subscription: its servers, tokens, and what was read for all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from scanner.collectors.base import Job, Refused, Scope, Target
from scanner.collectors.microsoft.client import Client, Limits
from scanner.collectors.microsoft.cloud import Cloud, cloud_named
from scanner.collectors.microsoft.credentials import Token, from_environment, from_identity
from scanner.collectors.microsoft.place import Place
from scanner.errors import InputError

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
        "x-form": "the name of an environment variable, not the token: GRAPH_TOKEN",
        "description": "environment variable with a bearer token, in place of azure-identity",
    },
    "arm_token_env": {
        "type": "string",
        "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
        "x-form": "the name of an environment variable, not the token: GRAPH_TOKEN",
        "description": "the same for Azure Resource Manager, where both are read",
    },
}
"""JSON Schema of the keys that targets of a tenant take."""

SUBSCRIPTION_OPTIONS: dict[str, Any] = {
    **TENANT_OPTIONS,
    "subscription": {"type": "string", "minLength": 1, "description": "the subscription's id"},
}
"""JSON Schema of the keys that targets of a subscription take."""


@contextmanager
def _named(target: Target) -> Iterator[None]:
    """What is wrong with the input is told with the target and its line."""
    try:
        yield
    except InputError as error:
        at = f" ({target.where})" if target.where else ""
        raise InputError(f"target {target.id}{at}: {error}") from error


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
        with _named(target):
            if options.get("token_env"):
                self._graph_token = from_environment("token_env", str(options["token_env"]))
            if options.get("arm_token_env"):
                self._arm_token = from_environment("arm_token_env", str(options["arm_token_env"]))

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
        with _named(self.target):
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
