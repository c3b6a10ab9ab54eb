"""The results of a SARIF run, checked against its head and against themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from scanner.reports.sarif_rules import Profile
from scanner.reports.sarif_text import formatted

RESULT_LIMIT = 5_000
"""Results of a run that GitHub shows."""
MESSAGE_LIMIT = 8_192
"""Characters of a message, our own bound: ten arguments of 256 and the rule's words."""
STATES = ("new", "unchanged", "updated", "absent")
LEVELS = ("error", "warning", "note")

_HASH = re.compile(r"[0-9a-f]{16}:\d+")
_REFERENCE = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2}")


def check_results(run: Mapping[str, Any], at: str, profile: Profile) -> Iterator[str]:
    """The faults of a run's results and of the artifacts that they point at."""
    results = run.get("results", [])
    if profile == "github" and len(results) > RESULT_LIMIT:
        yield f"{at}/results: {len(results)} results, and GitHub shows {RESULT_LIMIT}"
    seen: set[str] = set()
    for number, result in enumerate(results):
        where = f"{at}/results/{number}"
        yield from _one(result, run, where, profile)
        mark = result.get("partialFingerprints", {}).get("primaryLocationLineHash", "")
        if not _HASH.fullmatch(mark):
            yield f"{where}/partialFingerprints: {mark!r} is no fingerprint"
        elif mark in seen:
            yield f"{where}/partialFingerprints: {mark!r} is another result's too"
        seen.add(mark)
    for key in ("suppressions", "baselineState"):
        having = sum(key in result for result in results)
        if 0 < having < len(results):
            yield f"{at}/results: {having} of {len(results)} have {key}; all have it or none"


def _one(
    result: Mapping[str, Any], run: Mapping[str, Any], at: str, profile: Profile
) -> Iterator[str]:
    rules = run.get("tool", {}).get("driver", {}).get("rules", [])
    index = result.get("ruleIndex", -1)
    rule = rules[index] if 0 <= index < len(rules) else {}
    if rule.get("id") != result.get("ruleId"):
        yield f"{at}: rule {index} is {rule.get('id')!r}, not {result.get('ruleId')!r}"
    yield from _kind(result, at, profile)
    yield from _message(result.get("message", {}), rule.get("messageStrings", {}), at)
    locations = result.get("locations", [])
    if len(locations) != 1:
        yield f"{at}/locations: {len(locations)} locations; the first alone is used"
    for location in locations:
        physical = location.get("physicalLocation", {})
        artifact = physical.get("artifactLocation", {})
        yield from _uri(artifact.get("uri", ""), f"{at}/locations/0")
        yield from _artifact(artifact, run, f"{at}/locations/0")
        yield from _region(physical, f"{at}/locations/0")
    taxonomies = run.get("taxonomies", [])
    for number, taxon in enumerate(result.get("taxa", ())):
        fault = resolve(taxon, taxonomies)
        if fault:
            yield f"{at}/taxa/{number}: {fault}"


def _kind(result: Mapping[str, Any], at: str, profile: Profile) -> Iterator[str]:
    kind, level = result.get("kind"), result.get("level")
    if (level in LEVELS) != (kind == "fail") or level not in (*LEVELS, "none"):
        yield f"{at}: kind {kind!r} with level {level!r} (3.27.10)"
    if result.get("baselineState", "new") not in STATES:
        yield f"{at}: baselineState {result['baselineState']!r} is not one of 3.27.24"
    if profile == "github":
        if kind != "fail":
            yield f"{at}: GitHub shows kind {kind!r} as an open alert"
        for key in ("suppressions", "baselineState", "taxa"):
            if key in result:
                yield f"{at}: GitHub's profile has {key}"


def _message(
    message: Mapping[str, Any], strings: Mapping[str, Mapping[str, str]], at: str
) -> Iterator[str]:
    text = message.get("text", "")
    template = strings.get(message.get("id", ""), {}).get("text")
    if template is None:
        yield f"{at}/message: its rule has no message {message.get('id')!r}"
        return
    arguments = message.get("arguments", [])
    if 1 + max((int(n) for n in re.findall(r"\{(\d+)\}", template)), default=-1) > len(arguments):
        yield f"{at}/message: too few arguments for {template!r}"
    elif formatted(template, arguments) != text:
        yield f"{at}/message: text is not what its id and arguments give"
    if not text.isprintable():
        yield f"{at}/message: a hidden or control character in the text"
    if re.search(r"(?<!\\)\]\(", text):
        yield f"{at}/message: the text holds a link (3.11.6)"
    if re.search(r"(?<!\{)(?:\{\{)*\{(?!\{)", text) or re.search(r"(?<!\})(?:\}\})*\}(?!\})", text):
        yield f"{at}/message: a single brace in the text (3.11.5)"
    if len(text) > MESSAGE_LIMIT:
        yield f"{at}/message: {len(text)} characters, and {MESSAGE_LIMIT} is the most"
    if not text.endswith("."):
        yield f"{at}/message: the text does not end in a period"


def _uri(uri: str, at: str) -> Iterator[str]:
    first = uri.split("/", 1)[0]
    parts = urlsplit(uri)
    if not uri or _REFERENCE.sub("", uri):
        yield f"{at}: {uri!r} is no URI reference (RFC 3986)"
    elif ":" in first or parts.scheme or uri.startswith("/"):
        yield f"{at}: {uri!r} is not relative to the repository's root"
    elif ".." in unquote(uri).split("/"):
        yield f"{at}: {uri!r} leaves the repository"


def _artifact(artifact: Mapping[str, Any], run: Mapping[str, Any], at: str) -> Iterator[str]:
    if "index" in artifact:
        artifacts = run.get("artifacts", [])
        index = artifact["index"]
        known = artifacts[index]["location"]["uri"] if 0 <= index < len(artifacts) else None
        if known != artifact.get("uri"):
            yield f"{at}: artifact {index} is {known!r}, not {artifact.get('uri')!r}"
    base = artifact.get("uriBaseId")
    if base is not None and base not in run.get("originalUriBaseIds", {}):
        yield f"{at}: there is no uriBaseId {base!r}"


def _region(physical: Mapping[str, Any], at: str) -> Iterator[str]:
    region, context = physical.get("region"), physical.get("contextRegion")
    if region is None or region.get("startLine", 0) < 1:
        yield f"{at}: no region with a line"
        return
    start, end = _span(region)
    if end < start:
        yield f"{at}: the region ends before it starts"
    if context is not None:
        outer, last = _span(context)
        if not (outer <= start and end <= last) or (outer, last) == (start, end):
            yield f"{at}: the context is not larger than the region (3.29.5)"


def _span(region: Mapping[str, Any]) -> tuple[tuple[float, float], tuple[float, float]]:
    line = region["startLine"]
    return (line, region.get("startColumn", 1)), (
        region.get("endLine", line),
        region.get("endColumn", float("inf")),
    )


def resolve(reference: Mapping[str, Any], taxonomies: Sequence[Any]) -> str | None:
    """What is wrong with a reference to a taxon: null where its indexes, name and id agree."""
    component = reference.get("toolComponent", {})
    at, index = component.get("index", -1), reference.get("index", -1)
    if not 0 <= at < len(taxonomies):
        return f"there is no taxonomy {at}"
    taxonomy = taxonomies[at]
    if component.get("name") != taxonomy.get("name"):
        return f"taxonomy {at} is not called {component.get('name')!r}"
    taxa = taxonomy.get("taxa", [])
    if not 0 <= index < len(taxa):
        return f"taxonomy {at} has no taxon {index}"
    if taxa[index].get("id") != reference.get("id"):
        return f"taxon {index} is {taxa[index].get('id')!r}, not {reference.get('id')!r}"
    return None
