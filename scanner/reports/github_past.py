"""GitHub's own copy of an earlier upload, read back as findings: the only memory of some scans.

GitHub gives "a subset of the analysis data that was uploaded" (docs.github.com/rest/code-scanning).
Its documented answer keeps of a result the rule, the level, the text of the message, the first
location and `primaryLocationLineHash`; properties are replaced by GitHub's own, and other partial
fingerprints, message ids and arguments, kinds, `ruleIndex` and a rule's help are gone. So only what
is kept is used, and a finding that comes from here has no scope, region, subject or evidence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

import msgspec

from scanner.findings import Finding
from scanner.history.earlier import Alerts
from scanner.reports.sarif_inputs import PlainRule
from scanner.reports.sarif_messages import Phrases, Voice


class Unusable(Exception):
    """The copy lacks what it takes to tell its alerts apart; the words say what."""


class _Named(msgspec.Struct):
    id: str = ""


class _Text(msgspec.Struct):
    text: str = ""


class _Artifact(msgspec.Struct):
    uri: str = ""


class _Region(msgspec.Struct, rename="camel"):
    start_line: int = 1


class _Physical(msgspec.Struct, rename="camel"):
    artifact_location: _Artifact = msgspec.field(default_factory=_Artifact)
    region: _Region = msgspec.field(default_factory=_Region)


class _Location(msgspec.Struct, rename="camel"):
    physical_location: _Physical = msgspec.field(default_factory=_Physical)


class _Result(msgspec.Struct, rename="camel"):
    rule_id: str = ""
    rule: _Named = msgspec.field(default_factory=_Named)
    message: _Text = msgspec.field(default_factory=_Text)
    locations: list[_Location] = []
    partial_fingerprints: dict[str, str] = {}


class _Run(msgspec.Struct):
    results: list[_Result] = []


class _Log(msgspec.Struct):
    runs: list[_Run]


_LOG = msgspec.json.Decoder(_Log)
_MARK = re.compile(r"([0-9a-f]{16}):1", re.ASCII)
_HASHED = re.compile(r"(\w+)( set| listing)? [0-9a-f]{8}", re.ASCII)


def read_back(
    content: bytes,
    rules: Mapping[str, tuple[PlainRule, str]],
    *,
    target: str | None,
    at: str,
    count: int,
    voice: Voice,
    here: str,
) -> Alerts:
    """The alerts of one category's newest analysis.

    rules: each by all its ids, with what it refutes. target: null for what belongs to none. at:
    when the analysis was made; an alert that was carried already tells its own time. count: how
    many results GitHub says that there are. here: the configuration's path in the repository; what
    points elsewhere points to the code that made the subject. Raises Unusable.
    """
    try:
        results = [result for run in _LOG.decode(content).runs for result in run.results]
    except msgspec.MsgspecError as error:
        raise Unusable(f"its SARIF makes no sense: {error}") from None
    if len(results) < count:
        raise Unusable(f"its SARIF has {len(results)} of {count} alerts")
    phrases: dict[str, Phrases] = {}
    found: list[Finding] = []
    summarised: set[str] = set()
    ours = not results
    for result in results:
        name = result.rule_id or result.rule.id
        mark = _MARK.fullmatch(result.partial_fingerprints.get("primaryLocationLineHash", ""))
        if not name or mark is None or not result.locations:
            raise Unusable("its SARIF has alerts without their rule, fingerprint or location")
        place = result.locations[0].physical_location
        ours = ours or unquote(place.artifact_location.uri) == here
        rule, refutes = rules.get(name) or (_unknown_rule(name), "always")
        if rule.id not in phrases:
            phrases[rule.id] = Phrases(rule, voice)
        heard = phrases[rule.id].heard(result.message.text)
        if heard.many:
            summarised.add(rule.id)
            continue
        if heard.whole:  # a listing's own line, which every scan writes anew
            continue
        what = _HASHED.fullmatch(heard.name or "")
        uri = unquote(place.artifact_location.uri)
        found.append(
            Finding(
                rule=rule.id,
                practice=rule.practice,
                objectives=(*rule.decides, *rule.informs),
                decides=rule.decides,
                iso=rule.iso,
                verdict=heard.verdict,
                strength=rule.strength,
                severity=rule.severity,
                refutes=refutes,
                subject=None if what is not None and what[2] == " set" else mark[1],
                name=heard.name or f"{rule.fact.rpartition('.')[2]} {mark[1][:8]}",
                target=target,
                scope="",
                provider=None,
                region=None,
                message="",
                fingerprint=mark[1],
                observed_at=heard.last_seen or at,
                made_by=None if uri == here else f"{uri}:{place.region.start_line}",
            )
        )
    return Alerts(findings=tuple(found), summarised=frozenset(summarised), ours=ours)


def _unknown_rule(name: str) -> PlainRule:
    """A rule that is no longer there, or that is no rule of the rule files."""
    return PlainRule(id=name, title=name, practice="")


def by_every_id(
    rules: Sequence[PlainRule], refutes: Mapping[str, str]
) -> dict[str, tuple[PlainRule, str]]:
    """The rules by each of their ids: GitHub knows a renamed one by its oldest."""
    return {
        name: (rule, refutes.get(rule.id, "always"))
        for rule in rules
        for name in (*rule.deprecated_ids, rule.id)
    }
