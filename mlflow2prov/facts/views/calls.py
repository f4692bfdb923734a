"""Views over captured calls: their inputs, and the calls that made the artifacts among them."""

from mlflow2prov.facts.views.view import BOOLEAN, INTEGER, TEXT, TIME, view


def _began_within(runs: str, call_started_at: str) -> str:
    """Return the SQL condition that a run began after a call did. MLflow cuts times to milliseconds."""
    return (
        f"{runs}.started_at::TIMESTAMPTZ + INTERVAL 1 MILLISECOND >= {call_started_at}::TIMESTAMPTZ"
    )


VIEWS = (
    # The results of calls that computed them, and when that was. `result` names the result within its call. `content`
    # is the digest without the extension that an archived file may keep.
    view(
        "results_of_calls",
        """
        SELECT
            call_results.*,
            coalesce(call_results.key, call_results.path, '') AS result,
            coalesce(call_results.key, call_results.path, calls.function) AS label,
            calls.started_at,
            regexp_replace(call_results.digest, '^(sha256:[0-9a-f]{64})[.].*$', '\\1') AS content,
            coalesce(calls.ended_at, calls.started_at) AS generated_at
        FROM call_results
        JOIN calls ON calls.call_id = call_results.call_id
        WHERE NOT calls.cached
        """,
        rows_from="call_results",
        extends="call_results",
        result=TEXT,
        label=TEXT,
        started_at=TIME,
        content=TEXT,
        generated_at=TIME,
    ),
    # The call that computed an artifact, and its result. If several did, the first one is it.
    view(
        "makers_of_artifacts",
        """
        SELECT
            artifact_id,
            arg_min(call_id, (generated_at, call_id)) AS call_id,
            arg_min(result, (generated_at, call_id, result)) AS result,
            arg_min(started_at, (generated_at, call_id)) AS started_at,
            min(generated_at) AS generated_at
        FROM results_of_calls
        WHERE artifact_id IS NOT NULL
        GROUP BY artifact_id
        """,
        rows_from="call_results",
        is_stored=True,
        artifact_id=TEXT,
        call_id=TEXT,
        result=TEXT,
        started_at=TIME,
        generated_at=TIME,
    ),
    # The call that computed a result which another call only looked up. If the calls that computed it first are not
    # recorded, the first one may be a later one.
    view(
        "cached_calls",
        """
        SELECT
            calls.call_id,
            calls.started_at,
            makers.call_id AS maker_id,
            makers.result
        FROM calls
        JOIN makers_of_artifacts AS makers ON makers.artifact_id = calls.artifact_id
        WHERE
            calls.cached
            AND coalesce(makers.started_at <= coalesce(calls.ended_at, calls.started_at), true)
        """,
        rows_from="calls",
        is_stored=True,
        call_id=TEXT,
        started_at=TIME,
        maker_id=TEXT,
        result=TEXT,
    ),
    # The commit, the run of MLflow and the outer call that a call names, as far as these were read too. A call that
    # only looked up a result has the source of the one that computed it.
    view(
        "references_of_calls",
        f"""
        WITH RECURSIVE linked_runs AS (
            SELECT
                runs.run_id,
                min(runs.started_at) AS started_at,
                min(tags.value) AS parent_run_id
            FROM runs
            LEFT JOIN run_tags AS tags
                ON tags.run_id = runs.run_id AND tags.key = 'mlflow.parentRunId'
            GROUP BY runs.run_id
        ),
        -- A call that is around a run is also around the runs that this one is nested in, if they began after it.
        runs_within_calls AS (
            SELECT calls.call_id, calls.started_at AS call_started_at, linked_runs.*
            FROM calls
            JOIN linked_runs ON linked_runs.run_id = calls.run_id
            WHERE {_began_within("linked_runs", "calls.started_at")}
            UNION
            SELECT inner_runs.call_id, inner_runs.call_started_at, linked_runs.*
            FROM runs_within_calls AS inner_runs
            JOIN linked_runs ON linked_runs.run_id = inner_runs.parent_run_id
            WHERE {_began_within("linked_runs", "inner_runs.call_started_at")}
        ),
        outermost_runs AS (
            SELECT
                call_id,
                arg_min(run_id, (started_at, run_id)) AS run_id,
                min(started_at) AS started_at
            FROM runs_within_calls
            GROUP BY call_id
        )
        SELECT
            calls.call_id,
            coalesce(calls.source_digest, first.source_digest) AS function_digest,
            commits.sha AS linked_commit,
            linked_runs.run_id AS linked_run,
            outermost_runs.run_id AS outermost_run,
            outermost_runs.started_at AS run_started_at,
            outermost_runs.run_id IS NOT NULL AS is_around_run,
            outer_calls.call_id AS linked_parent
        FROM calls
        LEFT JOIN commit_names ON commit_names.name = calls.commit
        LEFT JOIN commits ON commits.sha = coalesce(commit_names.sha, calls.commit)
        LEFT JOIN linked_runs ON linked_runs.run_id = calls.run_id
        LEFT JOIN outermost_runs ON outermost_runs.call_id = calls.call_id
        LEFT JOIN (SELECT call_id FROM calls) AS outer_calls ON outer_calls.call_id = calls.parent_id
        LEFT JOIN cached_calls ON cached_calls.call_id = calls.call_id
        LEFT JOIN calls AS first ON first.call_id = cached_calls.maker_id
        """,
        rows_from="calls",
        is_stored=True,
        call_id=TEXT,
        function_digest=TEXT,
        linked_commit=TEXT,
        linked_run=TEXT,
        outermost_run=TEXT,
        run_started_at=TIME,
        is_around_run=BOOLEAN,
        linked_parent=TEXT,
    ),
    # A call with the things that it names.
    view(
        "calls_of_functions",
        """
        SELECT calls.* REPLACE (names.function_digest AS source_digest), names.* EXCLUDE (call_id, function_digest)
        FROM calls
        JOIN references_of_calls AS names ON names.call_id = calls.call_id
        """,
        rows_from="calls",
        extends="calls",
        linked_commit=TEXT,
        linked_run=TEXT,
        outermost_run=TEXT,
        run_started_at=TIME,
        is_around_run=BOOLEAN,
        linked_parent=TEXT,
    ),
    # A function, in one row for each of its sources.
    view(
        "functions_of_calls",
        """
        SELECT
            module,
            function,
            version,
            source_digest,
            min(source_path) AS source_path,
            min(source_line) AS source_line
        FROM calls_of_functions
        GROUP BY module, function, version, source_digest
        """,
        rows_from="calls",
        module=TEXT,
        function=TEXT,
        version=TEXT,
        source_digest=TEXT,
        source_path=TEXT,
        source_line=INTEGER,
    ),
    # A part of a composite result, and the whole.
    view(
        "parts_of_results",
        """
        SELECT parts.call_id, parts.result AS part, wholes.result AS whole
        FROM results_of_calls AS parts
        JOIN results_of_calls AS wholes USING (call_id)
        WHERE parts.key IS NOT NULL AND wholes.key IS NULL AND wholes.path IS NULL
        """,
        rows_from="call_results",
        call_id=TEXT,
        part=TEXT,
        whole=TEXT,
    ),
    # A result of another call that a call used as an argument or within one. Arguments exist before the call starts.
    view(
        "results_used_by_calls",
        """
        SELECT
            used.call_id,
            used.name,
            used.is_ignored,
            calls.started_at,
            makers.call_id AS maker_id,
            makers.result,
            makers.generated_at
        FROM call_argument_artifacts AS used
        JOIN calls ON calls.call_id = used.call_id
        JOIN makers_of_artifacts AS makers ON makers.artifact_id = used.artifact_id
        WHERE
            makers.call_id <> used.call_id
            AND coalesce(makers.started_at <= calls.started_at, true)
        """,
        rows_from="call_argument_artifacts",
        is_stored=True,
        call_id=TEXT,
        name=TEXT,
        is_ignored=BOOLEAN,
        started_at=TIME,
        maker_id=TEXT,
        result=TEXT,
        generated_at=TIME,
    ),
    # A result that was made from a result of another call, which was not generated later.
    view(
        "possible_derivations",
        """
        SELECT DISTINCT
            made.call_id,
            made.result,
            made.generated_at AS made_at,
            used.maker_id,
            used.result AS used_result,
            used.generated_at AS used_at
        FROM results_of_calls AS made
        JOIN results_used_by_calls AS used USING (call_id)
        WHERE NOT used.is_ignored AND used.generated_at <= made.generated_at
        """,
        rows_from=("call_results", "call_argument_artifacts"),
        call_id=TEXT,
        result=TEXT,
        made_at=TIME,
        maker_id=TEXT,
        used_result=TEXT,
        used_at=TIME,
    ),
    # The same, without those that cannot be true.
    view(
        "derivations_of_results",
        """
        SELECT call_id, result, maker_id, used_result
        FROM possible_derivations
        ANTI JOIN circular_derivations USING (call_id, maker_id)
        """,
        rows_from=("call_results", "call_argument_artifacts"),
        is_stored=True,
        call_id=TEXT,
        result=TEXT,
        maker_id=TEXT,
        used_result=TEXT,
    ),
    # The values and files of calls, in one row for each content.
    view(
        "contents_of_calls",
        """
        WITH contents AS (
            SELECT content AS digest, size FROM results_of_calls
            UNION ALL SELECT content, NULL FROM call_arguments
        )
        SELECT digest, max(size) AS size
        FROM contents
        WHERE digest IS NOT NULL
        GROUP BY digest
        """,
        rows_from=("call_results", "call_arguments"),
        digest=TEXT,
        size=INTEGER,
    ),
    # A set of artifacts, in one row for each of its labels. `label` is its newest name.
    view(
        "labels_of_sets",
        """
        SELECT
            set_id,
            name,
            labels,
            min(created_at) OVER sets AS created_at,
            coalesce(arg_max(name, (created_at, name)) OVER sets, set_id) AS label
        FROM result_sets
        WINDOW sets AS (PARTITION BY set_id)
        """,
        rows_from="result_sets",
        set_id=TEXT,
        name=TEXT,
        labels=TEXT,
        created_at=TIME,
        label=TEXT,
    ),
    # An artifact in a set, as the result of the call that computed it.
    view(
        "members_of_sets",
        """
        SELECT DISTINCT members.set_id, makers.call_id, makers.result
        FROM result_set_members AS members
        JOIN makers_of_artifacts AS makers ON makers.artifact_id = members.artifact_id
        SEMI JOIN result_sets ON result_sets.set_id = members.set_id
        """,
        rows_from="result_set_members",
        set_id=TEXT,
        call_id=TEXT,
        result=TEXT,
    ),
    view(
        "environments_of_calls",
        """
        SELECT DISTINCT environment_digest AS digest FROM calls WHERE environment_digest IS NOT NULL
        """,
        rows_from="calls",
        digest=TEXT,
    ),
)
