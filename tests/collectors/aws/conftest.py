"""A source read against the emulator, with its details, as the runner would read it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("moto")

from scanner.collectors.aws import COLLECTOR
from scanner.collectors.aws.clients import _to_endpoint
from scanner.collectors.aws.session import AwsSession, open_account
from scanner.collectors.base import Job, Partial, Refused, Source, Target
from scanner.demo.aws import Emulator, start_emulator
from scanner.facts import COMMON, UNSET, Fact

sys.path.append(str(Path(__file__).parents[3]))  # for tests.bench

NOW = "2026-11-24T07:33:41Z"
REGION = "us-gov-west-1"

Read = Callable[..., dict[str, Fact]]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """The process's emulator: the one that runs already, or one of our own."""
    running = Emulator.running()
    if running is not None:
        yield running
        return
    with start_emulator() as started:
        yield started


@pytest.fixture
def empty(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An empty account, credentials for it in the environment, and no proxy from outside."""
    emulator.reset()
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return emulator


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Callable[..., Any]:
    """Real clients that prepare the account: `client("iam", region="us-gov-west-1")`."""
    import botocore.session

    made: dict[tuple[str, str], Any] = {}
    core = botocore.session.Session()

    def make(service: str, region: str = REGION) -> Any:
        if (service, region) not in made:
            made[service, region] = core.create_client(
                service,
                region_name=region,
                endpoint_url=emulator.endpoint,
                aws_access_key_id="AKIAEXAMPLE",
                aws_secret_access_key="x",
            )
            to_endpoint = _to_endpoint(emulator.endpoint)
            made[service, region].meta.events.register("before-sign", to_endpoint)
        return made[service, region]

    return make


def source_named(name: str) -> Source:
    return next(each for each in COLLECTOR.sources if each.name == name)


def open_session(emulator: Emulator, **options: Any) -> AwsSession:
    given = {"endpoint": emulator.endpoint, "regions": [REGION], **options}
    return open_account(Target("t1", "aws", given, where="cmmc-scan.yaml:4"))


def read_source(
    session: AwsSession, name: str, *fields: str, region: str | None = None
) -> dict[str, Fact]:
    """Facts by subject of one source with the details of these fields (default: all).

    What was refused for a single fact stays UNSET and is named in `unread` by its reason.
    """
    found = source_named(name)
    (scope,) = session.scopes()
    assert scope.refused is None, scope.refused
    wanted = frozenset(fields) if fields else found.serves
    facts: dict[str, Fact] = {}
    regions = (region,) if region else scope.regions if found.per == "region" else (None,)
    for where in regions:
        job = Job("t1", scope, where, found, wanted, lambda: NOW)
        place = session.place(job)
        for item in found.run(place):
            fact, refused = (
                (item.fact, dict(item.refused)) if isinstance(item, Partial) else (item, {})
            )
            values: dict[str, Any] = {}
            for detail in found.details:
                if detail.fields & wanted:
                    try:
                        values |= detail.read(place, fact)
                    except Refused as error:
                        refused |= dict.fromkeys(detail.fields, error)
            unread = {name: error.reason for name, error in refused.items()}
            fact = msgspec.structs.replace(fact, **values, unread=unread)
            _as_declared(found, fact)
            facts[fact.subject] = fact
    return facts


def _as_declared(found: Source, fact: Fact) -> None:
    """A source fills what it declares and nothing else: the plan rests on it."""
    for name in fact.__struct_fields__:
        if name not in COMMON and getattr(fact, name) is not UNSET:
            assert name in found.serves, f"{found.id} fills {name} undeclared"
    for name, value in found.always.items():
        assert getattr(fact, name) == value


@pytest.fixture
def session(empty: Emulator) -> AwsSession:
    return open_session(empty)


@pytest.fixture
def read_again(session: AwsSession) -> Read:
    """Like `read`, always through one session."""

    def run(name: str, *fields: str, region: str | None = None) -> dict[str, Fact]:
        return read_source(session, name, *fields, region=region)

    return run


@pytest.fixture
def opened(empty: Emulator) -> Callable[..., AwsSession]:
    return lambda **options: open_session(empty, **options)


@pytest.fixture
def read(empty: Emulator) -> Read:
    def run(name: str, *fields: str, region: str | None = None, **options: Any) -> dict[str, Fact]:
        return read_source(open_session(empty, **options), name, *fields, region=region)

    return run
