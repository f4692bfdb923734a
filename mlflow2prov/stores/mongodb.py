"""MongoDB: statements are documents, in a collection for each kind or in one for all.

    entity:          {_id: "Run.1", "prov:type": ["Run", "prov:Collection"], name: "first"}
    wasGeneratedBy:  {_id: "_:5f2c...", source: "Metric.1", target: "Creation.1", "prov:time": "2024-..."}

``_id`` is the identifier, or a digest for a statement without identifier or in a bundle. ``source``
and ``target`` are the first two formal arguments (PROV-DM section 5), and both are indexed for
``$graphLookup``. The other keys are those of PROV-JSON. Prefixes are in the collection
``namespaces``. Times are texts, because dates in MongoDB have neither an offset nor microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import orjson

from mlflow2prov import engine
from mlflow2prov.errors import DocumentStoreError, NamespaceError
from mlflow2prov.formats._support.text_stream import join_utf8
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import KIND, KINDS, Kind
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.stores._support.address import Address
from mlflow2prov.stores._support.properties import (
    BUNDLE,
    FORMAL_KEYS,
    ID,
    PropertyDialect,
    attributes,
    with_properties,
)
from mlflow2prov.stores._support.store import Options, Store
from mlflow2prov.stores._support.upsert import (
    StatementRow,
    batches,
    document_from_rows,
    key,
    missing_statements,
    rebase,
)

ROWS = 10_000
"""Documents in a write request."""
ALL_STATEMENTS = "statements"
"""The collection of all statements, in the layout ``one``."""
NAMESPACES = "namespaces"

_DUPLICATE_KEY = 11000
_DEFAULT_DATABASE = "provenance"
# In milliseconds. A server may take long for a batch.
_TIMEOUTS = {
    "serverSelectionTimeoutMS": 10_000,
    "connectTimeoutMS": 10_000,
    "socketTimeoutMS": 600_000,
}
_KIND, _NON_NATIVE = "prov:kind", "prov:literals"
_DIALECT = PropertyDialect(
    # Dots and dollar signs have a meaning in queries of MongoDB, and FerretDB refuses control characters.
    is_valid_key=r"(length({0}) BETWEEN 1 AND 1000 AND NOT regexp_matches({0}, '^[$]|[.\x00-\x1f\"\\]'))",
    reserved=FORMAL_KEYS | {ID, BUNDLE, _KIND, _NON_NATIVE, "_id", "source", "target"},
)
_ELEMENT_DIALECT = PropertyDialect(_DIALECT.is_valid_key, _DIALECT.reserved - {"source", "target"})


def check(address: Address, _: Options) -> None:
    """Require that the server answers and accepts the credentials."""
    with _open(address) as mongodb:
        mongodb[NAMESPACES].find_one()


def push(document: Document, address: Address, options: Options) -> None:
    """Add a document to the database, in batches of some thousand statements.

    If a push is interrupted, the finished batches remain, and the next push adds the rest.
    """
    with _open(address) as mongodb:
        namespaces = _namespaces(mongodb)
        document = rebase(document, namespaces)
        _refuse_shared_ids(document, options, address)
        for prefix, uri in namespaces.declared.items():
            mongodb[NAMESPACES].replace_one({"_id": prefix}, {"uri": uri}, upsert=True)
        _index(mongodb, document, options)
        stored = document_from_rows(_stored(mongodb, document, options), namespaces, address)
        stored_kinds = stored.tables.kinds()
        document = missing_statements(document, stored, address)
        _refuse_shared_ids(document, options, address)
        for kind in document.tables.kinds():
            for rows in _records(document, kind, options):
                _write(mongodb[_collection(kind, options)], rows, has_stored=kind in stored_kinds)


def pull(address: Address, _: Options) -> Document:
    """Return the document in the database, in either layout."""
    with _open(address) as mongodb:
        namespaces = _namespaces(mongodb)
        if not namespaces.declared and not any(
            mongodb[name].find_one() for name in (ALL_STATEMENTS, *KIND)
        ):
            raise address.failed("the database has no document; export one to it first")
        return document_from_rows(_all(mongodb), namespaces, address)


@contextmanager
def _open(address: Address) -> Iterator[Any]:
    """Open the database in the URL's path.

    Raises:
        DocumentStoreError: the driver is not installed, or the server does not answer or refuses a
            request.
    """
    try:
        pymongo = import_module("pymongo")
        errors = import_module("pymongo.errors")
        bson = import_module("bson.errors")
    except ImportError as error:
        raise DocumentStoreError(
            f"{address}: MongoDB's driver is not installed; pip install 'mlflow2prov[mongodb]'"
        ) from error
    settings: dict[str, Any] = {
        name: milliseconds
        for name, milliseconds in _TIMEOUTS.items()
        if name.lower() not in address.url.lower()
    }
    if address.password is not None:
        settings |= {"username": address.user, "password": address.password}
    try:
        with pymongo.MongoClient(address.url, appname="mlflow2prov", **settings) as client:
            yield client[address.path or _DEFAULT_DATABASE]
    except errors.BulkWriteError as error:
        first = (error.details or {}).get("writeErrors") or [{}]
        raise address.failed(
            f"MongoDB refuses the request: {first[0].get('errmsg', error)}"
        ) from error
    except errors.OperationFailure as error:
        if error.code in (13, 18):
            raise address.failed(
                "access denied: check the user, the password and the permissions "
                "(MONGODB_USERNAME, MONGODB_PASSWORD)"
            ) from error
        raise address.failed(
            f"MongoDB refuses the request: {(error.details or {}).get('errmsg', error)}"
        ) from error
    except (errors.ConnectionFailure, OSError) as error:
        raise address.failed(
            f"the server does not answer ({str(error).partition(',')[0]})"
        ) from error
    except (errors.PyMongoError, bson.BSONError, TypeError) as error:
        raise address.failed(error) from error


def _collection(kind: Kind, options: Options) -> str:
    return ALL_STATEMENTS if options.layout == "one" else kind.name


def _namespaces(mongodb: Any) -> Namespaces:
    prefixes = {record["_id"]: record.get("uri") for record in mongodb[NAMESPACES].find()}
    try:
        return Namespaces(prefixes)
    except (NamespaceError, TypeError) as error:
        raise TypeError(f"the collection {NAMESPACES} is not valid: {error}") from error


def _index(mongodb: Any, document: Document, options: Options) -> None:
    for kind in document.tables.kinds():
        if not kind.element:
            for field in ("source", "target"):
                mongodb[_collection(kind, options)].create_index(field)
    if options.layout == "one":
        mongodb[ALL_STATEMENTS].create_index(_KIND)


def _identifier(kind: Kind) -> str:
    """Return the SQL for the ``_id`` of a statement; digests begin with ``_:``, as no name does."""
    return f"CASE WHEN bundle = '' AND id IS NOT NULL THEN id ELSE '_:' || {key(kind)} END"


def _refuse_shared_ids(document: Document, options: Options, address: Address) -> None:
    """Refuse two statements that would have the same ``_id``."""
    kinds = document.tables.kinds()
    for group in [kinds] if options.layout == "one" else [[kind] for kind in kinds]:
        identifiers = " UNION ALL ".join(
            f"SELECT {_identifier(kind)} AS _id FROM {document.tables.of(kind)}" for kind in group
        )
        if identifiers and (
            rows := engine.rows(
                f"SELECT _id FROM ({identifiers}) GROUP BY _id HAVING count(*) > 1 LIMIT 1"
            )
        ):
            scope = "kinds or arguments" if len(group) > 1 else "arguments"
            raise address.failed(
                f"statements of different {scope} have the identifier {str(rows[0][0])[:100]}"
            )


def _stored(mongodb: Any, document: Document, options: Options) -> Iterator[StatementRow]:
    """Yield the statements in the database that have the identity of a statement in the
    document."""
    for kind in document.tables.kinds():
        collection = mongodb[_collection(kind, options)]
        if collection.find_one() is None:
            continue
        query = f"SELECT {_identifier(kind)} FROM {document.tables.of(kind)}"
        for identifiers in batches(query):
            for record in collection.find({"_id": {"$in": identifiers}}):
                yield _statement(record, kind if options.layout == "kinds" else None)


def _all(mongodb: Any) -> Iterator[StatementRow]:
    for record in mongodb[ALL_STATEMENTS].find():
        yield _statement(record)
    for kind in KINDS:
        for record in mongodb[kind.name].find():
            yield _statement(record, kind)


def _statement(record: dict[str, Any], kind: Kind | None = None) -> StatementRow:
    kind = kind or KIND[record[_KIND]]
    identifier, bundle = record["_id"], record.get(BUNDLE, "")
    if str(identifier).startswith("_:"):
        identifier = record.get(ID)
    ends = [] if kind.element else [record.get("source"), record.get("target")]
    others = [record.get(f"prov:{argument.name}") for argument in kind.arguments[len(ends) :]]
    values = [*attributes(record, record.get(_NON_NATIVE, ()), _dialect(kind))]
    return bundle, kind.name, identifier, [*ends, *others], values


def _dialect(kind: Kind) -> PropertyDialect:
    return _ELEMENT_DIALECT if kind.element else _DIALECT


def _records(document: Document, kind: Kind, options: Options) -> Iterator[list[dict[str, Any]]]:
    """Yield the statements of a kind as records, batch after batch."""
    members = [
        f"'\"_id\":' || to_json({_identifier(kind)})::VARCHAR",
        f"'\"{BUNDLE}\":' || to_json(nullif(bundle, ''))::VARCHAR",
        f"CASE WHEN bundle <> '' THEN '\"{ID}\":' || to_json(id)::VARCHAR END",
    ]
    if options.layout == "one":
        members.append(f'\'"{_KIND}":"{kind.name}"\'')
    if not kind.element:
        members += [
            f"'\"{name}\":' || to_json({column})::VARCHAR"
            for name, column in zip(("source", "target"), kind.argument_columns, strict=False)
        ]
    members += ["nullif(properties, '')", f"'\"{_NON_NATIVE}\":' || non_native"]
    query = (
        f"SELECT '{{' || concat_ws(',', {', '.join(members)}) || '}},' "
        f"FROM ({with_properties(document.tables.of(kind), kind, _dialect(kind))})"
    )
    for batch in engine.stream(query, ROWS):
        yield orjson.loads(b"[" + bytes(join_utf8(batch.column(0)))[:-1] + b"]")


def _write(collection: Any, rows: list[dict[str, Any]], *, has_stored: bool) -> None:
    """Insert records, or replace them if some are stored already or are being stored by another
    client."""
    errors, pymongo = import_module("pymongo.errors"), import_module("pymongo")
    if has_stored:
        collection.bulk_write(
            [pymongo.ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows],
            ordered=False,
        )
        return
    try:
        collection.insert_many(rows, ordered=False)
    except errors.BulkWriteError as error:
        failures = error.details["writeErrors"]
        if any(failure["code"] != _DUPLICATE_KEY for failure in failures):
            raise
        _write(collection, [rows[failure["index"]] for failure in failures], has_stored=True)


STORE = Store("mongodb", "MongoDB", check, push, pull, "MONGODB", frozenset({"layout"}))
