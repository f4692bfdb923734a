"""Links of captured calls to files of other calls, and to MLflow's artifacts and datasets.

The views of :mod:`mlflow2prov.facts.views.call_links` determine the links.
"""

from mlflow2prov.mapping.calls import call_of, content_of, result_of
from mlflow2prov.mapping.language import (
    Row,
    Statements,
    alternate_of,
    rule,
    specialization_of,
    term,
    used,
    was_derived_from,
)
from mlflow2prov.mapping.mlflow import artifact_of
from mlflow2prov.mapping.tracking import dataset_of


@rule(table="files_used_by_calls")
def used_file(use: Row) -> Statements:
    """Use a file that another call wrote."""
    yield used(
        call_of(use.call_id),
        result_of(use.maker_id, use.result),
        use.started_at,
        role=term("InputFile"),
        name=use.name,
    )


@rule(table="results_in_runs")
def logged_result(artifact: Row) -> Statements:
    """Derive an artifact of MLflow from the result that it is a copy of."""
    yield was_derived_from(
        artifact_of(artifact.owner_id, artifact.path), result_of(artifact.call_id, artifact.result)
    )


@rule(table="contents_of_artifacts")
def artifact_content(artifact: Row) -> Statements:
    """Make an artifact of MLflow a specialization of its content, as results are."""
    yield specialization_of(
        artifact_of(artifact.owner_id, artifact.path), content_of(artifact.digest)
    )


@rule(table="contents_of_datasets")
def dataset_content(dataset: Row) -> Statements:
    """Make a dataset of MLflow an alternate of the content of its file, of which MLflow digests a part."""
    yield alternate_of(dataset_of(dataset.name, dataset.digest), content_of(dataset.content))


RULES = (used_file, logged_result, artifact_content, dataset_content)
