"""Views that link captured calls with the files of other calls, and with MLflow's artifacts and datasets.

A file that a call wrote is an artifact of its run if both have the same content. Where the content of the artifact is
unknown, both have the same name and size. Nothing is linked where several contents qualify. Of several results with one
content, the one of the same name is linked, and of these the last.
"""

from mlflow2prov.facts.views.view import INTEGER, TEXT, TIME, view


def _file_name(path: str) -> str:
    """Return the SQL of the last part of a path of any operating system."""
    return f"regexp_extract({path}, '[^/\\\\]*$')"


VIEWS = (
    # A file among the artifacts of a run, or of a logged model that the run made. `logged_path` is its path within the
    # run: MLflow 2 keeps a model in a folder of its name.
    view(
        "files_of_runs",
        """
        WITH files AS (
            SELECT run_id, run_id AS owner_id, path, path AS logged_path, file_size
            FROM artifacts
            WHERE NOT is_dir
            UNION ALL
            SELECT
                models.source_run_id,
                models.model_id,
                files.path,
                concat(models.name || '/', files.path),
                files.file_size
            FROM logged_model_artifacts AS files
            JOIN logged_models AS models USING (model_id)
            WHERE NOT files.is_dir
        )
        SELECT files.*, artifact_digests.digest
        FROM files
        LEFT JOIN artifact_digests USING (owner_id, path)
        """,
        rows_from=("artifacts", "logged_model_artifacts"),
        run_id=TEXT,
        owner_id=TEXT,
        path=TEXT,
        logged_path=TEXT,
        file_size=INTEGER,
        digest=TEXT,
    ),
    # A result that was logged: the artifact with its content, or with its name and size, in the run of its call.
    view(
        "results_in_runs",
        f"""
        WITH results AS (
            SELECT
                calls.linked_run AS run_id,
                results.call_id,
                results.result,
                results.generated_at,
                results.path AS written_to,
                {_file_name("results.path")} AS file_name,
                results.size,
                results.content
            FROM results_of_calls AS results
            JOIN calls_of_functions AS calls ON calls.call_id = results.call_id
            WHERE calls.linked_run IS NOT NULL AND results.content IS NOT NULL
        ),
        files AS (
            SELECT *, {_file_name("path")} AS file_name FROM files_of_runs
        ),
        candidates AS (
            SELECT
                files.owner_id,
                files.path,
                results.*,
                results.file_name = files.file_name AS has_name
            FROM results
            JOIN files ON files.run_id = results.run_id AND files.digest = results.content
            UNION ALL
            SELECT files.owner_id, files.path, results.*, true
            FROM results
            JOIN files ON files.run_id = results.run_id AND files.file_name = results.file_name
            WHERE files.digest IS NULL
                AND files.file_size = results.size
                AND (
                    files.path = files.file_name
                    OR ends_with('/' || files.logged_path, '/' || results.written_to)
                )
        )
        SELECT owner_id, path, call_id, result
        FROM candidates
        WINDOW file AS (PARTITION BY owner_id, path)
        QUALIFY min(content) OVER file = max(content) OVER file
            AND row_number() OVER (
                PARTITION BY owner_id, path
                ORDER BY coalesce(has_name, false) DESC, generated_at DESC, call_id, result
            ) = 1
        """,
        rows_from=("artifacts", "logged_model_artifacts"),
        owner_id=TEXT,
        path=TEXT,
        call_id=TEXT,
        result=TEXT,
    ),
    # A file of a run or of a logged model with a content that calls used or made, whichever run made it.
    view(
        "contents_of_artifacts",
        """
        SELECT files.owner_id, files.path, files.digest
        FROM files_of_runs AS files
        SEMI JOIN contents_of_calls AS contents USING (digest)
        """,
        rows_from="artifact_digests",
        owner_id=TEXT,
        path=TEXT,
        digest=TEXT,
    ),
    # A dataset of a run, and the content of the file that it was read from: a call in the run was passed the path that
    # is the source of the dataset, or a file whose digest begins with that of the dataset. MLflow's own digests cover
    # the first rows only, so different contents may share a dataset; such datasets are left out.
    view(
        "contents_of_datasets",
        """
        WITH datasets AS (
            SELECT
                *,
                regexp_replace(
                    CASE
                        WHEN json_valid(source) THEN
                            coalesce(
                                json_extract_string(source, '$.uri'),
                                json_extract_string(source, '$.path')
                            )
                    END,
                    '^file:(//(localhost)?)?/',
                    '/'
                ) AS location
            FROM dataset_inputs
        ),
        candidates AS (
            SELECT DISTINCT datasets.name, datasets.digest, arguments.content
            FROM datasets
            JOIN calls_of_functions AS calls ON calls.linked_run = datasets.run_id
            JOIN call_arguments AS arguments USING (call_id)
            WHERE arguments.content IS NOT NULL
                AND (
                    datasets.location IN (
                        arguments.value, rtrim(calls.cwd, '/') || '/' || arguments.value
                    )
                    OR arguments.value = rtrim(calls.cwd, '/') || '/' || datasets.location
                    OR (
                        regexp_full_match(datasets.digest, '[0-9a-f]{8,64}')
                        AND starts_with(arguments.content, 'sha256:' || datasets.digest)
                    )
                )
        )
        SELECT name, digest, content
        FROM candidates
        QUALIFY count(*) OVER (PARTITION BY name, digest) = 1
        """,
        rows_from="dataset_inputs",
        name=TEXT,
        digest=TEXT,
        content=TEXT,
    ),
    # A file that a call was passed the path of, and the call that wrote it: the last one before that wrote this content
    # under this name.
    view(
        "files_used_by_calls",
        f"""
        SELECT
            arguments.call_id,
            arguments.name,
            calls.started_at,
            arg_max(results.call_id, (results.generated_at, results.call_id)) AS maker_id,
            arg_max(
                results.result, (results.generated_at, results.call_id, results.result)
            ) AS result
        FROM call_arguments AS arguments
        JOIN calls ON calls.call_id = arguments.call_id
        JOIN results_of_calls AS results
            ON results.content = arguments.content
            AND {_file_name("results.path")} = {_file_name("arguments.value")}
        WHERE results.generated_at::TIMESTAMPTZ <= calls.started_at::TIMESTAMPTZ
            AND results.call_id <> arguments.call_id
        GROUP BY arguments.call_id, arguments.name, calls.started_at
        """,
        rows_from="call_arguments",
        call_id=TEXT,
        name=TEXT,
        started_at=TIME,
        maker_id=TEXT,
        result=TEXT,
    ),
    # A path under which a call found or wrote a content.
    view(
        "paths_of_contents",
        """
        SELECT content AS digest, value AS path FROM call_arguments WHERE content IS NOT NULL
        UNION
        SELECT content, path FROM results_of_calls WHERE content IS NOT NULL
        """,
        rows_from=("call_arguments", "call_results"),
        digest=TEXT,
        path=TEXT,
    ),
)
