"""Microseconds a verdict and peak memory: `python -m tests.bench.evaluation`.

A million rule-fact pairs by default: 100,000 accounts by ten rules. The ratio of the two peaks
tells whether memory grows with the facts.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RULE = """
id: bench-{n}
title: An account of a person has a second factor ({n})
practice: IA.L2-3.5.3
informs: ["3.5.3[d]"]
strength: observed
refutes: never
severity: low
fact: identity.account
when: |
  enabled && category == "human"
require: |
  mfa_registered || last_used_days == null || last_used_days > {n}
message: "{{name}} has no second factor"
why: Measures the evaluation.
limits: Says nothing of any system.
fix: {{aws: Nothing.}}
tests:
  pass: [{{enabled: true, category: human, mfa_registered: true}}]
  fail: [{{enabled: true, category: human, mfa_registered: false, last_used_days: 0}}]
  unknown: [{{category: human}}]
"""


def snapshot(folder: Path, facts: int) -> None:
    """A snapshot of that many accounts, a tenth of them unread in one field."""
    from scanner.collect import collect
    from scanner.collectors.base import Collector, Job, Partial, Refused, Scope, Target, source
    from scanner.facts.identity import Account

    @source(
        Account,
        fields=["category", "enabled", "mfa_registered", "last_used_days"],
        calls=["ListAccounts"],
    )
    def accounts(job: Job):  # type: ignore[no-untyped-def]
        refused = {"mfa_registered": Refused("denied", "ListAccounts")}
        for number in range(facts):
            unread = number % 10 == 0
            fact = Account(
                subject=f"id/{number:09}",
                name=f"user-{number}",
                category="human",
                enabled=True,
                last_used_days=number % 400,
                **({} if unread else {"mfa_registered": number % 3 > 0}),
                **job.here("ListAccounts"),
            )
            yield Partial(fact, refused) if unread else fact

    class Session:
        def scopes(self):  # type: ignore[no-untyped-def]
            return (Scope("aws:bench", "bench"),)

        def place(self, job: Job) -> Job:
            return job

        def close(self) -> None:
            pass

    bench = Collector("aws", "", (accounts,), lambda target: Session())
    collect([Target("bench", "aws", {})], {"aws": bench}, None, folder)


def measure(folder: Path, rules: int) -> None:
    """Evaluate and print one JSON line: verdicts, seconds, peak MiB above what loading took."""
    from scanner.cli.steps import controls_of
    from scanner.evaluate.run import evaluate
    from scanner.rules.load import load_rules
    from scanner.snapshot.read import open_snapshot

    with tempfile.TemporaryDirectory() as name:
        for number in range(rules):
            (Path(name) / f"bench-{number}.yaml").write_text(RULE.format(n=number))
        chosen = list(load_rules([Path(name)]))
    data = open_snapshot(folder)
    before = _peak()
    started = time.process_time()
    verdicts = sum(
        1
        for _ in evaluate(
            data, chosen, params={}, declared={}, controls=controls_of, as_of="2026-11-24"
        )
    )
    seconds = time.process_time() - started
    print(json.dumps({"verdicts": verdicts, "seconds": seconds, "peak": _peak(), "before": before}))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(rules: int = 10, sizes: tuple[int, ...] = (10_000, 100_000)) -> list[dict[str, float]]:
    """Measure each size in a process of its own; returns and prints the figures."""
    results = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "snapshot"
            snapshot(folder, size)
            step = [sys.executable, "-m", "tests.bench.evaluation", str(folder), str(rules)]
            done = subprocess.run(step, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        each = found["seconds"] / found["verdicts"] * 1e6
        print(
            f"{found['verdicts']:>9,} verdicts  {each:5.1f} us each  peak {found['peak']:.0f} MiB"
            f" ({found['before']:.0f} before the first)"
        )
        results.append(found | {"each": each})
    return results


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
