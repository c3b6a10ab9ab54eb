"""Sets up the emulated contractor and tells how to scan it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from scanner.demo import statements

_HEAD = """\
# Made by `cmmc-scan demo`; its endpoints ended with it. What the firm states lies in organization/:
# change it, or the params below, and judge the same scan again:
#   cmmc-scan evaluate {out} -c {out}/cmmc-scan.yaml -o {out}
#   cmmc-scan assess {out} -c {out}/cmmc-scan.yaml
"""

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEMULATEDACCOUNT0",
    "AWS_SECRET_ACCESS_KEY": "emulated",
    "AWS_SESSION_TOKEN": "",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "NO_PROXY": "127.0.0.1,localhost",
}
"""For the emulators only; they accept anything, and no real credential is looked for."""

ORGANIZATION = "Halyard Acoustics LLC (emulated)"

_TOKEN = "CMMC_SCAN_DEMO_TOKEN"


@contextmanager
def staged(say: Callable[[str], None] = lambda text: None) -> Iterator[dict[str, Any]]:
    """The content of a cmmc-scan.yaml whose targets are emulators that run until the block ends.

    Loopback only. Needs the `demo` extra. The environment's own credentials are out of sight
    meanwhile.
    """
    with ExitStack() as stack:
        stack.enter_context(_environment({**_CREDENTIALS, _TOKEN: "emulated"}))
        say("starting an emulated AWS account and Microsoft tenant")
        targets = [_aws(stack), *_microsoft(stack)]
        yield {
            "organization": ORGANIZATION,
            "level": 2,
            "targets": targets,
            **statements.configured(),
        }


def configuration(content: dict[str, Any], out: Path) -> str:
    """The text of `out`/cmmc-scan.yaml."""
    import yaml

    text: str = yaml.safe_dump(content, sort_keys=False, width=100)
    return f"{_HEAD.format(out=out)}{text}{statements.params_text()}"


def _aws(stack: ExitStack) -> dict[str, Any]:
    from scanner.demo.aws import start_emulator_process
    from scanner.demo.aws.contractor import seed

    emulator = start_emulator_process()
    stack.callback(emulator.stop)
    site = seed(emulator.endpoint)
    return {
        "id": "prod",
        "provider": "aws",
        "endpoint": emulator.endpoint,
        "regions": [site.region],
    }


def _microsoft(stack: ExitStack) -> list[dict[str, Any]]:
    from scanner.demo.microsoft import start_emulator
    from scanner.demo.microsoft.halyard import SUBSCRIPTION, TENANT

    emulator = start_emulator()
    stack.callback(emulator.stop)
    same = {"cloud": "gcc-high", "endpoint": emulator.endpoint, "token_env": _TOKEN}
    return [
        {"id": "corp", "provider": "entra", "tenant": TENANT, **same},
        {"id": "fleet", "provider": "intune", "tenant": TENANT, **same},
        {"id": "engineering", "provider": "azure", "subscription": SUBSCRIPTION, **same},
        {"id": "office", "provider": "m365", "tenant": TENANT, **same},
    ]


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in (*values, "AWS_PROFILE")}
    os.environ.pop("AWS_PROFILE", None)
    os.environ.update({name: value for name, value in values.items() if value})
    for name, value in values.items():
        if not value:
            os.environ.pop(name, None)
    try:
        yield
    finally:
        for name, old in before.items():
            if old is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = old
