"""What GitHub code scanning knows of earlier uploads: each category's last analysis, read only.

docs.github.com/rest/code-scanning: `GET /repos/{owner}/{repo}/code-scanning/analyses` (newest
first, 100 a page) and `GET …/analyses/{id}` as `application/sarif+json`. Both take the permission
security-events: read. A repository without any analysis answers 404 "no analysis found"; whatever
else is not 200 tells nothing, and nothing is not the same as none.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Mapping
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO
from urllib.parse import urlencode, urlsplit

import msgspec

from scanner.address import fit, names_user
from scanner.errors import InputError

TIMEOUT_SECONDS = 30.0
"""For the connection and for each read; an answer as a whole may take four times as long."""
PAGES = 100
"""Pages of 100 analyses that are looked through: a year of ten targets has 37."""
ANSWER_BYTES = 256 * 1024 * 1024
WAIT_SECONDS = 60.0
"""Longer than this nobody waits for a service that asks to slow down."""
TRIES = 3

_JSON = "application/vnd.github+json"
_SARIF = "application/sarif+json"
_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel="next"')
_NEEDED = "the token needs the permission security-events: read"


class Untold(Exception):
    """GitHub did not answer; the words say how, and what is missing. They never hold the token."""


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """Where the analyses are."""

    api: str
    """Base URL, such as https://api.github.com or https://HOST/api/v3."""
    name: str
    """owner/name"""
    ref: str
    """refs/heads/main: what the analyses are of."""
    token: str


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """One analysis, as far as it is used; the names are GitHub's."""

    id: int
    ref: str
    created_at: str
    error: str
    results_count: int
    category: str = ""


class _Problem(msgspec.Struct):
    message: str = ""


_LIST = msgspec.json.Decoder(list[Analysis])
_PROBLEM = msgspec.json.Decoder(_Problem)


def repository(environment: Mapping[str, str]) -> Repository:
    """The repository that a workflow runs for, by GitHub's own variables. Raises InputError."""
    name = environment.get("GITHUB_REPOSITORY", "")
    ref = environment.get("GITHUB_REF", "")
    token = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or ""
    api = (environment.get("GITHUB_API_URL") or "https://api.github.com").rstrip("/")
    wrong = {
        "GITHUB_REPOSITORY (owner/name)": not re.fullmatch(r"[\w.-]+/[\w.-]+", name, re.ASCII),
        "GITHUB_REF (refs/heads/…)": not re.fullmatch(r"refs/\S+", ref),
        "GITHUB_TOKEN or GH_TOKEN": not re.fullmatch(r"[!-~]+", token),
        "GITHUB_API_URL (https)": not _acceptable(api),
    }
    if any(wrong.values()):
        missing = ", ".join(variable for variable, bad in wrong.items() if bad)
        raise InputError(
            f"--baseline github: missing or not usable in the environment: {missing}; a workflow"
            " has all but the token, which it hands on as GITHUB_TOKEN: ${{ github.token }}"
        )
    return Repository(api=api, name=name, ref=ref, token=token)


def newest(
    asked: Repository, tool: str, wanted: Collection[str], since: str
) -> tuple[dict[str, Analysis], bool]:
    """(the newest analysis without an error of each category, whether the list was read whole).

    It is read until every wanted category is found and what follows is older than `since` (UTC), so
    that categories that nobody wants any more show up, too. A category that the list lacks has no
    analysis if it was read whole. Categories carry no slash at their end. Raises Untold.
    """
    query = {"ref": asked.ref, "tool_name": tool, "per_page": 100, "direction": "desc"}
    url: str | None = f"{_analyses(asked)}?{urlencode(query)}"
    found: dict[str, Analysis] = {}
    for _ in range(PAGES):
        if url is None:
            return found, True
        content, link = _get(asked, url, _JSON, none="no analysis found")
        if content is None:
            return found, True
        try:
            page = _LIST.decode(content)
        except msgspec.MsgspecError as error:
            raise Untold(f"its list of analyses makes no sense: {error}") from None
        for analysis in page:
            if not analysis.error and analysis.ref == asked.ref:
                found.setdefault(analysis.category.rstrip("/"), analysis)
        if page and page[-1].created_at < since and found.keys() >= set(wanted):
            return found, True
        url = link
    return found, url is None


def sarif(asked: Repository, analysis: Analysis) -> bytes:
    """The analysis as GitHub keeps it: a subset of what was uploaded. Raises Untold."""
    content, _ = _get(asked, f"{_analyses(asked)}/{analysis.id}", _SARIF)
    if content is None:
        raise Untold(f"analysis {analysis.id} is gone")
    return content


def _analyses(asked: Repository) -> str:
    return f"{asked.api}/repos/{asked.name}/code-scanning/analyses"


def _acceptable(url: str) -> bool:
    """https, or plain http on loopback, and no credentials in it."""
    return fit(url) and not names_user(url)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


class _Follow(urllib.request.HTTPRedirectHandler):
    """A renamed repository answers with its new address. The token goes to no other host."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not _acceptable(newurl):
            return None
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None and _origin(newurl) != _origin(req.full_url):
            request.remove_header("Authorization")
        return request


pause: Callable[[float], None] = time.sleep


def _get(
    asked: Repository, url: str, accept: str, none: str | None = None
) -> tuple[bytes | None, str | None]:
    """(body, address of the next page); the body null where a 404 says `none`. Raises Untold."""
    request = urllib.request.Request(
        url,
        headers={
            "Accept": accept,
            "Authorization": f"Bearer {asked.token}",
            "User-Agent": "cmmc-scan",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    opener = urllib.request.build_opener(_Follow)
    for left in reversed(range(TRIES)):
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                content = _whole(answer)
                return content, _next(answer.headers.get("Link", ""), url)
        except urllib.error.HTTPError as error:
            said = _said(error)
            if error.code == 404 and none is not None and said == none:
                return None, None
            wait = _wait(error) if left else None
            if wait is None:
                raise Untold(_words(error, said)) from None
            pause(wait)
        except (OSError, HTTPException, ValueError) as error:
            cause = getattr(error, "reason", None)
            name = type(cause if isinstance(cause, Exception) else error).__name__
            if not left:
                raise Untold(f"it could not be reached ({name})") from None
    raise AssertionError("unreachable")


def _whole(answer: HTTPResponse) -> bytes:
    """The body; raises Untold for one that is too long or too slow, OSError for a broken one."""
    until = time.monotonic() + 4 * TIMEOUT_SECONDS
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read1(1 << 20):
        pieces.append(piece)
        size += len(piece)
        if size > ANSWER_BYTES:
            raise Untold(f"its answer is longer than {ANSWER_BYTES >> 20} MiB")
        if time.monotonic() > until:
            raise Untold("its answer did not end in time")
    announced = answer.headers.get("Content-Length")
    if announced is not None and announced.isdecimal() and size < int(announced):
        raise ConnectionError("the answer broke off")
    return b"".join(pieces)


def _next(link: str, url: str) -> str | None:
    """The next page, which has to be at the same host."""
    match = _NEXT.search(link)
    if match is None:
        return None
    if _origin(match[1]) != _origin(url):
        raise Untold("its next page is at another host")
    return match[1]


def _said(error: urllib.error.HTTPError) -> str:
    """GitHub's own words for a refusal, made harmless."""
    try:
        text = _PROBLEM.decode(error.read(65_536)).message
    except (OSError, HTTPException, msgspec.MsgspecError):
        return ""
    return "".join(c if c.isprintable() else " " for c in text)[:200].strip()


def _wait(error: urllib.error.HTTPError) -> float | None:
    """Seconds until the next try, or null: there is none to be made."""
    after = error.headers.get("Retry-After", "")
    if error.code in (403, 429) and after.isdecimal():
        return float(after) if float(after) <= WAIT_SECONDS else None
    return 2.0 if error.code in (429, 500, 502, 503, 504) else None


def _words(error: urllib.error.HTTPError, said: str) -> str:
    quoted = f" {json.dumps(said, ensure_ascii=False)}" if said else ""
    slow = error.code == 429 or error.headers.get("Retry-After") is not None
    if slow or error.headers.get("x-ratelimit-remaining") == "0":
        return f"it asks to slow down ({error.code}{quoted}); scan again later"
    if error.code == 401:
        return f"it does not accept the token (401{quoted})"
    if error.code == 403:
        return f"it refused (403{quoted}); {_NEEDED}, and code scanning has to be enabled"
    if error.code == 404:
        return f"it does not show them (404{quoted}); {_NEEDED}"
    return f"it answered {error.code}{quoted}"
