"""One HTTP request and one answer, as plain values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Request:
    """A request as it arrived. Header names are lower case; `path` is still percent-encoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def replace(self, **changes: Any) -> Request:
        return dataclasses.replace(self, **changes)


@dataclasses.dataclass(frozen=True)
class Response:
    """An answer; `ending` says how the connection is treated.

    whole: as HTTP wants it. truncated: the full length is announced, half of the body is sent,
    the connection closes. dropped: closed before a byte. hung: nothing is sent until the server
    stops.
    """

    status: int
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    ending: str = "whole"

    def replace(self, **changes: Any) -> Response:
        return dataclasses.replace(self, **changes)
