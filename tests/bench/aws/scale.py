"""Memory and growth: `python -m tests.bench.aws.scale`.

One account of 100,000 log groups, 10,000 users and 5,000 buckets, and a tenth of it; an
organisation of 100 accounts in 17 regions, and a tenth of it. Memory has a bound, whatever the
size, and the time grows as the calls do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from tests.bench.aws import account
from tests.bench.aws.client import CREDENTIALS
from tests.bench.aws.server import Server, Sizes

MEMORY_MIB = 300
GROWTH = 1.3
"""Seconds a call of the large run over seconds a call of the small one, at most."""

REGIONS = (
    *(f"us-{side}-{number}" for side in ("east", "west") for number in (1, 2)),
    *(f"eu-west-{number}" for number in (1, 2, 3)),
    *("eu-central-1", "eu-north-1", "ca-central-1", "sa-east-1"),
    *(f"ap-northeast-{number}" for number in (1, 2, 3)),
    *("ap-southeast-1", "ap-southeast-2", "ap-south-1"),
)
ORGANIZATION_RULES = (
    "log-retention-meets-policy",
    "administration-not-open-to-the-internet",
    "account-mfa-enforced",
    "stored-data-encrypted",
)


def measured(sizes: Sizes, **asked: Any) -> dict[str, float]:
    """One run against a synthetic server of these sizes."""
    with Server(sizes) as server:
        given = {"endpoint": server.endpoint, **asked}
        step = [sys.executable, "-m", "tests.bench.aws.client", json.dumps(given)]
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        calls = server.calls()
    return json.loads(done.stdout) | {"calls": sum(calls.values())}


def compared(name: str, small: dict[str, float], large: dict[str, float]) -> bool:
    """Print both and whether the bars hold."""
    each = [run["read_wall"] / run["calls"] * 1e3 for run in (small, large)]
    for run, cost in zip((small, large), each, strict=True):
        print(
            f"{name:<13} {run['calls']:>7.0f} calls {run['facts']:>7.0f} facts"
            f" {run['read_wall']:>7.1f} s ({cost:.2f} ms a call) {run['read_cpu']:>6.1f} s CPU"
            f" peak {run['peak']:>4.0f} MiB, {run['gaps']:.0f} gaps",
            flush=True,
        )
    return large["peak"] < MEMORY_MIB and each[1] < each[0] * GROWTH


def main() -> int:
    os.environ.update(CREDENTIALS)
    one = {"regions": ["us-east-1"], "rules": list(account.RULES)}
    good = compared(
        "one account",
        measured(Sizes(log_groups=10_000, users=1_000, buckets=500), **one),
        measured(Sizes(log_groups=100_000, users=10_000, buckets=5_000), **one),
    )
    many = {
        "regions": list(REGIONS),
        "rules": list(ORGANIZATION_RULES),
        "accounts": "all",
        "role_name": "cmmc-scan",
    }
    good &= compared(
        "organization",
        measured(Sizes(log_groups=60, users=50, buckets=5, accounts=10), **many),
        measured(Sizes(log_groups=60, users=50, buckets=5, accounts=100), **many),
    )
    print(
        "holds" if good else f"does not hold: {MEMORY_MIB} MiB, {GROWTH} times the cost of a call"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
