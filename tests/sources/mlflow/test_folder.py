"""Folders below a store: nothing is read outside of them, and no file can block, flood or crash the reader."""

import errno
import hashlib
import os
import socket
import stat

import pytest

from mlflow2prov.sources import folder as folder_module
from mlflow2prov.sources.folder import Folder, UnreadableError
from mlflow2prov.sources.mlflow.filestore import files
from mlflow2prov.sources.mlflow.local_artifacts import list_folder
from tests.sources.mlflow.stores import count_rows, read

SECRET = "s3cret"


@pytest.fixture(params=["with openat", "without openat"])
def top(request, tmp_path, monkeypatch):
    """An empty folder, beside a folder ``outside`` with a file ``secret``."""
    if request.param == "without openat":
        monkeypatch.setattr(folder_module, "_HAS_OPENAT", False)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text(SECRET)
    (tmp_path / "top").mkdir()
    return tmp_path / "top"


def contents(folder, max_bytes=100):
    return dict(folder.files(max_bytes))


class TestLinks:
    def test_a_link_that_leads_out_is_a_missing_folder_and_is_reported(self, top):
        (top / "link").symlink_to(top.parent / "outside")
        folder = Folder(top)
        assert not (folder / "link").exists()
        assert contents(folder / "link") == contents(folder) == {}
        assert list(folder.folders()) == list((folder / "link").folders()) == []
        assert not (folder / "link").has_file("secret")
        with pytest.raises(FileNotFoundError):
            (folder / "link").read("secret", 100)
        with pytest.raises(FileNotFoundError):
            (folder / "link").entries()
        assert set(folder.unreadable) == {
            f"{top}/link: a link that leads out of the store",
            f"{top}/link: not a regular file",
        }

    def test_a_link_within_the_top_is_followed(self, top):
        (top / "a").mkdir()
        (top / "a" / "x").write_text("1")
        (top / "b").mkdir()
        (top / "b" / "link").symlink_to("../a")
        folder = Folder(top)
        assert [str(inner) for inner in (folder / "b").folders()] == [f"{top}/b/link"]
        assert contents(folder / "b" / "link") == {"x": b"1"}
        assert folder.unreadable == {}

    @pytest.mark.parametrize("target", ["a", "missing", "."])
    def test_a_link_that_leads_in_a_circle_or_nowhere_is_harmless(self, top, target):
        (top / "a").symlink_to(top / target)
        assert [inner.name for inner in Folder(top).folders()] == (["a"] if target == "." else [])
        assert contents(Folder(top) / "missing") == {}

    def test_a_link_to_a_file_is_never_read(self, top):
        (top / "x").write_text("1")
        (top / "inside").symlink_to("x")
        (top / "outside").symlink_to("../outside/secret")
        folder = Folder(top)
        assert contents(folder) == {"x": b"1"}
        for name in ("inside", "outside"):
            assert not folder.has_file(name)
            with pytest.raises(UnreadableError, match=f"{name}: not a regular file"):
                folder.read(name, 100)

    def test_the_top_may_itself_be_a_link(self, top):
        (top / "a").mkdir()
        (top / "a" / "x").write_text("1")
        (top.parent / "alias").symlink_to(top)
        assert contents(Folder(top.parent / "alias") / "a") == {"x": b"1"}

    def test_a_folder_that_is_replaced_by_a_link_after_the_check_is_not_followed(self, top):
        (top / "a").mkdir()
        if not folder_module._HAS_OPENAT:
            pytest.skip("needs openat")
        (top / "link").symlink_to(top.parent / "outside")
        with pytest.raises(OSError) as error:
            folder_module._open_folder(top, ("link",))
        assert error.value.errno in (errno.ENOTDIR, errno.ELOOP)

    def test_a_folder_elsewhere_is_not_below_the_top(self, top):
        (top / "a").mkdir()
        (top / "out").symlink_to(top.parent / "outside")
        assert Folder.below(top, top / "a").parts == ("a",)
        assert Folder.below(top, top).parts == ()
        assert Folder.below(top, top / "missing").parts == ("missing",)
        for path in (top / "out", top / ".." / "outside", top.parent, top / "a" / ".." / ".."):
            assert Folder.below(top, path) is None

    @pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a"])
    def test_a_name_is_that_of_an_entry(self, top, name):
        with pytest.raises(ValueError, match="not the name of an entry"):
            Folder(top) / name


class TestFiles:
    def test_files_at_any_depth_are_read_in_order(self, top):
        (top / "b" / "c").mkdir(parents=True)
        for name in ("a", "z", "b/x", "b/c/y"):
            (top / name).write_text(name)
        (top / "empty").write_text("")
        assert list(Folder(top).files(100)) == [
            ("a", b"a"),
            ("empty", b""),
            ("z", b"z"),
            ("b/x", b"b/x"),
            ("b/c/y", b"b/c/y"),
        ]

    def test_a_file_that_is_not_regular_is_reported_and_not_opened(self, top, monkeypatch):
        os.mkfifo(top / "fifo")
        with socket.socket(socket.AF_UNIX) as unix:
            monkeypatch.chdir(top)
            unix.bind("socket")
        folder = Folder(top)
        assert contents(folder) == {}
        assert list(folder.unreadable) == [
            f"{top}/fifo: not a regular file",
            f"{top}/socket: not a regular file",
        ]

    def test_a_device_is_reported_and_not_opened(self, top):
        try:
            os.mknod(top / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        except PermissionError:
            pytest.skip("only root makes devices")
        with pytest.raises(UnreadableError, match="null: not a regular file"):
            Folder(top).read("null", 100)

    def test_a_fifo_that_replaces_a_file_after_the_check_does_not_block(self, top, monkeypatch):
        os.mkfifo(top / "fifo")
        (top / "file").write_text("")
        status = os.stat(top / "file")
        monkeypatch.setattr(folder_module, "_status", lambda *_: status)
        with pytest.raises(UnreadableError, match="fifo: not a regular file"):
            Folder(top).read("fifo", 100)

    def test_a_file_that_is_too_long_is_reported_and_not_read(self, top):
        (top / "x").write_bytes(b"12345")
        with (top / "sparse").open("wb") as file:
            file.truncate(1 << 40)
        folder = Folder(top)
        assert contents(folder, max_bytes=5) == {"x": b"12345"}
        assert list(folder.unreadable) == [f"{top}/sparse: longer than 5 bytes"]
        with pytest.raises(UnreadableError, match="x: longer than 4 bytes"):
            folder.read("x", 4)

    def test_the_depth_of_folders_is_limited(self, top, monkeypatch):
        monkeypatch.setattr(folder_module, "MAX_DEPTH", 2)
        (top / "a" / "b" / "c").mkdir(parents=True)
        for name in ("a/x", "a/b/x", "a/b/c/x"):
            (top / name).write_text("")
        folder = Folder(top)
        assert contents(folder) == {"a/x": b"", "a/b/x": b""}
        assert list(folder.unreadable) == [f"{top}/a/b: folders below level 2 are not read"]

    def test_a_name_that_is_not_utf_8_is_escaped(self, top):
        name = os.fsdecode(b"\xff")
        (top / name).mkdir()
        (top / name / name).write_text("1")
        folder = Folder(top)
        assert [inner.name for inner in folder.folders()] == ["\\xff"]
        assert contents(folder) == {"\\xff/\\xff": b"1"}
        assert str(folder / name) == f"{top}/\\xff"

    def test_an_error_names_the_whole_path(self, top):
        (top / "a").mkdir()
        for attempt in (lambda: (Folder(top) / "a").read("x", 9), (Folder(top) / "b").entries):
            with pytest.raises(FileNotFoundError) as error:
                attempt()
            assert error.value.filename in (f"{top}/a/x", f"{top}/b")


# The folders of a file store that hold files of a run, an experiment, a model or a trace.
RUN_FOLDERS = ["params", "metrics", "tags", "inputs", "outputs", "artifacts"]
EXPERIMENT_FOLDERS = ["tags", "datasets", "models", "traces"]
OTHER_FOLDERS = [
    ".trash",
    "models",
    "models/m/tags",
    "models/m/aliases",
    "models/m/version-1",
    "models/m/version-1/tags",
    "1/models/m-1/params",
    "1/models/m-1/tags",
    "1/models/m-1/metrics",
    "1/models/m-1/artifacts",
    "1/traces/t/tags",
    "1/traces/t/request_metadata",
    "1/traces/t/assessments",
    "2",
]
FOLDERS = [
    *(f"1/r/{name}" for name in RUN_FOLDERS),
    *(f"1/{name}" for name in EXPERIMENT_FOLDERS),
    *OTHER_FOLDERS,
]


@pytest.fixture
def store(tmp_path):
    """The folder of a file store with a run, a registered model, a logged model and a trace."""
    store = tmp_path / "mlruns"
    metas = {
        "1/meta.yaml": "experiment_id: '1'\nname: e\n",
        "1/r/meta.yaml": f"run_id: r\nartifact_uri: {store}/1/r/artifacts\n",
        "1/models/m-1/meta.yaml": f"model_id: m-1\nartifact_location: {store}/1/models/m-1/artifacts\n",
        "1/traces/t/trace_info.yaml": "trace_id: t\n",
        "models/m/meta.yaml": "name: m\n",
        "models/m/version-1/meta.yaml": "name: m\nversion: 1\n",
    }
    for name, content in metas.items():
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_text(content)
    return store


@pytest.fixture
def outside(tmp_path):
    """A folder outside of the store that has every file that a store may have, with a secret in it."""
    outside = tmp_path / "outside"
    (outside / "inner").mkdir(parents=True)
    for folder in (outside, outside / "inner"):
        (folder / "secret").write_text(f"1 1.5 0 {SECRET}")
        (folder / SECRET).write_text("1 1.5 0")
        for name in ("meta.yaml", "trace_info.yaml", "a.yaml", "MLmodel"):
            (folder / name).write_text(
                f"run_id: {SECRET}\nname: {SECRET}\nexperiment_id: {SECRET}\nmodel_id: {SECRET}\n"
                f"trace_id: {SECRET}\nassessment_id: {SECRET}\nassessment_name: {SECRET}\nversion: {SECRET}\n"
                f"source_type: MODEL\ndestination_id: {SECRET}\n"
            )
        (folder / "requirements.txt").write_text(f"{SECRET}==1\n")
    return outside


@pytest.mark.parametrize("name", FOLDERS)
def test_no_link_at_the_top_of_a_listing_leads_out_of_the_store(store, outside, name):
    path = store / name
    if path.is_dir():
        path.rename(outside.parent / "moved")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(outside, target_is_directory=True)
    _, facts = read(str(store), environments=True, metric_history=True, traces=True)
    assert count_rows(facts)["experiments"] == 1
    for table in count_rows(facts):
        assert SECRET not in repr(facts.rows(f"SELECT * FROM {table}"))


def test_links_and_special_files_are_omissions(store, outside):
    (store / "1" / "r" / "params").symlink_to(outside)
    (store / "1" / "r" / "tags").mkdir()
    os.mkfifo(store / "1" / "r" / "tags" / "fifo")
    report, _ = read(str(store))
    assert report.omissions == [
        f"{store}/1/r/tags/fifo: not a regular file",
        f"{store}/1/r/params: a link that leads out of the store",
    ]


def test_a_value_that_is_too_long_is_an_omission(store, monkeypatch):
    monkeypatch.setattr(files, "MAX_VALUE_BYTES", 10)
    (store / "1" / "r" / "params").mkdir()
    (store / "1" / "r" / "params" / "p").write_text("x" * 11)
    report, facts = read(str(store))
    assert facts.rows("SELECT * FROM params") == []
    (omission,) = report.omissions
    assert "r/params/p: longer than 10 bytes" in omission


@pytest.mark.parametrize("name", ["requirements.txt", "conda.yaml", "python_env.yaml"])
@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_an_environment_file_that_is_not_regular_is_not_read(store, outside, name, kind):
    model = store / "1" / "r" / "artifacts" / "model"
    model.mkdir(parents=True)
    (model / "MLmodel").write_text("")
    if kind == "fifo":
        os.mkfifo(model / name)
    else:
        (model / name).symlink_to(outside / "requirements.txt")
    report, facts = read(str(store), environments=True)
    assert facts.rows("SELECT path FROM artifacts") == [("model",), ("model/MLmodel",)]
    assert facts.rows("SELECT * FROM environments") == []
    assert [name in omission for omission in report.omissions] == [True] * (kind == "fifo")


def test_artifacts_are_listed_to_a_limited_depth(top, monkeypatch):
    monkeypatch.setattr("mlflow2prov.sources.mlflow.local_artifacts.MAX_DEPTH", 2)
    (top / "a" / "b" / "c").mkdir(parents=True)
    unreadable = []
    assert [artifact.path for artifact in list_folder(Folder(top), unreadable)] == ["a", "a/b"]
    assert unreadable == [f"{top}/a: folders below level 2 are not listed"]


def test_names_that_are_not_utf_8_are_escaped_everywhere(store, tmp_path):
    name = os.fsdecode(b"\xff")
    experiment = store / name
    for folder in ("run/params", "run/tags", "tags", "models/m", "traces/t/tags"):
        (experiment / folder).mkdir(parents=True)
    (experiment / "meta.yaml").write_text("name: q\n")
    (experiment / "run").rename(experiment / f"run{name}")
    (experiment / f"run{name}" / "meta.yaml").write_text("run_id:\n")
    (experiment / f"run{name}" / "params" / name).write_bytes(b"\xff")
    (experiment / "models" / "m").rename(experiment / "models" / name)
    (experiment / "models" / name / "meta.yaml").write_text("name: m\n")
    (store / "models" / name).mkdir()
    (store / "models" / name / "meta.yaml").write_text("{}")
    moved = tmp_path / f"store{name}"
    store.rename(moved)
    report, facts = read(str(moved))
    assert facts.rows("SELECT experiment_id FROM experiments ORDER BY ALL") == [("1",), ("\\xff",)]
    assert facts.rows("SELECT run_id, key FROM params") == [("run\\xff", "\\xff")]
    assert facts.rows("SELECT name FROM registered_models ORDER BY ALL") == [("\\xff",), ("m",)]
    assert report.location.endswith("store\\xff")


def test_the_digest_of_a_file_is_that_of_its_content(top, monkeypatch):
    monkeypatch.setattr(folder_module, "_BLOCK_BYTES", 4)
    for content in (b"", b"1234", b"123456789"):
        (top / "file").write_bytes(content)
        assert Folder(top).digest("file") == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_neither_a_fifo_nor_a_file_elsewhere_has_a_digest(top):
    os.mkfifo(top / "fifo")
    (top / "link").symlink_to(top.parent / "outside" / "secret")
    for name in ("fifo", "link"):
        with pytest.raises(UnreadableError):
            Folder(top).digest(name)
    with pytest.raises(FileNotFoundError):
        Folder(top).digest("missing")
