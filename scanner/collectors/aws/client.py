"""One account's clients, and the place that a source reads from.

A client is made once a (service, region) and used by every thread. The place sends exactly the
operations that its source declared for the fields that are wanted: anything else is a defect.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from scanner.collectors.aws.ahead import Workers
from scanner.collectors.aws.cloud import Partition, has_fips
from scanner.collectors.aws.errors import UNTRUSTED, code_of, refusal
from scanner.collectors.base import Job, Refused
from scanner.errors import Defect

I = TypeVar("I")  # noqa: E741
T = TypeVar("T")

CONNECT_SECONDS = 5
READ_SECONDS = 20
ATTEMPTS = 4
POOL = 32
AHEAD = 32
"""Reads that are made at once for the items of listings, over all accounts."""

_WORKERS = Workers(AHEAD, "aws-ahead")

PAGED_BY_HAND: dict[str, tuple[str, str]] = {
    "backup:ListReportPlans": ("NextToken", "NextToken"),
    "cloudtrail:ListEventDataStores": ("NextToken", "NextToken"),
    "guardduty:ListPublishingDestinations": ("NextToken", "NextToken"),
    "iam:ListOrganizationsFeatures": ("", ""),
    "s3control:ListAccessPoints": ("NextToken", "NextToken"),
    "ssm:ListInventoryEntries": ("NextToken", "NextToken"),
    "wafv2:ListWebACLs": ("NextMarker", "NextMarker"),
}
"""Operations that page although botocore has no paginator: request and response token."""


class Garbled(Exception):
    """An answer with status 200 that is not what the protocol promises."""


@dataclass(frozen=True)
class Options:
    """How every client of a target is made."""

    endpoint: str | None = None
    proxy: str | None = None
    ca_bundle: str | None = None
    fips: bool = True


@dataclass
class Account:
    """One account that credentials lead into; its clients and what several sources share."""

    id: str
    partition: Partition
    core: Any
    """A botocore session."""
    options: Options
    dead: Refused | None = None
    """Set once the credentials are known to be of no more use."""
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _shared: dict[object, _Once] = field(default_factory=dict)
    _trusted: dict[str, bool] = field(default_factory=dict)

    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region; the same one each time."""
        made = self._clients.get((service, region))
        if made is None:
            with self._lock:
                made = self._clients.get((service, region))
                if made is None:
                    made = self._make(service, region)
                    self._clients[service, region] = made
        return made

    def _make(self, service: str, region: str) -> Any:
        from botocore.config import Config

        from scanner import __version__

        options = self.options
        fips = False
        if options.fips and options.endpoint is None:
            prefix = self.core.get_service_model(service).endpoint_prefix
            fips = has_fips(self.core.get_data("endpoints"), prefix, region)
        config: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
            "max_pool_connections": POOL,
            "user_agent_extra": f"cmmc-scan/{__version__}",
            "parameter_validation": False,
        }
        if options.proxy is not None:
            config["proxies"] = {"http": options.proxy, "https": options.proxy}
        if options.endpoint is not None:
            config["s3"] = {"addressing_style": "path"}
        if fips:
            config["use_fips_endpoint"] = True
        made = self.core.create_client(
            service,
            region_name=region,
            endpoint_url=options.endpoint,
            verify=options.ca_bundle,
            config=Config(**config),
        )
        made.meta.events.register("after-call", _refuse_garbled)
        if options.endpoint is not None:
            made.meta.events.register("before-sign", _to_endpoint(options.endpoint))
        return made

    def ask(
        self,
        operation: str,
        region: str,
        permission: str | None,
        send: Callable[[Any], T],
        none_on: tuple[str, ...] = (),
    ) -> T | None:
        """Send through the operation's client. None where the error says "nothing is set"."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        if self.dead is not None:
            raise self._again(operation)
        try:
            return send(self.client(operation.partition(":")[0], region))
        except ClientError as error:
            if code_of(error) in none_on:
                return None
            raise self._judged(error, operation, region, permission) from error
        except (BotoCoreError, ResponseParserError, Garbled) as error:
            refused = refusal(error, operation, permission)
            if refused.reason == "unreachable" and not self._offered(operation, region):
                refused = Refused("not-in-this-cloud", operation, f"not offered in {region}")
            if refused.fatal:
                self.dead = refused
            raise refused from error

    def _again(self, operation: str) -> Refused:
        dead = cast(Refused, self.dead)
        return Refused(dead.reason, operation, dead.detail, fatal=True)

    def _judged(
        self, error: Exception, operation: str, region: str, permission: str | None
    ) -> Refused:
        refused = refusal(error, operation, permission)
        if not refused.fatal:
            return refused
        if code_of(error) in UNTRUSTED and self._still_trusted(region):
            return Refused(
                "denied",
                operation,
                f"{refused.detail} (the credentials work elsewhere: "
                f"{region} is not enabled for this account)",
            )
        self.dead = refused
        return refused

    def _still_trusted(self, region: str) -> bool:
        """Ask STS at home whether the credentials are good: they are if only the region is not."""
        if region == self.partition.home:
            return False
        with self._lock:
            if region not in self._trusted:
                try:
                    self.client("sts", self.partition.home).get_caller_identity()
                    self._trusted[region] = True
                except Exception:  # the reason no longer matters: they are not proven good
                    self._trusted[region] = False
            return self._trusted[region]

    def _offered(self, operation: str, region: str) -> bool:
        service = operation.partition(":")[0]
        known = self.core.get_available_regions(service, self.partition.name)
        return not known or region in known

    def shared(self, key: object, read: Callable[[], T]) -> T:
        """What `read` gives, made once an account however many sources ask for it."""
        with self._lock:
            once = self._shared.setdefault(key, _Once())
        return cast(T, once.get(read))


class _Once:
    """A value or a refusal, found once; whoever comes later waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done = False
        self._value: Any = None
        self._refused: Refused | None = None

    def get(self, read: Callable[[], Any]) -> Any:
        with self._lock:
            if not self._done:
                try:
                    self._value = read()
                except Refused as refused:
                    self._refused = refused
                self._done = True
        if self._refused is not None:
            raise self._refused
        return self._value


class Aws:
    """What a source is called with: one account, in one region, for one job."""

    def __init__(self, account: Account, job: Job) -> None:
        self._account = account
        self._job = job
        self._allowed = dict(job.source.needs(job.wanted))
        self.account = account.id
        self.partition = account.partition.name
        self.region = job.region or account.partition.home
        self.home = account.partition.home
        self.regions = job.scope.regions

    def here(self, operation: str) -> dict[str, Any]:
        """The fields that tell where a fact comes from."""
        return self._job.here(operation)

    def now(self) -> str:
        return self._job.now()

    def wants(self, *fields: str) -> bool:
        """Whether any of these fields is asked for; spares work, never a declared call."""
        return not self._job.wanted.isdisjoint(fields)

    def call(self, operation: str, /, at: str | None = None, **params: Any) -> dict[str, Any]:
        """One request. at: another region than this one. Raises Refused."""
        return cast(dict[str, Any], self._send(operation, at, params, ()))

    def maybe(
        self, operation: str, /, *none_on: str, at: str | None = None, **params: Any
    ) -> dict[str, Any] | None:
        """One request; None where the service answers with one of these error codes of its own.

        Only for codes that its documentation gives the meaning "nothing is set".
        """
        return self._send(operation, at, params, none_on)

    def pages(
        self, operation: str, /, at: str | None = None, **params: Any
    ) -> Iterator[dict[str, Any]]:
        """Every page to the end, as they arrive. Raises Refused, also half way."""
        service, _, name = operation.partition(":")
        region = at or self.region
        permission = self._permission(operation)
        account = self._account
        by_hand = PAGED_BY_HAND.get(operation)
        if by_hand is not None:
            yield from self._by_hand(operation, at, params, *by_hand)
            return
        method = _method(name)
        client = account.client(service, region)
        if not client.can_paginate(method):
            raise Defect(f"{operation} has no pages: use call")
        pages = iter(client.get_paginator(method).paginate(**params))
        while True:
            page = account.ask(operation, region, permission, lambda _: next(pages, None))
            if page is None:
                return
            yield page

    def _by_hand(
        self, operation: str, at: str | None, params: dict[str, Any], ask: str, got: str
    ) -> Iterator[dict[str, Any]]:
        token: str | None = None
        while True:
            sent = params if token is None else {**params, ask: token}
            page = cast(dict[str, Any], self._send(operation, at, sent, ()))
            yield page
            following = page.get(got)
            if not following:
                return
            if following == token:
                raise Refused("truncated", operation, "the same page token came twice")
            token = following

    def each(self, items: Iterable[I], read: Callable[[I], T]) -> Iterator[tuple[I, T]]:
        """(item, what `read` gives for it) in order, several reads under way at once.

        For listings of which every item takes a call. Raises what `read` raises: a listing that
        cannot be finished is a gap, not a shorter listing.
        """
        return _WORKERS.each(items, read, AHEAD)

    def shared(self, key: object, read: Callable[[], T]) -> T:
        """`read` once an account; sources that share it have to declare the same calls."""
        return self._account.shared(key, read)

    def _permission(self, operation: str) -> str:
        permission = self._allowed.get(operation)
        if permission is None:
            raise Defect(f"{self._job.source.id} does not declare {operation} for these fields")
        return permission

    def _send(
        self,
        operation: str,
        at: str | None,
        params: dict[str, Any],
        none_on: tuple[str, ...],
    ) -> dict[str, Any] | None:
        method = _method(operation.partition(":")[2])
        return self._account.ask(
            operation,
            at or self.region,
            self._permission(operation),
            lambda client: cast(dict[str, Any], getattr(client, method)(**params)),
            none_on,
        )


def _refuse_garbled(http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """botocore takes an empty body, and JSON that is none or cut short, for an answer of nothing.

    Only an answer without any member is looked at again: a whole one has at least one.
    """
    shape = model.output_shape
    if http_response.status_code >= 300 or set(parsed) - {"ResponseMetadata"} or shape is None:
        return
    if not any("location" not in member.serialization for member in shape.members.values()):
        return
    body = http_response.content
    if not body:
        raise Garbled("the body is empty")
    if "json" in model.service_model.resolved_protocol:
        try:
            json.loads(body)
        except ValueError:
            raise Garbled(f"the body is no JSON but starts {body[:40]!r}") from None


def _to_endpoint(endpoint: str) -> Callable[..., None]:
    """Some services put an account id before the host that was asked for; take it off again."""
    from urllib.parse import urlsplit, urlunsplit

    host = urlsplit(endpoint).netloc

    def before_sign(request: Any, **_: Any) -> None:
        request.url = urlunsplit(urlsplit(request.url)._replace(netloc=host))

    return before_sign


def _method(operation: str) -> str:
    from botocore import xform_name

    return cast(str, xform_name(operation))
