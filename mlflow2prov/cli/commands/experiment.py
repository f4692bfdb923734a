"""``experiment``: run parameter sets through stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step, output_names
from mlflow2prov.cli.param_types import OUTPUT_NAME, TEXT
from mlflow2prov.cli.selector_argument import WordCommand
from mlflow2prov.cli.terminal import log_line
from mlflow2prov.errors import CaptureError
from mlflow2prov.escaping import printable

if TYPE_CHECKING:
    from mlflow2prov.capture.stages.outcomes import StageOutcome
    from mlflow2prov.prov import Document


@click.command(cls=WordCommand, destination="modules", example="the module of an experiment")
@click.option(
    "--module",
    "modules",
    type=TEXT,
    multiple=True,
    required=True,
    metavar="MODULE",
    help="Run the experiment in this module or file: its function run, or the one after a colon. The same as the "
    "argument MODULE; may be repeated.",
)
@click.option(
    "--params",
    "params",
    type=TEXT,
    multiple=True,
    metavar="MODULE",
    help="Take the parameter sets from get_params in this module or file, in place of the experiment's own; may be "
    "repeated.",
)
@click.option(
    "--parallel",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="PROCESSES",
    help="Compute the stages of different parameter sets in so many processes.",
)
@click.option("--dry", is_flag=True, help="Compute nothing; print which stages are cached.")
@click.option("--overwrite", is_flag=True, help="Compute all stages again.")
@click.option(
    "--overwrite-stage",
    "overwrite_stages",
    type=TEXT,
    multiple=True,
    metavar="STAGE",
    help="Compute this stage again; may be repeated.",
)
@click.option("--lazy", is_flag=True, help="Keep no outputs of stages in memory.")
@click.option(
    "--store-full", is_flag=True, help="Copy all artifacts and the environment to the run's folder."
)
@click.option("--log-to-mlflow", is_flag=True, help="Log each record as a run of MLflow.")
@click.option("--notes", type=TEXT, metavar="TEXT", help="Record these remarks on the run.")
@click.option(
    "--output",
    "-o",
    type=OUTPUT_NAME,
    metavar="FILE",
    help="Write the report to this file.  [default: reports/<run>.html]",
)
def command(
    modules: tuple[str, ...],
    params: tuple[str, ...],
    parallel: int,
    dry: bool,
    overwrite: bool,
    overwrite_stages: tuple[str, ...],
    lazy: bool,
    store_full: bool,
    log_to_mlflow: bool,
    notes: str | None,
    output: str | None,
) -> Step:
    """Run an experiment: parameter sets that pass through stages.

    Stages whose outputs are cached for a parameter set are not computed again. For the others, the reason is
    printed. The report is an HTML page with parameter sets, stages and results; its path is printed.

    \b
    mlflow2prov experiment experiments/wine.py
    mlflow2prov experiment wine --params grid --parallel 4
    mlflow2prov experiment wine --dry
    """

    def prepare() -> Action:
        from mlflow2prov.output import require_writable

        if output is not None:
            if len(modules) > 1:
                raise click.UsageError(
                    "--output takes one report; run one experiment, or leave --output out"
                )
            require_writable(output)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            from mlflow2prov.capture.stages.experiments import run_experiment
            from mlflow2prov.render.experiment import render_experiment

            for module in modules:
                run = run_experiment(
                    module,
                    params,
                    parallel=parallel,
                    dry=dry,
                    on_outcome=None if dry else _log_outcome,
                    overwrite=overwrite,
                    overwrite_stages=list(overwrite_stages),
                    lazy=lazy,
                    store_full=store_full,
                    log_to_mlflow=log_to_mlflow,
                    notes=notes,
                )
                if dry:
                    lines = "".join(f"{_line(outcome)}\n" for outcome in run.outcomes)
                    chain.write_text(lines, format_="text")
                if output is not None or not dry:
                    path = output or run.manager.get_report_path()
                    chain.write_text(render_experiment(run), path)
                if output is None and not dry:
                    chain.write_text(f"{path}\n")
                if run.error is not None:
                    if output is None:
                        chain.output.publish_files()
                    raise CaptureError(
                        f"{run.name}: {type(run.error).__name__}: {run.error}; "
                        "see the report, or use --verbose"
                    ) from run.error
            return documents

        return action

    writes = frozenset[str]() if output is None else output_names(output)
    return Step("experiment", prepare, needs_documents=False, writes=writes)


def _log_outcome(outcome: StageOutcome) -> None:
    """Print the outcome of a stage on standard error, at once."""
    log_line(_line(outcome))


def _line(outcome: StageOutcome) -> str:
    reason = f" ({outcome.reason})" if outcome.reason else ""
    seconds = f", {outcome.seconds:.1f} s" if outcome.result == "computed" else ""
    record = outcome.record.get_reference_name()
    return printable(f"{record}: {outcome.stage}: {outcome.result}{seconds}{reason}")
