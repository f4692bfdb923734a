"""Configuration: none at all, dictionaries and YAML, and the repository of a thread or task."""

import asyncio
import concurrent.futures
import copy
import os
import shutil
import sqlite3
import subprocess
import threading
import warnings
from pathlib import Path

import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import configuration
from mlflow2prov.capture.blobstores import ChainedStore, DiskStore, MemoryStore, S3Store
from mlflow2prov.capture.configuration import Config, find_repo, get_repo_by_name
from mlflow2prov.capture.errors import InvalidOptionError
from mlflow2prov.capture.repos import ChainedRepo, DbRepo, MemoryRepo
from mlflow2prov.errors import MLflow2ProvError

SECRET = "hunter2-of-ada"


@pytest.fixture
def git(tmp_path):
    """Make the current folder a repository, and return a function that runs git."""

    def git(*arguments, folder=tmp_path):
        command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
        return subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "--quiet")
    return git


@p.provenance()
def double(x):
    return x * 2


# --- without configuration


def test_without_configuration_calls_are_recorded_at_the_root_of_the_repository(
    git, tmp_path, monkeypatch
):
    (tmp_path / "deep/er").mkdir(parents=True)
    monkeypatch.chdir("deep/er")
    assert double(4) == 8
    p.get_default_repo().flush()
    folder = tmp_path / ".mlflow2prov"
    assert {path.name for path in folder.iterdir()} >= {".gitignore", "blobs", "calls.db"}
    with sqlite3.connect(folder / "calls.db") as connection:
        assert connection.execute("select count(*) from artifacts").fetchone() == (1,)
    assert list((tmp_path / "deep/er").iterdir()) == []


def test_the_folder_ignores_itself_in_git(git):
    double(4)
    assert git("status", "--porcelain", "--untracked-files=all") == ""


def test_outside_of_a_repository_calls_are_recorded_in_the_current_folder(tmp_path):
    double(4)
    assert (tmp_path / ".mlflow2prov/calls.db").exists()


def test_a_linked_worktree_has_a_folder_of_its_own(git, tmp_path, monkeypatch):
    git("commit", "--quiet", "--allow-empty", "--message", "empty")
    git("worktree", "add", "--quiet", "other")
    monkeypatch.chdir("other")
    double(4)
    assert (tmp_path / "other/.mlflow2prov/calls.db").exists()
    assert git("status", "--porcelain", folder=tmp_path / "other") == ""


def test_another_current_folder_is_another_repository(tmp_path, monkeypatch):
    here = p.get_default_repo()
    (tmp_path / "other").mkdir()
    monkeypatch.chdir("other")
    assert p.get_default_repo() is not here
    monkeypatch.chdir("..")
    assert p.get_default_repo() is here


def test_results_are_found_by_the_next_process(monkeypatch):
    first = double(4).artifact
    first.repo.flush()
    monkeypatch.setattr(configuration, "_folders", {})
    second = double(4).artifact
    assert second.repo is not first.repo
    assert second.call_id == first.call_id


def test_a_folder_that_is_deleted_meanwhile_is_created_again():
    double(4)
    shutil.rmtree(".mlflow2prov")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert double(4) == 8
    p.get_default_repo().flush()
    with sqlite3.connect(".mlflow2prov/calls.db") as connection:
        assert connection.execute("select count(*) from artifacts").fetchone() == (1,)


def test_a_folder_that_cannot_be_written_is_a_warning(monkeypatch):
    Path(".mlflow2prov").write_text("a file")
    with pytest.warns(p.CaptureWarning, match="recorded in memory only"):
        assert double(4) == 8
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert double(4) == 8
    assert isinstance(p.get_default_repo(), MemoryRepo)
    assert [call.cached for call in p.calls()] == [False, True]


def test_a_current_folder_that_is_deleted_is_a_warning(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir("gone")
    os.rmdir(tmp_path / "gone")
    with pytest.warns(p.CaptureWarning, match="recorded in memory only"):
        assert double(4) == 8


def test_threads_that_begin_together_use_one_repository():
    barrier = threading.Barrier(8)

    def first_use(_):
        barrier.wait()
        return p.get_default_repo()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(first_use, range(8))))) == 1


# --- dictionaries and YAML

BASIC = {
    "blobstores": {
        "disk": {
            "type": "disk",
            "cachedir": "artifacts",
            "read": True,
            "write": True,
            "delete": True,
        }
    },
    "artifact_repos": {
        "local": {
            "type": "sqlite",
            "db": "sqlite:///calls.db",
            "store": "disk",
            "read": True,
            "write": True,
            "delete": True,
            "create_db": True,
        }
    },
    "default_repo": "local",
}


def test_a_dictionary_names_stores_and_repositories():
    before = copy.deepcopy(BASIC)
    config = p.load_config(BASIC)
    assert before == BASIC
    assert p.current_config() is config
    assert p.get_default_repo() is config.repos["local"] is p.get_repo_by_name("local")
    assert config.repos["local"].blobstore is config.blobstores["disk"]
    assert double(4) == 8
    assert Path("calls.db").exists()
    assert not Path(".mlflow2prov").exists()


YAML = """
blobstores:
  disk:
    type: disk
    cachedir: artifacts
    read: True
    write: True
    delete: True
  team_s3:
    type: s3
    cachedir: copies
    basepath: bucket/folder
    s3_config: {anon: true, default_cache_type: none}
    delete: False
  team_s3_readonly:
    prototype: team_s3
    write: False
  team_copies:
    prototype: team_s3_readonly
    cachedir: other_copies
  shared:
    type: chained
    stores: ['disk', 'team_s3']
artifact_repos:
  local:
    type: sqlite
    db: sqlite:///calls.db
    store: 'shared'
  both:
    type: chained
    repos: [scratch, local]
  scratch:
    type: memory
default_repo: both
check_mutations: true
use_cache: false
"""


def test_a_yaml_file_is_such_a_dictionary():
    Path("config.yaml").write_text(YAML)
    config = p.load_yaml_config("config.yaml")
    stores, repos = config.blobstores, config.repos
    assert {name: type(store) for name, store in stores.items()} == {
        "disk": DiskStore,
        "team_s3": S3Store,
        "team_s3_readonly": S3Store,
        "team_copies": S3Store,
        "shared": ChainedStore,
    }
    assert stores["shared"].stores == [stores["disk"], stores["team_s3"]]
    assert {name: type(repo) for name, repo in repos.items()} == {
        "local": DbRepo,
        "both": ChainedRepo,
        "scratch": MemoryRepo,
    }
    assert repos["both"].repos == [repos["scratch"], repos["local"]]
    assert p.get_default_repo() is repos["both"]
    assert (p.get_check_mutations(), p.get_use_cache(), p.get_read_only()) == (True, False, False)


def test_a_prototype_gives_its_options_to_others():
    Path("config.yaml").write_text(YAML)
    stores = p.load_yaml_config("config.yaml").blobstores
    names = ("team_s3", "team_s3_readonly", "team_copies")
    assert [stores[name]._write for name in names] == [True, False, False]
    assert [Path(stores[name].cachedir).name for name in names] == [
        "copies",
        "copies",
        "other_copies",
    ]
    assert {stores[name].url for name in names} == {"s3://bucket/folder"}
    assert stores["team_s3"]._storage_options["default_cache_type"] == "none"


def test_a_configuration_is_built_without_becoming_current():
    before = p.current_config()
    built = p.from_config(BASIC)
    assert p.current_config() is before
    assert isinstance(built["blobstores"]["disk"], DiskStore)
    assert isinstance(built["repos"]["local"], DbRepo)


def test_all_types_of_stores_and_repositories_can_be_named():
    built = p.from_config(
        {
            "blobstores": {
                "memory": {"type": "memory"},
                "disk": {"type": "disk", "cachedir": "d", "max_bytes": 10**9, "max_age": 86400},
                "fsspec": {"type": "fsspec", "url": "memory://bucket", "cachedir": "f"},
                "s3": {"type": "s3", "cachedir": "s", "basepath": "b/p", "s3_config": {}},
                "gs": {"type": "gs", "cachedir": "g", "bucket": "b"},
                "sftp": {"type": "sftp", "cachedir": "t", "basepath": "/p", "ssh_config": {}},
                "chained": {"type": "chained", "stores": ["memory", "disk"]},
            },
            "artifact_repos": {
                "memory": {"type": "memory"},
                "postgres": {"type": "postgres", "db": "postgresql://h/d", "store": "disk"},
                "postgresql": {"type": "postgresql", "db": "postgresql://h/d", "store": "disk"},
                "sqlalchemy": {"type": "sqlalchemy", "db": "sqlite://", "store": "memory"},
                "sqlite": {"type": "sqlite", "db": "sqlite://", "store": "memory"},
                "chained": {"type": "chained", "repos": ["memory", "sqlite"]},
            },
        }
    )
    assert (len(built["blobstores"]), len(built["repos"])) == (7, 6)


def test_what_cannot_be_made_is_reported_and_left_out_with_all_that_needs_it():
    Path("file").write_text("")
    config = {
        "blobstores": {
            "good": {"type": "memory"},
            "bad": {"type": "disk", "cachedir": "file/x"},
            "misspelled": {"type": "disk", "cachdir": "x"},
            "incomplete": {"type": "s3", "cachedir": "x", "basepath": "b"},
            "chain": {"type": "chained", "stores": ["good", "bad"]},
        },
        "artifact_repos": {
            "good": {"type": "sqlite", "db": "sqlite://", "store": "good"},
            "bad": {"type": "sqlite", "db": "sqlite://", "store": "bad"},
            "lost": {"type": "sqlite", "db": "sqlite://", "store": "nothing"},
            "chain": {"type": "chained", "repos": ["good", "bad"]},
            "fine": {"type": "chained", "repos": ["good"]},
        },
    }
    with pytest.warns(p.CaptureWarning) as caught:
        built = p.from_config(config)
    assert set(built["blobstores"]) == {"good"}
    assert set(built["repos"]) == {"good", "fine"}
    messages = [str(warning.message) for warning in caught]
    assert len(messages) == 7
    for name in ("bad", "misspelled", "incomplete", "chain"):
        assert any(f"blobstores: {name} cannot be made" in message for message in messages)
    assert any("needs bad, which could not be made" in message for message in messages)


def test_a_default_repository_that_was_not_made_is_an_error():
    config = copy.deepcopy(BASIC)
    config["artifact_repos"]["local"]["store"] = "nothing"
    before = p.current_config()
    with (
        pytest.warns(p.CaptureWarning),
        pytest.raises(InvalidOptionError, match="default_repo: 'local' could not be made"),
    ):
        p.load_config(config)
    assert p.current_config() is before


def test_failures_are_reported_without_credentials():
    url = f"postgresql://ada:{SECRET}@127.0.0.1:9/x"
    config = {
        "blobstores": {"m": {"type": "memory"}, "s": {"type": "s3", "secret": SECRET}},
        "artifact_repos": {
            "a": {"type": "postgres", "db": url, "store": "m", "create_db": True},
            "b": {"type": "postgres", "db": f"nothing {url}", "store": "m", "create_db": True},
            "c": {"type": "postgres", "db": f"ada:{SECRET}", "store": "m", "create_db": True},
        },
    }
    with pytest.warns(p.CaptureWarning) as caught:
        built = p.from_config(config)
    assert set(built["repos"]) == set()
    assert len(caught) == 4
    assert SECRET not in "".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"blobstore": {}}, "unknown key of the configuration 'blobstore'"),
        ({"blobstores": {"a": {"type": "tape"}}}, "unknown type 'tape'; choose from memory, disk"),
        ({"blobstores": {"a": {}}}, "a has an unknown type 'None'"),
        ({"artifact_repos": {"a": {"type": "oracle"}}}, "unknown type 'oracle'"),
        ({"blobstores": {"a": {"prototype": "b"}}}, "unknown prototype 'b'"),
        ({"blobstores": {"a": {"prototype": "a"}}}, "prototype"),
        ({"blobstores": {"a": {"prototype": "b"}, "b": {"prototype": "a"}}}, "prototype"),
        ({"blobstores": []}, "blobstores: not a mapping"),
        ({"blobstores": {"a": None}}, "blobstores: a is not a mapping"),
        ({"artifact_repos": "local"}, "artifact_repos: not a mapping"),
        ({"default_repo": "local"}, "default_repo"),
        ({"default_repo": ["local"]}, "default_repo"),
        ([], "not a mapping"),
    ],
)
def test_a_configuration_that_is_wrong_is_an_error(config, message):
    before = p.current_config()
    with pytest.raises(InvalidOptionError, match=message):
        p.load_config(config)
    assert p.current_config() is before


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "blobstores:", "a: b: c", "blobstores: [a]", "blobstores: {a: [b]}"]
)
def test_a_yaml_file_that_is_wrong_is_an_error_or_empty(text):
    Path("config.yaml").write_text(text)
    if text == "blobstores:":
        assert p.load_yaml_config("config.yaml").blobstores == {}
    else:
        with pytest.raises(MLflow2ProvError):
            p.load_yaml_config("config.yaml")


def test_a_yaml_file_that_is_missing():
    with pytest.raises(MLflow2ProvError, match=r"nothing\.yaml"):
        p.load_yaml_config("nothing.yaml")


def test_chains_that_need_each_other_are_left_out():
    stores = {name: {"type": "chained", "stores": [other]} for name, other in ["ab", "ba"]}
    with pytest.warns(p.CaptureWarning, match="cannot be made"):
        assert p.from_config({"blobstores": stores})["blobstores"] == {}


def test_a_function_adds_facts_to_the_description_of_the_process_once():
    calls = []

    def add_job(info):
        calls.append(1)
        return {**info, "job": 17}

    p.load_config({**BASIC, "run_info_fn": add_job})
    first, second = double(1).artifact, double(2).artifact
    assert first.run_info["job"] == 17
    assert first.run_info["id"] == second.run_info["id"]
    assert calls == [1]


def test_warnings_can_be_silenced():
    p.load_config({"silence_warnings": True})
    Path(".mlflow2prov").write_text("a file")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert double(4) == 8


def test_an_unknown_setting_lists_the_settings():
    with pytest.raises(InvalidOptionError, match="choose from use_cache, read_only"):
        Config(cache=True)


# --- settings


@pytest.mark.parametrize("name", ["use_cache", "read_only", "check_mutations"])
def test_settings_are_set_and_read(name):
    get, change = getattr(p, f"get_{name}"), getattr(p, f"set_{name}")
    before = get()
    change(not before)
    assert get() is not before
    assert p.current_config().settings[name] is not before
    p.load_config({})
    assert get() is before


def test_without_a_cache_every_call_is_computed_and_equal_results_are_one_artifact():
    runs = []

    @p.provenance(repo=MemoryRepo())
    def compute(x):
        runs.append(x)
        return x

    p.set_use_cache(False)
    assert compute(1).artifact == compute(1).artifact
    assert runs == [1, 1]


def test_read_only_stores_nothing():
    repo = MemoryRepo()
    p.set_read_only(True)
    with p.using_repo(repo):
        artifact = double(1).artifact
    assert artifact.value == 2
    assert artifact not in repo


# --- the repository of a thread or task


def test_using_another_repository_ends_with_its_block():
    outer, inner = MemoryRepo(), MemoryRepo()
    before = p.get_default_repo()
    with p.using_repo(outer) as yielded:
        assert yielded is p.get_default_repo() is outer
        with pytest.raises(ValueError, match="x"), p.using_repo(inner):
            assert p.get_default_repo() is inner
            raise ValueError("x")
        assert p.get_default_repo() is outer
    assert p.get_default_repo() is before


def test_repositories_are_used_by_their_names():
    p.load_config({"artifact_repos": {"a": {"type": "memory"}, "b": {"type": "memory"}}})
    with p.using_repo("a"):
        assert p.get_default_repo() is get_repo_by_name("a") is find_repo(None)
    p.set_default_repo("b")
    assert p.get_default_repo() is get_repo_by_name("b")
    for use in (p.set_default_repo, get_repo_by_name, find_repo, lambda name: double_in(name)(1)):
        with pytest.raises(InvalidOptionError, match="unknown repository 'c'; choose from a, b"):
            use("c")


def double_in(name):
    return p.provenance(repo=name)(lambda x: x * 2)


def test_threads_use_repositories_of_their_own():
    repos = [MemoryRepo() for _ in range(4)]
    barrier = threading.Barrier(4)

    def work(position):
        with p.using_repo(repos[position]):
            barrier.wait()
            result = double(position)
            barrier.wait()
            return result.artifact.repo

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == repos
    assert [len(repo.calls()) for repo in repos] == [1] * 4


def test_tasks_use_repositories_of_their_own():
    repos = [MemoryRepo() for _ in range(4)]

    async def work(position):
        with p.using_repo(repos[position]):
            await asyncio.sleep(0.001 * (4 - position))
            return double(position).artifact.repo

    async def main():
        return await asyncio.gather(*map(work, range(4)))

    assert asyncio.run(main()) == repos


def test_the_default_repository_is_that_of_all_threads():
    repo = MemoryRepo()
    p.set_default_repo(repo)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        assert pool.submit(p.get_default_repo).result() is repo
    p.set_default_repo(None)
    assert isinstance(p.get_default_repo(), DbRepo)


def test_a_store_in_memory_needs_no_folder():
    p.set_default_repo(DbRepo("sqlite://", MemoryStore()))
    assert double(4) == double(4) == 8
    assert os.listdir() == []
