"""A webhook told what is new: plain JSON that Slack's and compatible services take as it is.

The address is a secret and comes from an environment variable. A message names rules and counts;
names of resources only where the organisation said that they may leave (`github: {subjects:
full}`), since findings about the assessment scope are security protection data (32 CFR 170.4).
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from scanner.address import fit, names_user
from scanner.errors import InputError
from scanner.findings import Finding
from scanner.history.store import SEVERITIES

TIMEOUT_SECONDS = 10.0
SHOWN = 20
"""Rules named in one message."""

_SLACK = re.compile(r"(.+\.)?slack(-gov)?\.com")


def address(url: str | None, variable: str) -> str:
    """A webhook's URL, checked. Raises InputError, which never shows it."""
    if not url:
        raise InputError(f"--notify {variable}: this environment variable is not set")
    if not fit(url):
        raise InputError(
            f"--notify {variable}: its value is no https:// URL; plain http is accepted on"
            " loopback only"
        )
    if names_user(url):
        raise InputError(f"--notify {variable}: a URL with a user name is not accepted")
    return url


def message(
    opened: Iterable[Finding],
    *,
    fixed: int,
    open_: int,
    unread: int,
    score: str,
    organization: str,
    at: str,
    full: bool,
) -> dict[str, Any]:
    """What is new, as JSON: `text` for people, the rest for programs.

    opened: the failures that were not open before. full: their names may be told.
    """
    found = sorted(opened, key=lambda f: (SEVERITIES.index(f.severity), f.rule, f.fingerprint))
    counts = Counter((f.severity, f.rule, f.practice) for f in found)
    title = f"cmmc-scan{f' for {organization}' if organization else ''}"
    lines = [
        f"{title}: {len(found)} new, {fixed} fixed, {open_} open; {score}",
        *(
            f"- {severity}: {rule} ({practice}), {count} new"
            for (severity, rule, practice), count in list(counts.items())[:SHOWN]
        ),
    ]
    if len(counts) > SHOWN:
        lines.append(f"- and {len(counts) - SHOWN} more rules")
    if unread:
        lines.append(f"{unread} listings or details could not be read; what they hide is unknown.")
    return {
        "text": "\n".join(_plain(line) for line in lines),
        "schema": 1,
        "at": at,
        "opened": len(found),
        "fixed": fixed,
        "open": open_,
        "unread": unread,
        "score": score,
        "findings": [_told(finding, full) for finding in found[: 5 * SHOWN]],
    }


def _told(finding: Finding, full: bool) -> dict[str, str]:
    told = {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "practice": finding.practice,
        "severity": finding.severity,
    }
    if full:
        told |= {"target": finding.target or "", "name": finding.name, "message": finding.message}
    return told


def _plain(line: str) -> str:
    """Slack reads &, < and > (docs.slack.dev: formatting message text): a name may not use them."""
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _Stay(urllib.request.HTTPRedirectHandler):
    """A webhook that moved is a webhook that somebody has to look at."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def send(url: str, content: dict[str, Any]) -> str | None:
    """POST the message. Returns why it failed, in words that never hold the address, or null.

    A Slack address gets only `text`, since Slack refuses a message with fields that it does not
    know.
    """
    if _SLACK.fullmatch(urlsplit(url).hostname or ""):
        content = {"text": content["text"]}
    request = urllib.request.Request(
        url,
        data=json.dumps(content, sort_keys=True).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "cmmc-scan"},
        method="POST",
    )
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read(1024)
    except urllib.error.HTTPError as error:
        return f"it answered {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        cause = getattr(error, "reason", None)
        return type(cause if isinstance(cause, Exception) else error).__name__
    return None
