"""What the definition of a role lets its holder do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scanner.collectors.azure.conditions import allows, every, some
from scanner.collectors.azure.patterns import covers, narrowed
from scanner.collectors.base import Refused
from scanner.collectors.microsoft.values import items, text, words


@dataclass(frozen=True)
class Way:
    """An action that something is done with; one with a plus stands for any of many.

    data: it acts on what a resource holds, not on the resource.
    """

    action: str
    data: bool = False


@dataclass(frozen=True)
class Permission:
    """One entry of a role: actions in lower case, and those that it takes from them."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    data_actions: tuple[str, ...]
    not_data_actions: tuple[str, ...]
    condition: str | None

    def gives(self, condition: str | None, way: Way, without: frozenset[str]) -> bool | None:
        """Whether it lets its holder go that way, under the condition of an assignment."""
        given, taken = (
            (self.data_actions, self.not_data_actions)
            if way.data
            else (self.actions, self.not_actions)
        )
        return some(
            every([allows(self.condition, one), allows(condition, one)])
            for action in given
            for one in narrowed(action, way.action)
            if one not in without and not any(covers(no, one) for no in taken)
        )


Permissions = tuple[Permission, ...]


def permissions_of(role: Mapping[str, Any], operation: str) -> Permissions:
    """The entries of a role's definition. Raises Refused where it has none."""
    if not isinstance(role.get("permissions"), list):
        raise Refused("broken", operation, "a role tells no permissions")
    return tuple(
        Permission(
            _lower(entry, "actions"),
            _lower(entry, "notActions"),
            _lower(entry, "dataActions"),
            _lower(entry, "notDataActions"),
            text(entry, "condition"),
        )
        for entry in items(role["permissions"])
    )


def _lower(entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in words(entry.get(key)))


@lru_cache(maxsize=8192)
def gives(
    permissions: Permissions,
    condition: str | None,
    way: Way,
    without: frozenset[str] = frozenset(),
) -> bool | None:
    """Whether a role, assigned under the condition, lets its holder go that way.

    None: a condition decides that by more than the action. What one entry takes away another may
    give. without: actions that do not count.
    """
    return some(entry.gives(condition, way, without) for entry in permissions)
