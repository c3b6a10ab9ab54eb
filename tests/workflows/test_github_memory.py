"""GitHub as the only memory: what it refuses is said and never taken for none; real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from github_model import Reply, problem
from test_lifecycle import ANN, BOB, CID, LOGS, MFA, Days, finding, unread

from scanner import code_scanning
from scanner.cli.lifecycle import policy
from scanner.errors import InputError


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    made = Days(tmp_path, "github")
    yield made
    assert made.server is not None
    made.server.close()


def texts(days: Days, target: str = "prod") -> dict[str, str]:
    """The messages of the category's last upload, by fingerprint."""
    path = days.made[target].path
    assert path is not None
    results = json.loads(path.read_bytes())["runs"][0]["results"]
    return {r["partialFingerprints"]["cmmcFinding/v1"]: r["message"]["text"] for r in results}


def test_where_github_knows_no_analysis_a_blind_upload_closes_nothing(days: Days) -> None:
    days.scan([unread(), ANN])
    assert days.made["prod"].path is not None
    assert days.words == []
    assert days.earlier is not None
    assert days.earlier.opened == {ANN.fingerprint}


REFUSALS = {
    "permission": (
        problem(403, "Resource not accessible by integration"),
        'refused (403 "Resource not accessible by integration"); the token needs the permission'
        " security-events: read",
    ),
    "disabled": (
        problem(403, "Code Security must be enabled for this repository to use code scanning."),
        "code scanning has to be enabled",
    ),
    "hidden": (problem(404, "Not Found"), "security-events: read"),
    "token": (problem(401, "Bad credentials"), "does not accept the token"),
    "limit": (problem(403, "API rate limit", x_ratelimit_remaining="0"), "asks to slow down"),
    "secondary": (problem(429, "Too many", Retry_After="900"), "asks to slow down (429"),
    "nonsense": (Reply(b"<html>"), "makes no sense"),
    "elsewhere": (Reply(b"", 302, {"Location": "file:///etc/passwd"}), "answered 302"),
    "next": (Reply(b"[]", 200, {"Link": '<https://other.example/>; rel="next"'}), "another host"),
    "short": (Reply(b"[]", 200, {"Content-Length": "99"}), "could not be reached"),
}


@pytest.mark.parametrize("kind", [k for k in REFUSALS if k != "short"])
def test_a_refused_list_is_not_an_empty_one(days: Days, kind: str) -> None:
    days.scan([ANN, BOB], targets=["prod", "lab"])
    reply, said = REFUSALS[kind]
    days.api.always["/analyses?"] = reply
    blind = unread()
    after = days.scan([blind, finding("zoe", target="lab", scope="aws:2")], targets=["prod", "lab"])
    (word,) = days.words
    assert said in word
    assert "example/defense at refs/heads/main" in word
    assert days.made["prod"].path is None
    assert said in (days.made["prod"].reason or "")
    assert days.made["lab"].path is not None, (
        "it was read, so that nothing is closed for want of it"
    )
    assert (after[ANN.fingerprint], after[BOB.fingerprint]) == ("open", "open")
    assert blind.fingerprint not in after
    assert days.earlier is not None
    assert days.earlier.removed == {}
    assert len(days.earlier.opened) == 1, "what GitHub does not tell counts as new"


def test_one_refused_category_leaves_the_others_their_memory(days: Days) -> None:
    zoe = finding("zoe", target="lab", scope="aws:2")
    days.scan([ANN, zoe], targets=["prod", "lab"])
    lab = next(a["id"] for a in days.github.analyses if a["category"] == "cmmc/lab")
    days.api.always[f"/analyses/{lab}"] = problem(403, "Resource not accessible by integration")
    blind = [unread(), unread(target="lab", scope="aws:2")]
    after = days.scan(blind, targets=["prod", "lab"])
    assert days.made["prod"].carried == 1
    assert days.made["lab"].path is None
    assert (after[ANN.fingerprint], after[zoe.fingerprint]) == ("open", "open")
    (word,) = days.words
    assert word.startswith("cmmc/lab: it refused (403")


@pytest.mark.parametrize("lack", ["results", "mark", "rule", "place", "json"])
def test_a_copy_that_lacks_something_carries_nothing(days: Days, lack: str) -> None:
    days.scan([ANN, BOB])
    number = next(a["id"] for a in days.github.analyses if a["category"] == "cmmc/prod")
    copy = days.github.copies[number]
    result = copy["runs"][0]["results"][0]
    if lack == "results":
        del copy["runs"][0]["results"][1]
    elif lack == "mark":
        result["partialFingerprints"] = {}
    elif lack == "rule":
        del result["ruleId"], result["rule"]
    elif lack == "place":
        result["locations"] = []
    else:
        copy["runs"] = "gone"
    after = days.scan([unread()])
    assert days.made["prod"].path is None
    assert len(days.words) == 1
    assert set(after.values()) == {"open"}


def test_a_busy_service_is_asked_again(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(code_scanning, "pause", waits.append)
    days.scan([ANN])
    days.api.faults = [
        ("/analyses?", problem(429, "Too many", Retry_After="7")),
        ("/analyses?", problem(503, "Service unavailable")),
        ("/analyses/", REFUSALS["short"][0]),
    ]
    assert days.scan([unread()])[ANN.fingerprint] == "open"
    assert waits == [7.0, 2.0]
    assert days.words == []
    assert days.made["prod"].carried == 1


@pytest.mark.parametrize("subjects", ["hashed", "full"])
def test_what_is_carried_keeps_its_name_and_its_day(days: Days, subjects: Any) -> None:
    days.subjects = subjects
    said = "unreadable since: A second factor."
    name = f"x_[a](b) {{c}}' when last seen at '2001-01-01T00:00:00Z', {said}"
    message = f"{name} can sign in without a second factor"
    odd = msgspec.structs.replace(ANN, name=name, message=message)
    days.scan([odd])
    days.scan([unread()])
    first = texts(days)
    days.scan([unread()])
    days.scan([unread()])
    assert texts(days) == first
    text = first[ANN.fingerprint]
    assert text.endswith(f"' when last seen at '2026-11-01T07:00:00Z', {said}")
    assert ("(b) {{c}}" in text) is (subjects == "full")
    assert text.startswith("Failed by 'resource " + ANN.fingerprint[:8]) is (subjects == "hashed")
    assert days.states() is None


def test_a_subject_that_could_not_be_told_is_carried_too(days: Days) -> None:
    days.scan([ANN])
    days.scan([finding("ann", "unknown", reason="denied", unread=("mfa_enforced",))])
    for _ in range(2):
        after = days.scan([unread()])
        assert after[ANN.fingerprint] == "open"
        assert "Could not tell for" in texts(days)[ANN.fingerprint]
    assert (
        days.github.alerts[("cmmc/prod", "mfa", "cmmc-scan.yaml", f"{ANN.fingerprint}:1")].history
        == []
    )


def test_a_listing_that_can_be_read_again_is_no_alert_any_more(days: Days) -> None:
    lost = unread()
    days.scan([ANN, lost])
    other = unread(scope="aws:2")
    after = days.scan([ANN, other])
    assert (after[lost.fingerprint], after[other.fingerprint]) == ("fixed", "open")


def test_where_it_was_made_stays(days: Days) -> None:
    made = msgspec.structs.replace(ANN, made_by="infra/main.tf:12")
    days.scan([made])
    before = set(days.github.alerts)
    days.scan([unread()])
    assert {key for key in days.github.alerts if key[3].startswith(ANN.fingerprint)} == before


def test_summarised_findings_cannot_be_carried(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.reports.github.SHOWN", 3)
    many = [finding(f"user{n}") for n in range(9)]
    days.scan(many)
    open_ = {key for key, state in days.github.states().items() if state == "open"}
    after = days.scan([unread()])
    assert days.made["prod"].path is None
    assert "more findings of mfa than it lists" in (days.made["prod"].reason or "")
    assert {key for key, state in after.items() if state == "open"} == open_
    days.scan([*many, unread("logs")])
    assert days.made["prod"].path is not None, "the rule itself was read"


def test_a_target_of_another_configuration_is_left_alone(days: Days) -> None:
    zoe = finding("zoe", target="lab", scope="aws:2")
    days.scan([ANN, zoe], targets=["prod", "lab"])
    lab = next(a["id"] for a in days.github.analyses if a["category"] == "cmmc/lab")
    for result in days.github.copies[lab]["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        place["uri"] = "other/cmmc-scan.yaml"
    after = days.scan([ANN])
    assert after[zoe.fingerprint] == "open"
    assert "lab is not in the configuration" in days.words[0]
    assert days.earlier is not None
    assert days.earlier.removed == {}


def test_a_removed_target_is_closed_once(days: Days) -> None:
    zoe = finding("zoe", target="lab", scope="aws:2")
    days.scan([ANN, zoe], targets=["prod", "lab"])
    days.scan([ANN])
    assert days.made["lab"].results == 0
    days.scan([ANN])
    assert "lab" not in days.made


def test_the_newest_good_analysis_of_this_branch_counts(days: Days) -> None:
    days.scan([ANN, BOB])
    run = days.github.copies[next(iter(days.github.copies))]
    days.scan([ANN])
    newest = days.github.analyses[-1]
    log = {**run, "runs": [{**run["runs"][0], "results": []}]}
    for changed in ({"ref": "refs/heads/other"}, {"error": "error reading field xyz"}):
        number = 201 + len(days.github.analyses)
        days.github.analyses.append({**newest, "id": number, "category": "cmmc/prod", **changed})
        days.github.copies[number] = log
    after = days.scan([unread()])
    assert after[ANN.fingerprint] == "open"
    assert days.made["prod"].carried == 1


def test_a_long_list_is_read_page_by_page(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    days.scan([ANN])
    first = days.github.analyses[0]
    assert first["category"] == "cmmc/_organization"
    for _ in range(250):
        number = 201 + len(days.github.analyses)
        days.github.analyses.append({**first, "id": number, "category": "cmmc/_organization"})
        days.github.copies[number] = days.github.copies[201]
    days.api.asked.clear()
    assert days.scan([unread()])[ANN.fingerprint] == "open"
    assert [path.partition("page=")[0] != path for path in days.api.asked].count(True) == 3
    assert days.made["prod"].carried == 1
    monkeypatch.setattr(code_scanning, "PAGES", 1)
    for _ in range(100):
        number = 201 + len(days.github.analyses)
        days.github.analyses.append({**first, "id": number, "category": "cmmc/_organization"})
        days.github.copies[number] = days.github.copies[201]
    days.scan([unread()])
    assert days.made["prod"].path is None
    assert "more analyses than were looked through" in (days.made["prod"].reason or "")


def test_a_part_of_the_rules_calls_nothing_gone(days: Days) -> None:
    days.scan([ANN, finding("log", rule="logs")])
    days.scan([ANN], rules=[MFA], whole=False)
    assert days.earlier is not None
    assert days.earlier.absent == []
    days.scan([ANN], rules=[MFA, LOGS])
    assert [f.rule for f in days.earlier.absent] == ["logs"]


def test_new_only_needs_no_history(days: Days) -> None:
    days.scan([ANN, BOB])
    days.scan([ANN, CID, finding("bob", "unknown")])
    assert days.earlier is not None
    assert days.earlier.opened == {CID.fingerprint}


class Elsewhere:
    """A host that writes down with which headers it is asked."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.headers.append(dict(self.headers))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"[]")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/moved"


def test_the_token_goes_to_no_other_host(days: Days) -> None:
    other = Elsewhere()
    assert days.server is not None
    days.api.faults = [("/analyses?", Reply(b"", 307, {"Location": other.url}))]
    days.scan([ANN])
    assert len(other.headers) == 1
    assert "Authorization" not in other.headers[0]
    # a renamed repository answers from the same host, which needs the token
    query = "?ref=refs/heads/main&tool_name=cmmc-scan&per_page=100&direction=desc"
    moved = f"{days.server.url}/repositories/7/code-scanning/analyses{query}"
    days.api.faults = [
        ("/example/defense/code-scanning/analyses?", Reply(b"", 301, {"Location": moved}))
    ]
    assert days.scan([unread()])[ANN.fingerprint] == "open"
    assert days.words == []
    other.server.shutdown()
    other.server.server_close()


GIVEN = {
    "GITHUB_REPOSITORY": "example/defense",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_TOKEN": "t",
    "GITHUB_API_URL": "https://github.example/api/v3/",
}


def test_the_environment_names_the_repository() -> None:
    found = code_scanning.repository(GIVEN)
    assert (found.api, found.name) == ("https://github.example/api/v3", "example/defense")
    rest = {k: v for k, v in GIVEN.items() if k not in ("GITHUB_TOKEN", "GITHUB_API_URL")}
    found = code_scanning.repository({**rest, "GH_TOKEN": "other"})
    assert (found.api, found.token) == ("https://api.github.com", "other")


@pytest.mark.parametrize(("name", "value"), [
    ("GITHUB_REPOSITORY", ""),
    ("GITHUB_REPOSITORY", "a/b/../../user"),
    ("GITHUB_REF", "main"),
    ("GITHUB_TOKEN", ""),
    ("GITHUB_TOKEN", "a\r\nX-Other: b"),
    ("GITHUB_API_URL", "http://github.example/api/v3"),
    ("GITHUB_API_URL", "https://u:p@github.example"),
])  # fmt: skip
def test_what_is_missing_is_named_before_anything_is_read(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GH_TOKEN", raising=False)
    for each, given in {**GIVEN, name: value}.items():
        monkeypatch.setenv(each, given)
    with pytest.raises(InputError, match=name) as caught:
        policy(None, "github")
    assert "X-Other" not in str(caught.value)


def test_a_file_may_be_called_github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "github").write_bytes(b"")
    assert policy(None, "./github").before == []
