"""A device that has long been silent is no device that lacks something."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from scanner.collectors.intune.devices import staleness


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, None),
        (30, None),
        (31, "it last reported more than 30 days ago"),
        (55, "it last reported more than 30 days ago"),
        (None, "it has never reported"),
    ],
)
def test_silence_is_a_reason_of_its_own(days: int | None, words: str | None) -> None:
    place: Any = SimpleNamespace(days_since=lambda text: days)
    found = staleness(place, {"managementState": "managed", "managementAgent": "mdm"})
    assert (found and (found.reason, found.detail)) == (words and ("stale", words))
