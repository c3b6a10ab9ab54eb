"""The command line: click verbs, one file each, loaded when called; only here is printed."""

from __future__ import annotations

from collections.abc import Sequence

OK, FAILED, BAD_INPUT, INCOMPLETE, DEFECT, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes: nothing failed; something did; the user's input is wrong; a gap, nothing judged
or, of several reports, one that cannot be; a defect of cmmc-scan or of a rule; Ctrl-C or
SIGTERM."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; no exception leaves it."""
    import os

    import click

    from scanner.cli.say import hand_out, say
    from scanner.cli.verbs import group
    from scanner.errors import Defect, InputError

    try:
        code = group.main(list(arguments), prog_name="cmmc-scan", standalone_mode=False)
        return code if isinstance(code, int) else OK
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        place = error.ctx if isinstance(error, click.UsageError) else None
        if place is not None:
            hand_out(place.get_usage(), err=True)
            say(f"Try '{place.command_path} --help' for help.", err=True)
        say(f"Error: {error.format_message()}", err=True)
        return BAD_INPUT
    except InputError as error:
        for message in error.messages:
            say(message, err=True)
        return BAD_INPUT
    except (KeyboardInterrupt, click.Abort) as error:
        words = str(error.__cause__ or error)  # click raises Abort from what came
        say(words or "interrupted", err=True)
        return INTERRUPTED
    except Defect as error:
        say(f"defect: {error}", err=True)
        return DEFECT
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            name, cause = str(error.filename)[:300], (error.strerror or str(error)).lower()
            say(f"{name}: {cause}; look at the path and at who may enter it", err=True)
            return BAD_INPUT
        if os.environ.get("CMMC_SCAN_DEBUG"):
            raise
        say(
            f"defect of cmmc-scan: {type(error).__name__}: {error}; please report it"
            " (CMMC_SCAN_DEBUG=1 shows where it happened)",
            err=True,
        )
        return DEFECT
