"""A client that reads: GET, `$batch` of GETs, and the documented read-only POSTs by name.

It waits as long as the server asks (Retry-After, fractions too) within a budget, follows a next
link on its own host only, and tells a refused, empty, broken and broken-off answer apart.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from scanner import __version__
from scanner.collectors.base import Refused
from scanner.collectors.microsoft.cloud import Cloud
from scanner.collectors.microsoft.connection import pool
from scanner.collectors.microsoft.credentials import Token
from scanner.collectors.microsoft.errors import refusal
from scanner.collectors.microsoft.throttling import Families, Family, retry_after
from scanner.errors import Defect

READ_ONLY_POSTS = frozenset(
    {
        "POST /beta/deviceManagement/reports/getConfigurationPolicyDevicesReport",
        "POST /subscriptions/{subscription}/providers/Microsoft.PolicyInsights"
        "/policyStates/latest/summarize",
    }
)
"""POSTs that read: a report's filter stands in their body."""

RETRIED = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses after which a read is tried again."""

_ATTEMPTS = 6
_BODY_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How patient the client is, in seconds."""

    connect: float = 10.0
    read: float = 60.0
    waiting: float = 120.0
    """Waiting for throttles, in all, for one request."""


@dataclass(frozen=True)
class Answer:
    """One response: its status, its headers (lower case) and its decoded JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Client:
    """Reads from one server. Safe between threads."""

    def __init__(
        self,
        base: str,
        token: Token,
        cloud: Cloud,
        *,
        proxy: str | None = None,
        ca_bundle: str | None = None,
        limits: Limits = Limits(),
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base, self.cloud = base.rstrip("/"), cloud
        self._token, self._limits, self._sleep, self._clock = token, limits, sleep, clock
        self._http = pool(self.base, proxy, ca_bundle, connect=limits.connect, read=limits.read)
        self._families = Families()
        self._stopped = threading.Event()

    def close(self) -> None:
        """Drop the connections; requests that wait give up."""
        self._stopped.set()
        self._http.clear()

    def get(
        self,
        operation: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        permission: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The decoded body of a GET. Raises Refused."""
        answer = self.send(operation, "GET", self._url(path, query), None, permission, headers)
        return answer.body

    def post(
        self,
        operation: str,
        path: str,
        body: Any,
        *,
        permission: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """The decoded body of a read-only POST. Raises Refused; Defect for one that writes."""
        if operation not in READ_ONLY_POSTS:
            raise Defect(f"{operation} is no read-only POST")
        return self.send(operation, "POST", self._url(path, query), body, permission).body

    def pages(
        self,
        operation: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        permission: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every item of a listing, page after page.

        Raises Refused: for its own reason on the first page, `truncated` on a later one.
        """
        first = self.send(operation, "GET", self._url(path, query), None, permission, headers)
        yield from self.rest(operation, first.body, permission=permission, headers=headers)

    def rest(
        self,
        operation: str,
        body: Any,
        *,
        permission: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The items of a page that has been read, and of those that follow it."""
        seen: set[str] = set()
        while True:
            items = body.get("value") if isinstance(body, dict) else None
            if not isinstance(items, list) or not all(isinstance(i, dict) for i in items):
                if seen:
                    raise Refused("truncated", operation, "a later page holds no list of values")
                raise Refused("broken", operation, "the answer holds no list of values")
            yield from items
            link = body.get("@odata.nextLink") or body.get("nextLink")
            if not link:  # some of Azure's services write an empty link on the last page
                return
            if not isinstance(link, str) or link in seen or not self._is_own(link):
                raise Refused("truncated", operation, "the next page's link leads elsewhere")
            seen.add(link)
            try:
                body = self.send(operation, "GET", link, None, permission, headers).body
            except Refused as error:
                detail = f"broke off after page {len(seen)}: {error.reason}: {error.detail}"
                raise Refused(
                    "truncated",
                    operation,
                    detail,
                    permission=error.permission if error.reason == "denied" else None,
                    fatal=error.fatal,
                ) from error

    def send(
        self,
        operation: str,
        method: str,
        url: str,
        body: Any = None,
        permission: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request with its retries. Raises Refused for anything but a decoded success."""
        if operation in self.cloud.lacks:
            raise Refused("not-in-this-cloud", operation, f"{self.cloud.name} does not offer it")
        family = self._families.of(url)
        waited = 0.0
        for attempt in range(1, _ATTEMPTS + 1):
            with family.slots:
                waited += self._wait_turn(family, operation, waited)
                answer = self._once(operation, method, url, body, headers)
            if 200 <= answer.status < 300:
                if answer.body is _UNPARSABLE:
                    raise Refused("broken", operation, "the answer is no JSON")
                return answer
            error_body = None if answer.body is _UNPARSABLE else answer.body
            refused = refusal(answer.status, error_body, operation, permission, self.cloud)
            if answer.status not in RETRIED or refused.reason == "unlicensed":
                raise refused
            if attempt == _ATTEMPTS:
                raise refused
            self._delay(family, answer, attempt, waited, refused)
        raise Defect("unreachable")

    def asked_to_wait(self, headers: Any) -> float:
        """The Retry-After of a batch's inner answer, in seconds; one second where it has none."""
        found = headers if isinstance(headers, dict) else {}
        low = {str(k).lower(): str(v) for k, v in found.items()}
        seconds = retry_after(low.get("retry-after"))
        return 1.0 if seconds is None else seconds

    def wait(self, seconds: float) -> bool:
        """Pause before a batch is sent again; False where that takes longer than the budget."""
        if self._stopped.is_set() or seconds > self._limits.waiting / 3:
            return False
        self._sleep(seconds)
        return True

    def _delay(
        self, family: Family, answer: Answer, attempt: int, waited: float, refused: Refused
    ) -> None:
        seconds = retry_after(answer.headers.get("retry-after"))
        if seconds is None:
            seconds = min(30.0, 0.5 * 2**attempt) * (0.5 + random.random() / 2)
        if waited + seconds > self._limits.waiting:
            asked = f"asked to wait {seconds:g} s more than the budget allows; {refused.detail}"
            reason = "throttled" if answer.status in (429, 503) else refused.reason
            raise Refused(reason, refused.operation, asked, permission=refused.permission)
        with family.lock:
            family.not_before = max(family.not_before, self._clock() + seconds)

    def _wait_turn(self, family: Family, operation: str, waited: float) -> float:
        """Wait until the family may send again; returns the seconds."""
        total = 0.0
        while True:
            with family.lock:
                left = family.not_before - self._clock()
            if left <= 0:
                return total
            if waited + total + left > self._limits.waiting or self._stopped.is_set():
                raise Refused("throttled", operation, "the workload stayed throttled")
            self._sleep(left)
            total += left

    def _once(
        self, operation: str, method: str, url: str, body: Any, headers: Mapping[str, str] | None
    ) -> Answer:
        import urllib3

        sent = {
            "Authorization": f"Bearer {self._token()}",
            "Accept": "application/json",
            "User-Agent": f"cmmc-scan/{__version__}",
            **(headers or {}),
        }
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        try:
            got = self._http.request(
                method, url, body=data, headers=sent, redirect=False, retries=False
            )
            raw = got.data
        except urllib3.exceptions.ReadTimeoutError as error:
            raise Refused("timeout", operation, _words(error)) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Refused("unreachable", operation, _words(error)) from error
        if len(raw) > _BODY_LIMIT:
            raise Refused("broken", operation, "the answer is too large")
        return Answer(got.status, {k.lower(): v for k, v in got.headers.items()}, _decode(raw))

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        text = f"?{urlencode(query, quote_via=quote, safe='$,()/:=')}" if query else ""
        return f"{self.base}{path}{text}"

    def _is_own(self, link: str) -> bool:
        return _origin(self.base) == _origin(link)


def _origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; Azure's links may name the port that the scheme stands for."""
    parts = urlsplit(url)
    try:
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        port = None
    return parts.scheme, (parts.hostname or "").lower(), port


_UNPARSABLE = object()


def _decode(raw: bytes) -> Any:
    if not raw.strip():
        return _UNPARSABLE
    try:
        return json.loads(raw)
    except ValueError:
        return _UNPARSABLE


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
