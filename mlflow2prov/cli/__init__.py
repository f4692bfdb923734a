"""The command line: a thin layer over the functions of the package.

``main`` runs the program. The group of commands is in :mod:`.program`, the chain that they form in :mod:`.chain`. Each
command is a module of :mod:`.commands` that parses its options, calls a function of the package and renders the result.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from mlflow2prov.boundary import own_errors
from mlflow2prov.cli.program import COMMANDS, cli
from mlflow2prov.cli.signals import exit_cleanly_on_signals, signal_exit_code
from mlflow2prov.cli.terminal import (
    abandon_output,
    log_line,
    open_missing_streams,
    print_error,
    use_log_format,
)
from mlflow2prov.errors import MLflow2ProvError

_CLICK_ERRORS = (click.ClickException, click.exceptions.Exit, click.Abort)

__all__ = ["COMMANDS", "cli", "main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit.

    Exit codes: 0 success, 1 an error or a negative result, 2 wrong usage, 3 success without facts that a source
    refused, 128 plus its number for a signal.
    """
    open_missing_streams()
    use_log_format("text")
    exit_cleanly_on_signals()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with own_errors(*_CLICK_ERRORS, OSError):
            code = cli.main(words, prog_name="mlflow2prov", standalone_mode=False) or 0
            sys.stdout.flush()
    except click.exceptions.Exit as error:
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = signal_exit_code() or 130
    except (click.ClickException, MLflow2ProvError, OSError) as error:
        message, code = _describe(error)
        *others, message = [str(each) for each in getattr(error, "errors", ())] or [message]
        for other in others:
            log_line(other, "error")
        if isinstance(error, OSError):
            # The chain handles errors of its own output, so this is one of click's, as of `--help` on a full disk.
            abandon_output()
        print_error(message, verbose=not {"-v", "--verbose"}.isdisjoint(words))
    sys.exit(code)


def _describe(error: Exception) -> tuple[str, int]:
    """Return the message of an error and the exit code."""
    match error:
        case click.UsageError():
            hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
            return f"{error.format_message()}{hint}", 2
        case click.ClickException():
            return error.format_message(), error.exit_code
        case MLflow2ProvError():
            return str(error), error.exit_code
        case OSError(filename=str(name)):
            return f"{name}: {error.strerror}", 1
        case OSError():
            return error.strerror or str(error), 1
        case _:
            raise error
