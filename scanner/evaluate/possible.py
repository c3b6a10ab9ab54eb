"""Whether a rule could concern a fact of which only some values are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scanner.rules.model import Rule


def possible(rule: Rule) -> Callable[[Mapping[str, Any]], bool]:
    """A test that says no only where no completion of the known values could concern the rule."""

    def check(known: Mapping[str, Any]) -> bool:
        if rule.providers and known.get("provider") not in rule.providers:
            return False
        return rule.when is None or rule.when.partial(known) is not False

    return check
