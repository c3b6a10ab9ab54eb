"""`cmmc-scan demo`: scan an emulated contractor over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from scanner.cli import OK, scan
from scanner.cli import options as opt
from scanner.cli.say import say
from scanner.collect import collector_for
from scanner.config import load_config
from scanner.errors import InputError
from scanner.output import private_folder


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
        from scanner.demo import statements
        from scanner.demo.stage import configuration, staged

        stage = staged(lambda text: None if quiet else say(text, err=True))
        with stage as content:
            path = statements.write_config(private_folder(out), configuration(content, out))
            left = statements.lay(out, datetime.now(UTC).date())
            if left and not quiet:
                say(f"left as it is: {', '.join(left)}", err=True)
            scan.run(load_config(path, collector_for), out, quiet=quiet)
            if not quiet:
                say(
                    f"What the firm states lies in {out}/{statements.FOLDER}/; change it and judge "
                    "again:"
                )
                say(f"  cmmc-scan evaluate {out} -c {path} -o {out}")
                say(f"  cmmc-scan assess {out} -c {path}")
    except ImportError as error:
        raise InputError(f"the demo needs {error.name}: pip install 'cmmc-scan[demo]'") from error
    return OK
