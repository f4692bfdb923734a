"""Views over MLflow's experiments, runs and traces."""

from mlflow2prov.engine import literal
from mlflow2prov.facts.views.view import BOOLEAN, INTEGER, TEXT, TIME, View, view

DELETED_TOGETHER = 1.0
"""Seconds within which a run's deletion counts as part of its experiment's deletion."""

_EXPERIMENTS = (
    view(
        "experiments_of_store",
        """
        SELECT
            experiments.*,
            experiment_tags.value AS "user",
            CASE WHEN lifecycle_stage = 'deleted' THEN last_updated_at END AS deleted_at
        FROM experiments
        LEFT JOIN experiment_tags
            ON experiment_tags.experiment_id = experiments.experiment_id
            AND experiment_tags.key = 'mlflow.user'
        """,
        rows_from="experiments",
        extends="experiments",
        user=TEXT,
        deleted_at=TIME,
    ),
    view(
        "tags_of_experiments",
        """
        SELECT
            experiment_tags.*,
            experiment.identity,
            experiment."user",
            experiment.lifecycle_stage,
            experiment.deleted_at
        FROM experiment_tags
        JOIN experiments_of_store AS experiment USING (experiment_id)
        """,
        rows_from="experiment_tags",
        extends="experiment_tags",
        identity=TEXT,
        user=TEXT,
        lifecycle_stage=TEXT,
        deleted_at=TIME,
    ),
)


def git_tags(table: str, owner: str) -> str:
    """Return the query for the working tree that each owner of tags, a run or a logged model, came from.

    Its columns are the owner, `commit` as recorded (in lower case if it is a hash), `linked_commit`, which is the
    commit of the repository that it names, `branch`, `dirty` and `repository_url`. A commit's name may state that the
    tree was dirty, as ``git describe --dirty`` writes it. The URL of a project is its source. The tags are those of
    MLflow, of its early versions and of Databricks.
    """
    return f"""
        WITH recorded AS (
            SELECT
                {owner},
                coalesce(
                    max(trim(value)) FILTER (key = 'mlflow.source.git.commit'),
                    max(trim(value)) FILTER (key = 'mlflow.databricks.gitRepoCommit')
                ) AS name,
                coalesce(
                    max(value) FILTER (key = 'mlflow.source.git.branch'),
                    max(value) FILTER (key = 'mlflow.gitBranchName')
                ) AS branch,
                max(lower(value)) FILTER (key = 'mlflow.source.git.dirty') AS dirty,
                coalesce(
                    max(value) FILTER (key = 'mlflow.source.git.repoURL'),
                    max(value) FILTER (key = 'mlflow.gitRepoURL'),
                    max(value) FILTER (key = 'mlflow.databricks.gitRepoUrl'),
                    max(regexp_replace(value, '#.*$', '')) FILTER (
                        key = 'mlflow.source.name'
                        AND regexp_matches(value, '^(https?|ssh|git)://|^[\\w.-]+@[\\w.-]+:')
                    )
                ) AS repository_url
            FROM {table}
            WHERE value <> ''
            GROUP BY {owner}
        ),
        named AS (
            SELECT
                * REPLACE (
                    CASE
                        WHEN regexp_full_match(name, '[0-9A-Fa-f]+') THEN lower(name) ELSE name
                    END AS name
                )
            FROM recorded
        )
        SELECT
            named.{owner},
            named.name AS commit,
            commits.sha AS linked_commit,
            named.branch,
            CASE WHEN regexp_matches(named.name, '[-+]dirty$') THEN 'true' ELSE named.dirty END AS dirty,
            named.repository_url
        FROM named
        LEFT JOIN commit_names ON commit_names.name = named.name
        LEFT JOIN commits ON commits.sha = coalesce(commit_names.sha, named.name)
    """


def _of_runs(name: str, table: str) -> View:
    """Return the view that joins the members of runs with their run."""
    return view(
        name,
        f"""
        SELECT
            {table}.*,
            run."user",
            run.lifecycle_stage,
            run.deleted_at,
            run.experiment_identity,
            run.experiment_id,
            run.experiment_deleted_at,
            run.is_deleted_with_experiment
        FROM {table}
        JOIN runs_of_experiments AS run USING (run_id)
        """,
        rows_from=table,
        extends=table,
        key="run_id",
        user=TEXT,
        lifecycle_stage=TEXT,
        deleted_at=TIME,
        experiment_identity=TEXT,
        experiment_id=TEXT,
        experiment_deleted_at=TIME,
        is_deleted_with_experiment=BOOLEAN,
    )


_EARLY_TAGS = {
    "mlflow.source.name": "early_source_name",
    "mlflow.source.type": "early_source_type",
    "mlflow.source.git.commit": "early_commit",
    "mlflow.project.entryPoint": "early_entry_point",
}
"""The columns of MLflow before 1.0, by the tags that replaced them."""

_EARLY_VALUES = ", ".join(
    f"{{'key': {literal(key)}, 'value': {column}}}" for key, column in _EARLY_TAGS.items()
)

_RUNS = (
    # The tags of a run, and the facts that MLflow before 1.0 recorded in columns.
    view(
        "source_tags_of_runs",
        f"""
        WITH early_tags AS (
            SELECT run_id, unnest([{_EARLY_VALUES}], recursive := true)
            FROM runs
            WHERE concat({", ".join(_EARLY_TAGS.values())}) <> ''
        )
        SELECT * FROM run_tags
        UNION ALL BY NAME
        SELECT * FROM early_tags ANTI JOIN run_tags USING (run_id, key)
        """,
        rows_from=("run_tags", "runs"),
        extends="run_tags",
        key="run_id",
    ),
    # `commit` is the commit's name in the run's tags, `linked_commit` its hash if the repository has it.
    # `uncommitted_script` is a script that the commit lacks, and `script_added_by` the commit that added it
    # first. `traces` and `assessments` are counts. `is_deleted_with_experiment`: MLflow deletes the runs of
    # an experiment that it deletes.
    view(
        "runs_of_experiments",
        f"""
        WITH tags AS (
            SELECT
                run_id,
                max(value) FILTER (key = 'mlflow.note.content') AS note,
                max(value) FILTER (key = 'mlflow.source.name') AS source_name,
                max(value) FILTER (key = 'mlflow.source.type') AS source_type,
                max(value) FILTER (key = 'mlflow.project.entryPoint') AS entry_point,
                max(value) FILTER (key = 'mlflow.parentRunId') AS parent_run_id
            FROM source_tags_of_runs
            WHERE value <> ''
            GROUP BY run_id
        )
        SELECT
            runs.*,
            experiment.identity AS experiment_identity,
            experiment.deleted_at AS experiment_deleted_at,
            coalesce(
                runs.lifecycle_stage = 'deleted'
                AND experiment.lifecycle_stage = 'deleted'
                AND NOT coalesce(
                    epoch(runs.deleted_at::TIMESTAMPTZ)
                        < epoch(experiment.deleted_at::TIMESTAMPTZ) - {DELETED_TOGETHER},
                    false
                ),
                false
            ) AS is_deleted_with_experiment,
            tags.note,
            tags.source_name,
            tags.source_type,
            tags.entry_point,
            nullif(tags.parent_run_id, runs.run_id) AS parent_run_id,
            git_tags.commit,
            git_tags.branch,
            git_tags.dirty,
            git_tags.repository_url,
            git_tags.linked_commit,
            missing_scripts.path AS uncommitted_script,
            missing_scripts.added_by AS script_added_by,
            additions.committed_at AS script_added_at,
            run_traces.traces,
            nullif(run_traces.assessments, 0) AS assessments
        FROM runs
        LEFT JOIN experiments_of_store AS experiment USING (experiment_id)
        LEFT JOIN tags USING (run_id)
        LEFT JOIN ({git_tags("source_tags_of_runs", "run_id")}) AS git_tags USING (run_id)
        LEFT JOIN missing_scripts USING (run_id)
        LEFT JOIN commits AS additions ON additions.sha = missing_scripts.added_by
        LEFT JOIN run_traces USING (run_id)
        """,
        rows_from="runs",
        extends="runs",
        is_stored=True,
        experiment_identity=TEXT,
        experiment_deleted_at=TIME,
        is_deleted_with_experiment=BOOLEAN,
        note=TEXT,
        source_name=TEXT,
        source_type=TEXT,
        entry_point=TEXT,
        parent_run_id=TEXT,
        commit=TEXT,
        branch=TEXT,
        dirty=TEXT,
        repository_url=TEXT,
        linked_commit=TEXT,
        uncommitted_script=TEXT,
        script_added_by=TEXT,
        script_added_at=TIME,
        traces=INTEGER,
        assessments=INTEGER,
    ),
    # A run that a selected commit stored, at the time of the commit.
    view(
        "runs_in_commits",
        """
        SELECT stored_runs.*, selected_commits.committed_at
        FROM stored_runs
        JOIN selected_commits USING (sha)
        SEMI JOIN runs_of_experiments USING (run_id)
        """,
        rows_from="stored_runs",
        extends="stored_runs",
        committed_at=TIME,
    ),
    _of_runs("tags_of_runs", "run_tags"),
    _of_runs("params_of_runs", "params"),
    _of_runs("metrics_of_runs", "metrics"),
    _of_runs("artifacts_of_runs", "artifacts"),
    _of_runs("dataset_inputs_of_runs", "dataset_inputs"),
)

_TRACES = (
    # `person` is the user name of a human assessor.
    view(
        "assessments_of_traces",
        """
        SELECT
            *,
            CASE
                WHEN source_type = 'human' AND source_id <> 'default' THEN source_id
            END AS person
        FROM assessments
        """,
        rows_from="assessments",
        extends="assessments",
        person=TEXT,
    ),
)

VIEWS = (*_EXPERIMENTS, *_RUNS, *_TRACES)
