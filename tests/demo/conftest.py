"""One emulator for the session; every test starts from an empty account where it asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("moto")

from scanner.demo.aws import Emulator, start_emulator

Clients = Callable[..., Any]


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with start_emulator() as running:
        yield running


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
        settings = {"retries": {"total_max_attempts": 1}, "read_timeout": 10} | config
        return session.client(service, endpoint_url=emulator.endpoint, config=Config(**settings))

    return make
