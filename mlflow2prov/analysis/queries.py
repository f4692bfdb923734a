"""How each question of an audit is answered: a query over the mapping's statements, for all subjects at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.selection import called, has_type, own_type, value

Found = tuple[str | None, str, dict[str, str | None]]
"""An identifier, a label, and what else there is to say."""

_SUBJECT = (
    "name", "version", "uri", "registered_model_version_stage", "run_id", "model_id", "path", "status",
    "lifecycle_stage", "description", "created_at",
)  # fmt: skip
_MODELS = ("LoggedModel", "ModelArtifact", "RegisteredModelVersion")
_ENVIRONMENT_FILES = ("requirements.txt", "conda.yaml", "python_env.yaml")


class Answering:
    """The tables that answers are made of, for the subjects of one call.

    ``models``: the model that a subject is or was registered from; ``makings``: the creation of the run behind it;
    ``runs``; ``commits``. Each has the column ``subject`` and one for the thing.
    """

    def __init__(self, document: Document, subjects: Sequence[str]) -> None:
        """Prepare for ``subjects``, which are identifiers."""
        self._document = document
        self._schema = engine.Schema("answering")
        with engine.registered(pa.table({"subject": pa.array(subjects, pa.string())})) as wanted:
            self._make("subjects", f"SELECT DISTINCT subject FROM {wanted}")
        self._make_tables()

    def _make(self, name: str, query: str) -> None:
        engine.execute(f"CREATE TABLE {self.table(name)} AS {query}")

    def table(self, name: str) -> str:
        """Return one of the tables that this has made."""
        return self._schema.table(name)

    def of(self, kind: str) -> str:
        """Return the document's table of a kind."""
        return self._document.tables.of(KIND[kind])

    def _typed(self, kind: str, *types: str) -> str:
        return f"(SELECT id FROM {self.of(kind)} WHERE {has_type(*types)})"

    def _make_tables(self) -> None:
        """Make the tables that lead from the subjects to models, runs and commits."""
        subjects, derived = self.table("subjects"), self.of("wasDerivedFrom")
        generated, informed = self.of("wasGeneratedBy"), self.of("wasInformedBy")
        versions = self._typed("entity", "RegisteredModelVersion", "PromptVersion")
        models = self._typed("entity", "LoggedModel", "ModelArtifact")
        self._make(
            "registrations",
            f"SELECT DISTINCT subject, activity, time FROM {subjects} "
            f"JOIN {generated} ON entity = subject WHERE subject IN {versions}",
        )
        self._make(
            "models",
            f"SELECT DISTINCT subject, usedEntity AS thing FROM {subjects} JOIN {derived} ON generatedEntity = subject "
            f"WHERE subject IN {versions} UNION SELECT subject, subject FROM {subjects} WHERE subject IN {models}",
        )
        creations = self._typed("activity", "Creation")
        self._make(
            "makings",
            f"""
            WITH made AS (
                SELECT subject, thing FROM {self.table("models")}
                UNION SELECT subject, subject FROM {subjects} WHERE subject NOT IN {versions}
            )
            SELECT subject, g.activity FROM made JOIN {generated} g ON g.entity = thing
                WHERE g.activity IN {creations}
            UNION SELECT subject, i.informant FROM {self.table("registrations")} r
                JOIN {informed} i ON i.informed = r.activity
                WHERE i.informant IN {creations}
            """,
        )
        self._make(
            "runs",
            f"SELECT DISTINCT subject, m.activity, g.entity AS run FROM {self.table('makings')} m "
            f"JOIN {generated} g ON g.activity = m.activity WHERE g.entity IN {self._typed('entity', 'Run')}",
        )
        self._make(
            "commits",
            f"SELECT DISTINCT subject, i.informant AS commit FROM {self.table('makings')} "
            f"JOIN {informed} i ON i.informed = activity WHERE i.informant IN {self._typed('activity', 'Commit')}",
        )

    def subjects(self, kinds: Mapping[str, str]) -> dict[str, tuple[str, Found]]:
        """Return each subject that is of one of the types ``kinds``, as what, and how it is called."""
        name = value("name", "e.attributes")
        aliases = (
            f"SELECT alternate2 AS subject, string_agg(DISTINCT {name}, ', ' ORDER BY {name}) AS aliases "
            f"FROM {self.of('alternateOf')} JOIN {self.of('entity')} e ON e.id = alternate1 "
            f"WHERE alternate2 IN (SELECT subject FROM {self.table('subjects')}) GROUP BY alternate2"
        )
        deleted = (
            f"SELECT entity AS gone, coalesce(max(time), 'yes') AS deleted_at FROM {self.of('wasInvalidatedBy')} "
            f"WHERE entity IN (SELECT subject FROM {self.table('subjects')}) GROUP BY entity"
        )
        about = ", ".join(f"{value(key)} AS {key}" for key in _SUBJECT)
        found = engine.rows(
            f"SELECT id, {own_type()} AS type, coalesce({value('prov:label')}, {value('name')}, id), {about}, "
            f"deleted_at, aliases FROM {self.of('entity')} LEFT JOIN ({aliases}) a ON a.subject = id "
            f"LEFT JOIN ({deleted}) d ON d.gone = id "
            f"WHERE id IN (SELECT subject FROM {self.table('subjects')}) ORDER BY bundle DESC"
        )
        keys = ("type", *_SUBJECT, "deleted_at", "aliases")
        return {
            name: (kinds[kind], (name, label, dict(zip(keys, (kind, *rest), strict=True))))
            for name, kind, label, *rest in found
            if kind in kinds
        }

    def answer(self, question: str) -> dict[str, list[Found]]:
        """Return what is found to a question, by subject; in a stable order, nothing twice."""
        keys, query = _QUERIES[question](self)
        about = "".join(f', "{key}"' for key in keys)
        order = "".join(f', TRY_CAST("{key}" AS DOUBLE) NULLS LAST, "{key}"' for key in keys)
        answers: dict[str, list[Found]] = {}
        for subject, identifier, label, *values in engine.rows(
            f"SELECT subject, min(identifier) AS identifier, label{about} FROM ({query}) "
            f"GROUP BY subject, label{about} ORDER BY subject, label{order}, identifier"
        ):
            item = (identifier, label, dict(zip(keys, values, strict=True)))
            answers.setdefault(subject, []).append(item)
        return answers

    def things(
        self,
        pairs: str,
        types: Sequence[str],
        keys: Sequence[str],
        label: str,
        kind: str = "entity",
    ) -> str:
        """Return the query for things of some types, with their attributes ``keys``.

        Args:
            pairs: a query for ``subject``, ``thing``, and those of ``keys`` that belong to the relation between them.
            types: what the things are; the others are left out.
            keys: keys of attributes.
            label: the SQL for what they are called.
            kind: ``entity``, ``activity`` or ``agent``.
        """
        about = "".join(
            f', {"p." + key if key in _OF_RELATIONS else value(key, "e.attributes")} AS "{key}"'
            for key in keys
        )
        return (
            f"SELECT p.subject, e.id AS identifier, coalesce({label}, e.id) AS label{about} "
            f"FROM ({pairs}) p JOIN {self.of(kind)} e ON e.id = p.thing "
            f"WHERE {has_type(*types, attributes='e.attributes')}"
        )

    def used(self) -> str:
        """Return the query for what the run behind each subject used, in which role and context."""
        context = value("context", "u.attributes")
        return (
            f"SELECT subject, u.entity AS thing, {context} AS context, {value('prov:role', 'u.attributes')} AS role "
            f"FROM {self.table('makings')} m JOIN {self.of('used')} u ON u.activity = m.activity"
        )

    def members(self) -> str:
        """Return the query for the members of the run and of the model behind each subject."""
        return (
            f"SELECT subject, entity AS thing FROM (SELECT subject, run AS owner FROM {self.table('runs')} "
            f"UNION SELECT subject, thing FROM {self.table('models')}) JOIN {self.of('hadMember')} ON collection = owner"
        )

    def people(self, activities: str, role: str | None = None) -> Query:
        """Return the query for who was associated with activities, given as ``subject`` and ``activity``."""
        as_role = (
            "true"
            if role is None
            else (
                f"len(list_filter(w.attributes, lambda a: a.key = 'prov:role' AND {called('a.value', role)})) > 0"
            )
        )
        name = ", ".join(value(key, "g.attributes") for key in ("name", "username", "prov:label"))
        return ("email",), (
            f"SELECT subject, w.agent AS identifier, coalesce({name}, w.agent) AS label, "
            f"{value('email', 'g.attributes')} AS email "
            f"FROM ({activities}) c JOIN {self.of('wasAssociatedWith')} w ON w.activity = c.activity "
            f"LEFT JOIN {self.of('agent')} g ON g.id = w.agent WHERE w.agent IS NOT NULL AND {as_role}"
        )


Query = tuple[tuple[str, ...], str]
"""Keys, and a query with the columns ``subject``, ``identifier``, ``label`` and these."""

_OF_RELATIONS = ("context", "started_at", "ended_at", "repository_url")
_LABEL = value("prov:label", "e.attributes")
_NAME = value("name", "e.attributes")


def _source(a: Answering) -> Query:
    keys = ("model_id", "uri", "path", "model_type", "status", "lifecycle_stage")
    versions = f"SELECT * FROM {a.table('models')} WHERE thing <> subject"
    return keys, a.things(versions, [*_MODELS, "Artifact"], keys, _LABEL)


def _registered_by(a: Answering) -> Query:
    return a.people(f"SELECT subject, activity FROM {a.table('registrations')}")


def _registered_at(a: Answering) -> Query:
    times = f"SELECT subject, NULL AS identifier, time AS label FROM {a.table('registrations')}"
    return (), f"{times} WHERE time IS NOT NULL"


def _run(a: Answering) -> Query:
    keys = ("run_id", "uri", "status", "lifecycle_stage", "started_at", "ended_at")
    times = (
        f"SELECT subject, run AS thing, startTime AS started_at, endTime AS ended_at FROM {a.table('runs')} "
        f"LEFT JOIN {a.of('activity')} ON id = activity"
    )
    return keys, a.things(times, ["Run"], keys, _LABEL)


def _run_by(a: Answering) -> Query:
    return a.people(f"SELECT subject, activity FROM {a.table('makings')}")


def _collections(a: Answering, type_: str, *keys: str) -> Query:
    """Return the query for the collections that the run behind each subject is a member of."""
    owners = f"SELECT subject, collection AS thing FROM {a.table('runs')} JOIN {a.of('hadMember')} ON entity = run"
    return keys, a.things(owners, [type_], keys, _LABEL)


def _commit(a: Answering) -> Query:
    keys = ("title", "message", "authored_at", "committed_at", "pushed", "sha", "repository_url")
    noted = (
        f"SELECT subject, {value('commit')} AS sha, {value('repository_url')} AS repository_url "
        f"FROM {a.table('makings')} JOIN {a.of('activity')} ON id = activity "
        f"UNION SELECT subject, {value('commit')}, {value('repository_url')} "
        f"FROM {a.table('models')} JOIN {a.of('entity')} ON id = thing"
    )
    commits = (
        f"SELECT c.subject, commit AS thing, max(repository_url) AS repository_url "
        f"FROM {a.table('commits')} c LEFT JOIN ({noted}) n ON n.subject = c.subject GROUP BY ALL"
    )
    described = a.things(commits, ["Commit"], keys, value("sha", "e.attributes"), "activity")
    return keys, (
        f"{described} UNION ALL "
        f"SELECT subject, NULL, sha, NULL, NULL, NULL, NULL, NULL, sha, max(repository_url) FROM ({noted}) "
        f"WHERE sha IS NOT NULL AND subject NOT IN (SELECT subject FROM {a.table('commits')}) "
        "GROUP BY subject, sha"
    )


def _of_commit(a: Answering, role: str) -> Query:
    return a.people(f"SELECT subject, commit AS activity FROM {a.table('commits')}", role)


def _dirty(a: Answering) -> Query:
    said = (
        f"SELECT subject, {value('dirty')} AS dirty FROM {a.table('makings')} JOIN {a.of('activity')} ON id = activity "
        f"UNION SELECT subject, {value('dirty')} FROM {a.table('models')} JOIN {a.of('entity')} ON id = thing"
    )
    label = "CASE WHEN bool_or(lower(dirty) = 'true') THEN 'yes' ELSE 'no' END"
    return (), (
        f"SELECT subject, NULL AS identifier, {label} AS label FROM ({said}) WHERE lower(dirty) IN ('true', 'false') "
        "GROUP BY subject"
    )


def _script(a: Answering) -> Query:
    keys = ("commit", "blob", "status")
    source = f"SELECT * FROM ({a.used()}) WHERE {called('role', 'Source')}"
    return keys, a.things(source, ["FileRevision"], keys, value("path", "e.attributes"))


def _parameters(a: Answering) -> Query:
    return ("value",), a.things(a.members(), ["Param"], ("value",), _NAME)


def _metrics(a: Answering) -> Query:
    keys = ("step", "value", "timestamp")
    return keys, a.things(a.members(), ["Metric"], keys, _NAME)


def _datasets(a: Answering) -> Query:
    keys = ("digest", "context", "source_type", "source")
    return keys, a.things(a.used(), ["Dataset"], keys, _NAME)


def _environment(a: Answering) -> Query:
    """Say what was read of the environment's files; where none was, which there are."""
    keys = ("digest", "uri")
    models, files = a.table("models"), ", ".join(map(literal, _ENVIRONMENT_FILES))
    derived = f"SELECT subject, usedEntity AS thing FROM {models} JOIN {a.of('wasDerivedFrom')} ON generatedEntity = thing"
    read = a.things(
        f"SELECT subject, thing FROM ({a.used()}) UNION {derived}",
        ["SoftwareEnvironment"],
        keys,
        _NAME,
    )
    # The files of a logged model are its members; those of a model in a run's folder lie below its path.
    folder = f"SELECT subject, {value('path')} || '/' AS folder FROM {models} JOIN {a.of('entity')} ON id = thing"
    beside = a.things(a.members(), ["Artifact"], (*keys, "path"), value("path", "e.attributes"))
    return keys, (
        f"WITH read AS ({read}) SELECT * FROM read "
        f"UNION ALL SELECT subject, identifier, label, digest, uri FROM ({beside}) f "
        f"WHERE subject NOT IN (SELECT subject FROM read) AND (path IN ({files}) OR EXISTS ("
        f"SELECT 1 FROM ({folder}) m WHERE m.subject = f.subject AND path IN (SELECT m.folder || unnest([{files}]))))"
    )


def _upstream_models(a: Answering) -> Query:
    keys = ("uri", "model_id")
    return keys, a.things(a.used(), _MODELS, keys, _LABEL)


_QUERIES: dict[str, Callable[[Answering], Query]] = {
    "source": _source,
    "registered_by": _registered_by,
    "registered_at": _registered_at,
    "run": _run,
    "run_by": _run_by,
    "experiment": lambda a: _collections(a, "Experiment", "experiment_id", "lifecycle_stage"),
    "parent_run": lambda a: _collections(a, "Run", "run_id", "uri"),
    "commit": _commit,
    "authors": lambda a: _of_commit(a, "Author"),
    "committers": lambda a: _of_commit(a, "Committer"),
    "coauthors": lambda a: _of_commit(a, "CoAuthor"),
    "dirty": _dirty,
    "script": _script,
    "parameters": _parameters,
    "metrics": _metrics,
    "datasets": _datasets,
    "environment": _environment,
    "upstream_models": _upstream_models,
}
