"""What the selected rules look at, as the plan of a collection asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collect.plan import Want
from scanner.evaluate.judge import own_fields, told_fields
from scanner.evaluate.possible import possible
from scanner.rules.model import Rule


def wants(rules: Sequence[Rule]) -> list[Want]:
    """One want a rule for its own kind, and one for each fact that it looks up."""
    found = []
    for rule in rules:
        fields = own_fields(rule) | told_fields(rule)
        found.append(Want(rule.fact, fields, possible(rule)))
        for look in rule.lookups.values():
            if look.fact is not None:
                found.append(Want(look.fact, rule.looked_up(look.prefix), lambda known: True))
    return found
