"""``check``: whether the versions of registered models are what is required of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.output import files_of, look_at, show
from mlflow2prov.cli.param_types import STREAM, TEXT, refuse_folder
from mlflow2prov.cli.selector_argument import SelectingCommand, of_versions

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

TROUBLE = 2
"""The exit code when it cannot be told; 1 is for what is found."""


@click.command(cls=SelectingCommand)
@of_versions
@click.option(
    "--require",
    type=TEXT,
    multiple=True,
    metavar="QUESTIONS",
    help="What must be known of each version, as commit,dataset,environment; the questions are those of explain.",
)
@click.option(
    "--min",
    "minimum",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    metavar="PERCENT",
    help="How many of the questions must be answered for each version.",
)
@click.option(
    "--fail-on",
    "fail_on",
    type=click.Choice(["error", "warning", "note", "never"]),
    default="error",
    show_default=True,
    help="The least grave finding that makes it fail.",
)
@click.option(
    "--allow",
    type=TEXT,
    metavar="FILE",
    help="A YAML list of findings that are allowed: finding, reason, and of which versions.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="How the findings are written.",
)
@click.option(
    "--output",
    type=TEXT,
    metavar="FILE",
    default=STREAM,
    show_default=True,
    help="A file for the findings, or - for standard output.",
)
def command(
    of: tuple[str, ...],
    require: tuple[str, ...],
    minimum: int,
    fail_on: str,
    allow: str | None,
    format_: str,
    output: str,
) -> Step:
    """Check the versions of registered models: a gate before one goes into use.

    Documents are passed on. The exit code is 1 if something is found that is as grave as --fail-on says, and 2 if
    it cannot be told.

    \b
    mlflow2prov load --input result.json check --require commit,script --min 80
    mlflow2prov load --input result.json check models:/wine@champion --require dataset --format sarif
    """

    refuse_folder(output, "the file in it")

    def prepare() -> Action:
        from mlflow2prov.analysis.check import check, question_named
        from mlflow2prov.analysis.waivers import read_waivers
        from mlflow2prov.render.check import FORMATS

        look_at(output)
        words = (word.strip() for given in require for word in given.split(","))
        required = [question_named(word) for word in words if word]
        allowed = read_waivers(allow) if allow else []

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            verdicts = [
                check(
                    document, of, require=required, minimum=minimum, fail_on=fail_on, allow=allowed
                )
                for document in documents
            ]
            for one in allowed:
                if all(one in verdict.unused for verdict in verdicts):
                    chain.note(
                        f"{allow}: no {one.code} of {one.of} is found; it need not be allowed"
                    )
            show(chain, FORMATS[format_](verdicts), output)
            chain.is_refuted |= not all(verdict.is_passed for verdict in verdicts)
            return documents

        return action

    return Step("check", prepare, writes=files_of(output), trouble=TROUBLE)
