"""The installed packages, which a database of calls has once for each list."""

import sqlite3
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.utils import canonicalize_name

import mlflow2prov.capture as p
from mlflow2prov import extract
from mlflow2prov.capture import packages
from tests.sources.capture.graph import Graph


def install(folder, name, version, header="Metadata-Version: 2.1\n", end="\n\nName: other\n"):
    """Write what an installer leaves."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"{header}Name: {name}\nVersion: {version}{end}")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of packages, the only one."""
    (tmp_path / "site").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site")])
    monkeypatch.setattr(packages, "_state", None)
    monkeypatch.setattr(packages, "CHECK_SECONDS", 0.0)
    return tmp_path / "site"


def test_names_are_normalized_and_in_order(folder):
    install(folder, "Zope.Interface", "1.0")
    install(folder, "a__B", "2.0+local", header="")
    assert list(p.get_installed_packages().items()) == [
        ("a-b", "2.0+local"),
        ("zope-interface", "1.0"),
    ]


def test_a_damaged_installation_is_left_out(folder):
    install(folder, "good", "1")
    (folder / "bad-1.dist-info").mkdir()
    (folder / "worse-1.dist-info").mkdir()
    (folder / "worse-1.dist-info" / "METADATA").write_bytes(b"\xff\xfe")
    assert p.get_installed_packages() == {"good": "1"}


def test_a_package_that_is_installed_meanwhile_is_noticed(folder):
    install(folder, "one", "1")
    before = packages.installed_environment()
    assert packages.installed_environment() is before
    install(folder, "two", "2")
    after = packages.installed_environment()
    assert after.packages == {"one": "1", "two": "2"}
    assert after.id != before.id
    assert packages.find_environment(before.id) == before


def test_the_real_packages_are_those_that_the_standard_library_lists():
    expected = {}
    for distribution in metadata.distributions():
        expected.setdefault(canonicalize_name(distribution.metadata["Name"]), distribution.version)
    assert p.get_installed_packages() == expected


PROGRAM = """
import mlflow2prov.capture as p

@p.provenance()
def load(x):
    return [x]

for number in range({calls}):
    load(number)
"""


def test_the_calls_of_a_process_share_a_list_that_is_in_the_database_once(tmp_path):
    for calls in (3, 5):
        program = PROGRAM.format(calls=calls)
        subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    with sqlite3.connect(tmp_path / ".mlflow2prov" / "calls.db") as connection:
        rows = connection.execute("SELECT id, python_version FROM environments").fetchall()
        used = connection.execute(
            "SELECT DISTINCT environment_id FROM calls WHERE NOT cached"
        ).fetchall()
    assert [(rows[0][0],)] == used and len(rows) == 1
    graph = Graph(extract(calls=str(tmp_path)))
    environments = [
        entity
        for _, entity in graph.pairs("used", "activity", "entity")
        if entity.startswith("SoftwareEnvironment.")
    ]
    assert len(set(environments)) == 1 and len(environments) == 5
    found = {graph.name_of(s.id): graph.value(s.id, "version") for s in graph.of_type("Package")}
    assert found == p.get_installed_packages()


def test_record_files_and_databases_share_a_list(tmp_path):
    program = """
import mlflow2prov.capture as p

@p.provenance()
def load(x):
    return [x]

@p.tracked(directory_parameter="folder", create_parents=True)
def export(folder):
    load(1)

export("out")
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    graph = Graph(extract(calls=[str(tmp_path / ".mlflow2prov"), str(tmp_path / "out")]))
    users = {
        graph.name_of(call): entity
        for call, entity in graph.pairs("used", "activity", "entity")
        if entity.startswith("SoftwareEnvironment.")
    }
    assert set(users) == {"load", "export"} and len(set(users.values())) == 1
