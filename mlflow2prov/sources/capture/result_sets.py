"""The tables of artifact sets, which the repositories of capture and those of provenance share."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow2prov.sources.capture import peer_values
from mlflow2prov.sources.capture.call_facts import CallFacts
from mlflow2prov.sources.database.connection import Database


def read_result_sets(database: Database, calls: CallFacts) -> Iterator[str]:
    """Add the sets of a database and their members, and yield a reason for each that is left out.

    A set has a row for each time that it was stored. Early versions of provenance gave it a name in place of labels.
    """
    for set_id, labels, name, created_at in database.read_rows(
        "artifact_sets", "set_id", "labels", "name", "created_at"
    ):
        try:
            if not isinstance(set_id, str) or not set_id:
                raise ValueError("without identifier")
            time = None if created_at is None else peer_values.utc_time(created_at)
        except (ValueError, OverflowError) as error:
            yield f"the set {set_id!r:.80}: {error}"
            continue
        if labels is None and name is not None:
            labels = {"name": str(name)}
        calls.add_set(set_id, peer_values.json_object(labels), time)
    for set_id, artifact_id in database.read_rows("artifact_set_members", "set_id", "artifact_id"):
        calls.add_member(set_id, artifact_id)
