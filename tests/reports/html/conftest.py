"""Pages in files, and a real Chromium to open them in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from html_samples import sample

from scanner.reports.html import write_html

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW = "pip install playwright axe-playwright-python, and chromium (apt-get install chromium)"


@pytest.fixture(scope="session")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """report.html over so many findings, made once a session."""
    folder = tmp_path_factory.mktemp("html")

    def made(count: int) -> Path:
        path = folder / f"report-{count}.html"
        if not path.exists():
            findings, assessment, context = sample(count)
            write_html(path, findings, assessment, context)
        return path

    return made


def _chromium(playwright: Any) -> str | None:
    named = os.environ.get("CMMC_SCAN_CHROMIUM")
    own = playwright.chromium.executable_path
    for name in (named, "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name) if name else None
        if found:
            return found
    return own if Path(own).exists() else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium; without one the tests skip and say how to get it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason=f"no playwright: {HOW}")
    with sync_api.sync_playwright() as playwright:
        path = _chromium(playwright)
        if path is None:
            pytest.skip(f"no Chromium: {HOW}")
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()
