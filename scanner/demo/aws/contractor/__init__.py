"""Builds the emulated contractor's estate (`estate.py`) in a running emulator, over HTTP.

Everything that AWS has a write operation for is made by boto3; what only an agent reports is put
in through the control endpoint. Larger accounts repeat the tables' rows under numbered names.
"""

from __future__ import annotations

import dataclasses

from scanner.demo.aws import estate
from scanner.demo.aws.contractor.hosts import build_functions, build_instances
from scanner.demo.aws.contractor.identity import build_identity
from scanner.demo.aws.contractor.logs import build_logs
from scanner.demo.aws.contractor.site import Site, repeated
from scanner.demo.aws.contractor.storage import build_storage
from scanner.demo.aws.contractor.transport import build_crypto, build_listeners, build_network
from scanner.demo.aws.contractor.watching import build_watching
from scanner.demo.aws.emulator import ACCOUNT, REGION
from scanner.demo.aws.garbage import uncollected

__all__ = ["Contractor", "repeated", "seed"]


@dataclasses.dataclass(frozen=True)
class Contractor:
    """What was built where; sizes are those that were asked for."""

    endpoint: str
    account: str
    region: str
    sizes: dict[str, int]


def seed(
    endpoint: str,
    *,
    region: str = REGION,
    users: int = len(estate.USERS),
    log_groups: int = len(estate.LOG_GROUPS),
    buckets: int = len(estate.BUCKETS),
    instances: int = len(estate.INSTANCES),
    functions: int = len(estate.FUNCTIONS),
) -> Contractor:
    """Build the estate in the emulator at `endpoint`, which should be empty.

    A size beyond the table's repeats its rows under names with a number; a smaller one takes the
    first rows, though never fewer buckets than the trails need.
    """
    import boto3

    session = boto3.Session(
        aws_access_key_id="AKIAEXAMPLESEEDER", aws_secret_access_key="none", region_name=region
    )
    site = Site(endpoint, region, session)
    with uncollected():
        build_identity(site, users)
        build_storage(site, max(buckets, 2))
        build_logs(site, log_groups)
        build_network(site)
        build_listeners(site)
        build_crypto(site)
        built = build_instances(site, instances)
        build_functions(site, functions)
        build_watching(site, built)
        site.flush()
    sizes = {
        "users": users,
        "log_groups": log_groups,
        "buckets": buckets,
        "instances": instances,
        "functions": functions,
    }
    return Contractor(endpoint, ACCOUNT, region, sizes)
