"""How ids read, from the shipped catalogues."""

from __future__ import annotations

from scanner.frameworks import catalogue_of_objectives, cmmc, controls
from scanner.reports.sarif_inputs import Titles


def catalogue_titles() -> Titles:
    """Titles of practices and controls and what objectives are about; null for other ids."""

    def practice(name: str) -> str | None:
        found = cmmc().practices.get(name)
        return found.title if found is not None else None

    def objective(name: str) -> str | None:
        found = catalogue_of_objectives().by_id.get(name)
        return found.about if found is not None else None

    def control(name: str) -> str | None:
        found = controls().get(name)
        return found.title if found is not None else None

    return Titles(practice=practice, objective=objective, control=control)
