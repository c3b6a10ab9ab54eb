"""The tool and its rules as SARIF's `tool.driver`.

Built with `sarif_om`, the classes of SARIF 2.1.0's object model; results are not, since its own
writer takes sixty times longer than the encoder used here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from scanner.reports.sarif_inputs import PROGRAM_URI, PlainRule, Scan, Titles, natural
from scanner.reports.sarif_taxonomies import ASSESSMENT_URI, Taxonomies
from scanner.reports.sarif_text import prose, sentence, shorten, visible

Profile = Literal["auditor", "github"]

TOOL = "cmmc-scan"
SECURITY_SEVERITY = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.5",
    "low": "2.5",
    "info": "1.0",
}
"""GitHub reads above 9.0 as critical, from 7.0 as high, from 4.0 as medium, below as low."""
LEVEL = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "info": "note",
}
PRECISION = {"observed": "very-high", "enforced": "high", "configured": "medium"}

TAG_LIMIT = 9
"""GitHub keeps ten tags a rule, and its troubleshooting page asks for fewer than ten."""
DESCRIPTION_LIMIT = 1024
NAME_LIMIT = 255
HELP_LIMIT = 16_000
"""Characters of a rule's help: our own bound, so that one rule cannot fill a file."""

_LINK = re.compile(r"https://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def driver(
    scan: Scan, descriptors: Sequence[msgspec.Raw], taxonomies: Taxonomies | None
) -> dict[str, Any]:
    """The `tool` object over the rules' descriptors.

    With taxonomies (auditor's profile) the reasons of gaps are described as notifications.
    """
    from sarif_om import MultiformatMessageString, Tool, ToolComponent

    described = taxonomies is not None
    tool = Tool(
        driver=ToolComponent(
            name=TOOL,
            full_name=f"{TOOL} {scan.version}",
            version=scan.version,
            semantic_version=_semantic(scan.version),
            information_uri=scan.information_uri,
            short_description=MultiformatMessageString(
                text="Judges live configuration by CMMC 2.0 and ISO/IEC 27001:2022."
            ),
            rules=list(descriptors),
            notifications=_notifications() if described else None,
            supported_taxonomies=taxonomies.supported() if taxonomies is not None else None,
        )
    )
    said: dict[str, Any] = plain(tool)
    return said


GAP_REASONS: Mapping[str, tuple[str, str]] = {
    "broken": (
        "The answer means nothing: a bare 404 or an unparsable body.",
        "Ask again later; if it stays so, the endpoint is not the service that it should be.",
    ),
    "credentials": (
        "There are no credentials, or they are wrong or expired.",
        "Renew the credentials of the target and collect again.",
    ),
    "denied": (
        "The read was refused for want of a permission.",
        "Grant the permission that the notification names, or accept the gap by name.",
    ),
    "interrupted": (
        "The scan reached its deadline.",
        "Go on with --resume, or scan again with a longer --deadline.",
    ),
    "not-in-this-cloud": (
        "This partition or national cloud does not offer it.",
        "Attest what the rules that need it ask for.",
    ),
    "not-supported": (
        "The system lacks what would tell.",
        "Attest what the rules that need it ask for.",
    ),
    "stale": (
        "The device or agent that tells it has not reported for too long.",
        "See to it that it reports again, or retire it, and collect again.",
    ),
    "throttled": (
        "The service still asked to slow down after the retries.",
        "Scan again when less else asks.",
    ),
    "timeout": (
        "There was no answer in time, after the retries.",
        "Scan again.",
    ),
    "truncated": (
        "The listing broke off before its end.",
        "Scan again.",
    ),
    "unlicensed": (
        "The tenant lacks the licence.",
        "Attest what the rules that need it ask for, or take the licence.",
    ),
    "unreachable": (
        "There was no answer at all.",
        "See to the network, the proxy and the target's endpoint, then collect again.",
    ),
}
"""What each reason of a gap means and what to do: the notifications, in their indexes' order."""


def _notifications() -> list[Any]:
    from sarif_om import MultiformatMessageString, ReportingDescriptor

    return [
        ReportingDescriptor(
            id=reason,
            name=f"Gap{pascal(reason)}",
            short_description=MultiformatMessageString(text=meaning),
            full_description=MultiformatMessageString(text=meaning),
            help=MultiformatMessageString(text=remedy),
            help_uri=PROGRAM_URI,
        )
        for reason, (meaning, remedy) in GAP_REASONS.items()
    ]


def _semantic(version: str) -> str | None:
    """The version if it is a semantic one; PEP 440's `0.1.0.dev1` is not."""
    return version if re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", version) else None


def pascal(rule_id: str) -> str:
    """`account-mfa-enforced` as the friendly name that SARIF asks for: AccountMfaEnforced.

    A word of one letter stays small, since the validator allows no two capitals in a row.
    """
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in rule_id).split()
    name = "".join(word[0].upper() + word[1:] if word[1:] else word for word in words)
    name = name[:1].upper() + name[1:]
    return (name if name[:1].isalpha() else f"Rule{name}")[:NAME_LIMIT]


def tags(rule: PlainRule) -> list[str]:
    """At most nine: what kind, which practice and level, how strong, then as many controls as fit.

    The rule's help names the others.
    """
    level = rule.practice.partition(".")[2].partition("-")[0]
    first = ["security", f"CMMC/{rule.practice}", f"CMMC-{level}" if level else ""]
    first += [f"evidence/{rule.strength}"]
    found = [tag for tag in first if tag]
    controls = (f"ISO27001/{c}" for c in sorted(rule.iso, key=natural))
    return [*found, *controls][:TAG_LIMIT]


def descriptor(
    rule: PlainRule,
    titles: Titles,
    strings: Mapping[str, Mapping[str, str]],
    taxonomies: Taxonomies | None,
) -> msgspec.Raw:
    """A rule as `tool.driver` lists it, encoded. `strings` are its messageStrings.

    With taxonomies (auditor's profile) it points into them.
    """
    from sarif_om import MultiformatMessageString, ReportingConfiguration, ReportingDescriptor

    title = shorten(sentence(visible(rule.title)), DESCRIPTION_LIMIT)
    why = " ".join(rule.why.split())
    described = ReportingDescriptor(
        id=rule.id,
        name=pascal(rule.id),
        deprecated_ids=list(rule.deprecated_ids) or None,
        short_description=MultiformatMessageString(text=title),
        full_description=MultiformatMessageString(
            text=shorten(sentence(visible(why)), DESCRIPTION_LIMIT) if why else title
        ),
        help=MultiformatMessageString(
            text=shorten("\n\n".join(_help(rule, titles, markdown=False)), HELP_LIMIT),
            markdown=shorten("\n\n".join(_help(rule, titles, markdown=True)), HELP_LIMIT),
        ),
        help_uri=next(filter(_LINK.fullmatch, rule.references), ASSESSMENT_URI),
        message_strings=dict(strings),
        default_configuration=ReportingConfiguration(level=LEVEL[rule.severity]),
        relationships=taxonomies.relationships(rule) if taxonomies is not None else None,
        properties={
            "precision": PRECISION.get(rule.strength, "medium"),
            "security-severity": SECURITY_SEVERITY[rule.severity],
            "tags": tags(rule),
        },
    )
    return msgspec.Raw(msgspec.json.encode(plain(described)))


def _help(rule: PlainRule, titles: Titles, markdown: bool) -> Iterator[str]:
    """The paragraphs of a rule's help. The same for every scan: nothing of a resource is in it."""

    def say(text: str) -> str:
        return prose(text) if markdown else "\n".join(map(visible, text.strip().split("\n")))

    def head(text: str) -> str:
        return f"**{text}**" if markdown else f"{text}:"

    def named(ids: Sequence[str], title: Any) -> str:
        return "\n".join(f"- {i}{f': {say(t)}' if (t := title(i)) else ''}" for i in ids)

    yield say(sentence(rule.title))
    if rule.why.strip():
        yield f"{head('Why')}\n{say(rule.why)}"
    if rule.limits.strip():
        yield f"{head('What it cannot see')}\n{say(rule.limits)}"
    for provider in sorted(rule.fix):
        yield f"{head(f'Fix ({say(provider)})')}\n{say(rule.fix[provider])}"
    yield f"{head('CMMC practice')}\n{named([rule.practice], titles.practice)}"
    if rule.decides:
        yield f"{head('Decides')}\n{named(rule.decides, titles.objective)}"
    if rule.informs:
        yield f"{head('Informs')}\n{named(rule.informs, titles.objective)}"
    if rule.iso:
        controls = sorted(rule.iso, key=natural)
        yield f"{head('ISO/IEC 27001:2022')}\n{named(controls, titles.control)}"
    if rule.references:
        yield f"{head('References')}\n" + "\n".join(f"- {say(u)}" for u in rule.references)


_IMPLIED = {"language", "newlineSequences", "contents", "enabled"}
"""Properties that `sarif_om` always fills, and that mean nothing beyond the schema's default."""


def plain(value: Any) -> Any:
    """A `sarif_om` object as the JSON that it stands for, without what it does not say."""
    fields = getattr(type(value), "__attrs_attrs__", None)
    if fields is None:
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
    pairs = ((f.metadata["schema_property_name"], getattr(value, f.name)) for f in fields)
    return {
        name: plain(item)
        for name, item in pairs
        if name not in _IMPLIED and item is not None and item != -1
    }
