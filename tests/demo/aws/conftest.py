"""One emulator for the session; every test starts from an empty account where it asks for one."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scanner.demo.aws import Emulator, start_emulator

# Without the demo extra there is nothing here to test.
collect_ignore_glob = [] if importlib.util.find_spec("moto") else ["test_*.py"]

Clients = Callable[..., Any]


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """The process's emulator: one that runs already, or one for the rest of the session."""
    running = Emulator.running()
    if running is not None:
        yield running
        return
    with start_emulator() as started:
        yield started


@pytest.fixture
def empty(emulator: Emulator) -> Emulator:
    emulator.reset()
    return emulator


@pytest.fixture(scope="session")
def client(emulator: Emulator) -> Clients:
    """Real boto3 clients, without retries: `client("iam", region="us-gov-west-1")`."""
    import boto3
    from botocore.config import Config

    sessions: dict[str, Any] = {}

    def make(service: str, region: str = "us-gov-west-1", **config: Any) -> Any:
        session = sessions.setdefault(
            region,
            boto3.Session(
                aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="x", region_name=region
            ),
        )
        settings = {"proxies": {}, "retries": {"total_max_attempts": 1}, "read_timeout": 10}
        return session.client(
            service, endpoint_url=emulator.endpoint, config=Config(**settings | config)
        )

    return make
