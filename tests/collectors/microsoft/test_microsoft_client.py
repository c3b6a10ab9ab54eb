"""The client: what it sends, how it waits, where it follows links, what an answer means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from microsoft_collectors import COLLECTORS, Read

import scanner
from scanner.collectors.base import Refused
from scanner.collectors.microsoft.arm import version_of
from scanner.collectors.microsoft.client import READ_ONLY_POSTS, Client, Limits
from scanner.collectors.microsoft.cloud import CLOUDS, cloud_named
from scanner.collectors.microsoft.operations import fill, is_arm, split
from scanner.collectors.microsoft.permissions import FORMATS, commands, grants
from scanner.collectors.microsoft.throttling import retry_after
from scanner.collectors.microsoft.times import days_since, days_until, moment
from scanner.demo.microsoft import Emulator, Tenant
from scanner.errors import Defect, InputError

OP = "GET /users"


@pytest.fixture
def small() -> Iterator[Emulator]:
    users = [{"id": str(n), "displayName": f"user {n}"} for n in range(7)]
    with Emulator(Tenant("t", graph={"/users": users}), page_size=3) as running:
        yield running


def client(emulator: Emulator, waits: list[float] | None = None, token: str = "t") -> Client:
    """A client whose waiting only moves a clock."""
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds
        if waits is not None:
            waits.append(seconds)

    return Client(
        emulator.endpoint,
        lambda: token,
        cloud_named("gcc-high", emulator.endpoint),
        limits=Limits(read=2.0),
        sleep=sleep,
        clock=lambda: clock[0],
    )


def listed(one: Client) -> list[dict[str, Any]]:
    return list(one.pages(OP, "/v1.0/users", {"$select": "id"}, permission="User.Read.All"))


def refusal(one: Client) -> Refused:
    with pytest.raises(Refused) as caught:
        listed(one)
    return caught.value


def test_pages_to_the_end(small: Emulator) -> None:
    assert [user["id"] for user in listed(client(small))] == [str(n) for n in range(7)]
    assert len(small.calls) == 3


def test_waits_as_long_as_it_is_told(small: Emulator) -> None:
    small.faults.add("/users", "throttled", times=2)
    waits: list[float] = []
    assert len(listed(client(small, waits))) == 7
    assert waits == [pytest.approx(0.02), pytest.approx(0.02)]


def test_waiting_has_a_budget(small: Emulator) -> None:
    small.faults.add("/users", "throttled-for-long")
    waits: list[float] = []
    refused = refusal(client(small, waits))
    assert refused.reason == "throttled"
    assert waits == []


@pytest.mark.parametrize(
    ("fault", "reason", "fatal"),
    [
        ("denied", "denied", False),
        ("unlicensed", "unlicensed", False),
        ("expired", "credentials", True),
        ("broken", "broken", False),
        ("not-found", "broken", False),
        ("absent", "not-in-this-cloud", False),
        ("error", "broken", False),
        ("cut-off", "truncated", False),
        ("foreign-link", "truncated", False),
    ],
)
def test_what_an_answer_means(small: Emulator, fault: str, reason: str, fatal: bool) -> None:
    small.faults.add("/users", fault)
    refused = refusal(client(small))
    assert (refused.reason, refused.fatal) == (reason, fatal)
    assert refused.permission == ("User.Read.All" if reason == "denied" else None)


def test_no_answer_at_all(small: Emulator) -> None:
    one = client(small)
    small.stop()
    assert refusal(one).reason == "unreachable"


def test_a_server_that_hangs(small: Emulator) -> None:
    small.faults.add("/users", "hang")
    one = Client(small.endpoint, lambda: "t", cloud_named("dod"), limits=Limits(read=0.2))
    assert refusal(one).reason == "timeout"


def test_a_token_never_leaves_for_another_host(small: Emulator) -> None:
    small.faults.add("/users", "foreign-link")
    refused = refusal(client(small))
    assert "elsewhere" in refused.detail
    assert len(small.calls) == 1


def test_it_does_not_write(small: Emulator) -> None:
    with pytest.raises(Defect, match="no read-only POST"):
        client(small).post("POST /users", "/v1.0/users", {})


def test_retry_after_comes_in_three_forms() -> None:
    assert retry_after("2.128") == 2.128
    assert retry_after("7") == 7
    assert retry_after(None) is None
    assert retry_after("nonsense") is None
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_times() -> None:
    now = "2026-11-24T07:00:00Z"
    assert days_since("2026-11-23T08:00:00Z", now) == 0
    assert days_since("2026-11-20T08:00:00.1234567Z", now) == 3
    assert days_until("2026-11-25T08:00:00+00:00", now) == 1
    assert moment("0001-01-01T00:00:00Z") is None
    assert days_since(None, now) is None


def test_ids_cannot_change_a_path() -> None:
    assert fill("/groups/{id}/members", ("a/../b",)) == "/groups/a%2F..%2Fb/members"
    assert fill("/{resource}/x", ("/subscriptions/1/a",)) == "/subscriptions/1/a/x"
    with pytest.raises(Defect):
        fill("/groups/{id}", ())


def every_operation() -> set[tuple[str, str]]:
    return {
        pair
        for collector in COLLECTORS.values()
        for source in collector.sources
        for pair in source.needs(source.serves)
    }


def test_every_declared_operation_reads() -> None:
    for operation, permission in every_operation():
        method, path = split(operation)
        assert method == "GET" or operation in READ_ONLY_POSTS
        assert "Write" not in permission
        if is_arm(path):
            assert permission.lower().endswith("/read"), permission
            version_of(operation)
        else:
            assert re.fullmatch(r"[A-Za-z-]+\.Read[A-Za-z]*\.[A-Za-z]+", permission), permission


def test_one_place_of_hosts() -> None:
    """No host of a Microsoft cloud stands anywhere but in the table of clouds."""
    hosts = re.compile(
        r"graph\.microsoft\.|login\.microsoftonline|management\.(azure\.com|usgovcloudapi)|"
        r"usgovcloudapi\.net|\.windows\.net"
    )
    root = Path(scanner.__file__).parent
    found = [
        str(path)
        for path in root.rglob("*.py")
        if path.name != "cloud.py" and hosts.search(path.read_text(encoding="utf-8"))
    ]
    # A type's name in a payload is no host.
    assert [f for f in found if not _only_types(Path(f), hosts)] == []


def _only_types(path: Path, hosts: re.Pattern[str]) -> bool:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"#?microsoft\.graph\.\w+", "", text)
    return not hosts.search(text)


def test_clouds() -> None:
    assert CLOUDS["gcc-high"].graph_scope == f"{CLOUDS['gcc-high'].graph}/.default"
    assert CLOUDS["gcc"].graph == CLOUDS["commercial"].graph
    assert CLOUDS["dod"].graph != CLOUDS["gcc-high"].graph
    assert CLOUDS["dod"].arm == CLOUDS["gcc-high"].arm
    assert len({c.authority for c in CLOUDS.values()}) == 2
    with pytest.raises(InputError, match="one of commercial"):
        cloud_named("moon")


def test_a_token_of_another_tenant_is_refused(read: Read) -> None:
    snapshot = read("entra", tenant="11111111-2222-3333-4444-555555555555")
    assert {gap.reason for gap in snapshot.gaps.values()} == {"credentials"}


def test_a_tenant_can_be_named_by_its_domain(read: Read) -> None:
    snapshot = read("m365", tenant="halyard.example")
    assert {line.scope.partition(":")[0] for line in snapshot.ledger} == {"m365"}
    assert not any(line.scope.endswith("example") for line in snapshot.ledger)


def test_a_token_variable_that_is_not_set(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_TOKEN")
    with pytest.raises(InputError, match="TEST_TOKEN"):
        read("m365")


def test_every_listing_is_selected(read: Read, emulator: Emulator) -> None:
    emulator.answers.unselected.clear()
    for provider in COLLECTORS:
        read(provider)
    # Properties of derived types cannot be selected on their base.
    assert set(emulator.answers.unselected) == {
        "/deviceManagement/deviceCompliancePolicies",
        "/deviceManagement/deviceConfigurations",
        "/identity/conditionalAccess/namedLocations",
    }


def everything(provider: str) -> list[tuple[Any, frozenset[str]]]:
    return [(source, source.serves) for source in COLLECTORS[provider].sources]


def test_permissions_are_derived() -> None:
    entra = grants(everything("entra"))
    assert "User.Read.All" in entra.application
    assert entra.scopes == ("/providers/microsoft.aadiam",)
    azure = grants(everything("azure"))
    assert azure.application == {}
    assert azure.scopes == ("/subscriptions/{subscription}",)
    lines = commands(entra, "gcc-high", app="abc")
    assert lines[0] == "az cloud set --name AzureUSGovernment"
    assert any("admin-consent --id abc" in line for line in lines)
    assert grants([]).application == {}
    for name, write in FORMATS.items():
        text = write(everything("intune"))
        assert "DeviceManagementConfiguration.Read.All" in text, name


def test_a_plan_reads_no_more_than_it_needs(read: Read, emulator: Emulator) -> None:
    from scanner.collect.plan import Want

    emulator.calls.clear()
    read("entra", wants=[Want("identity.policy", frozenset({"guest_invite"}), lambda fact: True)])
    assert emulator.calls == [
        "GET /v1.0/organization",
        "GET /v1.0/policies/authorizationPolicy",
    ]
