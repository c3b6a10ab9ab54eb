"""The emulator as a seeder sees it, and how a table's rows become more of them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from scanner.demo.aws.emulator import ACCOUNT
from scanner.demo.aws.models import partition_of

T = TypeVar("T")


@dataclasses.dataclass
class Site:
    """The emulator as the seeder sees it: one boto3 client a service, and the control endpoint."""

    endpoint: str
    region: str
    session: Any
    clients: dict[str, Any] = dataclasses.field(default_factory=dict)
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def __call__(self, service: str) -> Any:
        if service not in self.clients:
            from botocore.config import Config

            self.clients[service] = self.session.client(
                service,
                endpoint_url=self.endpoint,
                config=Config(proxies={}, retries={"total_max_attempts": 1}),
            )
        return self.clients[service]

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        where = self.region if region is None else region
        return f"arn:{partition_of(self.region)}:{service}:{where}:{ACCOUNT}:{resource}"

    def put(self, table: str, key: str, value: Any, region: str | None = None) -> None:
        where = self.region if region is None else region
        row = {"account": ACCOUNT, "region": where, "table": table, "key": key, "value": value}
        self.rows.append(row)

    def flush(self) -> None:
        """Send what was put."""
        request = urllib.request.Request(
            f"{self.endpoint}/_emulator/records", json.dumps(self.rows).encode(), method="POST"
        )
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()
        self.rows.clear()


def repeated(rows: Sequence[T], count: int) -> Iterator[tuple[T, str]]:
    """`count` rows of the table, with the suffix that makes a repeated row's name its own."""
    for number, row in zip(range(count), itertools.cycle(rows), strict=False):
        lap = number // len(rows)
        yield row, f"-{lap:04d}" if lap else ""
