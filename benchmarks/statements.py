"""The statements to measure on: generations, each with three attributes."""

from __future__ import annotations

from mlflow2prov import Document
from mlflow2prov.prov import KIND


def sample(statements: int) -> Document:
    """Return a document of ``statements`` generations, made from columns as an extraction makes them."""
    document = Document()
    document.tables.fill(
        KIND["wasGeneratedBy"],
        "SELECT '', NULL, 'FileRevision.' || md5(i::VARCHAR), "
        "'Commit.' || md5((i // 3)::VARCHAR), '2024-01-01T00:00:00+00:00', "
        "[{'key': 'name', 'value': 'file' || (i % 1000), 'type': NULL, 'lang': NULL}, "
        "{'key': 'prov:role', 'value': 'AddedRevision', 'type': 'prov:QUALIFIED_NAME', 'lang': NULL}, "
        "{'key': 'size', 'value': i::VARCHAR, 'type': 'xsd:int', 'lang': NULL}] "
        f"FROM range({statements}) r(i)",
    )
    return document
