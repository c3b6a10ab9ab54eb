"""Who is in a group, and when a list that came empty is no answer."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.base import Refused
from scanner.collectors.microsoft.graph import GROUP, GROUP_MEMBERS, Members, group_members

NONE: frozenset[str] = frozenset()


class Place:
    """A place that answers batches from a table."""

    def __init__(self, answers: dict[str, dict[str, Any] | Refused]) -> None:
        self.answers, self.kept, self.asked = answers, {}, []

    def once(self, key: Any, make: Any) -> Any:
        return self.kept.setdefault(key, make())

    def batch(self, operation: str, ids: list[tuple[str, ...]], query: Any) -> Any:
        self.asked += [(operation, *one) for one in ids]
        return {one: self.answers[f"{operation} {one[0]}"] for one in ids}


def read(members: Any, group: Any = None) -> Members | Refused:
    place = Place({f"{GROUP_MEMBERS} g": members, f"{GROUP} g": group})
    return group_members(place, ["G"])["g"]


USER = {"@odata.type": "#microsoft.graph.user", "id": "U"}


def test_members_by_their_kind() -> None:
    device = {"@odata.type": "#microsoft.graph.device", "id": "o", "deviceId": "D"}
    app = {"@odata.type": "#microsoft.graph.servicePrincipal", "id": "S"}
    found = read({"value": [USER, device, app]})
    assert found == Members(frozenset({"u"}), frozenset({"s"}), frozenset({"d"}))


@pytest.mark.parametrize("visibility", [None, "Public", "Private"])
def test_an_empty_group_is_empty(visibility: str | None) -> None:
    assert read({"value": []}, {"id": "g", "visibility": visibility}) == Members(NONE, NONE, NONE)


def test_hidden_members_are_not_nobody() -> None:
    found = read({"value": []}, {"id": "g", "visibility": "HiddenMembership"})
    assert isinstance(found, Refused)
    assert (found.reason, found.permission) == ("denied", "Member.Read.Hidden")


def test_a_group_whose_kind_cannot_be_read_is_not_empty() -> None:
    assert isinstance(read({"value": []}, Refused("denied", GROUP)), Refused)


def test_a_deleted_group_has_no_members() -> None:
    gone = Refused("broken", GROUP_MEMBERS, "HTTP 404 Request_ResourceNotFound: gone")
    still = Refused("broken", GROUP, "HTTP 404 Request_ResourceNotFound: gone")
    assert read(gone, still) == Members(NONE, NONE, NONE)
    assert isinstance(read(Refused("broken", GROUP_MEMBERS, "HTTP 404")), Refused)


def test_a_member_without_a_type_is_no_answer() -> None:
    assert isinstance(read({"value": [{"id": "u"}]}), Refused)
