"""One measured read of an endpoint, in a process of its own: `python -m tests.bench.aws.client`.

Takes one JSON argument: endpoint, regions, rules, and for an organisation accounts and role_name.
Prints one JSON line: seconds of wall and CPU, peak MiB, facts, gaps.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
    "HOME": "/nonexistent",
}


def main(asked: dict[str, Any]) -> None:
    started = time.monotonic()
    from scanner.cli import steps
    from scanner.collect import collect, collector_for
    from scanner.collectors.base import Target
    from scanner.evaluate.wants import wants

    known = steps.all_rules([])
    rules = steps.chosen_rules(known, asked.pop("rules"))
    wanted = wants(rules)
    folder = asked.pop("folder", None)
    ready, ready_cpu = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as name:
        manifest = collect(
            [Target("bench", "aws", asked)],
            {"aws": collector_for("aws")},
            wanted,
            Path(folder or name) / "snapshot",
        )
    print(
        json.dumps(
            figures(started, ready, ready_cpu)
            | {
                "facts": sum(line.facts for line in manifest.ledger),
                "gaps": len(manifest.gaps),
            }
        )
    )


def figures(started: float, ready: float, ready_cpu: float) -> dict[str, float]:
    """Wall and CPU seconds of the whole process and from `ready` on; peak MiB."""
    return {
        "wall": time.monotonic() - started,
        "cpu": time.process_time(),
        "read_wall": time.monotonic() - ready,
        "read_cpu": time.process_time() - ready_cpu,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    os.environ.update(CREDENTIALS)
    main(json.loads(sys.argv[1]))
