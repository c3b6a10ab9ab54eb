"""What reading AWS costs: `python -m tests.bench.aws.report` (`--quick`, `--prowler PATH`).

Four sizes are measured, each against baselines that run in turn with it, so that a busy machine is
busy for all: a generated account in the emulator, and a synthetic one whose server costs nearly
nothing, each at 0 and 50 ms of latency. Figures are medians. The emulator's answer to one request
costs more than the client's question; its share of the wall time is the same for all.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.aws import account, server
from tests.bench.aws.client import CREDENTIALS

Figures = dict[str, float]


def operations() -> list[str]:
    """What the benchmark's rules take, as the sources declare it."""
    from scanner.cli import steps
    from scanner.collect import collector_for, plan
    from scanner.collect.plan import calls
    from scanner.evaluate.wants import wants

    rules = steps.chosen_rules(steps.all_rules([]), account.RULES)
    return list(calls(plan(collector_for("aws"), wants(rules))))


def run(module: str, asked: dict[str, Any]) -> Figures:
    """One run of a client in a process of its own."""
    step = [sys.executable, "-m", f"tests.bench.aws.{module}", json.dumps(asked)]
    done = subprocess.run(step, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return dict(json.loads(done.stdout))


def prowler(path: Path, endpoint: str, regions: list[str]) -> Figures:
    """Prowler's checks of the same topics. Its exit status tells of findings, not of success."""
    import resource
    import time

    environment = {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}
    with tempfile.TemporaryDirectory() as out:
        step = [str(path), "aws", "-c", *PROWLER_CHECKS, "-f", *regions, "-o", out]
        step += ["--no-banner", "-M", "json-ocsf", "--ignore-exit-code-3"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        done = subprocess.run(step, capture_output=True, text=True, env=environment | {"HOME": out})
        wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu, "peak": after.ru_maxrss / 1024}


PROWLER_CHECKS = (
    "iam_user_mfa_enabled_console_access",
    "iam_user_two_active_access_key",
    "iam_rotate_access_key_90_days",
    "cloudwatch_log_group_retention_policy_specific_days_enabled",
    "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22",
    "ec2_ebs_volume_encryption",
    "kms_cmk_rotation_enabled",
    "s3_bucket_secure_transport_policy",
    "s3_bucket_public_access",
    "s3_bucket_default_encryption",
)


def compared(
    name: str,
    endpoint: str,
    regions: list[str],
    times: int,
    calls: Callable[[], dict[str, int]],
    peer: Path | None,
) -> dict[str, Figures]:
    """Medians of interleaved runs, printed, and what was called oftener than by the floor."""
    asked = {"endpoint": endpoint, "regions": regions}
    clients: dict[str, Callable[[], Figures]] = {
        "cmmc-scan": lambda: run("client", asked | {"rules": list(account.RULES)}),
        "floor": lambda: run("floor", asked | {"operations": operations()}),
    }
    if peer is not None:
        clients["prowler"] = lambda: prowler(peer, endpoint, regions)
    calls()
    found: dict[str, list[Figures]] = {each: [] for each in clients}
    counted: dict[str, dict[str, int]] = {}
    for number in range(times):
        for each, client in clients.items():
            if each == "prowler" and number:
                continue  # once is enough to tell 10 from 1
            figures = client()
            counted[each] = calls()
            found[each].append(figures | {"calls": sum(counted[each].values())})
    middle = {
        each: {key: median(run[key] for run in runs) for key in ("calls", "wall", "cpu", "peak")}
        for each, runs in found.items()
    }
    floor = middle["floor"]
    for each, figures in middle.items():
        ratios = {key: figures[key] / floor[key] for key in figures}
        print(
            f"{name:<22} {each:<10} {figures['calls']:>6.0f} calls ({ratios['calls']:.2f})"
            f" {figures['wall']:>7.2f} s ({ratios['wall']:.2f})"
            f" {figures['cpu']:>6.2f} s CPU ({ratios['cpu']:.2f})"
            f" {figures['peak']:>5.0f} MiB ({ratios['peak']:.2f})",
            flush=True,
        )
    for operation in sorted(counted["cmmc-scan"].keys() | counted["floor"].keys()):
        mine, theirs = (counted[c].get(operation, 0) for c in ("cmmc-scan", "floor"))
        if mine > theirs:
            print(f"    {operation}: {mine}, floor {theirs}")
    return middle


def generated(
    sizes: account.Sizes, latencies: tuple[int, ...], times: int, peer: Path | None
) -> None:
    """A generated account in the emulator."""
    from scanner.demo.aws import start_emulator_process

    with start_emulator_process() as emulator:
        account.generate(emulator.endpoint, sizes)

        def calls() -> dict[str, int]:
            counted = emulator.calls()
            emulator.clear_calls()
            return counted

        for latency in latencies:
            emulator.clear_faults()
            if latency:
                emulator.add_fault("*", latency_ms=latency)
            name = f"emulator, {latency} ms"
            compared(name, emulator.endpoint, list(sizes.regions), times, calls, peer)


def synthetic(sizes: server.Sizes, times: int) -> None:
    """A synthetic account of nearly no server time."""
    with server.Server(sizes) as started:
        name = f"synthetic, {sizes.latency_ms:.0f} ms"
        regions = ["us-east-1", "us-east-2"]
        compared(name, started.endpoint, regions, times, started.calls, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run each")
    parser.add_argument("--prowler", type=Path, help="its executable, in a venv of its own")
    given = parser.parse_args()
    os.environ.update(CREDENTIALS)
    if given.prowler is None or not given.prowler.exists():
        print("Prowler is not compared: --prowler names no executable")
        given.prowler = None
    times = 1 if given.quick else 5
    generated(account.Sizes() if given.quick else LARGE, (0, 50), times, given.prowler)
    for latency in (0, 50):
        small = server.Sizes(log_groups=500, users=500, buckets=300, latency_ms=latency)
        synthetic(small, times)


LARGE = account.Sizes(users=100, buckets=150, log_groups=200, security_groups=40, disks=40, keys=20)

if __name__ == "__main__":
    main()
