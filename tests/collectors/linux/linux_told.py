"""What every source tells of a machine, and where two machines are told of differently."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from linux_reading import Read

from scanner.collectors.linux import COLLECTOR

# apt takes seconds where it has no cache, and a port may open between two scans.
SLOW = ("patches", "listening")
HERE = ("provider", "target", "scope", "source", "operation", "observed_at", "unread", "kind")


def told(machine: Any) -> dict[str, dict[str, Any]]:
    """kind and subject -> the fields that were read."""
    found: dict[str, dict[str, Any]] = {}
    for source in COLLECTOR.sources:
        if source.name in SLOW:
            continue
        for key, fact in Read(source, machine).facts.items():
            fields = msgspec.to_builtins(fact)
            own = {k: v for k, v in fields.items() if k not in HERE}
            found[f"{source.kind} {key}"] = json.loads(json.dumps(own))
    return found


def contradictions(one: dict[str, Any], other: dict[str, Any]) -> list[tuple[str, str, Any, Any]]:
    return [
        (key, name, one[key][name], other[key][name])
        for key in one.keys() & other.keys()
        for name in one[key].keys() & other[key].keys()
        if one[key][name] != other[key][name]
    ]
