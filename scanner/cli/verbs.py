"""The group of verbs; a verb's module is imported when the verb is called, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

VERBS = {
    "scan": "Collect, judge and report in one go (this host, without a configuration).",
    "collect": "Read the targets into a snapshot.",
    "evaluate": "Judge a snapshot by the rules; opens no connection.",
    "report": "Write reports from a snapshot's findings.",
    "assess": "Show score, status, POA&M or the ISO gap of a scan's folder.",
    "diff": "Show what changed between two scans.",
    "review": "Show which lines of a change made what fails.",
    "trend": "Show what was open, run by run.",
    "attest": "List what still needs a document, and write the stubs.",
    "poam": "Bring poam.yaml up to date without losing anybody's words.",
    "plan": "Order what is open into phases with their dependencies.",
    "explain": "Show everything known about a practice, rule, objective, control or finding.",
    "coverage": "Show how each assessment objective is decided.",
    "evidence": "Gather, prove and sign the artifacts of an assessment.",
    "incident": "Keep the dated record of a cyber incident.",
    "rules": "List, show, test and start rules.",
    "mappings": "Look up practices, objectives and ISO controls.",
    "permissions": "Print the least-privilege policy that a scan needs.",
    "init": "Write a first cmmc-scan.yaml.",
    "demo": "Scan an emulated contractor on this machine, without credentials.",
}


class LazyGroup(click.Group):
    """A group that knows its verbs by name and loads each on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command: click.Command = import_module(f"scanner.cli.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in VERBS:
            from scanner.documents import did_you_mean

            raise click.UsageError(f"no command {name!r}; {did_you_mean(name, VERBS)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  cmmc-scan scan                                this host
  cmmc-scan scan -c cmmc-scan.yaml -o out/      everything in the configuration
  cmmc-scan demo -o out/                        an emulated contractor
  cmmc-scan mappings show SC.L2-3.13.11         one practice and its ISO controls

Exit codes: 0 nothing at or above --fail-on fails; 1 something does; 2 wrong input;
3 incomplete: something could not be read, or nothing was judged; 4 a defect; 130 interrupted.""",
)
@click.version_option(
    package_name="cmmc-scan", prog_name="cmmc-scan", message="%(prog)s %(version)s"
)
def group(**_: Any) -> None:
    """Scan live configuration for CMMC 2.0 and ISO/IEC 27001:2022.

    What could not be read is unknown, with the missing permission by name: never pass, never fail.
    """
