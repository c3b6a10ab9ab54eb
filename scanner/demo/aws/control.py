"""The control endpoint `/_emulator/...`: faults, call counts and records over HTTP.

GET    /_emulator/calls        {"total": 3, "operations": {"iam:ListUsers": 1, ...}}
DELETE /_emulator/calls
GET    /_emulator/faults       [{"id": 1, "on": "iam:ListUsers", "effect": "denied", ...}]
POST   /_emulator/faults       {"on": ..., "effect": ..., ...} -> the fault with its id
DELETE /_emulator/faults[/1]
POST   /_emulator/records      [{"account", "region", "table", "key", "value"}, ...]
POST   /_emulator/reset
GET    /_emulator/operations   who emulates what
GET    /_emulator/cpu          {"seconds": CPU time of the emulator's process}
GET    /_emulator/trouble      {"unserved": [...], "defects": [...]}
"""

from __future__ import annotations

import json
import time
from typing import Any

from scanner.demo.aws import registry
from scanner.demo.aws.front import Front
from scanner.demo.aws.wire import Request, Response
from scanner.errors import InputError

PREFIX = "/_emulator/"


def control(front: Front, request: Request) -> Response:
    """Answer a control request in JSON; 400 with a message where it is not understood."""
    what, _, rest = request.path.removeprefix(PREFIX).partition("/")
    try:
        body = json.loads(request.body) if request.body else None
        return _json(200, _control(front, request.method, what, rest, body))
    except (InputError, ValueError, KeyError, TypeError) as error:
        return _json(400, {"error": f"{request.method} {request.path}: {error!r}"})


def _control(front: Front, method: str, what: str, rest: str, body: Any) -> Any:
    match method, what:
        case "GET", "calls":
            counts = front.calls.by_operation()
            return {"total": counts.total(), "operations": dict(sorted(counts.items()))}
        case "DELETE", "calls":
            return front.calls.clear()
        case "GET", "faults":
            return [fault.as_dict() for fault in front.faults]
        case "POST", "faults":
            return front.faults.add(**body).as_dict()
        case "DELETE", "faults":
            return front.faults.remove(int(rest)) if rest else front.faults.clear()
        case "POST", "records":
            for row in body:
                put(front, **row)
            return {"stored": len(body)}
        case "POST", "reset":
            return front.reset()
        case "GET", "operations":
            return [entry._asdict() for entry in registry.who_emulates()]
        case "GET", "cpu":
            return {"seconds": time.process_time()}
        case "GET", "trouble":
            return {"unserved": sorted(front.unserved), "defects": front.defects}
    raise ValueError("no such control")


def put(front: Front, table: str, key: str, value: Any, region: str, account: str) -> None:
    """Write one record that no AWS operation writes (an SSM agent's report, a finding)."""
    front.records.table(account, region, table)[key] = value


def _json(status: int, value: Any) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(value).encode())
