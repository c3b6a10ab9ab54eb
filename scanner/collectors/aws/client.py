"""One account, and the place that a source reads from.

The place sends exactly the operations that its source declared for the fields that are wanted:
anything else is a defect.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from scanner.collectors.aws import limits
from scanner.collectors.aws.ahead import Workers
from scanner.collectors.aws.clients import Clients, Garbled
from scanner.collectors.aws.cloud import Partition
from scanner.collectors.aws.errors import UNTRUSTED, code_of, refusal
from scanner.collectors.aws.sign_in import Unsigned, unsigned
from scanner.collectors.base import Job, Refused
from scanner.errors import Defect

I = TypeVar("I")  # noqa: E741
T = TypeVar("T")

_WORKERS = Workers(limits.AT_ONCE, "aws-ahead")
"""Reads that are made at once for the items of listings, over all accounts."""

PAGED_BY_HAND: dict[str, tuple[str, str]] = {
    "backup:ListReportPlans": ("NextToken", "NextToken"),
    "cloudtrail:ListEventDataStores": ("NextToken", "NextToken"),
    "guardduty:ListPublishingDestinations": ("NextToken", "NextToken"),
    "iam:ListOrganizationsFeatures": ("", ""),
    "opensearchserverless:ListAccessPolicies": ("nextToken", "nextToken"),
    "opensearchserverless:ListCollections": ("nextToken", "nextToken"),
    "opensearchserverless:ListSecurityPolicies": ("nextToken", "nextToken"),
    "s3control:ListAccessPoints": ("NextToken", "NextToken"),
    "ssm:ListInventoryEntries": ("NextToken", "NextToken"),
    "wafv2:ListWebACLs": ("NextMarker", "NextMarker"),
}
"""Operations that page although botocore has no paginator: request and response token."""


@dataclass
class Account:
    """One account that credentials lead into, and what several of its sources share."""

    id: str
    clients: Clients
    credentials: Callable[[], Any]
    """botocore's credentials; None where there are none. Raises what its chain raises."""
    dead: Refused | None = None
    """Set once the credentials are known to be of no more use."""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _shared: dict[object, _Once] = field(default_factory=dict)
    _trusted: dict[str, bool] = field(default_factory=dict)

    @property
    def partition(self) -> Partition:
        return self.clients.partition

    def frozen(self) -> Any:
        """The credentials as they are now, renewed if need be. Raises Unsigned, and the Refused of
        a role that is assumed."""
        from botocore.exceptions import NoCredentialsError

        try:
            with self._lock:
                found = self.credentials()
            if found is None:
                raise NoCredentialsError()
            return found.get_frozen_credentials()
        except Refused:
            raise
        except Exception as error:  # whatever the files, programs and services of a chain raise
            raise Unsigned(error) from error

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
            return self.clients.send(operation.partition(":")[0], region, self, send)
        except ClientError as error:
            if code_of(error) in none_on:
                return None
            raise self._judged(error, operation, region, permission) from error
        except Unsigned as error:
            refused = unsigned(error.cause, operation)
            if refused.fatal:
                self.dead = refused
            raise refused from error.cause
        except (BotoCoreError, ResponseParserError, Garbled) as error:
            raise refusal(error, operation, permission) from error

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
                    self.clients.send(
                        "sts", self.partition.home, self, lambda sts: sts.get_caller_identity()
                    )
                    self._trusted[region] = True
                except Exception:  # the reason no longer matters: they are not proven good
                    self._trusted[region] = False
            return self._trusted[region]

    def shared(self, key: object, read: Callable[[], T]) -> T:
        """What `read` gives, made once an account however many sources ask for it."""
        with self._lock:
            once = self._shared.setdefault(key, _Once())
        return cast(T, once.get(read))

    def leave(self) -> None:
        """Forget what was shared: no source of this account will ask again."""
        with self._lock:
            self._shared.clear()


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

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that are read. Raises Refused where it cannot be told which there are."""
        if self._job.scope.regions_refused is not None:
            raise self._job.scope.regions_refused
        return self._job.scope.regions

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
        client = account.clients.client(service, region)
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
        return _WORKERS.each(items, read, limits.AT_ONCE)

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


def _method(operation: str) -> str:
    from botocore import xform_name

    return cast(str, xform_name(operation))
