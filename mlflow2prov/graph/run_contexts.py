"""Run contexts: what a run inherits from the captured call that is around it, and from the run that it is nested in.

A call that began a run used its arguments and its files, and called other functions, for the run. If it began other
runs too, no record tells which of them an input was for, so that the run inherits no input. It still inherits what
all of these runs share, such as the code and the commit of the call. The inputs of such a run are those of the calls
within it: a call belongs to the innermost run only.

- From the call around it, a run inherits nothing if the call began another run that is not nested in this one. A run
  of the same user and script that began during the call is such a run, unless other calls account for it.
- Otherwise it inherits the uses of the call. It always inherits those of the run that it is nested in, because the
  program declared it to be a part of that.
- With these, it inherits the calls that were made by the call, or within the run, if they began before this run ended,
  and neither they nor calls within them belong to another run.
"""

from __future__ import annotations

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import ids_of_type


class RunContexts:
    """The tables of the contexts of a document's runs, each of which is named by the activity of its creation.

    Attributes:
        starts: ``run``; ``starter``, a call or the creation of another run; ``is_shared``, whether it is a call that
            began other runs too.
        inherited: ``run``, ``starter`` and ``call``, a call of the starter that the run inherits; ``has_returned``,
            whether it returned a value to the starter.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._schema = engine.Schema("contexts")
        if not engine.rows(
            f"SELECT 1 FROM {self._statements('wasStartedBy')} WHERE starter IS NOT NULL LIMIT 1"
        ):
            self.starts = self._schema.create(
                "starts",
                "SELECT '' AS run, '' AS starter, false AS is_shared WHERE false",
            )
            self.inherited = self._schema.create(
                "inherited",
                "SELECT '' AS run, '' AS starter, '' AS call, false AS has_returned WHERE false",
            )
            return
        self._calls = self._schema.create(
            "calls", f"SELECT id FROM {ids_of_type(document, 'activity', ['Call'])}"
        )
        self._runs = self._create_runs()
        self._call_starts = self._create_call_starts()
        self._run_starts = self._create_run_starts()
        self._ancestors = self._create_ancestors()
        candidates = self._create_candidates()
        runs_of_calls = self._create_runs_of_calls(candidates)
        self.starts = self._create_starts(runs_of_calls)
        self.inherited = self._create_inherited(candidates, runs_of_calls)

    def _statements(self, kind: str) -> Sql:
        return self._document.tables.of(KIND[kind])

    def _create_runs(self) -> Sql:
        return self._schema.create(
            "runs",
            f"""
            SELECT
                id AS run,
                min(TRY_CAST(startTime AS TIMESTAMPTZ)) AS started_at,
                max(TRY_CAST(endTime AS TIMESTAMPTZ)) AS ended_at,
                min(attr(attributes, 'source_name')) AS source_name
            FROM {self._statements("activity")}
            WHERE is_a(attributes, 'Creation')
            GROUP BY id
            """,
        )

    def _create_call_starts(self) -> Sql:
        """Create the table of the calls and what started them: a call or a run."""
        return self._schema.create(
            "call_starts",
            f"""
            SELECT DISTINCT activity AS call, starter
            FROM {self._statements("wasStartedBy")}
            WHERE activity IN (SELECT id FROM {self._calls}) AND starter IS NOT NULL
            """,
        )

    def _create_run_starts(self) -> Sql:
        return self._schema.create(
            "run_starts",
            f"""
            SELECT DISTINCT activity AS run, starter
            FROM {self._statements("wasStartedBy")}
            WHERE activity IN (SELECT run FROM {self._runs}) AND starter IS NOT NULL
            """,
        )

    def _create_ancestors(self) -> Sql:
        """Create the table of the runs that a run is nested in, directly or not, and the run itself."""
        return self._schema.create(
            "ancestors",
            f"""
            WITH RECURSIVE ancestors AS (
                SELECT run, run AS ancestor FROM {self._runs}
                UNION
                SELECT ancestors.run, start.starter
                FROM ancestors
                JOIN {self._run_starts} AS start ON start.run = ancestors.ancestor
                WHERE start.starter IN (SELECT run FROM {self._runs})
            )
            SELECT run, ancestor FROM ancestors
            """,
        )

    def _create_candidates(self) -> Sql:
        """Create the table of the calls that a starter made before the run ended, outside of other runs."""
        return self._schema.create(
            "candidates",
            f"""
            SELECT DISTINCT
                start.run,
                start.starter,
                call.call,
                returned.informant IS NOT NULL AS has_returned
            FROM {self._run_starts} AS start
            JOIN {self._call_starts} AS call ON call.starter = start.starter
            JOIN {self._runs} AS runs ON runs.run = start.run
            JOIN {self._statements("activity")} AS activity ON activity.id = call.call
            LEFT JOIN {self._statements("wasInformedBy")} AS returned
                ON returned.informed = call.starter AND returned.informant = call.call
            ANTI JOIN (
                SELECT call, starter FROM {self._call_starts} SEMI JOIN {self._runs} ON run = starter
            ) AS within ON within.call = call.call AND within.starter <> start.starter
            WHERE coalesce(TRY_CAST(activity.startTime AS TIMESTAMPTZ) <= runs.ended_at, true)
                AND call.call NOT IN (SELECT starter FROM {self._run_starts})
            """,
        )

    def _create_runs_of_calls(self, candidates: Sql) -> Sql:
        """Create the table of the runs that a call began, or that calls within it belong to."""
        return self._schema.create(
            "runs_of_calls",
            f"""
            WITH RECURSIVE calls AS (
                SELECT starter AS outermost, starter AS call
                FROM {self._run_starts}
                WHERE starter IN (SELECT id FROM {self._calls})
                UNION
                SELECT call, call FROM {candidates}
                UNION
                SELECT calls.outermost, start.call
                FROM calls
                JOIN {self._call_starts} AS start ON start.starter = calls.call
            )
            SELECT calls.outermost AS call, start.starter AS run
            FROM calls
            JOIN {self._call_starts} AS start ON start.call = calls.call
            WHERE start.starter IN (SELECT run FROM {self._runs})
            UNION
            SELECT calls.outermost, start.run
            FROM calls
            JOIN {self._run_starts} AS start ON start.starter = calls.call
            UNION
            {self._unexplained_runs()}
            """,
        )

    def _unexplained_runs(self) -> Sql:
        """Return the query for the runs of the same user and script that began during a call and have no call."""
        association = self._statements("wasAssociatedWith")
        return Sql(
            f"""
            (
                WITH around AS (
                    SELECT
                        start.starter AS call,
                        TRY_CAST(activity.startTime AS TIMESTAMPTZ) AS started_at,
                        TRY_CAST(activity.endTime AS TIMESTAMPTZ) AS ended_at,
                        runs.source_name,
                        association.agent
                    FROM {self._run_starts} AS start
                    JOIN {self._runs} AS runs ON runs.run = start.run
                    JOIN {self._statements("activity")} AS activity ON activity.id = start.starter
                    LEFT JOIN {association} AS association ON association.activity = start.run
                    WHERE start.starter IN (SELECT id FROM {self._calls})
                ),
                unexplained AS (
                    SELECT runs.run, runs.started_at, runs.source_name, association.agent
                    FROM {self._runs} AS runs
                    LEFT JOIN {association} AS association ON association.activity = runs.run
                    WHERE runs.run NOT IN (SELECT run FROM {self._run_starts})
                        AND runs.run NOT IN (SELECT starter FROM {self._call_starts})
                )
                SELECT around.call, unexplained.run
                FROM around
                JOIN unexplained
                    ON unexplained.started_at >= around.started_at
                    AND unexplained.started_at <= around.ended_at
                WHERE unexplained.agent IS NOT DISTINCT FROM around.agent
                    AND unexplained.source_name IS NOT DISTINCT FROM around.source_name
            )
            """
        )

    def _create_starts(self, runs_of_calls: Sql) -> Sql:
        return self._schema.create(
            "starts",
            f"""
            WITH others AS (
                SELECT start.run, start.starter
                FROM {self._run_starts} AS start
                JOIN {runs_of_calls} AS other ON other.call = start.starter
                ANTI JOIN {self._ancestors} AS nested
                    ON nested.run = other.run AND nested.ancestor = start.run
            )
            SELECT run, starter, (run, starter) IN (SELECT (run, starter) FROM others) AS is_shared
            FROM {self._run_starts}
            """,
        )

    def _create_inherited(self, candidates: Sql, runs_of_calls: Sql) -> Sql:
        return self._schema.create(
            "inherited",
            f"""
            WITH others AS (
                SELECT candidate.run, candidate.call
                FROM {candidates} AS candidate
                JOIN {runs_of_calls} AS other ON other.call = candidate.call
                ANTI JOIN {self._ancestors} AS nested
                    ON nested.run = other.run AND nested.ancestor = candidate.run
                WHERE other.run <> candidate.starter
            )
            SELECT candidate.*
            FROM {candidates} AS candidate
            JOIN {self.starts} AS start USING (run, starter)
            ANTI JOIN others ON others.run = candidate.run AND others.call = candidate.call
            WHERE NOT start.is_shared
            """,
        )
