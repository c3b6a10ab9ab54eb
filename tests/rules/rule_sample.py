"""A small rule that is right, to be broken in one place at a time."""

from __future__ import annotations

import textwrap

import pytest

from scanner.documents import loads
from scanner.errors import InputError
from scanner.rules.model import Rule
from scanner.rules.read import read_rule

GOOD = """\
id: account-unused
title: An account that nobody uses is switched off
practice: IA.L2-3.5.6
informs: ["3.5.6[b]"]
strength: observed
refutes: never
severity: low
fact: identity.account
params:
  max_days: {default: 45, min: 1, max: 365, unit: days, about: Days without a sign-in.}
when: |
  enabled && category in ["human", "guest"]
require: |
  last_used_days != null && last_used_days <= max_days
message: "{name} was last used {last_used_days} days ago; {max_days} are allowed"
why: Nobody notices when it is misused.
limits: Sees sign-ins of this directory only.
fix: {aws: Switch it off., linux: Lock it.}
tests:
  pass: [{enabled: true, category: human, last_used_days: 3}]
  fail: [{enabled: true, category: human, last_used_days: null}]
  not-applicable: [{enabled: false}]
  unknown: [{enabled: true, category: human}]
"""


def edited(**parts: str | None) -> str:
    """GOOD with the named top-level keys replaced by these lines, removed (None) or added.

    `with_` stands for `with`.
    """
    lines: dict[str, list[str]] = {}
    for line in GOOD.splitlines():
        if not line.startswith(" "):
            key = line.partition(":")[0]
            lines[key] = []
        lines[key].append(line)
    for name, text in parts.items():
        key = name.rstrip("_")
        if text is None:
            lines.pop(key)
        else:
            lines[key] = textwrap.dedent(text).strip("\n").splitlines()
    return "\n".join(line for part in lines.values() for line in part) + "\n"


def rule_of(**parts: str | None) -> Rule:
    return read_rule(loads(edited(**parts), "r.yaml"))


def faults_of(**parts: str | None) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_rule(loads(edited(**parts), "r.yaml"))
    return list(caught.value.messages)
