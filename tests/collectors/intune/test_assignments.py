"""Which devices an assignment reaches."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.base import Refused
from scanner.collectors.intune.assign import Fleet, Reach
from scanner.collectors.microsoft.graph import Members

DEVICES = [
    {
        "id": "d1",
        "azureADDeviceId": "a1",
        "userId": "u1",
        "managedDeviceOwnerType": "company",
        "deviceName": "HAL-1",
        "model": "X1",
    },
    {
        "id": "d2",
        "azureADDeviceId": "a2",
        "userId": "u2",
        "managedDeviceOwnerType": "personal",
        "deviceName": "OWN-2",
        "model": None,
    },
    {"id": "d3", "azureADDeviceId": "a3", "userId": "", "deviceName": "KIOSK"},
]
NONE: frozenset[str] = frozenset()
GROUPS: dict[str, Members | Refused] = {
    "devices": Members(NONE, NONE, frozenset({"a1"})),
    "users": Members(frozenset({"u1", "u2"}), NONE, NONE),
    "closed": Refused("denied", "GET /groups/{id}/transitiveMembers"),
    "hidden": Members(frozenset({"u1"}), NONE, Refused("denied", "devices")),
}
FILTERS: dict[str, dict[str, Any]] = {
    "corp": {"rule": '(device.deviceOwnership -eq "Corporate")'},
    "hal": {"rule": '(device.deviceName -startsWith "HAL") or (device.model -eq "X2")'},
    "odd": {"rule": '(device.operatingSystemSKU -eq "Enterprise")'},
}
ALL = {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}
ALL_USERS = {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}


def to(group: str, *, out: bool = False) -> dict[str, Any]:
    kind = "exclusionGroupAssignmentTarget" if out else "groupAssignmentTarget"
    return {"@odata.type": f"#microsoft.graph.{kind}", "groupId": group}


def filtered(target: dict[str, Any], name: str, how: str) -> dict[str, Any]:
    return {
        **target,
        "deviceAndAppManagementAssignmentFilterId": name,
        "deviceAndAppManagementAssignmentFilterType": how,
    }


def reach(*targets: dict[str, Any], filters: Any = FILTERS) -> Reach:
    fleet = Fleet(DEVICES, GROUPS, filters)
    return fleet.reach([{"id": str(n), "target": t} for n, t in enumerate(targets)])


@pytest.mark.parametrize(
    ("targets", "devices"),
    [
        ([], set()),
        ([ALL], {"d1", "d2", "d3"}),
        ([ALL_USERS], {"d1", "d2"}),
        ([to("devices")], {"d1"}),
        ([to("users")], {"d1", "d2"}),
        ([to("devices", out=True)], set()),
        ([ALL, to("devices", out=True)], {"d2", "d3"}),
        # Like acts on like: a group of users takes nothing from all devices, nor the reverse.
        ([ALL, to("users", out=True)], {"d1", "d2", "d3"}),
        ([ALL_USERS, to("devices", out=True)], {"d1", "d2"}),
        ([ALL_USERS, to("users", out=True)], set()),
        ([filtered(ALL, "corp", "include")], {"d1"}),
        ([filtered(ALL, "hal", "include")], {"d1"}),
        ([filtered(ALL_USERS, "corp", "exclude")], {"d2"}),
    ],
)
def test_reach(targets: list[dict[str, Any]], devices: set[str]) -> None:
    filters = {**FILTERS}
    found = reach(*targets, filters=filters)
    assert found.possible >= devices
    assert found.certain <= devices or found.certain == devices
    if found.certain == found.possible:
        assert found.certain == devices


def test_a_filter_that_cannot_be_told_is_not_guessed() -> None:
    found = reach(filtered(ALL, "odd", "include"))
    assert found.certain == set()
    assert found.possible == {"d1", "d2", "d3"}
    assert found.doubt is not None
    unread = reach(filtered(ALL, "corp", "include"), filters=Refused("denied", "filters"))
    assert unread.certain == set()
    assert unread.possible == {"d1", "d2", "d3"}


def test_a_group_that_cannot_be_read() -> None:
    include = reach(to("closed"))
    assert include.certain == set()
    assert include.possible == {"d1", "d2", "d3"}
    exclude = reach(ALL, to("closed", out=True))
    assert exclude.certain == set()
    assert exclude.possible == {"d1", "d2", "d3"}
    assert exclude.doubt is not None
    assert exclude.doubt.reason == "denied"


def test_members_whose_device_ids_are_hidden() -> None:
    found = reach(to("hidden"))
    assert "d1" in found.certain
    assert found.possible == {"d1", "d2", "d3"}
