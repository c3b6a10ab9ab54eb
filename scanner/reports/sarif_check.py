"""Our own check of a SARIF file: what SARIF 2.1.0 and GitHub ask and no validator looks at.

Section numbers are those of OASIS SARIF 2.1.0, errata 01. GitHub's limits are those of its page
"SARIF support for code scanning".
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from scanner.reports.sarif_check_results import check_results, resolve
from scanner.reports.sarif_rules import DESCRIPTION_LIMIT, NAME_LIMIT, TAG_LIMIT, Profile

RUN_LIMIT = 20
RULE_LIMIT = 25_000
GZIP_LIMIT = 10_000_000

RELATIONSHIPS = {
    *("canPrecede", "canFollow", "willPrecede", "willFollow", "superset", "subset"),
    *("equal", "disjoint", "relevant", "incomparable"),
}
"""3.53.3."""

_CATEGORY = re.compile(r"cmmc/([A-Za-z0-9._-]+/)?")
_PASCAL = re.compile(r"([A-Z][a-z0-9]+)+")


def check_sarif(path: Path, profile: Profile) -> list[str]:
    """What is wrong with a file, each fault as its place in the JSON and what is wrong there."""
    data = path.read_bytes()
    faults = list(check_log(msgspec.json.decode(data), profile))
    if profile == "github":
        size = len(gzip.compress(data, 6))
        if size >= GZIP_LIMIT:
            faults.append(f"/: {size} bytes gzipped, and GitHub takes {GZIP_LIMIT}")
    return faults


def check_log(log: Mapping[str, Any], profile: Profile) -> Iterator[str]:
    """The faults of a decoded log."""
    if log.get("version") != "2.1.0" or "sarif-schema-2.1.0" not in log.get("$schema", ""):
        yield "/: neither version nor $schema say SARIF 2.1.0"
    runs = log.get("runs", [])
    if not 0 < len(runs) <= RUN_LIMIT:
        yield f"/runs: {len(runs)} runs, and GitHub takes 1 to {RUN_LIMIT}"
    ids = Counter(run.get("automationDetails", {}).get("id", "") for run in runs)
    for name, count in ids.items():
        if not _CATEGORY.fullmatch(name):
            yield f"/runs: the automation id {name!r} is no category that ends in a slash"
        if count > 1:
            yield f"/runs: {count} runs share the automation id {name!r}"
    for number, run in enumerate(runs):
        yield from check_run(run, f"/runs/{number}", profile)


def check_run(run: Mapping[str, Any], at: str, profile: Profile) -> Iterator[str]:
    """The faults of one run."""
    driver = run.get("tool", {}).get("driver", {})
    rules = driver.get("rules", [])
    taxonomies = run.get("taxonomies", [])
    if "results" not in run:
        yield f"{at}: no results, not even none"
    if len(rules) > RULE_LIMIT:
        yield f"{at}/tool/driver/rules: {len(rules)} rules, and GitHub takes {RULE_LIMIT}"
    yield from _unique((rule.get("id") for rule in rules), f"{at}/tool/driver/rules")
    live = {rule.get("id") for rule in rules}
    for number, rule in enumerate(rules):
        where = f"{at}/tool/driver/rules/{number}"
        yield from _rule(rule, where, taxonomies)
        for old in rule.get("deprecatedIds", ()):
            if old in live:
                yield f"{where}/deprecatedIds: {old!r} is the id of another rule"
    for number, taxonomy in enumerate(taxonomies):
        where = f"{at}/taxonomies/{number}"
        taxa = taxonomy.get("taxa", [])
        yield from _unique((taxon.get("id") for taxon in taxa), where)
        for each, taxon in enumerate(taxa):
            yield from _relationships(taxon, f"{where}/taxa/{each}", taxonomies)
    yield from _references(driver.get("supportedTaxonomies", ()), at, taxonomies)
    yield from _invocations(run, at)
    if profile == "github":
        for key in ("taxonomies", "originalUriBaseIds", "versionControlProvenance"):
            if key in run:
                yield f"{at}: GitHub's profile has {key}"
    yield from check_results(run, at, profile)


def _unique(ids: Iterator[Any], at: str) -> Iterator[str]:
    for name, count in Counter(ids).items():
        if count > 1:
            yield f"{at}: {name!r} stands {count} times"


def _text(found: Any, at: str, limit: int) -> Iterator[str]:
    text = found.get("text", "") if isinstance(found, Mapping) else ""
    if not text.strip():
        yield f"{at}: no text"
    elif len(text) > limit:
        yield f"{at}: {len(text)} characters, and {limit} is the most"


def _rule(rule: Mapping[str, Any], at: str, taxonomies: Sequence[Any]) -> Iterator[str]:
    yield from _text(rule.get("shortDescription"), f"{at}/shortDescription", DESCRIPTION_LIMIT)
    yield from _text(rule.get("fullDescription"), f"{at}/fullDescription", DESCRIPTION_LIMIT)
    yield from _text(rule.get("help"), f"{at}/help", 1_000_000)
    name = rule.get("name", "")
    if not _PASCAL.fullmatch(name) or len(name) > NAME_LIMIT:
        yield f"{at}/name: {name!r} is no Pascal-case name of at most {NAME_LIMIT} characters"
    if rule.get("defaultConfiguration", {}).get("level") not in ("error", "warning", "note"):
        yield f"{at}/defaultConfiguration: no level of error, warning or note"
    properties = rule.get("properties", {})
    tags = properties.get("tags", [])
    if not 0 < len(tags) <= TAG_LIMIT or len(set(tags)) < len(tags):
        yield f"{at}/properties/tags: {len(tags)} tags; 1 to {TAG_LIMIT} different ones are kept"
    severity = properties.get("security-severity")
    if not isinstance(severity, str) or not _between(severity, 0, 10):
        yield f"{at}/properties/security-severity: {severity!r} is no number above 0 up to 10"
    for key, message in rule.get("messageStrings", {}).items():
        where = f"{at}/messageStrings/{key}"
        yield from _text(message, where, 10 * DESCRIPTION_LIMIT)
        used = {int(n) for n in re.findall(r"\{(\d+)\}", message.get("text", ""))}
        if used != set(range(len(used))):
            yield f"{where}: placeholders are not numbered from 0 without a hole"
    yield from _relationships(rule, at, taxonomies)


def _between(text: str, low: float, high: float) -> bool:
    try:
        return low < float(text) <= high
    except ValueError:
        return False


def _relationships(owner: Mapping[str, Any], at: str, taxonomies: Sequence[Any]) -> Iterator[str]:
    for number, relationship in enumerate(owner.get("relationships", ())):
        where = f"{at}/relationships/{number}"
        kinds = relationship.get("kinds", [])
        if not kinds or not set(kinds) <= RELATIONSHIPS:
            yield f"{where}: kinds {kinds!r} are not those of 3.53.3"
        fault = resolve(relationship.get("target", {}), taxonomies)
        if fault:
            yield f"{where}/target: {fault}"


def _references(
    references: Sequence[Mapping[str, Any]], at: str, taxonomies: Sequence[Any]
) -> Iterator[str]:
    for number, reference in enumerate(references):
        index = reference.get("index", -1)
        named = taxonomies[index].get("name") if 0 <= index < len(taxonomies) else None
        if named is None or named != reference.get("name"):
            yield f"{at}/tool/driver/supportedTaxonomies/{number}: points at no taxonomy"


def _invocations(run: Mapping[str, Any], at: str) -> Iterator[str]:
    known = run.get("tool", {}).get("driver", {}).get("notifications", [])
    for number, invocation in enumerate(run.get("invocations", ())):
        where = f"{at}/invocations/{number}"
        if invocation.get("startTimeUtc", "") > invocation.get("endTimeUtc", "~"):
            yield f"{where}: it ends before it starts"
        for each, notification in enumerate(invocation.get("toolExecutionNotifications", ())):
            descriptor = notification.get("descriptor", {})
            index = descriptor.get("index", -1)
            if not 0 <= index < len(known) or known[index]["id"] != descriptor.get("id"):
                yield f"{where}/toolExecutionNotifications/{each}: its descriptor is not there"
