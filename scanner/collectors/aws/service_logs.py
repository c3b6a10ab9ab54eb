"""How a service's own log is told as a trail."""

from __future__ import annotations

from scanner.collectors.aws.client import Aws
from scanner.facts.audit import Trail

LOG_FIELDS = ["system", "enabled", "data_events", "destination"]


def service_log(
    aws: Aws, operation: str, subject: str, name: str, system: str, destination: str | None
) -> Trail:
    """The access log of a service's resource; destination: None where it is not kept."""
    return Trail(
        **aws.here(operation),
        subject=f"{subject}#access-log",
        name=name,
        system=system,
        enabled=destination is not None,
        data_events=destination is not None,
        destination=destination,
    )
