"""``--as-of``: commands that answer for an earlier time, from the observations of a state file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT, check_date, checked_values

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

CommandFunction = Callable[..., Step]


def as_of_option(help: str) -> Callable[[CommandFunction], CommandFunction]:  # noqa: A002
    """Give a command ``--as-of DATE``: it works on the documents as they were, and passes on those of now."""
    return _option(help, lambda documents, time: [each.as_of(time) for each in documents])


def compare_as_of_option(help: str) -> Callable[[CommandFunction], CommandFunction]:  # noqa: A002
    """Give a command that compares two documents ``--as-of DATE``: the first as it was, the last as it is now."""
    return _option(help, lambda documents, time: [documents[0].as_of(time), documents[-1]])


def _option(
    help: str,  # noqa: A002
    earlier_documents: Callable[[list[Document], str], list[Document]],
) -> Callable[[CommandFunction], CommandFunction]:
    def decorate(command: CommandFunction) -> CommandFunction:
        @click.option(
            "--as-of",
            type=TEXT,
            metavar="DATE",
            callback=checked_values(check_date, has_name=False),
            help=help,
        )
        @wraps(command)
        def with_date(*args: Any, as_of: str | None, **kwargs: Any) -> Step:
            step = command(*args, **kwargs)
            if as_of is None:
                return step

            def prepare() -> Action:
                return _on_earlier(step.prepare(), as_of)

            return replace(step, prepare=prepare, prepare_on_cluster=None)

        def _on_earlier(action: Action, time: str) -> Action:
            def run(documents: list[Document], chain: Chain) -> list[Document]:
                earlier = earlier_documents(documents, time)
                result = action(earlier, chain)
                return documents if _are_same(result, earlier) else result

            return run

        return with_date

    return decorate


def _are_same(documents: list[Document], others: Iterable[Document]) -> bool:
    return [*map(id, documents)] == [*map(id, others)]
