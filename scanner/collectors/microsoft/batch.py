"""Many reads of one kind in one request: Graph's `$batch` of GETs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from scanner.collectors.base import Refused
from scanner.collectors.microsoft.client import RETRIED, Client
from scanner.collectors.microsoft.errors import refusal
from scanner.collectors.microsoft.operations import fill, split

MOST = 20
_ATTEMPTS = 4


def batch(
    client: Client,
    operation: str,
    chunk: list[tuple[str, ...]],
    query: Mapping[str, str] | None,
    permission: str,
) -> dict[tuple[str, ...], dict[str, Any] | Refused]:
    _, path = split(operation)
    version, inner = ("/beta", path[5:]) if path.startswith("/beta/") else ("/v1.0", path)
    text = f"?{urlencode(query, quote_via=quote, safe='$,()/:=')}" if query else ""
    done: dict[tuple[str, ...], dict[str, Any] | Refused] = {}
    left = dict(enumerate(chunk))
    for attempt in range(1, _ATTEMPTS + 1):
        body = {
            "requests": [
                {"id": str(n), "method": "GET", "url": fill(inner, one) + text}
                for n, one in left.items()
            ]
        }
        try:
            answer = client.send(
                operation, "POST", f"{client.base}{version}/$batch", body, permission
            ).body
        except Refused as error:
            done.update(dict.fromkeys(left.values(), error))
            return done
        wait, again = 0.0, {}
        for reply in _replies(answer, operation):
            number = int(reply["id"]) if str(reply.get("id", "")).isdecimal() else -1
            one = left.pop(number, None)
            if one is None:
                continue
            status, inner_body = reply.get("status"), reply.get("body")
            status = status if isinstance(status, int) else 0
            if 200 <= status < 300 and isinstance(inner_body, dict):
                done[one] = _whole(client, operation, inner_body, permission)
                continue
            # What is tried again keeps this refusal where no later answer takes its place.
            done[one] = refused = refusal(status, inner_body, operation, permission, client.cloud)
            if status in RETRIED and refused.reason != "unlicensed" and attempt < _ATTEMPTS:
                wait = max(wait, client.asked_to_wait(reply.get("headers")))
                again[number] = one
        missing = Refused("broken", operation, "the batch gave no answer for this request")
        done.update(dict.fromkeys(left.values(), missing))
        if not again or not client.wait(wait):
            return done
        left = again
    return done


def _replies(answer: Any, operation: str) -> list[dict[str, Any]]:
    replies = answer.get("responses") if isinstance(answer, dict) else None
    if not isinstance(replies, list):
        raise Refused("broken", operation, "the batch's answer holds no responses")
    return [reply for reply in replies if isinstance(reply, dict)]


def _whole(
    client: Client, operation: str, body: dict[str, Any], permission: str
) -> dict[str, Any] | Refused:
    if "value" not in body or not isinstance(body["value"], list):
        return body
    if not body.get("@odata.nextLink"):
        return body
    try:
        return {**body, "value": list(client.rest(operation, body, permission=permission))}
    except Refused as error:
        return error
