"""A policy of Intune, whatever store it comes from: what it carries, whom it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scanner.collectors.intune.assign import Reach
from scanner.collectors.intune.carried import Value
from scanner.collectors.intune.devices import platform_of


@dataclass(frozen=True)
class PushedPolicy:
    """One policy of any store: what it carries, whom it reaches."""

    id: str
    name: str
    store: str
    """catalog, profile, compliance, intent or template."""
    operation: str
    platforms: frozenset[str]
    """windows, macos, ios, android, linux; empty: told by its type, or any."""
    carries: Mapping[str, Value]
    reach: Reach
    baseline: bool = False

    def covers(self, device: Mapping[str, Any]) -> bool | None:
        """Whether it reaches the device; None where that is not certain."""
        if self.platforms and platform_of(device) not in self.platforms:
            return False
        one = str(device["id"])
        if one in self.reach.certain:
            return True
        return None if one in self.reach.possible else False


@dataclass(frozen=True)
class Settings:
    """Every policy of the tenant."""

    policies: tuple[PushedPolicy, ...]
    opaque: tuple[PushedPolicy, ...] = field(default=())
    """Policies of stores whose settings are not read: what they carry is not known."""

    @cached_property
    def by_key(self) -> Mapping[str, tuple[PushedPolicy, ...]]:
        """The policies that carry each key."""
        found: dict[str, list[PushedPolicy]] = {}
        for policy in self.policies:
            for key in policy.carries:
                found.setdefault(key, []).append(policy)
        return {key: tuple(policies) for key, policies in found.items()}
