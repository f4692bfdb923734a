"""MongoDB: a statement is a document, in a collection for each kind (or one for all).

    entity:          {_id: "Run.1", "prov:type": ["Run", "prov:Collection"], name: "first"}
    wasGeneratedBy:  {_id: "_:5f2c...", source: "Metric.1", target: "Creation.1", "prov:time": "2024-..."}

``_id`` is the identifier, or a digest where there is none or it is within a bundle; ``source`` and ``target`` are
the first two formal arguments (PROV-DM section 5), indexed both ways, so that ``$graphLookup`` walks them; the rest
is called as in PROV-JSON. Prefixes are in the collection ``namespaces``. Times are texts, as MongoDB's own keep neither
the offset nor microseconds.
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
    FORMAL,
    ID,
    Database,
    attributes,
    with_properties,
)
from mlflow2prov.stores._support.store import Options, Store
from mlflow2prov.stores._support.upsert import Said, document_of, key, numbered, remaining, under

ROWS = 10_000
"""Documents in a request to write."""
ONE = "statements"
"""The collection of all statements, in the layout ``one``."""
NAMESPACES = "namespaces"

_DEFAULT_DATABASE = "provenance"
_WAIT_MILLISECONDS = 10_000
_KIND, _LITERALS = "prov:kind", "prov:literals"
_DATABASE = Database(
    # A dot and a dollar mean something in MongoDB's queries; FerretDB takes no control characters.
    fits=r"(length({0}) BETWEEN 1 AND 1000 AND NOT regexp_matches({0}, '^[$]|[.\x00-\x1f\"\\]'))",
    reserved=FORMAL | {ID, BUNDLE, _KIND, _LITERALS, "_id", "source", "target"},
)
_ELEMENT_DATABASE = Database(_DATABASE.fits, _DATABASE.reserved - {"source", "target"})


def check(address: Address, _: Options) -> None:
    """Look whether the server answers and lets us in."""
    with _open(address) as mongodb:
        mongodb[NAMESPACES].find_one()


def push(document: Document, address: Address, options: Options) -> None:
    """Add a document to what is there, in batches of some thousands.

    Should it break off, what is there is what the batches until then said; the next push goes on.
    """
    with _open(address) as mongodb:
        namespaces = _namespaces(mongodb)
        document = under(document, namespaces)
        _refuse_repeated(document, options, address)
        for prefix, uri in namespaces.declared.items():
            mongodb[NAMESPACES].replace_one({"_id": prefix}, {"uri": uri}, upsert=True)
        _index(mongodb, document, options)
        there = document_of(_said(mongodb, document, options), namespaces, address)
        known = there.tables.kinds()
        document = remaining(document, there, address)
        _refuse_repeated(document, options, address)
        for kind in document.tables.kinds():
            for rows in _records(document, kind, options):
                _write(mongodb[_collection(kind, options)], rows, is_known=kind in known)


def pull(address: Address, _: Options) -> Document:
    """Return the document that says all that is there, in either layout."""
    with _open(address) as mongodb:
        namespaces = _namespaces(mongodb)
        if not namespaces.declared and not any(mongodb[name].find_one() for name in (ONE, *KIND)):
            raise address.failed("it holds no document; export one there first")
        return document_of(_all(mongodb), namespaces, address)


@contextmanager
def _open(address: Address) -> Iterator[Any]:
    """Open the database that the URL's path names; whatever goes wrong with it is one line."""
    try:
        pymongo = import_module("pymongo")
        errors = import_module("pymongo.errors")
        bson = import_module("bson.errors")
    except ImportError as error:
        raise DocumentStoreError(
            f"{address}: MongoDB's driver is not installed; pip install 'mlflow2prov[mongodb]'"
        ) from error
    settings: dict[str, Any] = {}
    for name in ("serverSelectionTimeoutMS", "connectTimeoutMS"):
        if name.lower() not in address.url.lower():
            settings[name] = _WAIT_MILLISECONDS
    if address.password is not None:
        settings |= {"username": address.user, "password": address.password}
    try:
        with pymongo.MongoClient(address.url, appname="mlflow2prov", **settings) as client:
            yield client[address.path or _DEFAULT_DATABASE]
    except errors.BulkWriteError as error:
        first = (error.details or {}).get("writeErrors") or [{}]
        raise address.failed(f"MongoDB refuses: {first[0].get('errmsg', error)}") from error
    except errors.OperationFailure as error:
        if error.code in (13, 18):
            told = "not let in: the user or the password is wrong, none is given, or it may not do this"
            raise address.failed(f"{told} (MONGODB_USERNAME, MONGODB_PASSWORD)") from error
        raise address.failed(
            f"MongoDB refuses: {(error.details or {}).get('errmsg', error)}"
        ) from error
    except (errors.ConnectionFailure, OSError) as error:
        raise address.failed(f"no answer, or no longer ({str(error).partition(',')[0]})") from error
    except (errors.PyMongoError, bson.BSONError, TypeError) as error:
        raise address.failed(error) from error


def _collection(kind: Kind, options: Options) -> str:
    return ONE if options.layout == "one" else kind.name


def _namespaces(mongodb: Any) -> Namespaces:
    found = {record["_id"]: record.get("uri") for record in mongodb[NAMESPACES].find()}
    try:
        return Namespaces(found)
    except (NamespaceError, TypeError) as error:
        raise TypeError(f"its collection {NAMESPACES} holds what is none: {error}") from error


def _index(mongodb: Any, document: Document, options: Options) -> None:
    for kind in document.tables.kinds():
        if not kind.element:
            for field in ("source", "target"):
                mongodb[_collection(kind, options)].create_index(field)
    if options.layout == "one":
        mongodb[ONE].create_index(_KIND)


def _identifier(kind: Kind) -> str:
    """Return the SQL for a statement's ``_id``; no name begins with ``_:``."""
    return f"CASE WHEN bundle = '' AND id IS NOT NULL THEN id ELSE '_:' || {key(kind)} END"


def _refuse_repeated(document: Document, options: Options, address: Address) -> None:
    """Refuse two statements that would be one record."""
    kinds = document.tables.kinds()
    for together in [kinds] if options.layout == "one" else [[kind] for kind in kinds]:
        identifiers = " UNION ALL ".join(
            f"SELECT {_identifier(kind)} AS _id FROM {document.tables.of(kind)}"
            for kind in together
        )
        if identifiers and (
            found := engine.rows(
                f"SELECT _id FROM ({identifiers}) GROUP BY _id HAVING count(*) > 1 LIMIT 1"
            )
        ):
            among = "different kinds or " if len(together) > 1 else ""
            raise address.failed(
                f"several statements, of {among}different arguments, are called {str(found[0][0])[:100]}"
            )


def _said(mongodb: Any, document: Document, options: Options) -> Iterator[Said]:
    """Give what the database says already of what the document speaks of."""
    for kind in document.tables.kinds():
        collection = mongodb[_collection(kind, options)]
        if collection.find_one() is None:
            continue
        query = f"SELECT {_identifier(kind)} FROM {document.tables.of(kind)}"
        for identifiers in numbered(query):
            for record in collection.find({"_id": {"$in": identifiers}}):
                yield _statement(record, kind if options.layout == "kinds" else None)


def _all(mongodb: Any) -> Iterator[Said]:
    for record in mongodb[ONE].find():
        yield _statement(record)
    for kind in KINDS:
        for record in mongodb[kind.name].find():
            yield _statement(record, kind)


def _statement(record: dict[str, Any], kind: Kind | None = None) -> Said:
    kind = kind or KIND[record[_KIND]]
    identifier, bundle = record["_id"], record.get(BUNDLE, "")
    if str(identifier).startswith("_:"):
        identifier = record.get(ID)
    ends = [] if kind.element else [record.get("source"), record.get("target")]
    others = [record.get(f"prov:{argument.name}") for argument in kind.arguments[len(ends) :]]
    of = _ELEMENT_DATABASE if kind.element else _DATABASE
    found = [*attributes(record, record.get(_LITERALS, ()), of)]
    return bundle, kind.name, identifier, [*ends, *others], found


def _records(document: Document, kind: Kind, options: Options) -> Iterator[list[dict[str, Any]]]:
    """Give the statements of a kind as records, batch after batch."""
    of = _ELEMENT_DATABASE if kind.element else _DATABASE
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
    members += ["nullif(properties, '')", f"'\"{_LITERALS}\":' || odd"]
    query = (
        f"SELECT '{{' || concat_ws(',', {', '.join(members)}) || '}},' "
        f"FROM ({with_properties(document.tables.of(kind), kind, of)})"
    )
    for batch in engine.stream(query, ROWS):
        yield orjson.loads(b"[" + bytes(join_utf8(batch.column(0)))[:-1] + b"]")


def _write(collection: Any, rows: list[dict[str, Any]], *, is_known: bool) -> None:
    """Write records: new ones together; those that were there, or that somebody adds meanwhile, are replaced."""
    errors, pymongo = import_module("pymongo.errors"), import_module("pymongo")
    if is_known:
        collection.bulk_write(
            [pymongo.ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows],
            ordered=False,
        )
        return
    try:
        collection.insert_many(rows, ordered=False)
    except errors.BulkWriteError as error:
        refused = error.details["writeErrors"]
        if any(one["code"] != 11000 for one in refused):
            raise
        _write(collection, [rows[one["index"]] for one in refused], is_known=True)


STORE = Store("mongodb", "MongoDB", check, push, pull, "MONGODB", frozenset({"layout"}))
