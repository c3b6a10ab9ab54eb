"""Collectors against the emulated contractor, with what goes wrong on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from microsoft_collectors import COLLECTORS, Read

from scanner.collect import collect
from scanner.collectors.base import Target
from scanner.demo.microsoft import Emulator, start_emulator
from scanner.demo.microsoft.halyard import SUBSCRIPTION, TENANT
from scanner.snapshot.read import Snapshot, open_snapshot


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One emulator a module; its faults and calls are cleared between tests."""
    with start_emulator(page_size=40) as running:
        yield running


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TEST_TOKEN", "token")
    yield
    if "emulator" in request.fixturenames:
        running = request.getfixturevalue("emulator")
        running.faults.clear()
        running.calls.clear()


@pytest.fixture
def read(emulator: Emulator, tmp_path: Path) -> Read:
    """Collect one provider from the emulator; returns the snapshot."""
    count = iter(range(1000))

    def run(provider: str, **options: Any) -> Snapshot:
        folder = tmp_path / f"snap-{next(count)}"
        wants = options.pop("wants", None)
        values: dict[str, Any] = {
            "endpoint": emulator.endpoint,
            "token_env": "TEST_TOKEN",
            "tenant": TENANT,
            "cloud": "gcc-high",
            **({"subscription": SUBSCRIPTION} if provider == "azure" else {}),
            **options,
        }
        target = Target("t", provider, values)
        collect([target], {provider: COLLECTORS[provider]}, wants, folder)
        return open_snapshot(folder)

    return run
