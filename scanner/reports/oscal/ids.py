"""Names and values in OSCAL: identifiers that stay from scan to scan, and texts that fit its types.

Every UUID is made from what it names (version 5), so the same thing has the same one in every scan
and in every document.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from scanner.reports.sarif_text import harmless, visible

VERSION = "1.2.1"
NS = "urn:cmmc-scan:oscal:1"
"""The namespace of our own property names."""
TEXT_LIMIT = 8192
_SPACE = uuid5(NAMESPACE_URL, NS)


def uid(kind: str, *parts: str) -> str:
    """The UUID of one thing: `uid("subject", scope, subject)`."""
    return str(digest(kind, *parts))


def digest(kind: str, *parts: str) -> UUID:
    """The same as a UUID object, whose 16 bytes are cheaper to keep."""
    return uuid5(_SPACE, "\x1f".join((kind, *parts)))


def control_id(practice: str) -> str:
    """IA.L2-3.5.3 -> ia.l2-3.5.3, a token as OSCAL asks for."""
    return practice.lower()


def objective_id(practice: str, objective: str) -> str:
    """3.5.3[c] of IA.L2-3.5.3 -> ia.l2-3.5.3_obj.3.5.3_c."""
    return f"{control_id(practice)}_obj.{objective.replace('[', '_').replace(']', '')}"


def prop(name: str, value: object) -> list[dict[str, str]]:
    """One property of ours, or none where there is no value: OSCAL knows no empty one."""
    if value is None:
        return []
    text = line(str(value))
    return [{"name": name, "ns": NS, "value": text}] if text else []


def props(*pairs: tuple[str, object]) -> dict[str, Any]:
    """{"props": [...]}, or nothing where no value is there."""
    found = [each for name, value in pairs for each in prop(name, value)]
    return {"props": found} if found else {}


def line(text: str) -> str:
    """A text of OSCAL's type string: one line, no blank at either end, nothing hidden."""
    return visible(text).strip()


def markup(text: str, limit: int = TEXT_LIMIT) -> str:
    """A text of OSCAL's Markdown types in which nothing is markup, and which is never empty."""
    return harmless(text, "markdown", limit).strip() or "(no text)"


def paragraphs(texts: Iterable[str]) -> str:
    """Several texts as a Markdown text of several paragraphs."""
    return "\n\n".join(markup(text) for text in texts) or "(no text)"


def metadata(title: str, last_modified: str, version: str, organization: str) -> dict[str, Any]:
    """A document's head, with the organization as its first party."""
    party = uid("party", organization)
    return {
        "title": markup(title),
        "last-modified": last_modified,
        "version": line(version) or "0",
        "oscal-version": VERSION,
        "roles": [{"id": "creator", "title": "Creator"}],
        "parties": [
            {"uuid": party, "type": "organization", "name": line(organization) or "Organization"}
        ],
        "responsible-parties": [{"role-id": "creator", "party-uuids": [party]}],
    }


def tool(version: str) -> dict[str, Any]:
    """This program as a component that assesses."""
    return {
        "uuid": TOOL,
        "type": "software",
        "title": "cmmc-scan",
        "description": "Reads configuration and judges it by rules tied to CMMC practices.",
        **props(("version", version)),
        "status": {"state": "operational"},
    }


TOOL = uid("tool", "cmmc-scan")
ORIGINS = [{"actors": [{"type": "tool", "actor-uuid": TOOL}]}]
"""Who says so, where this program does."""
