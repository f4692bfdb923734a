"""Tables that lead from the subjects of an audit to their models, runs and commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlflow2prov import engine
from mlflow2prov.analysis.nearby_statements import create_nearby_statements
from mlflow2prov.analysis.options import SubjectKind
from mlflow2prov.engine import Sql, literal
from mlflow2prov.graph.run_contexts import RunContexts
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import ids_of_type, is_any_of

SUBJECT_TYPES: dict[str, SubjectKind] = {
    "RegisteredModelVersion": "version",
    "PromptVersion": "version",
    "LoggedModel": "model",
    "ModelArtifact": "model",
    "Run": "run",
}
"""The types of elements that an audit asks questions about, and their kinds of subject."""

ALIAS_TYPES = ("RegisteredModelAlias", "PromptAlias")
"""The types of elements that are alternates of a version."""

_VERSION_TYPES = ("RegisteredModelVersion", "PromptVersion")
_MODEL_TYPES = ("LoggedModel", "ModelArtifact")

MIN_LARGE_DOCUMENT = 50_000
"""The number of statements from which on those around the subjects are selected before the questions are asked."""

MAX_COPIES = 100
"""The number of copies of copies that are followed."""

_RUN_CREATION = r"(?:^|:)Creation\.Run\.([^:]+)$"
"""The identifier of the creation of a run, which contains the id of the run (``docs/prov-model.md``)."""


class SubjectTables:
    """The tables of one call. Each has the column ``subject``, an identifier.

    Attributes:
        document: the unified document.
        subjects: no further column.
        registrations: ``activity`` and ``time``, the creation of a version.
        versions: ``version``, the subject itself, and the versions that it is a copy of, directly or not;
            ``distance``, the number of copies between.
        models: ``model``, from which one of these versions was registered; a model leads to itself; ``distance``
            as in ``versions``.
        run_creations: ``activity``, the creation of the run behind the subject.
        runs: ``activity`` and ``run``, that run.
        missing_runs: ``activity`` and ``run_id``, a run that the document refers to without describing it.
        calls: ``activity``, a captured call within the run, or the one around it and the calls whose uses the run
            inherits from it (:mod:`~mlflow2prov.graph.run_contexts`), or one around a run that the run is nested in;
            ``is_shared``, whether other runs may have made use of the call's inputs rather than this one.
        has_calls: whether there are such calls.
        executions: ``activity``, the creation of the run or one of these calls.
        commits: ``commit``, at which the run was started, or the calls were made.
    """

    def __init__(self, document: Document, subjects: Sequence[str]) -> None:
        """Create the tables for ``subjects``, which are identifiers in a unified document."""
        self.document = document
        self._schema = engine.Schema("subjects")
        self.subjects = self._schema.create(
            "subjects", "SELECT DISTINCT unnest(?::VARCHAR[]) AS subject", [list(subjects)]
        )
        self._nearby: Mapping[str, Sql] = {}
        self._shared: dict[str, Sql] = {}
        self._typed_entities = self._create_typed_entities()
        self._versions = self._entities_of_type(_VERSION_TYPES)
        self._run_entities = self._entities_of_type(["Run"])
        self._creations = ids_of_type(document, "activity", ["Creation"])
        self.registrations = self._create_registrations()
        self.versions = self._create_versions()
        self.models = self._create_models()
        causes = self._create_causes()
        self.run_creations = self._create_run_creations(causes)
        self.runs = self._create_runs()
        self.missing_runs = self._create_missing_runs(causes)
        self.calls = self._create_calls()
        self.has_calls = bool(engine.rows(f"SELECT 1 FROM {self.calls} LIMIT 1"))
        self.executions = self._schema.create(
            "executions",
            f"""
            SELECT subject, activity FROM {self.run_creations}
            UNION
            SELECT subject, activity FROM {self.calls}
            """,
        )
        self.commits = self._create_commits()
        if len(document) >= MIN_LARGE_DOCUMENT:
            self._nearby = create_nearby_statements(self._schema, self)

    def statements(self, kind: str) -> Sql:
        """Return the table of the statements of a kind; that of a large document has only those around the subjects.

        See :mod:`~mlflow2prov.analysis.nearby_statements`.
        """
        return self._nearby.get(kind) or self.document.tables.of(KIND[kind])

    def shared(self, name: str, query: str) -> Sql:
        """Return the query for the rows of a query that several questions share, which runs once.

        Args:
            name: the name of the query, the same for the same rows.
            query: the query.
        """
        if name not in self._shared:
            self._shared[name] = self._schema.create(f"shared_{name}", query)
        return Sql(f"SELECT * FROM {self._shared[name]}")

    def ids_of_type(self, kind: str, types: Sequence[str]) -> Sql:
        """Return the subquery for the identifiers of the elements of :meth:`statements` that have one of ``types``."""
        return Sql(
            f"(SELECT id FROM {self.statements(kind)} WHERE {is_any_of('attributes', types)})"
        )

    def _create_typed_entities(self) -> Sql:
        """Create the table of the versions, models and runs: ``id`` and ``type``."""
        types = [*_VERSION_TYPES, *_MODEL_TYPES, "Run"]
        are_named = " OR ".join(f"is_named(attribute.value, {literal(name)})" for name in types)
        return self._schema.create(
            "typed_entities",
            f"""
            WITH attributes_of_entities AS (
                SELECT id, unnest(attributes) AS attribute FROM {self.statements("entity")}
            )
            SELECT DISTINCT id, local_name(attribute.value) AS type
            FROM attributes_of_entities
            WHERE attribute.key = 'prov:type' AND ({are_named})
            """,
        )

    def _entities_of_type(self, types: Sequence[str]) -> Sql:
        names = ", ".join(map(literal, types))
        return Sql(f"(SELECT id FROM {self._typed_entities} WHERE type IN ({names}))")

    def _create_registrations(self) -> Sql:
        return self._schema.create(
            "registrations",
            f"""
            SELECT DISTINCT subject, generation.activity, generation.time
            FROM {self.subjects}
            JOIN {self.statements("wasGeneratedBy")} AS generation ON generation.entity = subject
            WHERE subject IN {self._versions}
            """,
        )

    def _create_versions(self) -> Sql:
        return self._schema.create(
            "versions",
            f"""
            WITH RECURSIVE versions AS (
                SELECT subject, subject AS version, 0 AS distance
                FROM {self.subjects}
                WHERE subject IN {self._versions}
                UNION
                SELECT versions.subject, derivation.usedEntity, versions.distance + 1
                FROM versions
                JOIN {self.statements("wasDerivedFrom")} AS derivation
                    ON derivation.generatedEntity = versions.version
                WHERE derivation.usedEntity IN {self._versions}
                    AND versions.distance < {MAX_COPIES}
            )
            SELECT subject, version, min(distance) AS distance
            FROM versions
            GROUP BY subject, version
            """,
        )

    def _create_models(self) -> Sql:
        return self._schema.create(
            "models",
            f"""
            SELECT versions.subject, derivation.usedEntity AS model, min(distance) AS distance
            FROM {self.versions} AS versions
            JOIN {self.statements("wasDerivedFrom")} AS derivation
                ON derivation.generatedEntity = versions.version
            GROUP BY ALL
            UNION
            SELECT subject, subject, 0
            FROM {self.subjects}
            WHERE subject IN {self._entities_of_type(_MODEL_TYPES)}
            """,
        )

    def _create_causes(self) -> Sql:
        """Create the table of the activities that made the models, or that the registrations were informed by."""
        return self._schema.create(
            "causes",
            f"""
            WITH results AS (
                SELECT subject, model AS result FROM {self.models}
                UNION
                SELECT subject, subject FROM {self.subjects}
            )
            SELECT results.subject, generation.activity
            FROM results
            JOIN {self.statements("wasGeneratedBy")} AS generation
                ON generation.entity = results.result
            WHERE results.result NOT IN {self._versions}
            UNION
            SELECT versions.subject, communication.informant
            FROM {self.versions} AS versions
            JOIN {self.statements("wasGeneratedBy")} AS registration
                ON registration.entity = versions.version
            JOIN {self.statements("wasInformedBy")} AS communication
                ON communication.informed = registration.activity
            """,
        )

    def _create_run_creations(self, causes: Sql) -> Sql:
        return self._schema.create(
            "run_creations",
            f"SELECT subject, activity FROM {causes} WHERE activity IN {self._creations}",
        )

    def _create_missing_runs(self, causes: Sql) -> Sql:
        return self._schema.create(
            "missing_runs",
            f"""
            SELECT subject, activity, regexp_extract(activity, {literal(_RUN_CREATION)}, 1) AS run_id
            FROM {causes}
            WHERE activity NOT IN {self._creations}
                AND regexp_matches(activity, {literal(_RUN_CREATION)})
                AND activity NOT IN (
                    SELECT activity
                    FROM {self.statements("wasGeneratedBy")}
                    WHERE entity IN {self._run_entities}
                        AND activity IS NOT NULL
                )
            """,
        )

    def _create_runs(self) -> Sql:
        return self._schema.create(
            "runs",
            f"""
            SELECT DISTINCT creation.subject, creation.activity, generation.entity AS run
            FROM {self.run_creations} AS creation
            JOIN {self.statements("wasGeneratedBy")} AS generation
                ON generation.activity = creation.activity
            WHERE generation.entity IN {self._run_entities}
            """,
        )

    def _create_calls(self) -> Sql:
        calls = ids_of_type(self.document, "activity", ["Call"])
        contexts = RunContexts(self.document)
        return self._schema.create(
            "calls",
            f"""
            WITH RECURSIVE contexts AS (
                SELECT creation.subject, start.run, start.starter, start.is_shared
                FROM {self.run_creations} AS creation
                JOIN {contexts.starts} AS start ON start.run = creation.activity
                UNION
                SELECT contexts.subject, start.run, start.starter, start.is_shared
                FROM contexts
                JOIN {contexts.starts} AS start ON start.run = contexts.starter
            ),
            calls AS (
                SELECT creation.subject, start.activity
                FROM {self.run_creations} AS creation
                JOIN {self.statements("wasStartedBy")} AS start ON start.starter = creation.activity
                WHERE start.activity IN {calls}
                UNION
                SELECT contexts.subject, inherited.call
                FROM contexts
                JOIN {contexts.inherited} AS inherited
                    ON inherited.run = contexts.run AND inherited.starter = contexts.starter
                UNION
                SELECT calls.subject, start.activity
                FROM calls
                JOIN {self.statements("wasStartedBy")} AS start ON start.starter = calls.activity
                WHERE start.activity IN {calls}
            ),
            all_calls AS (
                SELECT subject, activity, false AS is_shared FROM calls
                UNION ALL
                SELECT subject, starter, is_shared FROM contexts WHERE starter IN {calls}
            )
            SELECT subject, activity, bool_and(is_shared) AS is_shared
            FROM all_calls
            GROUP BY subject, activity
            """,
        )

    def _create_commits(self) -> Sql:
        return self._schema.create(
            "commits",
            f"""
            SELECT DISTINCT execution.subject, communication.informant AS commit
            FROM {self.executions} AS execution
            JOIN {self.statements("wasInformedBy")} AS communication
                ON communication.informed = execution.activity
            WHERE communication.informant IN {ids_of_type(self.document, "activity", ["Commit"])}
            """,
        )
