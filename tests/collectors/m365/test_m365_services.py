"""Sessions and incidents of Microsoft 365, as Graph tells them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from told import facts, only

from scanner.collectors.base import Refused
from scanner.collectors.m365.collector import COLLECTOR

SOURCES = {source.name: source for source in COLLECTOR.sources}
TIMEOUTS = "GET /policies/activityBasedTimeoutPolicies"


def policy(*applications: dict[str, str]) -> dict[str, Any]:
    definition = {"ActivityBasedTimeoutPolicy": {"ApplicationPolicies": list(applications)}}
    return {"isOrganizationDefault": True, "definition": [json.dumps(definition)]}


def app(name: str, idle: str) -> dict[str, str]:
    return {"ApplicationId": name, "WebSessionIdleTimeout": idle}


@pytest.mark.parametrize(
    ("policies", "minutes"),
    [
        ([], None),
        ([policy(app("default", "00:15:00"))], 15),
        ([policy(app("default", "1.00:00:00"))], 1440),
        # One for the Azure portal alone says nothing of the others.
        ([policy(app("c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "00:15:00"))], None),
        ([policy(app("portal", "00:15:00"), app("default", "00:30:01"))], 31),
    ],
)
def test_idle_minutes_of_every_application(policies: list[Any], minutes: int | None) -> None:
    assert only(SOURCES["portal-sessions"], {TIMEOUTS: policies})[0].idle_minutes == minutes


def test_a_time_that_is_not_understood_is_no_answer() -> None:
    with pytest.raises(Refused, match="not understood"):
        facts(SOURCES["portal-sessions"], {TIMEOUTS: [policy(app("default", "soon"))]})


def test_an_incident_that_waits_is_open() -> None:
    one = {"id": "1", "status": "awaitingAction", "severity": "high", "assignedTo": None,
           "createdDateTime": "2026-11-20T07:33:41Z"}  # fmt: skip
    fact, _ = only(SOURCES["incidents"], {"GET /security/incidents": [one]})
    assert (fact.status, fact.open_days, fact.assigned) == ("awaitingAction", 4, False)
