"""The cluster of a chain: commands with ``--engine`` run on Spark, and pass data sets along."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

import click

from mlflow2prov.output import is_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

    from mlflow2prov.cli.chain import Step


class Cluster:
    """A Spark that is started when the first command needs it, and stopped after the last one."""

    def __init__(
        self, engine: str, *, memory_limit: str | None = None, verbose: bool = False
    ) -> None:
        """Check the address and the installation.

        Raises:
            ConfigurationError: the address is not valid, or Spark is not installed.
        """
        from mlflow2prov.scale.engine_address import master_of
        from mlflow2prov.scale.session import require_spark

        master_of(engine)
        require_spark()
        self._engine = engine
        self._memory_limit = memory_limit
        self._verbose = verbose
        self._stack = ExitStack()

    @cached_property
    def spark(self) -> SparkSession:
        """The session."""
        from mlflow2prov.scale.session import memory_settings, session

        settings = memory_settings(self._memory_limit) if self._memory_limit else {}
        return self._stack.enter_context(
            session(self._engine, settings=settings, verbose=self._verbose)
        )

    def close(self) -> None:
        """Stop the session."""
        self._stack.close()


def require_supported(steps: Sequence[Step]) -> None:
    """Require that all commands can run on a cluster, before any of them does.

    Raises:
        click.UsageError: one of them cannot.
    """
    from mlflow2prov.cli.program import CLUSTER_COMMANDS

    for step in steps:
        if step.prepare_on_cluster is None:
            raise click.UsageError(
                f"{step.name} does not run with --engine; commands that do: {', '.join(CLUSTER_COMMANDS)}"
            )


def refuse(command: str, option: str, reason: str) -> NoReturn:
    """Refuse an option that a cluster does not support.

    Raises:
        click.UsageError: always.
    """
    raise click.UsageError(f"{command}: {option} does not work with --engine; {reason}")


def require_parquet_inputs(inputs: Sequence[str], format_: str | None) -> None:
    """Require that inputs can be Parquet files, and that those on this machine exist.

    Raises:
        click.UsageError: an input cannot be a data set.
        FormatError: a file does not exist.
    """
    from mlflow2prov.formats.files import require_readable
    from mlflow2prov.stores import is_address

    if format_ not in (None, "parquet"):
        refuse("load", f"--format {format_}", "convert the files to parquet first")
    for name in inputs:
        if is_stream(name) or is_address(name):
            refuse(
                "load",
                f"--input {'-' if is_stream(name) else 'with a store'}",
                "name Parquet files",
            )
        if "://" not in name and not any(character in name for character in "*?[{"):
            require_readable(name)


def require_folder_output(output: str, formats: Sequence[str]) -> None:
    """Require that data sets can be saved to ``output`` in ``formats``.

    Raises:
        click.UsageError: they cannot.
    """
    from mlflow2prov.scale import FORMATS

    if is_stream(output):
        refuse("save", "standard output", "a data set is a folder; name one with --output")
    for name in formats:
        if name not in FORMATS:
            refuse("save", f"--format {name}", f"choose from {', '.join(FORMATS)}")


def output_addresses(output: str, extensions: Sequence[str], count: int) -> list[list[str]]:
    """Return the addresses of the folders of ``count`` data sets, one for each extension; several are numbered.

    >>> output_addresses("s3a://bucket/graph", [".parquet"], 2)
    [['s3a://bucket/graph-1.parquet'], ['s3a://bucket/graph-2.parquet']]
    """
    addresses = []
    for number in range(1, count + 1):
        row = []
        for extension in extensions:
            stem = output.rstrip("/").removesuffix(extension)
            row.append(f"{stem}-{number}{extension}" if count > 1 else f"{stem}{extension}")
        addresses.append(row)
    return addresses
