"""CloudTrail's event history.

Table: cloudtrail.events (event id: the record as CloudTrail writes it).
"""

from __future__ import annotations

import datetime
import json

from scanner.demo.aws.registry import Call, Output, ours


@ours("cloudtrail:LookupEvents")
def lookup_events(call: Call) -> Output:
    """The latest first; attributes to look up by are not emulated."""
    rows = sorted(
        call.table("cloudtrail.events").items(), key=lambda r: r[1]["eventTime"], reverse=True
    )
    return {
        "Events": [
            {
                "EventId": key,
                "EventName": record["eventName"],
                "EventSource": record["eventSource"],
                "EventTime": datetime.datetime.fromisoformat(record["eventTime"]),
                "CloudTrailEvent": json.dumps(record),
            }
            for key, record in rows
        ]
    }
