"""Synthetic documents of any size, created by SQL queries over a range of numbers.

Like extracted documents, they are filled by columns, so their creation takes little time.
"""

from __future__ import annotations

from mlflow2prov import Document
from mlflow2prov.engine import literal
from mlflow2prov.prov import KIND
from mlflow2prov.prov.attributes import QUALIFIED_NAME, XSD_INT
from mlflow2prov.prov.unify import unify

_PREFIXES = {"": "https://w3id.org/mlflow2prov/"}
_START = "'2024-01-01T00:00:00+00:00'"
_END = "'2024-01-01T00:00:01+00:00'"


def generations(count: int) -> Document:
    """Return ``count`` generations with three attributes each, not unified."""
    document = Document()
    attributes = _attributes(
        _attribute("name", "'file' || (i % 1000)"),
        _qualified_name("prov:role", "AddedRevision"),
        _attribute("size", "i::VARCHAR", XSD_INT),
    )
    document.tables.fill(
        KIND["wasGeneratedBy"],
        _query(
            "wasGeneratedBy",
            _numbers(count),
            entity="'FileRevision.' || md5(i::VARCHAR)",
            activity="'Commit.' || md5((i // 3)::VARCHAR)",
            time=_START,
            attributes=attributes,
        ),
    )
    return document


def linear_history(statements: int) -> Document:
    """Return a linear history: each commit generates a revision, which derives from the previous one."""
    document = Document(_PREFIXES)
    commits = _numbers(statements // 4)
    revision, commit = "'Revision.' || i", "'Commit.' || i"
    _insert(document, "entity", commits, id=revision, attributes=_typed("FileRevision"))
    _insert(
        document, "activity", commits,
        id=commit, startTime=_START, endTime=_START, attributes=_typed("Commit"),
    )  # fmt: skip
    _insert(document, "wasGeneratedBy", commits, entity=revision, activity=commit, time=_START)
    _insert(
        document, "wasDerivedFrom", f"{commits} WHERE i > 0",
        generatedEntity=revision, usedEntity="'Revision.' || (i - 1)", activity=commit,
    )  # fmt: skip
    unify(document)
    return document


def registry(versions: int) -> Document:
    """Return a registered model with ``versions`` versions, each from a run of its own with ten metrics."""
    document = Document(_PREFIXES)
    numbers = _numbers(versions)
    metrics = f"{numbers}, range(10) AS metrics(k)"
    _insert_entities(document, "RegisteredModel", "", "'Model'", name="'fraud'")
    _insert_entities(
        document, "RegisteredModelVersion", numbers, "'Version.' || i",
        name="'fraud'", version="i::VARCHAR", uri="'models:/fraud/' || i",
    )  # fmt: skip
    _insert_entities(
        document, "LoggedModel", numbers, "'LoggedModel.' || i", uri="'models:/m-' || i"
    )
    _insert_entities(
        document, "Run", numbers, "'Run.' || i", name="'fit ' || i", uri="'runs:/' || i"
    )
    _insert_entities(
        document, "Metric", metrics, "'Metric.' || i || '.' || k",
        name="'m' || k", value="(i * k % 97)::VARCHAR",
    )  # fmt: skip
    for entity in ("Run", "Version"):
        _insert(
            document, "activity", numbers,
            id=f"'Creation.{entity}.' || i", startTime=_START, endTime=_START, attributes=_typed("Creation"),
        )  # fmt: skip
        _insert(
            document, "wasGeneratedBy", numbers,
            entity=f"'{entity}.' || i", activity=f"'Creation.{entity}.' || i", time=_START,
        )  # fmt: skip
    _insert(
        document, "wasGeneratedBy", numbers,
        entity="'LoggedModel.' || i", activity="'Creation.Run.' || i", time=_START,
    )  # fmt: skip
    _insert(
        document, "wasDerivedFrom", numbers,
        generatedEntity="'Version.' || i", usedEntity="'LoggedModel.' || i", activity="'Creation.Version.' || i",
    )  # fmt: skip
    _insert(
        document, "specializationOf", numbers,
        specificEntity="'Version.' || i", generalEntity="'Model'",
    )  # fmt: skip
    _insert(
        document, "hadMember", metrics,
        collection="'Run.' || i", entity="'Metric.' || i || '.' || k",
    )  # fmt: skip
    unify(document)
    return document


def registries(models: int, statements: int, revisions: int = 20) -> Document:
    """Return registered models that share a Git history and a dataset, as a project of many teams has them.

    Every version comes from a run of its own, with ten metrics. The run used one revision of a script, and the dataset.

    Args:
        models: the number of registered models.
        statements: about how many statements there are; half of them are the history.
        revisions: the number of file revisions of a commit.
    """
    document = Document(_PREFIXES)
    versions = max(statements // 2 // 52, models)
    numbers, metrics = _numbers(versions), f"{_numbers(versions)}, range(10) AS metrics(k)"
    model, version, run = f"'Model.' || (i % {models})", "'Version.' || i", "'Run.' || i"
    creation, registration = "'Creation.Run.' || i", "'Creation.Version.' || i"
    metric = "'Metric.' || i || '.' || k"
    _insert_entities(document, "Dataset", "", "'Dataset'", name="'wine'")
    _insert_entities(
        document, "RegisteredModel", _numbers(models), "'Model.' || i", name="'model ' || i"
    )
    _insert_entities(
        document, "RegisteredModelVersion", numbers, version,
        name=f"'model ' || (i % {models})", version=f"(i // {models})::VARCHAR",
    )  # fmt: skip
    _insert_entities(document, "Run", numbers, run, uri="'runs:/' || i")
    _insert_entities(document, "Metric", metrics, metric, value="(i * k % 97)::VARCHAR")
    for activity, entity in ((creation, run), (registration, version)):
        _insert(
            document, "activity", numbers,
            id=activity, startTime=_START, endTime=_START, attributes=_typed("Creation"),
        )  # fmt: skip
        _insert(document, "wasGeneratedBy", numbers, entity=entity, activity=activity, time=_START)
    _insert(document, "wasGeneratedBy", metrics, entity=metric, activity=creation, time=_START)
    _insert(document, "hadMember", metrics, collection=run, entity=metric)
    _insert(document, "wasInformedBy", numbers, informed=registration, informant=creation)
    _insert(document, "specializationOf", numbers, specificEntity=version, generalEntity=model)
    commits = statements // 2 // (1 + 3 * revisions)
    script = f"'Revision.' || (i % {commits} * {revisions})"
    for entity in ("'Dataset'", script):
        _insert(document, "used", numbers, activity=creation, entity=entity)
    all_revisions = _numbers(commits * revisions)
    revision, commit = "'Revision.' || i", f"'Commit.' || (i // {revisions})"
    _insert(document, "entity", all_revisions, id=revision, attributes=_typed("FileRevision"))
    _insert(
        document, "activity", _numbers(commits),
        id="'Commit.' || i", startTime=_START, endTime=_START, attributes=_typed("Commit"),
    )  # fmt: skip
    _insert(
        document, "wasGeneratedBy", all_revisions, entity=revision, activity=commit, time=_START
    )
    _insert(
        document, "wasDerivedFrom", f"{all_revisions} WHERE i >= {revisions}",
        generatedEntity=revision, usedEntity=f"'Revision.' || (i - {revisions})", activity=commit,
    )  # fmt: skip
    unify(document)
    return document


def commits_with_revisions(statements: int) -> Document:
    """Return commits that generate twenty file revisions each."""
    document = Document()
    commits = _numbers(statements // 41)
    revisions = _numbers(statements // 41 * 20)
    revision = "'FileRevision.' || md5(i::VARCHAR)"
    attributes = _attributes(
        _attribute("path", "'file' || (i % 1000)"),
        _qualified_name("prov:type", "FileRevision"),
        _attribute("size", "i::VARCHAR", XSD_INT),
    )
    _insert(document, "entity", revisions, id=revision, attributes=attributes)
    _insert(
        document, "activity", commits,
        id="'Commit.' || i", startTime=_START, endTime=_END, attributes=_typed("Commit"),
    )  # fmt: skip
    _insert(
        document, "wasGeneratedBy", revisions,
        entity=revision, activity="'Commit.' || (i // 20)", time=_END,
        attributes=_attributes(_qualified_name("prov:role", "AddedRevision")),
    )  # fmt: skip
    unify(document)
    return document


def _insert_entities(
    document: Document, prov_type: str, rows: str, identifier: str, **values: str
) -> None:
    """Add an entity of a type for each row, with an attribute for each of the SQL expressions ``values``."""
    attributes = _attributes(
        _qualified_name("prov:type", prov_type),
        *(_attribute(key, value) for key, value in values.items()),
    )
    _insert(document, "entity", rows, id=identifier, attributes=attributes)


def _insert(document: Document, kind: str, rows: str, **columns: str) -> None:
    document.tables.insert(KIND[kind], _query(kind, rows, **columns))


def _query(kind: str, rows: str, **columns: str) -> str:
    """Return the query for a statement of ``kind`` for each row of a FROM clause.

    ``columns`` are SQL expressions by the name of their column; all other columns are empty.
    """
    values = {"bundle": "''", "attributes": "[]", **dict(columns)}
    assert values.keys() <= set(KIND[kind].columns), columns
    expressions = (f"{values.get(name, 'NULL')} AS {name}" for name in KIND[kind].columns)
    return f"SELECT {', '.join(expressions)} {rows}"


def _numbers(count: int) -> str:
    """Return a FROM clause for the numbers ``i`` from 0 to ``count`` - 1."""
    return f"FROM range({count}) AS numbers(i)"


def _typed(prov_type: str) -> str:
    return _attributes(_qualified_name("prov:type", prov_type))


def _attributes(*attributes: str) -> str:
    return f"[{', '.join(attributes)}]"


def _qualified_name(key: str, name: str) -> str:
    return _attribute(key, literal(name), QUALIFIED_NAME)


def _attribute(key: str, value: str, datatype: str | None = None) -> str:
    """Return an attribute whose value is the SQL expression ``value``."""
    sql_type = "NULL" if datatype is None else literal(datatype)
    return f"{{'key': {literal(key)}, 'value': {value}, 'type': {sql_type}, 'lang': NULL}}"
