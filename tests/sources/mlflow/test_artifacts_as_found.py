"""Artifacts of stores that come from another machine: where they are found, and when a notice is of use."""

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.entities import version_origin
from mlflow2prov.sources.mlflow.local_artifacts import add_local_artifacts
from mlflow2prov.sources.mlflow.normalize import normalize
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.report import SourceReport

RUN = "1" * 32
MODEL = "m-" + "2" * 32


def list_artifacts(folder, uri, *, destination=None, model_uri=None):
    """Return the paths of the artifacts of the run, or of the logged model, and the notices of a store in a folder."""
    with Facts() as facts:
        if uri is not None:
            facts.add("runs", run_id=RUN, artifact_uri=uri)
        if model_uri is not None:
            facts.add("logged_models", model_id=MODEL, artifact_location=model_uri)
    report = SourceReport("sql", "the store")
    options = ReadOptions(artifacts_destination=destination and str(destination))
    add_local_artifacts(facts, report, folder, options)
    facts.flush()
    paths = facts.rows(
        "SELECT path FROM artifacts UNION ALL SELECT path FROM logged_model_artifacts"
    )
    return sorted(path for (path,) in paths), report.notices


def make_artifacts(parent, owner=RUN):
    folder = parent / owner / "artifacts"
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_text("")
    return folder


LOCATIONS = [
    f"file:///C:/Users/ada/proj/mlruns/1/{RUN}/artifacts",
    f"file:///home/ada/a%20project/mlruns/1/{RUN}/artifacts",
    f"file://server/share/mlruns/1/{RUN}/artifacts",
    f"C:\\Users\\ada\\proj\\mlruns\\1\\{RUN}\\artifacts",
    f"C:/Users/ada/proj/mlruns/1/{RUN}/artifacts",
    f"\\\\server\\share\\mlruns\\1\\{RUN}\\artifacts",
    f"/home/ada/proj/mlruns/1/{RUN}/artifacts",
    f"./mlruns/1/{RUN}/artifacts",
    f"mlruns/1/{RUN}/artifacts/",
    f"mlflow-artifacts:/1/{RUN}/artifacts",
    f"mlflow-artifacts://server:5000/mlruns/1/{RUN}/artifacts",
    f"s3://bucket/mlruns/1/{RUN}/artifacts",
    f"dbfs:/databricks/mlflow-tracking/1/{RUN}/artifacts",
]


@pytest.mark.parametrize("uri", LOCATIONS)
@pytest.mark.parametrize("place", ["mlruns/1", "mlartifacts/1", "1"])
def test_a_database_from_another_machine_has_its_artifacts_beside_it(tmp_path, uri, place):
    make_artifacts(tmp_path / place)
    assert list_artifacts(tmp_path, uri) == (["MLmodel"], [])


@pytest.mark.parametrize("uri", LOCATIONS)
@pytest.mark.parametrize("place", ["mlruns/1", "1", ""])
def test_artifacts_are_found_in_a_folder_that_the_user_names(tmp_path, uri, place):
    make_artifacts(tmp_path / "elsewhere" / place)
    store = tmp_path / "store"
    store.mkdir()
    destination = tmp_path / "elsewhere"
    assert list_artifacts(store, uri, destination=destination) == (["MLmodel"], [])
    # A server's database has no folder of its own.
    assert list_artifacts(None, uri, destination=destination) == (["MLmodel"], [])


def test_the_artifacts_of_a_logged_model_are_found_in_the_same_way(tmp_path):
    make_artifacts(tmp_path / "mlruns" / "1" / "models", MODEL)
    uri = f"file:///C:/proj/mlruns/1/models/{MODEL}/artifacts"
    assert list_artifacts(tmp_path, None, model_uri=uri) == (["MLmodel"], [])


def test_proxied_artifacts_are_found_beside_a_file_store(tmp_path):
    make_artifacts(tmp_path / "mlartifacts" / "1")
    store = tmp_path / "mlruns"
    store.mkdir()
    assert list_artifacts(store, f"mlflow-artifacts:/1/{RUN}/artifacts") == (["MLmodel"], [])
    # Only a server keeps artifacts there.
    assert list_artifacts(store, f"/srv/mlartifacts/1/{RUN}/artifacts") == ([], [])


def test_a_link_beside_a_file_store_is_not_followed(tmp_path):
    make_artifacts(tmp_path / "private" / "1")
    store = tmp_path / "project" / "mlruns"
    store.mkdir(parents=True)
    (store.parent / "mlartifacts").symlink_to(tmp_path / "private")
    paths, _ = list_artifacts(store, f"mlflow-artifacts:/1/{RUN}/artifacts")
    assert paths == []


@pytest.mark.parametrize(
    "uri",
    [
        "/home/ada/mlruns/1/other/artifacts",
        f"/home/ada/mlruns/1/{RUN}",
        f"/home/ada/mlruns/1/{RUN}/artifacts/model",
        f"/home/ada/../mlruns/1/{RUN}/artifacts",
        f"file:///home/ada/mlruns/1/x{RUN}/artifacts",
        "file://[/mlruns/1",
        "",
        "artifacts",
    ],
)
def test_only_the_artifact_root_of_the_run_itself_is_listed(tmp_path, uri):
    make_artifacts(tmp_path / "mlruns" / "1")
    make_artifacts(tmp_path / "mlruns" / "1", "other")
    make_artifacts(tmp_path / "mlruns" / "1", f"x{RUN}")
    assert list_artifacts(tmp_path, uri)[0] == []


@pytest.mark.parametrize("uri", [uri for uri in LOCATIONS if "artifacts:" not in uri][:9])
def test_artifacts_of_another_machine_are_no_reason_for_a_notice(tmp_path, uri):
    assert list_artifacts(tmp_path, uri) == ([], [])


def test_a_notice_names_a_folder_of_this_machine(tmp_path):
    folder = make_artifacts(tmp_path / "data" / "1")
    store = tmp_path / "store"
    store.mkdir()
    paths, (notice,) = list_artifacts(store, str(folder))
    assert paths == []
    assert "the artifacts of 1 run are not listed" in notice
    assert f"in {tmp_path}/data/1; name that folder with --artifacts-destination" in notice
    named = list_artifacts(store, str(folder), destination=tmp_path / "data" / "1")
    assert named == (["MLmodel"], [])


@pytest.mark.parametrize("scheme", ["s3://bucket", "mlflow-artifacts:", "dbfs:/mlflow"])
def test_a_notice_names_the_schemes_of_other_systems(tmp_path, scheme):
    _, (notice,) = list_artifacts(tmp_path, f"{scheme}/1/{RUN}/artifacts")
    assert f"({scheme.partition(':')[0]}:)" in notice and "through its server" in notice


@pytest.mark.parametrize(
    ("source", "run_id"),
    [
        (f"C:\\Users\\ada\\mlruns\\1\\{RUN}\\artifacts\\best\\model", RUN),
        (f"file:///C:/Users/ada/mlruns/1/{RUN}/artifacts/best/model", RUN),
        (f"dbfs:/databricks/mlflow-tracking/1/{RUN}/artifacts/best/model", None),
        (f"C:\\Users\\ada\\mlruns\\1\\{RUN}\\artifacts\\best\\model", None),
        (f"/mnt/other/mlruns/1/{RUN}/artifacts/best/model/", None),
    ],
)
def test_the_source_of_a_version_leads_to_its_run_on_any_machine(source, run_id):
    origin = version_origin(source, run_id)
    with Facts() as facts:
        facts.add("runs", run_id=RUN, artifact_uri=f"/home/ada/mlruns/1/{RUN}/artifacts")
        facts.add("registered_models", name="wine")
        facts.add(
            "registered_model_versions",
            name="wine",
            version="1",
            source=source,
            source_run_id=origin.run_id,
            source_path=origin.path,
        )
    normalize(facts, ReadOptions(), "store")
    links = facts.rows("SELECT source_run_id, source_path FROM registered_model_versions")
    assert links == [(RUN, "best/model")]
