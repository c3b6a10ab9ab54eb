"""Which operations are ours: answered by us, laid over moto's answer, or paged by us."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

from scanner.demo.aws import models, outputs
from scanner.demo.aws.records import GLOBAL, Records
from scanner.demo.aws.wire import Request, Response

Output = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Call:
    """An identified call as an operation of ours sees it."""

    service: str
    operation: str
    region: str
    account: str
    params: dict[str, Any]
    request: Request
    records: Records
    moto: Callable[[Request], Response]

    @property
    def partition(self) -> str:
        return models.partition_of(self.region)

    def table(self, name: str) -> dict[str, Any]:
        """This account's records in this region."""
        return self.records.table(self.account, self.region, name)

    def global_table(self, name: str) -> dict[str, Any]:
        """This account's records of a service without regions."""
        return self.records.table(self.account, GLOBAL, name)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


class Passed(Exception):
    """moto answered with an error: it goes to the client as it is."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def forward(call: Call, **changes: Any) -> Output:
    """moto's output for this request, or for it with changes; raises Passed for an error.

    `changes` are fields of the request, and `operation` where it becomes another one.
    """
    operation = changes.pop("operation", call.operation)
    response = call.moto(call.request.replace(**changes))
    if response.status >= 300:
        raise Passed(response)
    return outputs.parsed(call.service, operation, response)


Ours = Callable[[Call], Output]
Overlay = Callable[[Call, Output], Output]


class Entry(NamedTuple):
    """One row of the table of who emulates what."""

    name: str
    by: str
    why: str


OURS: dict[str, Ours] = {}
CHECKED: set[str] = set()
OVERLAYS: dict[str, Overlay] = {}
_WHY: dict[str, str] = {}


def ours(name: str, why: str = "moto lacks it", *, checked: bool = True) -> Callable[[Ours], Ours]:
    """Answer `service:Operation` by the decorated function: its output in boto3's shape.

    `checked`: the front holds the output against the model. Not so where AWS itself sends null
    for a member that the model requires.
    """

    def register(function: Ours) -> Ours:
        if checked:
            CHECKED.add(name)
        OURS[name] = function
        _WHY[name] = why
        return function

    return register


def overlay(name: str, why: str) -> Callable[[Overlay], Overlay]:
    """Change moto's (unpaged) output of `service:Operation` by the decorated function."""

    def register(function: Overlay) -> Overlay:
        OVERLAYS[name] = function
        _WHY[name] = why
        return function

    return register


def load() -> None:
    """Import every module of operations; they register themselves."""
    import importlib
    import pkgutil

    from scanner.demo.aws import services

    for module in pkgutil.iter_modules(services.__path__):
        importlib.import_module(f"{services.__name__}.{module.name}")


def who_emulates() -> list[Entry]:
    """Every operation that is not moto's alone, sorted: what, by whom, why.

    `by` is "us" (the front answers), "moto, then us" (the front changes moto's answer) or
    "moto, paged by us". Everything else is moto's.
    """
    from scanner.demo.aws.paging import PAGED

    load()
    rows = [Entry(name, "us", _WHY[name]) for name in OURS]
    rows += [Entry(name, "moto, then us", _WHY[name]) for name in OVERLAYS]
    rows += [
        Entry(name, "moto, paged by us", "moto gives everything at once")
        for name in PAGED
        if name not in OURS and name not in OVERLAYS
    ]
    return sorted(rows)


def readme_table() -> str:
    """`who_emulates` as a Markdown table with a row a service."""
    columns = ("us", "moto, then us", "moto, paged by us")
    rows: dict[str, dict[str, list[str]]] = {}
    for entry in who_emulates():
        service, operation = entry.name.split(":")
        rows.setdefault(service, {}).setdefault(entry.by, []).append(operation)
    lines = ["| service | answered by us | moto's, changed | moto's, paged |", "|---|---|---|---|"]
    for service, cells in rows.items():
        written = (", ".join(cells.get(column, [])) for column in columns)
        lines.append(f"| {service} | {' | '.join(written)} |")
    return "\n".join(lines) + "\n"
