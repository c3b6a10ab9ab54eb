"""The command's entry point; answers --version without loading the rest."""

import gc
import signal
import sys

from scanner import __version__


def main() -> None:
    """Run the command line (console script `cmmc-scan`, and `python -m scanner`)."""
    from scanner.cli import BAD_INPUT, DEFECT, INTERRUPTED
    from scanner.cli.stdout import lost, settle

    settle()
    code = _run(sys.argv[1:])
    words = lost()
    if words is not None:
        sys.stderr.write(f"{words}\n")
        code = code if code in (DEFECT, INTERRUPTED) else BAD_INPUT
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        sys.stdout.write(f"cmmc-scan {__version__}\n")
        return 0
    # Facts, rules and findings hold no cycles; the collector's default would look 1,000 times.
    gc.set_threshold(50_000, 20, 50)
    # A cancelled CI job, systemd and Kubernetes ask like this: it ends as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from scanner.cli import run

    return run(arguments)


if __name__ == "__main__":
    main()
