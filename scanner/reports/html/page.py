"""The frame of the page: head, contents, assets, and the policy that lets nothing else in."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from scanner.reports.html.elements import Html, el, join

SCRIPTS = (
    "data.js",
    "address.js",
    "list.js",
    "findings.js",
    "practices.js",
    "paper.js",
    "start.js",
)

SECTIONS = (
    ("answer", "Answer"),
    ("domains", "Domains"),
    ("unseen", "Not seen"),
    ("findings", "Findings"),
    ("practices", "Requirements"),
    ("stating", "To state"),
    ("iso", "ISO 27001"),
    ("poam", "POA&M"),
    ("evidence", "Evidence"),
)


@cache
def style() -> str:
    """The page's style sheet."""
    return _asset("page.css")


@cache
def script() -> str:
    """The page's script: every part, in its order."""
    return '"use strict";\n' + "\n".join(_asset(name) for name in SCRIPTS)


def _asset(name: str) -> str:
    return (Path(__file__).parent / "assets" / name).read_text(encoding="utf-8")


def policy() -> str:
    """What the page may load and run: its own style and script by hash, and nothing else.

    Trusted Types are required without any policy: no text can become markup by any script.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hashed(style())}",
            f"script-src {_hashed(script())}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hashed(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def opening(title: str, version: str) -> Html:
    """Everything up to the first section."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy()),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("meta", name="generator", content=f"cmmc-scan {version}"),
        el("title", title),
        el("style", Html(style())),
    )
    contents = el(
        "nav",
        el("p", "cmmc-scan report", class_="brand"),
        el("ul", [el("li", el("a", words, href=f"#{name}")) for name, words in SECTIONS]),
        aria_label="Contents",
        class_="contents",
    )
    return Html(
        '<!doctype html>\n<html lang="en">\n'
        + head
        + "\n<body>\n"
        + join(el("a", "Skip to the answer", href="#answer", class_="skip"), contents)
        + '\n<main id="main">\n'
    )


def closing(version: str, as_of: str) -> Html:
    """What ends the visible page."""
    return join(
        Html("</main>\n"),
        el("footer", el("p", f"Made by cmmc-scan {version}, judged as of {as_of}. This file loads "
                        "nothing and sends nothing.")),
        Html("\n"),
    )  # fmt: skip


def ending() -> bytes:
    """The script, and the end of the file."""
    return f"<script>{script()}</script>\n</body>\n</html>\n".encode()
