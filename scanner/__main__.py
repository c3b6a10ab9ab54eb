"""The command's entry point; answers --version without loading the rest."""

import gc
import signal
import sys

from scanner import __version__


def main() -> None:
    """Run the command line (console script `cmmc-scan`, and `python -m scanner`)."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"cmmc-scan {__version__}\n")
        return
    # Facts, rules and findings hold no cycles; the collector's default would look 1,000 times.
    gc.set_threshold(50_000, 20, 50)
    # A cancelled CI job, systemd and Kubernetes ask like this: it ends as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from scanner.cli import run
    from scanner.cli.stdout import forgiving

    sys.stdout = forgiving(sys.stdout)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
