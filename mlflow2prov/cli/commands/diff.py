"""``diff``: compare two documents, or two elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.as_of import compare_as_of_option
from mlflow2prov.cli.chain import EXIT_UNDECIDED, Action, Chain, Step
from mlflow2prov.cli.options import format_option, input_option
from mlflow2prov.cli.param_types import TEXT
from mlflow2prov.cli.results import color_option, use_color
from mlflow2prov.cli.selector_argument import SelectorCommand, selectors_option
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.render.difference import FORMATS, colored_text

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command(cls=SelectorCommand)
@input_option(
    "Compare this file, or - for standard input, besides the documents of the chain; may be repeated."
)
@selectors_option(
    "Compare elements instead of documents: the first SELECTOR is looked up in the first document, the second in the "
    "last",
    default="the whole documents",
)
@click.option(
    "--against",
    type=TEXT,
    metavar="SELECTOR",
    help="Compare with this element, as a second SELECTOR does.  [default: the first SELECTOR]",
)
@format_option(tuple(FORMATS), "Print the difference in this format; JSON contains every detail.")
@color_option
@compare_as_of_option(
    "Compare the first document as of this time, from a state file (see update), with the last as of now."
)
def command(
    inputs: tuple[str, ...],
    selectors: tuple[str, ...],
    against: str | None,
    format_: str,
    color: str,
) -> Step:
    """Compare two documents or two elements.

    Versions, models and runs are compared question by question, other elements by their lineages. The documents are
    passed on. The exit code is 0 if the two are the same, 1 if they differ and 2 if they cannot be compared.

    \b
    mlflow2prov diff --input old.json --input new.json
    mlflow2prov load --input result.json diff models:/wine/1 wine@champion
    """
    if against:
        if not selectors:
            raise click.UsageError("--against needs a SELECTOR, or --of, to compare with")
        selectors = (*selectors, against)
    if len(selectors) > 2:
        raise click.UsageError(f"diff compares two selectors, not {len(selectors)}")

    def prepare() -> Action:
        from mlflow2prov.analysis.comparison import compare
        from mlflow2prov.formats.files import require_readable
        from mlflow2prov.prov.difference import diff
        from mlflow2prov.stores.loading import load

        for name in inputs:
            require_readable(name)
        render = colored_text if format_ == "text" and use_color(color) else FORMATS[format_]

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            documents = [*documents, *map(load, inputs)]
            _check_number(len(documents), len(selectors))
            before, after = documents[0], documents[-1]
            result = (
                compare(before, selectors[0], selectors[-1], after)
                if selectors
                else diff(before, after)
            )
            chain.write_text(render([result]), format_=format_)
            chain.has_negative_result |= not result.is_same
            return documents

        return action

    return Step("diff", prepare, is_source=bool(inputs), error_exit_code=EXIT_UNDECIDED)


def _check_number(documents: int, selectors: int) -> None:
    """Check that there are as many documents as can be compared."""
    if selectors == 0 and documents != 2:
        raise ConfigurationError(f"diff compares two documents, not {documents}")
    if documents > 2:
        raise ConfigurationError(
            f"diff with a selector compares one or two documents, not {documents}; merge them"
        )
    if selectors == 1 and documents == 1:
        raise ConfigurationError("diff in one document needs two selectors; add --against")
