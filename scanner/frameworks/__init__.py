"""The catalogues: practices, objectives, ISO controls, the crosswalk and the CMVP register.

Each file of mappings/ is read when something in it is first asked for, and once.
"""

from scanner.frameworks.controls import (
    Control,
    Mapping,
    control,
    controls,
    controls_for,
    cross_references,
    crosswalk,
    practices_for,
)
from scanner.frameworks.objectives import (
    Objective,
    Signal,
    catalogue_of_objectives,
    objective,
    objectives,
    trap,
)
from scanner.frameworks.practices import (
    PoamRule,
    Practice,
    Resolution,
    cmmc,
    lookup,
    practices,
    resolve,
)

__all__ = [
    "Control",
    "Mapping",
    "Objective",
    "PoamRule",
    "Practice",
    "Resolution",
    "Signal",
    "catalogue_of_objectives",
    "cmmc",
    "control",
    "controls",
    "controls_for",
    "cross_references",
    "crosswalk",
    "lookup",
    "objective",
    "objectives",
    "practices",
    "practices_for",
    "resolve",
    "trap",
]
