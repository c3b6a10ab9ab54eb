"""Time and memory of each document for 100,000 findings: `python tests/bench/reports.py`."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))

from report_samples import assessment
from sarif_samples import many, many_rules, scan

from scanner.findings import encode, read
from scanner.reports.asff import Hub, write_asff
from scanner.reports.csv_files import write_findings_csv
from scanner.reports.junit import write_junit
from scanner.reports.markdown import write_markdown
from scanner.reports.ocsf import write_ocsf
from scanner.reports.oscal.assessment_results import write_assessment_results
from scanner.reports.sheets import affected_by

COUNT = 100_000
SCAN = scan(rules=many_rules(100))
HUB = Hub(account="123456789012", region="us-gov-west-1")
WRITERS: dict[str, Callable[[Path, Callable], object]] = {
    "findings.csv": lambda p, f: write_findings_csv(p, f, SCAN),
    "junit.xml": lambda p, f: write_junit(p, f, SCAN),
    "summary.md": lambda p, f: write_markdown(p, f, SCAN, assessment=assessment()),
    "ocsf.jsonl": lambda p, f: write_ocsf(p, f, SCAN),
    "asff": lambda p, f: write_asff(p, f, SCAN, HUB),
    "assessment-results.json": lambda p, f: write_assessment_results(
        p, f, SCAN, assessment(), organization="x"
    ),
    "assessment-results.json, redacted": lambda p, f: write_assessment_results(
        p, f, SCAN, assessment(), organization="x", redact=True
    ),
    "what the POA&M affects": lambda p, f: affected_by(f()),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "findings.jsonl"
        with path.open("wb") as out:
            for finding in many(COUNT):
                out.write(encode(finding) + b"\n")
        print(f"{COUNT:,} findings, {path.stat().st_size / 2**20:.0f} MiB")
        for title, write in WRITERS.items():
            measured(
                title, lambda write=write, title=title: write(folder / title, lambda: read(path))
            )


def measured(title: str, work: Callable[[], object]) -> None:
    """Each writer in a process of its own, since a peak never comes down."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        work()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{title:<36} {time.monotonic() - started:6.1f} s  {peak:6.0f} MiB", flush=True)
        os._exit(0)
    os.waitpid(child, 0)


if __name__ == "__main__":
    main()
