"""Clocks of machines, where the machines report them to Systems Manager's inventory.

AWS itself does not see a machine's clock. A machine can publish it as custom inventory: the type
Custom:TimeSource with one entry of Service, Servers (parted by commas), Synchronised (true or
false) and OffsetMilliseconds, for example from the output of `chronyc tracking`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import MANAGED_CALLS, managed_machines
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.audit import TimeSource

TYPE = "Custom:TimeSource"
_INVENTORY = "ssm:GetInventory"
_NO_SUCH_TYPE = ("InvalidTypeName", "InvalidResultAttribute")
_FIELDS = ("service", "enabled", "servers", "synced", "offset_ms")


def _reported(aws: Aws) -> dict[str, dict[str, str]]:
    """The entry of each machine that publishes one."""
    found: dict[str, dict[str, str]] = {}
    try:
        for page in aws.pages(_INVENTORY, ResultAttributes=[{"TypeName": TYPE}], MaxResults=50):
            for entity in page["Entities"]:
                content = ((entity.get("Data") or {}).get(TYPE) or {}).get("Content") or ()
                if content:
                    found[entity["Id"]] = content[0]
    except Refused as refused:
        # A type that no machine of the region has ever published does not exist there.
        if refused.reason != "broken" or not refused.detail.startswith(_NO_SUCH_TYPE):
            raise
    return found


@source(
    TimeSource,
    fields=list(_FIELDS),
    calls={**MANAGED_CALLS, _INVENTORY: _INVENTORY},
    per="region",
)
def machine_clocks(aws: Aws) -> Iterator[TimeSource | Partial]:
    """Clocks that managed machines report as custom inventory; others stay unknown."""
    machines = managed_machines(aws)
    if not machines:
        return
    reported = _reported(aws)
    for machine in machines:
        entry = reported.get(machine["InstanceId"])
        facts: dict[str, Any] = {
            **aws.here(_INVENTORY),
            "subject": f"{machine['InstanceId']}/clock",
            "name": machine.get("ComputerName") or machine["InstanceId"],
        }
        if entry is None:
            silent = Refused("not-supported", _INVENTORY, f"it publishes no {TYPE} inventory")
            yield Partial(TimeSource(**facts), dict.fromkeys(_FIELDS, silent))
            continue
        service = entry.get("Service") or None
        offset = entry.get("OffsetMilliseconds", "")
        facts |= {
            "service": service,
            "enabled": service is not None,
            "servers": tuple(
                sorted(s.strip() for s in entry.get("Servers", "").split(",") if s.strip())
            ),
            "synced": entry.get("Synchronised", "").lower() == "true",
        }
        try:
            facts["offset_ms"] = abs(round(float(offset))) if offset else None
        except (ValueError, OverflowError):
            broken = Refused("broken", _INVENTORY, "OffsetMilliseconds is no number")
            yield Partial(TimeSource(**facts), {"offset_ms": broken})
        else:
            yield TimeSource(**facts)
