"""`cmmc-scan demo`: scan an emulated contractor over real HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scanner.cli import OK, scan
from scanner.cli import options as opt
from scanner.collect import collector_for
from scanner.config import load_config
from scanner.errors import InputError
from scanner.output import private_folder, whole_file


@click.command(
    epilog="""\b
Example:
  cmmc-scan demo -o out/"""
)
@opt.both(opt.out_option, opt.quiet_option)
def command(out: Path, quiet: bool) -> int:
    """Scan an emulated contractor on this machine, without credentials.

    The collectors are those that scan the real thing; only the servers are emulated. Exits 0 when
    it ran to its end, whatever it found.
    """
    try:
        from scanner.demo.stage import staged

        stage = staged(lambda text: None if quiet else click.echo(text, err=True))
        with stage as content:
            path = private_folder(out) / "cmmc-scan.yaml"
            with whole_file(path) as file:
                file.write(_yaml(content).encode())
            scan.run(load_config(path, collector_for), out, quiet=quiet)
    except ImportError as error:
        raise InputError(f"the demo needs {error.name}: pip install 'cmmc-scan[demo]'") from error
    return OK


def _yaml(content: dict[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(content, sort_keys=False, width=100)
    return "# Made by `cmmc-scan demo`; its endpoints ended with it.\n" + text
