"""Missing updates, as Systems Manager's Patch Manager has found them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import MANAGED_CALLS, managed_machines
from scanner.collectors.aws.times import days_since
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.software import PatchState

_BATCH = 50
_STATES = "ssm:DescribeInstancePatchStates"


@source(
    PatchState,
    fields=["missing", "critical_missing", "last_scan_days", "last_install_days"],
    calls={**MANAGED_CALLS, _STATES: _STATES},
    per="region",
)
def patch_states(aws: Aws) -> Iterator[PatchState | Partial]:
    """Managed machines with their missing updates, fifty a call.

    A machine without a patch state has never been scanned: nothing is known but that.
    """
    managed = [each["InstanceId"] for each in managed_machines(aws)]
    batches = [managed[at : at + _BATCH] for at in range(0, len(managed), _BATCH)]

    def read(batch: list[str]) -> dict[str, dict[str, Any]]:
        pages = aws.pages(_STATES, InstanceIds=batch, MaxResults=_BATCH)
        return {s["InstanceId"]: s for page in pages for s in page["InstancePatchStates"]}

    for batch, states in aws.each(batches, read):
        for host in batch:
            facts: dict[str, Any] = {**aws.here(_STATES), "subject": host, "name": host}
            state = states.get(host)
            if state is None:
                never = Refused("not-supported", _STATES, "never scanned for missing updates")
                fields = ("missing", "critical_missing", "last_install_days")
                yield Partial(
                    PatchState(**facts, last_scan_days=None), dict.fromkeys(fields, never)
                )
                continue
            ended = state["OperationEndTime"]
            unread: dict[str, Refused] = {}
            if state["Operation"] == "Install":
                facts["last_install_days"] = days_since(ended, aws.now())
            else:
                unread["last_install_days"] = Refused(
                    "not-supported", _STATES, "only the last run is kept, and that was a scan"
                )
            found = PatchState(
                **facts,
                missing=state["MissingCount"] + state["FailedCount"],
                critical_missing=state.get("CriticalNonCompliantCount", 0)
                + state.get("SecurityNonCompliantCount", 0),
                last_scan_days=days_since(ended, aws.now()),
            )
            yield Partial(found, unread) if unread else found
