"""Answers that say less, or say it otherwise, than a first reading would take them for."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.base import Refused
from scanner.collectors.microsoft.batch import batch
from scanner.collectors.microsoft.client import Answer, Client, Limits
from scanner.collectors.microsoft.cloud import cloud_named
from scanner.collectors.microsoft.errors import refusal

OP = "GET /users"
ARM = "https://management.usgovcloudapi.net"


class Scripted(Client):
    """A client of Resource Manager that gives prepared answers and waits in no time."""

    def __init__(self, *answers: Answer) -> None:
        self.waits: list[float] = []
        super().__init__(
            ARM,
            lambda: "t",
            cloud_named("gcc-high"),
            limits=Limits(),
            sleep=self.waits.append,
            clock=lambda: sum(self.waits),
        )
        self.answers = list(answers)

    def _once(self, *_: Any) -> Answer:
        return self.answers.pop(0)


def ok(body: dict[str, Any]) -> Answer:
    return Answer(200, {}, body)


def listed(*answers: Answer) -> list[dict[str, Any]]:
    return list(Scripted(*answers).pages(OP, "/subscriptions"))


@pytest.mark.parametrize("link", ["", None])
def test_an_empty_link_is_the_end(link: str | None) -> None:
    assert listed(ok({"value": [{"id": "1"}], "nextLink": link})) == [{"id": "1"}]


@pytest.mark.parametrize("host", ["https://management.usgovcloudapi.net:443", ARM.upper(), ARM])
def test_a_link_that_names_the_port_stays_at_home(host: str) -> None:
    host = host.replace("HTTPS", "https")
    first = ok({"value": [{"id": "1"}], "nextLink": f"{host}/subscriptions?page=2"})
    assert len(listed(first, ok({"value": [{"id": "2"}]}))) == 2


@pytest.mark.parametrize(
    "link",
    [
        "https://management.usgovcloudapi.net:8443/x",
        "http://management.usgovcloudapi.net/x",
        "https://management.usgovcloudapi.net.example/x",
        "https://management.usgovcloudapi.net:99999/x",
    ],
)
def test_a_link_to_elsewhere_is_not_followed(link: str) -> None:
    with pytest.raises(Refused, match="leads elsewhere"):
        listed(ok({"value": [], "nextLink": link}))


def test_a_page_may_be_empty_and_not_the_last() -> None:
    first = ok({"value": [], "nextLink": f"{ARM}/subscriptions?page=2"})
    assert listed(first, ok({"value": [{"id": "2"}]})) == [{"id": "2"}]


def replies(*found: tuple[int, dict[str, Any]], first: int = 0) -> Answer:
    return ok(
        {
            "responses": [
                {"id": str(first + n), "status": status, "headers": {}, "body": body}
                for n, (status, body) in enumerate(found)
            ]
        }
    )


GRAPH = "GET /users/{id}"


def test_what_fails_in_a_batch_for_a_moment_is_tried_again() -> None:
    one = Scripted(replies((503, {}), (200, {"id": "b"})), replies((200, {"id": "a"})))
    found = batch(one, GRAPH, [("a",), ("b",)], None, "User.Read.All")
    assert found == {("a",): {"id": "a"}, ("b",): {"id": "b"}}
    assert one.waits == [1.0]


def test_what_fails_in_a_batch_for_good_keeps_its_own_reason() -> None:
    one = Scripted(*[replies((504, {}))] * 4)
    found = batch(one, GRAPH, [("a",)], None, "User.Read.All")[("a",)]
    assert isinstance(found, Refused)
    assert found.reason == "timeout"


@pytest.mark.parametrize(
    ("status", "code", "words", "reason"),
    [
        (404, "Subscription Not Registered", "Please register to Microsoft.Security",
         "not-supported"),
        (409, "MissingSubscriptionRegistration", "not registered to use namespace",
         "not-supported"),
        (400, "AadPremiumLicenseRequired", "needs Microsoft Entra ID P2", "unlicensed"),
        (403, "AuthorizationFailed", "does not have authorization", "denied"),
        (404, "ResourceNotFound", "was not found", "broken"),
    ],
)  # fmt: skip
def test_a_service_that_was_never_switched_on(
    status: int, code: str, words: str, reason: str
) -> None:
    body = {"error": {"code": code, "message": words}}
    assert refusal(status, body, OP, None, cloud_named("gcc-high")).reason == reason
