"""``rerun``: print the commands that repeat a recorded call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.options import format_option
from mlflow2prov.cli.param_types import TEXT
from mlflow2prov.cli.selector_argument import WordCommand
from mlflow2prov.render import FORMATS

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command(cls=WordCommand, destination="records", example="the record file of a call")
@click.option(
    "--record",
    "records",
    type=TEXT,
    multiple=True,
    required=True,
    metavar="RECORD",
    help="Read this record file. The same as the argument RECORD; may be repeated.",
)
@click.option(
    "--call",
    "uuid",
    type=TEXT,
    metavar="UUID",
    help="Select this call of a file with several; the last one by default.",
)
@click.option(
    "--check",
    "is_check",
    is_flag=True,
    help="Print what would differ today instead; the exit code is 1 if anything would.",
)
@format_option(tuple(FORMATS["rerun"]), "Print the differences in this format.")
def command(records: tuple[str, ...], uuid: str | None, is_check: bool, format_: str) -> Step:
    """Print the commands that repeat a call.

    A record file is written beside the outputs of a function that capture tracks. The commands check out the commit,
    install the packages, set the variables of the environment and run the program. With --check, nothing is printed
    but what would differ today: code, input files, Python, packages and variables.

    \b
    mlflow2prov rerun models/first/train_record.json > rerun.sh
    mlflow2prov rerun models/first/train_record.json --check
    """

    def prepare() -> Action:
        from mlflow2prov.capture.record_files.files import find_call, read_records

        calls = [find_call(read_records(path), uuid, path) for path in records]

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            from mlflow2prov.capture.record_files.rerun import check_rerun, rerun_script

            if is_check:
                checks = [check_rerun(call) for call in calls]
                chain.write_text(FORMATS["rerun"][format_](checks), format_=format_)
                chain.has_negative_result |= any(check.changes for check in checks)
            else:
                chain.write_text("\n".join(map(rerun_script, calls)))
            return documents

        return action

    return Step("rerun", prepare, needs_documents=False)
