"""500 runs of 5,000 findings: size of the file, time of a run and of the trend.

python tests/bench/history.py [churn in percent]
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "history"))

from history_samples import RULES, finding

from scanner.history.ask import baseline, trend
from scanner.history.compare import diff, of_run
from scanner.history.record import record

RUNS, FINDINGS = 500, 5_000


def main(churn: float) -> None:
    random = Random(3)
    scan = [
        finding(
            f"arn:aws-us-gov:iam::123456789012:user/person-{n}",
            "fail" if n % 3 else "pass",
            evidence={"enabled": True, "category": "human", "mfa_enforced": False, "days": n},
        )
        for n in range(FINDINGS)
    ]
    fresh = FINDINGS
    start = datetime(2026, 1, 1, 6, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history.sqlite")
        began = time.perf_counter()
        for run in range(RUNS):
            for n in random.sample(range(FINDINGS), int(FINDINGS * churn / 100)):
                if random.random() < 0.5:
                    scan[n] = finding(f"arn:aws-us-gov:iam::123456789012:user/person-{fresh}")
                    fresh += 1
                else:
                    other = "pass" if scan[n].verdict == "fail" else "fail"
                    scan[n] = msgspec.structs.replace(scan[n], verdict=other)
            when = (start + timedelta(days=run)).strftime("%Y-%m-%dT%H:%M:%SZ")
            record(path, scan, when, rules=RULES, targets=["prod"], whole=True)
        each = (time.perf_counter() - began) / RUNS
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        timed = {
            "trend": lambda: trend(path),
            "baseline": lambda: baseline(path),
            "diff 1 500": lambda: diff(of_run(path, "1"), of_run(path, "500")),
        }
        print(f"churn {churn} %: {size / 2**20:.1f} MiB, {each * 1000:.0f} ms a run")
        for name, ask in timed.items():
            began = time.perf_counter()
            ask()
            print(f"  {name}: {(time.perf_counter() - began) * 1000:.0f} ms")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
