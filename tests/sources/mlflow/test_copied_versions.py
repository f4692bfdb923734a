"""Versions that were registered from other versions: the facts of a registry in, the origins of its versions out."""

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.copied_versions import (
    VersionReference,
    link_copied_versions,
    parse_reference,
)

T, U, V = (f"2024-01-0{day}T00:00:00+00:00" for day in (1, 2, 3))


def version(name, number, created_at=T, **columns):
    return {"name": name, "version": number, "created_at": created_at, **columns}


ORIGINALS = (
    version("ui", "1", stage="Archived", source_run_id="r1"),
    version("ui", "2", stage="Production", source_run_id="r2"),
    version("ui", "10", U, stage="Staging", source_run_id="r10"),
)


def origin(source, *, originals=ORIGINALS, aliases=(), **columns):
    """Return the version that a copy with this source was registered from, as text."""
    copy = version("prod", "1", U, source=source) | columns
    with Facts() as facts:
        for row in (*originals, copy):
            facts.add("registered_model_versions", **row)
        for alias, number in aliases:
            facts.add("registered_model_aliases", name="ui", alias=alias, version=number)
    link_copied_versions(facts)
    ((name, number),) = facts.rows(
        """
        SELECT source_name, source_version
        FROM registered_model_versions
        WHERE name = ? AND version = ?
        """,
        [copy["name"], copy["version"]],
    )
    return name and f"{name}/{number}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("models:/ui/1", VersionReference("ui", version="1")),
        ("models:/ui/007", VersionReference("ui", version="7")),
        ("models:///ui/1", VersionReference("ui", version="1")),
        ("models:/a b%20ü/1", VersionReference("a b%20ü", version="1")),
        ("models:/ui@champion", VersionReference("ui", alias="champion")),
        ("models:/a@b@champion", VersionReference("a@b", alias="champion")),
        ("models:/a@b/3", VersionReference("a@b", version="3")),
        ("models:/ui/Production", VersionReference("ui", stage="production")),
        ("models:/ui/Latest", VersionReference("ui", is_latest=True)),
        ("models:/ui", None),
        ("models:/ui@", None),
        ("models:/@champion", None),
        ("models:/ui/1/extra", None),
        ("models://scope:key@databricks/ui/1", None),
        ("runs:/r1/model", None),
        ("s3://models:/ui/1", None),
        ("models:/", None),
    ],
)
def test_a_uri_refers_to_a_version_by_number_alias_stage_or_as_the_latest(source, expected):
    assert parse_reference(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("models:/ui/1", "ui/1"),
        ("models:/ui/10", "ui/10"),
        ("models:/ui@champion", "ui/2"),
        ("models:/ui/production", "ui/2"),
        ("models:/ui/latest", "ui/10"),
        ("models:/ui/5", "ui/5"),  # purged, but named
        ("models:/other/5", "other/5"),
        ("models:/ui@nothing", None),
        ("models:/ui/None", None),
        ("runs:/r1/model", None),
    ],
)
def test_a_copy_has_the_version_that_its_source_names(source, expected):
    assert origin(source, aliases=[("champion", "2")]) == expected


def test_an_alias_that_was_moved_to_a_younger_version_has_no_origin():
    assert origin("models:/ui@champion", aliases=[("champion", "10")], created_at=T) is None


def test_an_alias_that_was_moved_to_a_version_of_another_run_has_no_origin():
    for run_id, expected in (("r2", "ui/2"), ("r1", None)):
        aliases = [("champion", "2")]
        assert origin("models:/ui@champion", aliases=aliases, source_run_id=run_id) == expected


def test_latest_is_the_latest_version_at_the_time_of_the_registration():
    assert origin("models:/ui/latest", created_at=T) == "ui/2"


def test_a_version_is_neither_its_own_copy_nor_that_of_a_younger_one():
    assert origin("models:/ui/3", name="ui", version="3") is None
    assert origin("models:/ui/10", created_at=T) is None


def test_a_source_that_is_a_logged_model_is_not_a_version():
    assert origin("models:/ui/1", source_model_id="m-1") is None
