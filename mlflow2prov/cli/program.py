"""The program: its commands, and the options that apply to all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov import __version__
from mlflow2prov.cli.command_group import ChainGroup
from mlflow2prov.cli.terminal import LOG_FORMATS, use_log_format
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.quantity import quantity

if TYPE_CHECKING:
    from mlflow2prov.cli.chain import Step
    from mlflow2prov.cli.cluster import Cluster

COMMANDS = (
    "init",
    "extract",
    "update",
    "load",
    "transform",
    "merge",
    "lineage",
    "save",
    "export",
    "list",
    "statistics",
    "explain",
    "history",
    "diff",
    "validate",
    "check",
    "report",
    "rerun",
    "experiment",
    "completion",
)
"""The commands in the order of ``--help``; each is a module of :mod:`mlflow2prov.cli.commands`."""

CLUSTER_COMMANDS = ("load", "merge", "statistics", "save")
"""The commands that run with ``--engine``."""


@click.group(
    cls=ChainGroup,
    command_names=COMMANDS,
    chain=True,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [OPTIONS] [COMMAND [OPTIONS]]...",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help="Print details on standard error: steps, progress, tracebacks.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print only results and errors.")
@click.option(
    "--log-format",
    type=click.Choice(LOG_FORMATS),
    default="text",
    show_default=True,
    is_eager=True,
    expose_value=False,
    callback=lambda _context, _option, name: use_log_format(name),
    help="Print messages on standard error as text, or as one JSON object per line (time, level, message).",
)
@click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False),
    help="Run the chain of commands in a YAML file.",
)
@click.option(
    "--validate",
    "validate",
    type=click.Path(dir_okay=False),
    help="Check a YAML file without running it.",
)
@click.option(
    "--memory-limit",
    metavar="SIZE",
    help="Limit the memory of the tables, for example to 500MB; larger tables spill to disk.  [default: 1GB]",
)
@click.option(
    "--engine",
    metavar="ADDRESS",
    help=f"Run {', '.join(CLUSTER_COMMANDS[:-1])} and {CLUSTER_COMMANDS[-1]} on Spark: "
    "spark://HOST:PORT, local[CORES], yarn or k8s://URL. Reads Parquet, writes Parquet or N-Quads.",
)
@click.pass_context
def cli(
    context: click.Context,
    verbose: bool,
    quiet: bool,
    config: str | None,
    validate: str | None,
    memory_limit: str | None,
    engine: str | None,
) -> None:
    """Extract W3C PROV provenance from Git repositories and MLflow tracking.

    Commands form a chain and pass documents along: extract, update and load add documents, merge makes
    one of them, and the other commands work on all of them.

    \b
    mlflow2prov extract --repository-path . --mlflow-url http://127.0.0.1:5000 \\
                save --output result --format json --format rdf \\
                statistics --resolution fine
    """
    if verbose and quiet:
        raise click.UsageError("--verbose and --quiet exclude each other; choose one")
    context.meta["verbosity"] = "verbose" if verbose else "quiet" if quiet else "normal"
    if memory_limit is not None:
        _limit_memory(memory_limit)
    context.meta["engine"], context.meta["memory_limit"] = engine, memory_limit
    if config is None and validate is None:
        if context.invoked_subcommand is None:
            click.echo(context.get_help())
        return
    if None not in (config, validate):
        raise click.UsageError("--config and --validate exclude each other; choose one")
    if context.invoked_subcommand is not None:
        raise click.UsageError("--config and --validate take no commands; put them in the file")
    from mlflow2prov.cli.config_file import read_steps

    steps = read_steps(config or validate or "", context)
    if validate is None:
        context.meta["steps"] = steps
    else:
        click.echo(f"{validate}: valid, {quantity(len(steps), 'command')}")


@cli.result_callback()
@click.pass_context
def run(context: click.Context, /, steps: list[Step], **_: object) -> None:
    """Run the chain of the command line or of a configuration file."""
    steps = context.meta.get("steps", steps)
    if steps:
        from mlflow2prov.cli.chain import run_chain

        run_chain(steps, context.meta["verbosity"], _cluster(steps, context))


def _cluster(steps: list[Step], context: click.Context) -> Cluster | None:
    """Return the cluster that the chain runs on, if it does."""
    engine = context.meta["engine"]
    if engine is None:
        return None
    from mlflow2prov.cli.cluster import Cluster, require_supported

    require_supported(steps)
    return Cluster(
        engine,
        memory_limit=context.meta["memory_limit"],
        verbose=context.meta["verbosity"] == "verbose",
    )


def _limit_memory(size: str) -> None:
    from mlflow2prov import engine

    try:
        engine.configure(memory_limit=size)
    except ConfigurationError as error:
        raise click.BadParameter(str(error), param_hint="--memory-limit") from error
