"""What a result says: one set of sentences a rule, for each way in which a file may speak."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from scanner.findings import Finding
from scanner.reports.sarif_inputs import PlainRule
from scanner.reports.sarif_text import (
    Flavour,
    Message,
    Template,
    given,
    reader,
    strings,
    template,
)

Voice = Literal["auditor", "full", "hashed"]
"""auditor: findings.sarif, everything by name. full: for GitHub, by name. hashed: for GitHub, with
no name, subject or value of the assessed systems."""

REASONS: Mapping[str, str] = {
    "broken": "the answer made no sense",
    "credentials": "the credentials are missing, wrong or expired",
    "denied": "access was denied",
    "interrupted": "the scan reached its deadline",
    "no-source": "no target of this scan can tell it",
    "not-collected": "nobody looked",
    "not-declared": "the organisation has not stated what to compare with",
    "not-in-this-cloud": "this cloud does not offer it",
    "not-supported": "this system cannot tell it",
    "stale": "it has not reported for too long",
    "throttled": "the service kept asking to slow down",
    "timeout": "there was no answer in time",
    "truncated": "the listing broke off",
    "unlicensed": "the licence for it is missing",
    "unreachable": "the service did not answer",
}
"""Why a verdict is open, by a finding's reason; the reasons of gaps are among them."""

_TELLS_NOTHING = frozenset({"name", "subject", "provider"})
"""Fields of a rule's message that a hashed file can say: two as the label, one as it is."""


_CARRIED: Mapping[Literal["fail", "unknown"], str] = {"fail": "carried", "unknown": "lost"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_UNKNOWN = re.compile(r"Could not tell for '(.*?)'[:,. ]")
_FAILED = re.compile(r"Failed by '(.*?)'[:. ]")
_SUMMARY = re.compile(r"Another '\d+' findings of this rule at '")
_UNREAD = "; unread: "
_AGAIN = "' when last seen at '"


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What the text of a message tells of its finding."""

    verdict: Literal["fail", "unknown"]
    name: str | None = None
    """What the subject was called; a label where names may not be told."""
    last_seen: str | None = None
    """For an alert that had been carried already: when its subject was last looked at."""
    whole: bool = False
    """It is no subject's: a listing or a set that could not be told."""
    many: bool = False
    """It stands for findings that are not listed."""


def label(rule: PlainRule, finding: Finding) -> str:
    """The subject without its name: `account 1a2b3c4d`, the first half of the fingerprint.

    What has no subject is the listing of a source that was not read, or a set.
    """
    what = rule.fact.rpartition(".")[2]
    if finding.subject is None:
        what += " listing" if finding.source else " set"
    return f"{what} {finding.fingerprint[:8]}"


class Phrases:
    """The sentences of one rule in one voice, and the message of each of its findings.

    Every sentence is a template in the rule's messageStrings whose values stand in single quotes;
    a message holds the finished text, the template's id and the values, and they agree.
    """

    def __init__(self, rule: PlainRule, voice: Voice) -> None:
        self.rule = rule
        self.voice = voice
        flavour: Flavour = "plain" if voice == "auditor" else "markdown"
        title = _static(rule.title)

        def made(name: str, text: str) -> Template:
            return template(name, text, flavour)[0]

        self._failed = made("failed", f"Failed by {{name}}: {title}")
        self._said = made("said", "Failed by {name}: {message}")
        self._unknown = made("unknown", f"Could not tell for {{name}}: {{why}}. The rule: {title}")
        self._others = (
            {
                "pass": made("pass", f"Passed by {{name}}: {title}"),
                "not-applicable": made(
                    "not-applicable",
                    f"Not concerned in {{name}}: {{count}} looked at. The rule: {title}",
                ),
            }
            if voice == "auditor"
            else {
                "carried": made(
                    "carried",
                    f"Failed by {{name}} when last seen at {{time}}, unreadable since: {title}",
                ),
                "lost": made(
                    "lost",
                    f"Could not tell for {{name}} when last seen at {{time}}, unreadable since:"
                    f" {title}",
                ),
                "summary": made(
                    "summary",
                    f"Another {{count}} findings of this rule at {{name}} are not shown one by one,"
                    f" see findings.jsonl of the scan: {title}",
                ),
            }
        )
        own, self._fields = template("fail", rule.message, flavour)
        self._own = own if self._fields and self._speaks() else None
        self._read = reader(rule.message)
        self._provider = tuple(f == "provider" for f in self._fields)

    def _speaks(self) -> bool:
        return self.voice != "hashed" or set(self._fields) <= _TELLS_NOTHING

    @property
    def strings(self) -> Mapping[str, Mapping[str, str]]:
        """The rule's messageStrings."""
        known = [self._failed, self._unknown, *self._others.values()]
        known += [self._said] if self.voice != "hashed" else []
        known += [self._own] if self._own is not None else []
        return strings(known)

    def of(self, finding: Finding) -> Message:
        """The message of a finding."""
        verdict = finding.verdict
        name = self._name(finding)
        if verdict == "fail":
            return self._failure(finding, name)
        if verdict == "unknown":
            return self._unknown.fill((name, self._why(finding)))
        if verdict == "pass":
            return self._others["pass"].fill((name,))
        return self._others["not-applicable"].fill((name, str(finding.count or 0)))

    def carried(self, finding: Finding) -> Message:
        """The message of an alert whose subject this scan could not look at again."""
        how = self._others[_CARRIED["unknown" if finding.verdict == "unknown" else "fail"]]
        return how.fill((self._name(finding), finding.observed_at or ""))

    def heard(self, text: str) -> Heard:
        """What an earlier message of this rule said, in this voice. Only its text is needed."""
        for verdict, how in _CARRIED.items():
            again = self._others[how].read(text)
            if again is not None and _TIME.fullmatch(again[1]):
                return Heard(verdict=verdict, name=again[0], last_seen=again[1])
        own = self._own.read(text) if self._own is not None else None
        if own is not None:
            names = [v for v, field in zip(own, self._fields, strict=True) if field == "name"]
            return Heard(verdict="fail", name=names[0] if names else None)
        unknown = _UNKNOWN.match(text)
        if unknown is not None:
            whole = _UNREAD not in text and _AGAIN not in text
            return Heard(verdict="unknown", name=given(unknown[1], "markdown"), whole=whole)
        failed = _FAILED.match(text)
        if failed is not None:
            return Heard(verdict="fail", name=given(failed[1], "markdown"))
        return Heard(verdict="fail", many=_SUMMARY.match(text) is not None)

    def summary(self, where: str, count: int) -> Message:
        """The message that stands for findings that are not listed."""
        return self._others["summary"].fill((str(count), where))

    def _name(self, finding: Finding) -> str:
        if finding.reason == "no-source":
            return "this organization"
        return label(self.rule, finding) if self.voice == "hashed" else finding.name

    def _failure(self, finding: Finding, name: str) -> Message:
        if self.voice == "hashed":
            if self._own is None:
                return self._failed.fill((name,))
            provider = finding.provider or ""
            return self._own.fill([provider if p else name for p in self._provider])
        values = self._read(finding.message) if self._own is not None else None
        if values is not None and self._own is not None:
            return self._own.fill(values)
        if finding.message and finding.message != finding.name:
            return self._said.fill((name, finding.message))
        return self._failed.fill((name,))

    def _why(self, finding: Finding) -> str:
        words = REASONS.get(finding.reason or "", finding.reason or "not known why")
        gap = finding.gap
        if gap is not None and gap.permission:
            words += f"; it takes {gap.permission}"
        elif gap is not None and gap.detail and self.voice != "hashed":
            words += f"; {gap.detail}"
        if finding.unread:
            words += f"; unread: {', '.join(finding.unread)}"
        return words


def _static(text: str) -> str:
    """A title as the literal part of a template: no placeholder is left in it."""
    return text.replace("{", "(").replace("}", ")")
