"""One rule on one fact: three-valued, with what was looked at and what could not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from scanner.evaluate.lookups import Lookups
from scanner.evaluate.register import FILLED_FROM, FILLED_HERE
from scanner.facts import CONTEXT, UNSET, Fact, fields_of, kind_of
from scanner.facts.crypto import Module
from scanner.findings import Verdict
from scanner.rules.engine import UNKNOWN, Expression
from scanner.rules.model import Rule


@dataclass(frozen=True)
class Judgement:
    """A verdict, with the names that it looked at and the names that it lacked."""

    verdict: Verdict
    context: Mapping[str, Any]
    unread: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    """The names of `settled`, where all was read and it leaves the verdict open."""


class Judge:
    """A rule made ready to be put to many facts, with its parameters settled."""

    def __init__(self, rule: Rule, params: Mapping[str, Any], lookups: Lookups) -> None:
        self.rule = rule
        self.when: Expression | None = rule.when
        self.require: Expression = rule.require
        self.settled: Expression | None = rule.settled
        self._lookups = lookups
        self._params = {name: value for name, value in params.items() if value is not UNSET}
        self.fields = tuple(sorted(used_fields(rule)))
        """The fact's fields that the rule depends on."""
        self.own = own_fields(rule)
        self.shown = tuple(sorted(rule.variables))
        self._values = _getter(self.fields)
        for look in rule.lookups.values():
            if look.fact is not None:
                lookups.want(look.fact, rule.looked_up(look.prefix))

    def context(self, fact: Fact) -> dict[str, Any]:
        """The variables that are known for a fact; unread ones are left out."""
        found = {
            name: value
            for name, value in zip(self.fields, self._values(fact), strict=True)
            if value is not UNSET
        }
        found.update(self._params)
        for look in self.rule.lookups.values():
            key = found.get(look.on, UNSET)
            if look.fact is not None:
                found.update(
                    self._lookups.fact(
                        look.fact, key, fact.scope, look.prefix, same_scope=look.same_scope
                    )
                )
            elif look.declaration is not None:
                own = {name: found.get(field) for name, field in look.fits.items()}
                found.update(self._lookups.declared(look.declaration, key, look, own))
        return found

    def applies(self, context: Mapping[str, Any]) -> object:
        """Whether the rule's `when` selects it: True, False or UNKNOWN."""
        return True if self.when is None else self.when.evaluate(context)

    def judge(self, fact: Fact) -> Judgement:
        """The verdict on one fact. Raises RuleDefect."""
        context = self.context(fact)
        applies = self.applies(context)
        if applies is False:
            return Judgement("not-applicable", context)
        if applies is UNKNOWN and self.when is not None:
            return Judgement("unknown", context, _absent(self.when, context))
        counts = True if self.settled is None else self.settled.evaluate(context)
        if counts is not True and self.settled is not None:
            if counts is UNKNOWN:
                return Judgement("unknown", context, _absent(self.settled, context))
            return Judgement("unknown", context, open=tuple(sorted(self.settled.variables)))
        holds = self.require.evaluate(context)
        if holds is UNKNOWN:
            return Judgement("unknown", context, _absent(self.require, context))
        return Judgement("pass" if holds else "fail", context)

    def evidence(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """The values that the rule looked at, without the subject's own name."""
        return {name: context[name] for name in self.shown if name in context and name != "subject"}


def used_fields(rule: Rule) -> frozenset[str]:
    """The fields of its fact that a rule reads, those that it looks others up by among them."""
    joins = {name for look in rule.lookups.values() for name in (look.on, *look.fits.values())}
    return (rule.variables | joins) & fields_of(rule.fact).keys()


def own_fields(rule: Rule) -> frozenset[str]:
    """Those of them that a collector has to fill, so without the fields that every fact has."""
    return _collected(rule, used_fields(rule))


def told_fields(rule: Rule) -> frozenset[str]:
    """The same of the fields that the rule's message mentions."""
    return _collected(rule, frozenset(rule.placeholders) & fields_of(rule.fact).keys())


def _collected(rule: Rule, fields: frozenset[str]) -> frozenset[str]:
    if rule.fact == kind_of(Module) and fields & FILLED_HERE:
        fields = fields - FILLED_HERE | FILLED_FROM
    return fields - set(CONTEXT)


def _getter(names: tuple[str, ...]) -> Callable[[Fact], tuple[Any, ...]]:
    """The values of these fields as one tuple, as fast as Python can."""
    if len(names) > 1:
        return attrgetter(*names)
    if names:
        get = attrgetter(names[0])
        return lambda fact: (get(fact),)
    return lambda fact: ()


def _absent(expression: Expression, context: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(name for name in expression.variables if name not in context))
