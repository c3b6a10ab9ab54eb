"""Ids that people write in their statements, held against what exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner import frameworks
from scanner.assess.catalogue import load_catalogue
from scanner.assess.duties import DUTIES
from scanner.assess.lasting import AFFIRMATION, STATUSES
from scanner.documents import Document, did_you_mean
from scanner.errors import InputError

ITEMS = {d.item: d.about for d in DUTIES} | {
    **{item: f"the status {kind.name}, with its status_date" for item, kind in STATUSES.items()},
    AFFIRMATION: "an affirmation entered in SPRS on the day of the statement",
    "mfa-for-remote-users": "remote access asks for a second factor (value 3 of IA.L2-3.5.3)",
    "encryption-employed": "CUI is encrypted where it travels or rests (value 3 of SC.L2-3.13.11)",
}
"""What an attestation may speak of besides objectives."""


def settle(doc: Document, at: tuple[str | int, ...], record: dict[str, Any]) -> dict[str, Any]:
    """The record with its ids in canonical form. Raises InputError naming each that is none."""
    settled = dict(record)
    faults: list[str] = []
    for key in ("objectives", "practices", "controls", "items"):
        if key in record:
            found = list(_each(doc, (*at, key), key, record[key], faults))
            settled[key] = list(dict.fromkeys(found))
    if faults:
        raise InputError(faults)
    return settled


def _each(
    doc: Document, at: tuple[str | int, ...], key: str, values: list[str], faults: list[str]
) -> Iterator[str]:
    for index, value in enumerate(values):
        try:
            yield _one(key, value)
        except InputError as error:
            faults.append(f"{doc.where((*at, index))}: {error}")


def _one(key: str, value: str) -> str:
    if key == "objectives":
        if value in load_catalogue().objectives:
            return value
        return frameworks.objective(value).id
    if key == "practices":
        return frameworks.resolve(value).id
    if key == "controls":
        return frameworks.control(value).id
    if value not in ITEMS:
        raise InputError(f"{value}: no such item; {did_you_mean(value, ITEMS)}")
    return value
