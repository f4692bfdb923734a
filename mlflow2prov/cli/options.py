"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from mlflow2prov.cli.param_types import OUTPUT_NAME, TEXT, URI
from mlflow2prov.output import STREAM

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


def input_option(help: str, *, required: bool = False) -> Decorator[Any]:  # noqa: A002
    """Add ``--input FILE``, which may be repeated, though not for standard input."""
    return click.option(
        "--input",
        "inputs",
        type=TEXT,
        multiple=True,
        required=required,
        metavar="FILE",
        callback=_refuse_repeated_stream,
        help=help,
    )


def format_option(
    choices: Sequence[str],
    help: str,  # noqa: A002
) -> Decorator[Any]:
    """Add ``--format``, whose default is the first of ``choices``."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help=help,
    )


def formats_option(choices: Sequence[str]) -> Decorator[Any]:
    """Add ``--format``, which may be repeated, for the formats of files; the default is the first of ``choices``."""
    return click.option(
        "--format",
        "formats",
        type=click.Choice(choices),
        multiple=True,
        default=(choices[0],),
        show_default=True,
        help="Write this format; may be repeated.",
    )


def graph_option(command: Command) -> Command:
    """Add ``--graph IRI``, for SPARQL stores."""
    return click.option(
        "--graph",
        type=URI,
        metavar="IRI",
        help="Use this named graph of a SPARQL 1.1 store, not the default graph.",
    )(command)


def output_file_option(command: Command) -> Command:
    """Add ``--output FILE``, for the one result of a command."""
    return click.option(
        "--output",
        type=OUTPUT_NAME,
        metavar="FILE",
        default=STREAM,
        show_default=True,
        help="Write the result to this file; - is standard output.",
    )(command)


def output_name_option(command: Command) -> Command:
    """Add ``--output NAME``, for a file for each document and format."""
    return click.option(
        "--output",
        type=OUTPUT_NAME,
        metavar="NAME",
        default=STREAM,
        show_default=True,
        help="Name the files, without extension; - is standard output.",
    )(command)


def _refuse_repeated_stream(
    context: click.Context, option: click.Parameter, inputs: tuple[str, ...]
) -> tuple[str, ...]:
    if inputs.count(STREAM) > 1:
        raise click.BadParameter(
            "standard input can be read only once; give - once", context, option
        )
    return inputs
