"""Tables that lead from the subjects of an audit to their models, runs and commits."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.analysis.options import SubjectKind
from mlflow2prov.engine import Sql
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import ids_of_type

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


class SubjectTables:
    """The tables of one call. Each has the column ``subject``, an identifier.

    Attributes:
        subjects: no further column.
        registrations: ``activity`` and ``time``, the creation of a version.
        models: ``model``, from which a version was registered; a model leads to itself.
        run_creations: ``activity``, the creation of the run behind the subject.
        runs: ``activity`` and ``run``, that run.
        commits: ``commit``, at which the run was started.
    """

    def __init__(self, document: Document, subjects: Sequence[str]) -> None:
        """Create the tables for ``subjects``, which are identifiers in a unified document."""
        self._document = document
        self._schema = engine.Schema("subjects")
        names = pa.table({"subject": pa.array(subjects, pa.string())})
        with engine.registered(names) as rows:
            self.subjects = self._schema.create("subjects", f"SELECT DISTINCT subject FROM {rows}")
        self._versions = ids_of_type(document, "entity", _VERSION_TYPES)
        self._creations = ids_of_type(document, "activity", ["Creation"])
        self.registrations = self._create_registrations()
        self.models = self._create_models()
        self.run_creations = self._create_run_creations()
        self.runs = self._create_runs()
        self.commits = self._create_commits()

    def statements(self, kind: str) -> Sql:
        """Return the document's table of the statements of a kind."""
        return self._document.tables.of(KIND[kind])

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

    def _create_models(self) -> Sql:
        return self._schema.create(
            "models",
            f"""
            SELECT subject, derivation.usedEntity AS model
            FROM {self.subjects}
            JOIN {self.statements("wasDerivedFrom")} AS derivation
                ON derivation.generatedEntity = subject
            WHERE subject IN {self._versions}
            UNION
            SELECT subject, subject
            FROM {self.subjects}
            WHERE subject IN {ids_of_type(self._document, "entity", _MODEL_TYPES)}
            """,
        )

    def _create_run_creations(self) -> Sql:
        return self._schema.create(
            "run_creations",
            f"""
            WITH results AS (
                SELECT subject, model AS result FROM {self.models}
                UNION
                SELECT subject, subject FROM {self.subjects} WHERE subject NOT IN {self._versions}
            )
            SELECT results.subject, generation.activity
            FROM results
            JOIN {self.statements("wasGeneratedBy")} AS generation
                ON generation.entity = results.result
            WHERE generation.activity IN {self._creations}
            UNION
            SELECT registration.subject, communication.informant
            FROM {self.registrations} AS registration
            JOIN {self.statements("wasInformedBy")} AS communication
                ON communication.informed = registration.activity
            WHERE communication.informant IN {self._creations}
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
            WHERE generation.entity IN {ids_of_type(self._document, "entity", ["Run"])}
            """,
        )

    def _create_commits(self) -> Sql:
        return self._schema.create(
            "commits",
            f"""
            SELECT DISTINCT creation.subject, communication.informant AS commit
            FROM {self.run_creations} AS creation
            JOIN {self.statements("wasInformedBy")} AS communication
                ON communication.informed = creation.activity
            WHERE communication.informant IN {ids_of_type(self._document, "activity", ["Commit"])}
            """,
        )
