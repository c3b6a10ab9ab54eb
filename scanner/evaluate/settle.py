"""The value of every rule parameter: the organisation's, else the default, else not stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scanner.documents import Document, did_you_mean, nearest
from scanner.errors import InputError
from scanner.facts import UNSET
from scanner.rules.model import Param, Rule


def settle(
    rules: Sequence[Rule],
    given: Mapping[str, Mapping[str, Any]],
    document: Document | None,
    known: Mapping[str, Rule] | None = None,
) -> dict[str, dict[str, Any]]:
    """Rule id -> parameter -> value; UNSET for one that the organisation has to state and did not.

    given: `params` of the configuration, whose positions the document knows. known: all rules, so
    that parameters of rules that are not selected now are no mistake. Raises InputError.
    """
    faults = []
    by_id = dict(known or {}) | {rule.id: rule for rule in rules}
    for rule_id, values in given.items():
        rule = by_id.get(rule_id)
        if rule is None:
            near = nearest(rule_id, by_id)
            hint = f"did you mean {near!r}?" if near else "`cmmc-scan rules list` shows them"
            faults.append(_at(document, (rule_id,), f"there is no rule {rule_id!r}; {hint}"))
            continue
        for name, value in values.items():
            param = rule.params.get(name)
            if param is None:
                hint = did_you_mean(name, rule.params, "it has")
                text = f"rule {rule_id} has no parameter {name!r}; {hint}"
                faults.append(_at(document, (rule_id, name), text))
            elif fault := param.fault(value):
                faults.append(_at(document, (rule_id, name), f"{rule_id}: {name} {fault}"))
    if faults:
        raise InputError(faults)
    return {rule.id: settled(rule, given.get(rule.id, {})) for rule in rules if rule.params}


def settled(rule: Rule, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of one rule."""
    return {name: _value(param, given, name) for name, param in rule.params.items()}


def _value(param: Param, given: Mapping[str, Any], name: str) -> Any:
    value = given.get(name, UNSET if param.declared else param.default)
    return UNSET if param.affirm and value is False else value


def _at(document: Document | None, path: tuple[str, ...], text: str) -> str:
    if document is None:
        return text
    where = document.where(("params", *path), key=len(path) == 1)
    return f"{where}: {text}"
