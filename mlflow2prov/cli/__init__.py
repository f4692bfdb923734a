"""The command line: a thin coat over the package's functions.

``main`` runs a chain of commands. Every command is a module of :mod:`mlflow2prov.cli.commands` and a
line in :data:`COMMANDS`; importing one must be quick, so what is heavy is imported where it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlflow2prov import __version__
from mlflow2prov.cli.command_group import ChainGroup
from mlflow2prov.cli.signals import clear_up_when_stopped, exit_code
from mlflow2prov.cli.terminal import abandon_output, complain, open_streams
from mlflow2prov.errors import MLflow2ProvError

if TYPE_CHECKING:
    from mlflow2prov.cli.chain import Step

COMMANDS = (
    *("extract", "load", "transform", "merge", "lineage"),
    *("save", "export", "statistics", "explain", "diff", "validate", "check", "report"),
)
"""The commands, as ``--help`` lists them; each is ``mlflow2prov.cli.commands.<name>``."""


@click.group(
    cls=ChainGroup,
    command_names=COMMANDS,
    chain=True,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [OPTIONS] [COMMAND [OPTIONS]]...",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option("--verbose", is_flag=True, help="Say more on standard error, tracebacks included.")
@click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False),
    help="Run the chain that a YAML file describes.",
)
@click.option(
    "--validate",
    "validate",
    type=click.Path(dir_okay=False),
    help="Check a YAML file, and do nothing else.",
)
@click.option(
    "--memory_limit",
    metavar="SIZE",
    help="How much memory the tables may take, as 500MB (1GB unless given); beyond it they go to disk.",
)
@click.pass_context
def cli(
    context: click.Context,
    verbose: bool,
    config: str | None,
    validate: str | None,
    memory_limit: str | None,
) -> None:
    """Extract W3C PROV provenance from Git repositories and MLflow tracking.

    Commands pass documents along, as in a pipe: extract and load add one, merge makes one of them, the
    others take what there is.

    \b
    mlflow2prov extract --repository_path . --mlflow_url http://127.0.0.1:5000 \\
                save --output result --format json --format rdf \\
                statistics --resolution fine
    """
    context.meta["verbose"] = verbose
    if memory_limit is not None:
        _limit_memory(memory_limit)
    if config is not None or validate is not None:
        if context.invoked_subcommand is not None or None not in (config, validate):
            raise click.UsageError("--config and --validate stand alone: the chain is in the file")
        from mlflow2prov.cli.config_file import read_configuration

        steps = read_configuration(config or validate or "").steps(context)
        if validate is None:
            context.meta["steps"] = steps
        else:
            noun = "command" if len(steps) == 1 else "commands"
            click.echo(f"{validate}: valid, {len(steps)} {noun}")
    elif context.invoked_subcommand is None:
        click.echo(context.get_help())


def _limit_memory(size: str) -> None:
    from duckdb import Error

    from mlflow2prov import engine

    try:
        engine.limit_memory(size)
    except Error as error:
        raise click.BadParameter(
            f"{size!r} is no size; try 500MB", param_hint="--memory_limit"
        ) from error


@cli.result_callback()
@click.pass_context
def run(context: click.Context, /, steps: list[Step], **_: object) -> None:
    """Run the commands one after the other, be they given here or in a file."""
    chosen = context.meta.get("steps", steps)
    if chosen:
        from mlflow2prov.cli.chain import run_chain

        run_chain(chosen, verbose=context.meta["verbose"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program, and exit: 0 done, 1 an error, 2 wrong use, 3 done but incomplete, 130 interrupted."""
    open_streams()
    clear_up_when_stopped()
    given = list(sys.argv[1:] if arguments is None else arguments)
    verbose = "--verbose" in given
    try:
        code = cli.main(given, prog_name="mlflow2prov", standalone_mode=False) or 0
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = exit_code() or 130
    except click.UsageError as error:
        where = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        code = complain(f"{error.format_message()}{where}", 2, verbose)
    except click.ClickException as error:
        code = complain(error.format_message(), error.exit_code, verbose)
    except MLflow2ProvError as error:
        code = complain(str(error), error.exit_code, verbose)
    except OSError as error:
        # What is printed here and not by the chain, as a help, goes to standard output only.
        abandon_output()
        where = f"{error.filename}: " if error.filename else ""
        code = complain(f"{where}{error.strerror or error}", 1, verbose)
    except RuntimeError:
        # What DuckDB makes of an interruption while it works on a query.
        if (code := exit_code()) is None:
            raise
    except MemoryError:
        code = complain("out of memory; try --memory_limit", 1, verbose)
    except _database_errors() as error:
        what = str(error).strip().partition("\n")[0]
        code = complain(f"the tables: {what}; try another --memory_limit", 1, verbose)
    sys.exit(code)


def _database_errors() -> tuple[type[Exception], ...]:
    """Return the errors that the tables' database raises, if it is there at all."""
    database = sys.modules.get("duckdb")
    return (database.Error,) if database is not None else ()
