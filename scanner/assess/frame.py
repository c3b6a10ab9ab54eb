"""The catalogue of the assessment out of what `scanner.frameworks` loads."""

from __future__ import annotations

from functools import cache
from typing import Any

from scanner.assess.catalogue import Catalogue, Control, Objective, Pair, Practice
from scanner.resources import mappings_dir


@cache
def load_catalogue() -> Catalogue:
    """The catalogue of the mappings that ship with the scanner."""
    import yaml

    def read(name: str) -> Any:
        return yaml.load((mappings_dir() / name).read_text(), yaml.CSafeLoader)

    cmmc, objs, iso, cross = (
        read(n)
        for n in ("cmmc-2.0.yaml", "objectives.yaml", "iso27001-2022.yaml", "cmmc-to-iso27001.yaml")
    )
    practices: dict[str, Practice] = {}
    objectives: dict[str, Objective] = {}
    for p in cmmc["level_1"]:
        ids = tuple(f"{n}[{l}]" for n, ls in p["objectives"].items() for l in ls)
        practices[p["id"]] = Practice(
            id=p["id"], domain=p["id"][:2], title=p["title"], level=1, objectives=ids
        )
    for p in cmmc["level_2"]:
        n = p["id"].split("-")[1]
        ids = tuple(f"{n}[{l}]" for l in p["objectives"])
        poam = {"eligible": "yes", "not-fips-validated": "conditional"}.get(p["poam"], "no")
        practices[p["id"]] = Practice(
            id=p["id"],
            domain=p["id"][:2],
            title=p["title"],
            level=2,
            value=p.get("weight"),
            partial=p.get("partial_weight"),
            poam=poam,
            objectives=ids,
        )  # type: ignore[arg-type]
    for p in cmmc["level_3"]:
        n = p["id"].split("-")[1]
        practices[p["id"]] = Practice(
            id=p["id"], domain=p["id"][:2], title=p["title"], level=3, value=1, objectives=(n,)
        )
        objectives[n] = Objective(id=n, practice=p["id"], text=p["about"])
    for p in objs["practices"]:
        for o in p["objectives"]:
            objectives[o["id"]] = Objective(
                id=o["id"],
                practice=p["practice"],
                text=o["about"],
                method=o["method"],
                declared=o.get("declared"),
                artifact=o.get("artifact"),
                document=o.get("document"),
                inherit=o.get("inherit"),
                classes=tuple(o["concerns"]),
                trap=p.get("trap"),
            )
    controls = {
        c["id"]: Control(id=c["id"], title=c["title"], theme=c.get("theme", "clause"))
        for k in ("clauses", "controls")
        for c in iso[k]
    }
    pairs = tuple(
        Pair(
            practice=p["practice"],
            control=x["iso"],
            provenance=tuple(x["provenance"]),
            focus=x.get("focus", True),
            full=x["relationship"] == "intersects",
        )
        for p in cross["practices"]
        for x in p["pairs"] or ()
    )
    return Catalogue(
        practices=practices,
        objectives=objectives,
        controls=controls,
        pairs=pairs,
        documents={d["document"]: d["about"] for d in objs["documents"]},
        classes={d["class"]: tuple(d["providers"]) for d in objs["classes"]},
        domains={d["code"]: d["name"] for d in cmmc["domains"]},
    )
