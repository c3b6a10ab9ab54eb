"""Where the shipped rules and mappings lie: beside the package, or inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

from scanner.errors import Defect

_PACKAGE = Path(__file__).resolve().parent


def _find(name: str) -> Path:
    for candidate in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise Defect(f"the installation lacks its {name}/ folder; install cmmc-scan again")


def rules_dir() -> Path:
    """The folder of the shipped rules, laid out as <domain>/<practice>/<rule-id>.yaml."""
    return _find("rules")


def mappings_dir() -> Path:
    """The folder of the shipped catalogues: practices, objectives, controls, crosswalk, CMVP."""
    return _find("mappings")
