"""Settings of Intune's settings catalog, flattened: which setting has which value, under what.

Source: Graph beta "deviceManagementConfigurationSetting" and its instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One setting with a value. Ids and chosen options in lower case."""

    setting: str
    value: str | int | tuple[str, ...] | None
    """An option's id, a text, a number, or the texts of a collection; None: a group."""
    parent: str
    """The option or group that it stands under; empty at the top."""


def entries(settings: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """Every setting of a policy, depth first. Secret values are left out, never read."""
    found: list[Entry] = []
    for setting in settings:
        instance = setting.get("settingInstance")
        if isinstance(instance, Mapping):
            _walk(instance, "", found)
    return found


def _walk(instance: Mapping[str, Any], parent: str, found: list[Entry]) -> None:
    name = str(instance.get("settingDefinitionId", "")).lower()
    for chosen in _parts(instance, "choiceSettingValue", "choiceSettingCollectionValue"):
        option = str(chosen.get("value", "")).lower()
        found.append(Entry(name, option, parent))
        _children(chosen, option, found)
    for group in _parts(instance, "groupSettingValue", "groupSettingCollectionValue"):
        found.append(Entry(name, None, parent))
        _children(group, name, found)
    simple = instance.get("simpleSettingValue")
    if isinstance(simple, Mapping) and _is_plain(simple):
        found.append(Entry(name, simple.get("value"), parent))
    many = instance.get("simpleSettingCollectionValue")
    if isinstance(many, list):
        texts = (m.get("value") for m in many if isinstance(m, Mapping) and _is_plain(m))
        found.append(Entry(name, tuple(str(text) for text in texts), parent))


def _is_plain(value: Mapping[str, Any]) -> bool:
    return "secret" not in str(value.get("@odata.type", "")).lower()


def _parts(instance: Mapping[str, Any], one: str, many: str) -> list[Mapping[str, Any]]:
    single, several = instance.get(one), instance.get(many)
    found = [single] if isinstance(single, Mapping) else []
    if isinstance(several, list):
        found += [part for part in several if isinstance(part, Mapping)]
    return found


def _children(part: Mapping[str, Any], parent: str, found: list[Entry]) -> None:
    for child in part.get("children") or ():
        if isinstance(child, Mapping):
            _walk(child, parent, found)
