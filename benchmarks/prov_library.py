"""The same statements built, unified and written by the ``prov`` library and by us."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

from prov.dot import prov_to_dot
from prov.model import ProvDocument

from benchmarks.measuring import call, row
from benchmarks.statements import sample
from mlflow2prov import formats
from mlflow2prov.prov import Statement
from mlflow2prov.prov.namespaces import MLFLOW2PROV
from mlflow2prov.prov.unify import unify


def measure(statements: int, repeat: int) -> None:
    """Print a line for PROV-JSON, RDF (Turtle) and DOT, each with how many times as long ``prov`` takes."""
    listed = list(sample(statements).statements())
    for name, write in (("json", _json), ("turtle", _turtle), ("dot", _dot)):
        ours = call(lambda: _ours(statements, name), repeat)  # noqa: B023
        row(f"build, unify and write {name}, {statements:,} statements", ours, ours)
        theirs = call(lambda: write(_built(listed).unified()), 1)  # noqa: B023
        row("the same by prov", theirs, ours)


def _ours(statements: int, name: str) -> None:
    document = sample(statements)
    unify(document)
    formats.get(name).write(document, io.BytesIO())


def _built(statements: Sequence[Statement]) -> ProvDocument:
    document = ProvDocument()
    document.set_default_namespace(MLFLOW2PROV)
    for statement in statements:
        revision, commit, at = statement.arguments
        name, role, size = (literal.value for literal in statement.attributes)
        document.generation(
            revision,
            commit,
            datetime.fromisoformat(str(at)),
            other_attributes={
                "name": name,
                "prov:role": document.valid_qualified_name(role),
                "size": int(size),
            },
        )
    return document


def _json(document: ProvDocument) -> object:
    return document.serialize(format="json")


def _turtle(document: ProvDocument) -> object:
    return document.serialize(io.BytesIO(), format="rdf", rdf_format="turtle")


def _dot(document: ProvDocument) -> object:
    return prov_to_dot(document).to_string()
