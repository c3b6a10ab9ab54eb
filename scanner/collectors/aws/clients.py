"""The clients of one target: one for each service and region, whichever account is asked.

Making a client costs more than ten requests, and its memory more than a thousand facts. Accounts
differ in nothing but their credentials, so a client signs with those of the account that its
thread is asking for.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from scanner.collectors.aws import limits
from scanner.collectors.aws.cloud import Partition, has_fips
from scanner.collectors.aws.errors import is_passing, is_throttled

T = TypeVar("T")

CONNECT_SECONDS = 5
READ_SECONDS = 20
ATTEMPTS = 4
"""How often a request is sent where the service fails; where it only throttles, this squared."""
_HUNG_ATTEMPTS = 2
_HOSTS = 64
"""Hosts to which connections are kept open."""


class Garbled(Exception):
    """An answer with status 200 that is not what the protocol promises."""


@dataclass(frozen=True)
class Options:
    """How every client of a target is made."""

    endpoint: str | None = None
    proxy: str | None = None
    ca_bundle: str | None = None
    fips: bool = True


class Signer(Protocol):
    """Whoever has credentials: an account."""

    def frozen(self) -> Any:
        """botocore's frozen credentials, renewed if need be."""
        ...


class _Current(threading.local):
    signer: Signer | None = None


class _CurrentCredentials:
    """What every client takes for its credentials: those of the thread's account."""

    method = "cmmc-scan"

    def __init__(self, current: _Current) -> None:
        self._current = current

    def get_frozen_credentials(self) -> Any:
        signer = self._current.signer
        return None if signer is None else signer.frozen()

    def get_deferred_property(self, name: str) -> Callable[[], None]:
        return lambda: None


class Clients:
    """Makes clients and sends through them. Safe between threads.

    core: a botocore session with the loader and the configuration; its own credentials stay unused.
    """

    def __init__(self, core: Any, partition: Partition, options: Options) -> None:
        self.partition = partition
        self._core, self._options = core, options
        self._current = _Current()
        core._credentials = _CurrentCredentials(self._current)
        self._made: dict[tuple[str, str], Any] = {}
        self._rules: dict[str, Any] = {}
        self._http: Any = None
        self._silent: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def send(self, service: str, region: str, signer: Signer, send: Callable[[Any], T]) -> T:
        """`send` with the client, signed for this account, in its turn among all requests."""
        outer = self._current.signer
        # Credentials are renewed in the middle of a request, which has its place already.
        with _nothing() if outer is not None else limits.under_way(service):
            self._current.signer = signer
            try:
                return send(self.client(service, region))
            finally:
                self._current.signer = outer

    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region; the same one each time."""
        made = self._made.get((service, region))
        if made is None:
            with self._lock:
                made = self._made.get((service, region))
                if made is None:
                    made = self._made[service, region] = self._make(service, region)
        return made

    def _make(self, service: str, region: str) -> Any:
        from botocore.config import Config

        from scanner import __version__

        options = self._options
        fips = False
        if options.fips and options.endpoint is None:
            prefix = self._core.get_service_model(service).endpoint_prefix
            fips = has_fips(self._core.get_data("endpoints"), prefix, region)
        config: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            # Retried by `_again` below, which tells the limiter too.
            "retries": {"mode": "standard", "total_max_attempts": 1},
            "max_pool_connections": limits.AT_ONCE,
            "user_agent_extra": f"cmmc-scan/{__version__}",
            "parameter_validation": False,
            "account_id_endpoint_mode": "disabled",
        }
        if options.proxy is not None:
            config["proxies"] = {"http": options.proxy, "https": options.proxy}
        if options.endpoint is not None:
            config["s3"] = {"addressing_style": "path"}
        if fips:
            config["use_fips_endpoint"] = True
        made = self._core.create_client(
            service,
            region_name=region,
            endpoint_url=options.endpoint,
            verify=options.ca_bundle,
            config=Config(**config),
        )
        self._share(made, service)
        events = made.meta.events
        events.register("after-call", _refuse_garbled)
        events.register("needs-retry", self._retry(service, region))
        if options.endpoint is not None:
            events.register("before-sign", _to_endpoint(options.endpoint))
        return made

    def _share(self, made: Any, service: str) -> None:
        """Clients share connections, and a service's clients their endpoint rules."""
        if self._http is None:
            self._http = made._endpoint.http_session
            self._http._manager.pools._maxsize = _HOSTS
        else:
            made._endpoint.http_session.close()
            made._endpoint.http_session = self._http
        resolver = getattr(made, "_ruleset_resolver", None)
        if resolver is not None:
            resolver._provider = self._rules.setdefault(service, resolver._provider)

    def _retry(self, service: str, region: str) -> Callable[..., float | None]:
        place = (service, region)
        limiter = limits.limiter(service)

        def again(
            attempts: int, response: Any = None, caught_exception: Any = None, **_: Any
        ) -> float | None:
            """Seconds to wait before another try, or None for no other."""
            if response is None:
                return self._unanswered(place, attempts, caught_exception)
            self._silent.discard(place)
            http, parsed = response
            if http.status_code < 300:
                limiter.answered()
                return None
            code = str(parsed.get("Error", {}).get("Code", ""))
            if is_throttled(code, http.status_code):
                limiter.throttled()
                if attempts >= ATTEMPTS**2:
                    return None
                return limits.wait_seconds(attempts, http.headers.get("Retry-After"), 0.2)
            if is_passing(code, http.status_code) and attempts < ATTEMPTS:
                return limits.wait_seconds(attempts, http.headers.get("Retry-After"), 0.2)
            return None

        return again

    def _unanswered(self, place: tuple[str, str], attempts: int, error: Any) -> float | None:
        """A host that did not answer before gets one try a request, until it does answer."""
        from botocore import exceptions as b

        if isinstance(error, b.SSLError) or not isinstance(error, b.HTTPClientError):
            return None
        hung = isinstance(error, b.ReadTimeoutError | b.ConnectTimeoutError)
        if place in self._silent or attempts >= (
            min(_HUNG_ATTEMPTS, ATTEMPTS) if hung else ATTEMPTS
        ):
            self._silent.add(place)
            return None
        return limits.wait_seconds(attempts, None, 0.2)

    def close(self) -> None:
        """Let go of clients and connections."""
        self._made.clear()
        self._rules.clear()
        if self._http is not None:
            self._http.close()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


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
