from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from history_samples import finding

from scanner.errors import InputError
from scanner.notify import address, message, send


class Hook:
    """A webhook on loopback that keeps what it is told."""

    def __init__(self) -> None:
        self.status, self.location = 200, ""
        self.told: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.told.append(json.loads(body))
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/secret-path"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Hook()
    yield made
    made.close()


def told(**more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "fixed": 2,
        "open_": 7,
        "unread": 1,
        "score": "between 40 and 103 of 110",
        "organization": "Example <!channel>",
        "at": "2026-11-24T06:00:00Z",
        "full": False,
    }
    opened = [finding("ann"), finding("bob"), finding("x", severity="critical", rule="logs")]
    return message(opened, **(given | more))


def test_a_message_tells_rules_and_counts_and_no_names(hook: Hook) -> None:
    assert send(hook.url, told()) is None
    (found,) = hook.told
    assert found["text"].splitlines() == [
        "cmmc-scan for Example &lt;!channel&gt;: 3 new, 2 fixed, 7 open; between 40 and 103 of 110",
        "- critical: logs (IA.L2-3.5.3), 1 new",
        "- high: mfa (IA.L2-3.5.3), 2 new",
        "1 listings or details could not be read; what they hide is unknown.",
    ]
    assert (found["opened"], found["fixed"], found["open"]) == (3, 2, 7)
    assert "ann" not in json.dumps(found).replace("channel", "")
    assert "second factor" not in json.dumps(found)


def test_names_are_told_where_the_organization_said_so() -> None:
    (first, *_) = told(full=True)["findings"]
    assert (first["name"], first["target"]) == ("x", "prod")


def test_slack_gets_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []

    class Opener:
        def open(self, request: Any, timeout: float) -> Any:
            sent.append(request.data)
            raise OSError

    monkeypatch.setattr("urllib.request.build_opener", lambda *_: Opener())
    assert send("https://hooks.slack.com/services/T/B/x", told()) == "OSError"
    assert send("https://hooks.notslack.com/x", told()) == "OSError"
    assert set(json.loads(sent[0])) == {"text"}
    assert "findings" in json.loads(sent[1])


def test_a_redirect_is_not_followed_and_the_address_is_never_told(hook: Hook) -> None:
    hook.status, hook.location = 302, hook.url + "/elsewhere"
    assert send(hook.url, told()) == "it answered 302"
    assert len(hook.told) == 1
    hook.status = 500
    assert send(hook.url, told()) == "it answered 500"


def test_nobody_there() -> None:
    assert send("http://127.0.0.1:1/x", told()) == "ConnectionRefusedError"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://hooks.example/x",
        "http://127.0.0.1.example/x",
        "http://localhost.example/x",
        "ftp://127.0.0.1/x",
        "https://",
        "https://user:secret@hooks.example/x",
        "https://hooks.example/x\nHost: other",
        "file:///etc/passwd",
        "https://[::1/x",
        "https://hooks.example:port/x",
    ],
)
def test_only_https_or_loopback(url: str | None) -> None:
    with pytest.raises(InputError) as told_:
        address(url, "HOOK")
    assert "HOOK" in str(told_.value)
    assert "secret" not in str(told_.value)


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example/x", "http://127.0.0.1:80/x", "http://[::1]/x", "http://localhost/"],
)
def test_accepted_addresses(url: str) -> None:
    assert address(url, "HOOK") == url
