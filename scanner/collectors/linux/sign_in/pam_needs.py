"""What a PAM stack cannot be passed without.

A stack is explored in every way that its modules could answer (Linux-PAM, pam.conf(5): the actions
ok, done, bad, die, ignore, reset and jumps). "The second factor is needed" means that no way leads
to success while the module of that factor refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from scanner.collectors.linux.sign_in.pam import Rule, flat
from scanner.collectors.linux.sign_in.pam_modules import (
    CARD,
    CONDITIONS,
    COUNTERS,
    OTHER_FACTOR,
    PASSES,
    PASSWORD,
    PLAIN_CONDITIONS,
    SECOND,
)

Outcomes = Callable[[Rule], frozenset[str]]
"""How a module may answer: some of success, ignore, fail."""


def ends(rules: tuple[Rule, ...], outcomes: Outcomes) -> frozenset[str]:
    """How a stack may end: some of success and fail."""

    @cache
    def walk(index: int, mood: str) -> frozenset[str]:
        if index >= len(rules):
            return frozenset({"success" if mood == "positive" else "fail"})
        rule = rules[index]
        answers = ends(rule.nested, outcomes) if rule.nested is not None else outcomes(rule)
        found: frozenset[str] = frozenset()
        for answer in answers:
            for action in _actions(rule, answer):
                found |= step(index, mood, answer, action)
        return found

    def step(index: int, mood: str, answer: str, action: str) -> frozenset[str]:
        if action == "ignore":
            return walk(index + 1, mood)
        if action == "reset":
            return walk(index + 1, "open")
        if action.isdecimal():
            jumped = "positive" if mood == "open" and answer == "success" else mood
            return walk(index + 1 + int(action), jumped)
        if action in ("bad", "die") or answer == "fail":
            if action in ("die", "done"):
                return frozenset({"fail"})
            return walk(index + 1, "negative")
        after = mood if mood == "negative" else "positive"
        if answer == "ignore" and mood == "open":
            after = mood
        if action == "done" and after == "positive":
            return frozenset({"success"})
        return walk(index + 1, after)

    return walk(0, "open")


def _actions(rule: Rule, answer: str) -> frozenset[str]:
    control: Mapping[str, str] = dict(rule.control)
    default = control.get("default", "bad")
    if answer in ("success", "ignore"):
        return frozenset({control.get(answer, default)})
    named = {v for k, v in control.items() if k not in ("success", "ignore", "new_authtok_reqd")}
    return frozenset(named | {default})


_ANY = frozenset({"success", "ignore", "fail"})


def _normal(rule: Rule) -> frozenset[str]:
    name = rule.module
    if name == "pam_deny":
        return frozenset({"fail"})
    if name == "pam_permit":
        return frozenset({"success"})
    if name in PASSES:
        return frozenset({"success", "ignore"})
    if name in COUNTERS:
        return frozenset({"fail"}) if rule.has("authfail") else frozenset({"success", "ignore"})
    if name in PASSWORD or name in SECOND or name in CARD or name in OTHER_FACTOR:
        return frozenset({"success", "fail"})
    return _ANY


@dataclass(frozen=True)
class Needs:
    """What a stack cannot be passed without. None: it cannot be told."""

    password: bool | None
    second: bool | None
    card: bool | None

    @property
    def two_factors(self) -> bool | None:
        """Whether it takes two factors by itself."""
        if self.card is True or (self.password is True and self.second is True):
            return True
        if self.card is False and (self.password is False or self.second is False):
            return False
        return None

    @property
    def any_factor(self) -> bool | None:
        """Whether it takes at least one of them."""
        answers = (self.password, self.second, self.card)
        if any(answer is True for answer in answers):
            return True
        return False if all(answer is False for answer in answers) else None


@lru_cache(maxsize=512)
def needs(rules: tuple[Rule, ...], enrolled: bool | None = None) -> Needs:
    """What an auth stack needs, for an account that has (or has not) enrolled a second factor.

    Modules of lines with a dash may be missing: what depends on that cannot be told.
    """
    found = _needs(rules, enrolled)
    if not any(rule.silent for rule in flat(rules)):
        return found
    less = _needs(_without_silent(rules), enrolled)

    def same(one: bool | None, other: bool | None) -> bool | None:
        return one if one == other else None

    return Needs(
        same(found.password, less.password),
        same(found.second, less.second),
        same(found.card, less.card),
    )


def _without_silent(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The stack where no module of a line with a dash is installed; jumps count such lines too."""
    passed = (("ignore", "ignore"), ("default", "ignore"))
    return tuple(
        Rule(passed, "pam_permit")
        if rule.silent
        else rule
        if rule.nested is None
        else replace(rule, nested=_without_silent(rule.nested))
        for rule in rules
    )


def _needs(rules: tuple[Rule, ...], enrolled: bool | None) -> Needs:

    def needed(kind: frozenset[str]) -> bool | None:
        members = [rule for rule in flat(rules) if rule.module in kind]
        optional = any(rule.has("nullok", "nouserok", "null_ok") for rule in members)

        def withheld(rule: Rule, skips: bool) -> frozenset[str]:
            if rule.module not in kind:
                return _normal(rule)
            lax = kind is SECOND and skips and rule.has("nullok", "nouserok", "null_ok")
            return _ANY if lax else frozenset({"fail"})

        skips = enrolled is not True
        if "success" not in ends(rules, lambda rule: withheld(rule, skips)):
            return True
        if not members:
            # A module that is not known may be the factor that is looked for.
            strange = [r for r in flat(rules) if not _understood(r)]
            return None if strange and kind is not CARD else False
        if any(
            not _understood(r) or r.module in CONDITIONS - PLAIN_CONDITIONS for r in flat(rules)
        ):
            return None
        if kind is SECOND and optional and enrolled is None:
            return None
        if any(_several_failures(r) for r in members):
            return None
        return False

    if "success" not in ends(rules, _normal):
        return Needs(True, True, True)  # nobody passes
    return Needs(needed(PASSWORD), needed(SECOND), needed(CARD))


def _understood(rule: Rule) -> bool:
    name = rule.module
    return (
        name in PASSWORD
        or name in SECOND
        or name in CARD
        or name in OTHER_FACTOR
        or name in PASSES
        or name in CONDITIONS
        or name in COUNTERS
        or name == "pam_deny"
    )


def _several_failures(rule: Rule) -> bool:
    return len(_actions(rule, "fail")) > 1


def second_modules(rules: Iterable[Rule]) -> frozenset[str]:
    """The second-factor modules of a stack."""
    return frozenset(r.module for r in flat(rules) if r.module in SECOND | CARD)
