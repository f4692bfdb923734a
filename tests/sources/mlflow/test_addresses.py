"""Addresses: what people write for a store leads to it, or to an answer that names what to write."""

import sqlite3
from contextlib import closing

import pytest

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.mlflow.address import Address, check_address, parse_address
from tests.sources.mlflow.fake_server import respond_like_mlflow, serve
from tests.sources.mlflow.stores import read


def parts(url):
    address = parse_address(str(url))
    return address.kind, address.location, address.experiments


@pytest.mark.parametrize(
    ("url", "location", "experiments"),
    [
        ("http://host:5000", "http://host:5000", ()),
        ("https://host/mlflow/", "https://host/mlflow/", ()),
        ("localhost:5077", "http://localhost:5077", ()),
        ("127.0.0.1:5000/mlflow", "http://127.0.0.1:5000/mlflow", ()),
        ("[::1]:5000", "http://[::1]:5000", ()),
        ("my-host.example.org:80", "http://my-host.example.org:80", ()),
        ("http://host/#/experiments/1", "http://host", ("1",)),
        ("http://host/mlflow/#/experiments/12?searchFilter=a", "http://host/mlflow", ("12",)),
        ("http://host/?x=1#/experiments/12/runs/0af", "http://host", ("12",)),
        ("localhost:5077/#/experiments/3/models", "http://localhost:5077", ("3",)),
        ('http://h/#/compare-runs?runs=["a"]&experiments=["1","23"]', "http://h", ("1", "23")),
        ("http://h/#/compare-experiments/s?experiments=%5B%224%22%5D", "http://h", ("4",)),
        ("http://host/#/models/wine", "http://host", ()),
        ("http://host/#/experiments/new", "http://host", ()),
        ("http://user:secret@host/#/experiments/1", "http://user:secret@host", ("1",)),
    ],
)
def test_a_server_has_the_address_that_a_browser_shows(url, location, experiments):
    assert parts(url) == ("server", location, experiments)


def test_an_address_that_was_not_a_url_is_named_without_credentials():
    assert parse_address("http://host").notice is None
    assert parse_address("host:80").notice == "host:80: read as http://host:80"
    notice = parse_address("http://me:secret@host/#/experiments/1").notice
    assert notice.endswith("read as http://host, experiment 1") and "secret" not in notice


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("sqlite://x.db", "give sqlite:///x.db"),
        ("sqlite:x.db", "give sqlite:///x.db"),
        ("sqlite:/data/x.db", "give sqlite:////data/x.db"),
        ("databricks", "give https:// and the host of the workspace"),
        ("databricks://profile", "MLFLOW_TRACKING_TOKEN"),
        ("databricks-uc", "give https://"),
        ("uc:http://localhost:8080", "give https://"),
        ("ftp://example.org", "give http(s)://"),
        ("http://[x", "give http(s)://"),
    ],
)
def test_an_address_that_cannot_be_read_is_answered_with_one_that_can(url, remedy):
    for function in (parse_address, check_address):
        with pytest.raises(TrackingStoreError) as error:
            function(url)
        assert remedy in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["databricks", "localhost:5077", "uc"])
def test_an_existing_folder_is_a_folder_whatever_its_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    assert parse_address(name) == Address("folder", name)


# Stores on the local disk


def make_database(path, runs=0, wal=False):
    with closing(sqlite3.connect(path)) as connection:
        if wal:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE experiments (experiment_id)")
        connection.execute("CREATE TABLE runs (run_uuid)")
        connection.executemany("INSERT INTO runs VALUES (?)", [(n,) for n in range(runs)])
        connection.commit()


def make_file_store(path, runs=0):
    (path / "0").mkdir(parents=True)
    (path / "0/meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
    for number in range(runs):
        (path / f"0/r{number}").mkdir()
        (path / f"0/r{number}/meta.yaml").write_text(f"run_id: r{number}\n")


@pytest.mark.parametrize("name", ["mlflow.db", "backend", "runs.sqlite3"])
def test_a_file_of_sqlite_is_a_database_whatever_its_name(tmp_path, name):
    make_database(tmp_path / name)
    assert parts(tmp_path / name) == ("database", f"sqlite:///{tmp_path}/{name}", ())


def test_relative_paths_stay_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_database(tmp_path / "mlflow.db")
    for path in ("mlflow.db", "."):
        assert parts(path) == ("database", "sqlite:///mlflow.db", ())


def test_a_folder_is_the_store_that_it_contains(tmp_path):
    make_file_store(tmp_path / "files/mlruns")
    make_database(tmp_path / "mlflow.db")
    (tmp_path / "mlruns/1/abc/artifacts").mkdir(parents=True)  # artifacts of the database
    make_database(tmp_path / "other.db")
    (tmp_path / "other.db").write_bytes(b"SQLite format 3\0 and no more")
    assert parts(tmp_path / "files") == ("folder", f"{tmp_path}/files/mlruns", ())
    assert parts(tmp_path / "files/mlruns") == ("folder", f"{tmp_path}/files/mlruns", ())
    assert parts(tmp_path) == ("database", f"sqlite:///{tmp_path}/mlflow.db", ())


@pytest.mark.parametrize(("in_files", "in_database"), [(1, 0), (0, 1)])
def test_the_store_with_runs_wins(tmp_path, in_files, in_database):
    make_file_store(tmp_path / "mlruns", in_files)
    make_database(tmp_path / "mlflow.db", in_database)
    assert parse_address(str(tmp_path)).kind == ("folder" if in_files else "database")


def test_several_stores_are_named(tmp_path):
    make_file_store(tmp_path / "mlruns", 1)
    make_database(tmp_path / "mlflow.db", 1)
    with pytest.raises(TrackingStoreError) as error:
        parse_address(str(tmp_path))
    assert f"give sqlite:///{tmp_path}/mlflow.db or {tmp_path}/mlruns" in str(error.value)


def test_a_database_whose_tables_are_in_its_log_is_found_and_stays_as_it_is(tmp_path):
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE experiments (experiment_id)")
        connection.commit()
        files = sorted(tmp_path.iterdir())
        assert parse_address(str(tmp_path)).kind == "database"
        assert sorted(tmp_path.iterdir()) == files


def test_a_recipe_of_conda_is_no_experiment(tmp_path):
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe/meta.yaml").write_text("package:\n  name: wine\n")
    make_database(tmp_path / "mlflow.db")
    assert parse_address(str(tmp_path)).kind == "database"


def test_the_artifacts_of_a_database_lead_to_it(tmp_path):
    make_database(tmp_path / "mlflow.db", 1)
    (tmp_path / "mlruns/1/abc/artifacts").mkdir(parents=True)
    with pytest.raises(
        TrackingStoreError, match=f"give the database .*sqlite:///{tmp_path}/mlflow.db"
    ):
        read(str(tmp_path / "mlruns"))


# Servers


@pytest.mark.parametrize("status", [404, 405, 501, 200])
def test_a_server_of_something_else_is_named_as_such(status):
    with (
        serve(lambda *_: (status, {}, b"<html>hello</html>")) as (url, _),
        pytest.raises(
            TrackingStoreError, match=f"^{url}: not an MLflow server; give the URL of one"
        ),
    ):
        read(url)


def test_a_server_without_tls_is_named_as_such():
    with (
        serve(respond_like_mlflow()) as (url, requests),
        pytest.raises(TrackingStoreError, match=f"does not use TLS, give {url}"),
    ):
        read(url.replace("http:", "https:"))
    assert not requests


def test_a_server_is_found_by_host_and_port():
    with serve(respond_like_mlflow()) as (url, _):
        report, _ = read(url.removeprefix("http://"))
    assert report.location == url
    assert report.notices[0].endswith(f"read as {url}")
