"""The account's regions.

Table, global: account.regions (region: opt-in status, where it is not ENABLED_BY_DEFAULT).
"""

from __future__ import annotations

from scanner.demo.aws import models
from scanner.demo.aws.registry import Call, Output, ours

TABLE = "account.regions"


@ours("account:ListRegions")
def list_regions(call: Call) -> Output:
    chosen = call.global_table(TABLE)
    wanted = call.params.get("RegionOptStatusContains")
    rows = [
        {"RegionName": name, "RegionOptStatus": chosen.get(name, "ENABLED_BY_DEFAULT")}
        for name in models.regions_of(call.partition)
    ]
    return {"Regions": [r for r in rows if not wanted or r["RegionOptStatus"] in wanted]}
