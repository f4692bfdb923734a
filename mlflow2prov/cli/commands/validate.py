"""``validate``: check documents against PROV-CONSTRAINTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import EXIT_UNDECIDED, Action, Chain, Step, output_names
from mlflow2prov.cli.options import format_of_file, format_option, output_file_option
from mlflow2prov.render import FORMATS

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command()
@format_option(tuple(FORMATS["validation"]), "Print the violations in this format.")
@output_file_option
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    metavar="NUMBER",
    default=10,
    show_default=True,
    help="Describe at most this many violations of each constraint; all are counted.",
)
def command(format_: str, output: str, limit: int) -> Step:
    """Validate documents against PROV-CONSTRAINTS.

    The documents are passed on. The exit code is 0 if all are valid, 1 if one is not, and 2 if validation fails.

    \b
    mlflow2prov load --input result.json validate
    mlflow2prov extract --repository-path . validate --format json --output findings.json
    """

    format_ = format_of_file(click.get_current_context(), output, format_, FORMATS["validation"])

    def prepare() -> Action:
        from mlflow2prov.output import require_writable
        from mlflow2prov.prov.validation import validate

        require_writable(output)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            reports = [validate(document, limit) for document in documents]
            text = FORMATS["validation"][format_](list(zip(documents, reports, strict=True)))
            chain.write_text(text, output, format_=format_)
            chain.has_negative_result |= not all(report.is_valid for report in reports)
            return documents

        return action

    return Step("validate", prepare, writes=output_names(output), error_exit_code=EXIT_UNDECIDED)
