"""The same statements built, unified and written by MLflow2PROV and by the ``prov`` library."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from prov.dot import prov_to_dot
from prov.model import ProvDocument

from benchmarks.documents import generations
from benchmarks.measurement import measure_call, print_row
from mlflow2prov import formats
from mlflow2prov.prov import Statement
from mlflow2prov.prov.namespaces import MLFLOW2PROV
from mlflow2prov.prov.unify import unify


def measure(count: int, repeat: int) -> None:
    """Print a row for PROV-JSON, Turtle and DOT, each followed by the ``prov`` library's time for the same work."""
    statements = list(generations(count).statements())
    for name, write in (("json", _write_json), ("turtle", _write_turtle), ("dot", _write_dot)):
        floor = measure_call(partial(_write_with_mlflow2prov, count, name), repeat)
        print_row(f"build, unify and write {name}, {count:,} statements", floor, floor)
        library = measure_call(partial(_write_with_prov, statements, write), 1)
        print_row("the same with prov", library, floor)


def _write_with_mlflow2prov(count: int, name: str) -> None:
    document = generations(count)
    unify(document)
    formats.get(name).write(document, io.BytesIO())


def _write_with_prov(
    statements: Sequence[Statement], write: Callable[[ProvDocument], object]
) -> None:
    write(_prov_document(statements).unified())


def _prov_document(statements: Sequence[Statement]) -> ProvDocument:
    document = ProvDocument()
    document.set_default_namespace(MLFLOW2PROV)
    for statement in statements:
        entity, activity, time = statement.arguments
        name, role, size = (attribute.value for attribute in statement.attributes)
        document.generation(
            entity,
            activity,
            datetime.fromisoformat(str(time)),
            other_attributes={
                "name": name,
                "prov:role": document.valid_qualified_name(role),
                "size": int(size),
            },
        )
    return document


def _write_json(document: ProvDocument) -> object:
    return document.serialize(format="json")


def _write_turtle(document: ProvDocument) -> object:
    return document.serialize(io.BytesIO(), format="rdf", rdf_format="turtle")


def _write_dot(document: ProvDocument) -> object:
    return prov_to_dot(document).to_string()
