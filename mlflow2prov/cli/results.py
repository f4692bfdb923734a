"""Printing results: tables that fit the terminal, or any format in full."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from mlflow2prov.render import FORMATS
from mlflow2prov.table import Table, Tabular

Command = TypeVar("Command", bound=Callable[..., Any])


def color_option(command: Command) -> Command:
    """Add ``--color``."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Print in colour; auto does so on a terminal, unless NO_COLOR is set.",
    )(command)


def use_color(color: str) -> bool:
    """Return whether to print in colour (https://no-color.org)."""
    return color == "always" or (
        color == "auto" and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    )


def results_text(kind: str, results: Sequence[Table | Tabular], format_: str, color: str) -> str:
    """Return results in a format of :data:`~mlflow2prov.render.FORMATS`.

    On a terminal, tables are cut to the width of its lines (:mod:`mlflow2prov.render.terminal_table`).
    """
    is_terminal = sys.stdout.isatty()
    if format_ != "table" or not (is_terminal or use_color(color)):
        return FORMATS[kind][format_](results)
    from mlflow2prov.render.tables import concatenate
    from mlflow2prov.render.terminal_table import to_terminal

    tables = [result if isinstance(result, Table) else result.to_table() for result in results]
    if not all(table.rows for table in tables):
        return FORMATS[kind][format_](results)  # a sentence in place of an empty table
    if kind == "list" and is_terminal:
        from mlflow2prov.render.listing import short

        tables = [short(table) for table in tables]
    if kind in ("statistics", "list"):
        tables = [concatenate(tables, "document")]
    width = shutil.get_terminal_size().columns if is_terminal else None
    return "\n".join(to_terminal(table, width, color=use_color(color)) for table in tables)
