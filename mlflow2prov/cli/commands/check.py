"""``check``: test the versions of registered models against requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.analysis.options import FailOn
from mlflow2prov.analysis.questions import required_question
from mlflow2prov.cli.as_of import as_of_option
from mlflow2prov.cli.chain import EXIT_UNDECIDED, Action, Chain, Step, output_names
from mlflow2prov.cli.options import format_of_file, format_option, output_file_option
from mlflow2prov.cli.param_types import TEXT, ListOption, checked_values, choice_of
from mlflow2prov.cli.selector_argument import SelectorCommand, versions_option
from mlflow2prov.errors import ConfigurationError, SelectionError
from mlflow2prov.render import FORMATS

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


def _check_question(name: str) -> None:
    try:
        required_question(name)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error


@click.command(cls=SelectorCommand)
@versions_option
@click.option(
    "--require",
    cls=ListOption,
    callback=checked_values(_check_question),
    type=TEXT,
    multiple=True,
    metavar="QUESTIONS",
    help="Require answers to these questions of explain for each version, for example "
    "commit,dataset,environment; may be repeated.",
)
@click.option(
    "--min",
    "minimum",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    metavar="PERCENT",
    help="Require answers to at least this percentage of the questions for each version.",
)
@click.option(
    "--fail-on",
    type=choice_of(FailOn),
    default="error",
    show_default=True,
    help="Fail on findings of this severity and above.",
)
@click.option(
    "--allow",
    type=TEXT,
    metavar="FILE",
    help="Waive the findings in this YAML list, whose entries have the keys finding, reason and, optionally, of.",
)
@click.option(
    "--accept-inferred",
    is_flag=True,
    help="Let links that extract --infer-code inferred meet the requirements, and check them.",
)
@format_option(tuple(FORMATS["check"]), "Print the findings in this format.")
@output_file_option
@as_of_option("Check the versions as of this time, from a state file (see update).")
def command(
    selectors: tuple[str, ...],
    require: tuple[str, ...],
    minimum: int,
    fail_on: FailOn,
    allow: str | None,
    accept_inferred: bool,
    format_: str,
    output: str,
) -> Step:
    """Check the versions of registered models.

    Use it as a gate for versions that are about to go into production. The documents are passed on. The exit code is 0
    if all versions pass, 1 if a finding has at least the severity of --fail-on, and 2 if the check cannot be completed.

    \b
    mlflow2prov load --input result.json check --require commit,script --min 80
    mlflow2prov load --input result.json check models:/wine@champion --require dataset --format sarif
    """
    format_ = format_of_file(click.get_current_context(), output, format_, FORMATS["check"])

    def prepare() -> Action:
        from mlflow2prov.analysis.check import check, unused_waivers
        from mlflow2prov.analysis.waivers import read_waivers
        from mlflow2prov.output import require_writable

        require_writable(output)
        waivers = read_waivers(allow) if allow else []

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            try:
                results = [
                    check(
                        document,
                        selectors,
                        require=require,
                        minimum=minimum,
                        fail_on=fail_on,
                        waivers=waivers,
                        accept_inferred=accept_inferred,
                    )
                    for document in documents
                ]
            except SelectionError as error:
                chain.report_undecided(str(error))
                return documents
            for waiver in unused_waivers(results):
                chain.report_notice(
                    f"{allow}: no finding {waiver.code} of {waiver.versions}; remove its waiver"
                )
            chain.write_text(FORMATS["check"][format_](results), output, format_=format_)
            chain.has_negative_result |= not all(result.has_passed for result in results)
            return documents

        return action

    return Step("check", prepare, writes=output_names(output), error_exit_code=EXIT_UNDECIDED)
