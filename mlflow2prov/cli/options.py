"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from mlflow2prov.cli.param_types import OUTPUT_NAME, TEXT, URI, AliasedChoice, ListOption
from mlflow2prov.cli.selector_argument import WordsOption
from mlflow2prov.output import STREAM
from mlflow2prov.render.renderer import ALIASES, EXTENSIONS

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


def input_option(help: str, *, required: bool = False) -> Decorator[Any]:  # noqa: A002
    """Add ``--input FILE``, which may be repeated, though not for standard input."""
    return click.option(
        "--input",
        "inputs",
        cls=WordsOption if required else click.Option,
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
        type=AliasedChoice(choices, ALIASES),
        default=choices[0],
        show_default=True,
        help=help,
    )


def formats_option(choices: Sequence[str], aliases: Mapping[str, str]) -> Decorator[Any]:
    """Add ``--format``, a list of the formats of files, which is empty by default."""
    names = AliasedChoice(choices, aliases)
    return click.option(
        "--format",
        "formats",
        cls=ListOption,
        type=names,
        multiple=True,
        help=f"Write this format (also {', '.join(names.aliases)}), or a list of them; may be repeated.  [default: by "
        f"the extension of --output, else {choices[0]}]",
    )


def format_of_file(
    context: click.Context, output: str, format_: str, choices: Iterable[str]
) -> str:
    """Return the value of ``--format`` or, if it is not given, the format of the extension of ``output``."""
    is_chosen = context.get_parameter_source("format_") is not ParameterSource.DEFAULT
    by_extension = EXTENSIONS.get(PurePath(output).suffix.lower(), "")
    return format_ if is_chosen or by_extension not in choices else by_extension


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
        "-o",
        type=OUTPUT_NAME,
        metavar="FILE",
        default=STREAM,
        show_default=True,
        help="Write the result to this file, in the format of its extension; - is standard output.",
    )(command)


def output_name_option(command: Command) -> Command:
    """Add ``--output NAME``, for a file for each document and format."""
    return click.option(
        "--output",
        "-o",
        type=OUTPUT_NAME,
        metavar="NAME",
        default=STREAM,
        show_default=True,
        help="Name the files, with or without extension; - is standard output.",
    )(command)


def _refuse_repeated_stream(
    context: click.Context, option: click.Parameter, inputs: tuple[str, ...]
) -> tuple[str, ...]:
    if inputs.count(STREAM) > 1:
        raise click.BadParameter(
            "standard input can be read only once; give - once", context, option
        )
    return inputs
