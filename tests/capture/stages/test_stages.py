"""Stages: what passes from record to function and back, and when the function is called at all."""

import html
import json
import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import CaptureWarning, InvalidRecordError
from mlflow2prov.capture.stages import (
    ArtifactRepresentation,
    CachersMismatchError,
    EmptyCachersError,
    ExperimentParameters,
    FileReferenceCacher,
    InputSignatureError,
    JsonCacher,
    JsonReporter,
    Lazy,
    MissingInputError,
    NoArtifactManagerError,
    OutputSignatureError,
    PandasCacher,
    PathRef,
    PickleCacher,
    Procedure,
    RawJupyterNotebookCacher,
    Record,
    WrongPathError,
    aggregate,
    stage,
)


@dataclass
class Params(ExperimentParameters):
    rate: float = 0.1


def counted(cachers, outputs=("value",), value=5):
    """Return a stage that returns a value, and the list of its calls."""
    calls = []

    @stage(outputs=list(outputs), cachers=cachers)
    def compute(record):
        calls.append(record)
        return value

    return compute, calls


# --- inputs and outputs


def test_outputs_are_put_into_the_state(manager):
    @stage(outputs=["a", "b"])
    def compute(record):
        return record.params.rate, 2

    record = Record(manager, Params())
    assert compute(record) is record
    assert dict(record.state) == {"a": 0.1, "b": 2}
    assert record.output == (0.1, 2)
    assert record.stages == ["compute"]


def test_inputs_are_taken_from_the_state_or_from_the_call(manager):
    @stage(inputs=["a", "b"], outputs=["c"])
    def compute(record, a, b):
        return a + b

    record = Record(manager, Params())
    record.state["a"] = 1
    assert compute(record, b=10).state["c"] == 11
    record.state["b"] = 2
    assert compute(record, a=100).state["c"] == 102


def test_an_input_that_is_missing_is_an_error_unless_it_has_a_default(manager):
    @stage(inputs=["a"])
    def strict(record, a=3):
        raise AssertionError

    @stage(inputs=["a"], outputs=["b"], suppress_missing_inputs=True)
    def lenient(record, a=3):
        return a

    @stage(inputs=["a"], suppress_missing_inputs=True)
    def without_default(record, a):
        raise AssertionError

    record = Record(manager, Params())
    with pytest.raises(MissingInputError, match="has no a") as error:
        strict(record)
    assert isinstance(error.value, KeyError)
    assert lenient(record).state["b"] == 3
    with pytest.raises(InputSignatureError, match="neither value nor default"):
        without_default(record)


def test_an_input_that_is_missing_is_left_out_if_the_function_takes_any(manager):
    @stage(inputs=["data"], outputs=["names"], suppress_missing_inputs=True)
    def compute(record, **inputs):
        return sorted(inputs)

    assert compute(Record(manager, Params())).state["names"] == []


def test_an_input_that_the_function_does_not_take_is_an_error(manager):
    @stage(inputs=["a"])
    def compute(record, b):
        raise AssertionError

    with pytest.raises(InputSignatureError, match="the input a is not a parameter"):
        compute(Record(manager, Params()))


@pytest.mark.parametrize(
    ("outputs", "value"), [(["a", "b"], 1), (["a"], (1, 2)), (["a", "b"], (1, 2, 3))]
)
def test_another_number_of_outputs_is_an_error(manager, outputs, value):
    compute, _ = counted(None, outputs, value)
    with pytest.raises(OutputSignatureError, match=r"values? for"):
        compute(Record(manager, Params()))


@pytest.mark.parametrize(
    ("cachers", "error"), [([], EmptyCachersError), ([JsonCacher] * 2, CachersMismatchError)]
)
def test_cachers_fit_the_outputs(manager, cachers, error):
    compute, calls = counted(cachers)
    with pytest.raises(error):
        compute(Record(manager, Params()))
    assert calls == []


def test_a_lazy_output_needs_a_cacher(manager):
    compute, _ = counted(None, [Lazy("value")])
    with pytest.raises(OutputSignatureError, match="the lazy output value needs a cacher"):
        compute(Record(manager, Params()))


def test_an_aggregate_gets_the_artifacts_of_all_records_that_have_them(manager):
    first, second, third = (Record(manager, Params(rate=n)) for n in (1, 2, 3))
    first.state["score"], second.state["score"] = 10, 20

    @aggregate(inputs=["score"], outputs=["best"])
    def choose(record, records, score):
        assert list(records) == [first, second, third]
        return max(score.values())

    whole = Record(manager, None)
    with pytest.warns(p.CaptureWarning, match="1 of 3 records have no score"):
        choose(whole)
    assert whole.state["best"] == 20
    assert whole.is_aggregate


# --- the cache


@pytest.mark.parametrize("cacher", [JsonCacher, PickleCacher, JsonCacher()])
def test_a_cached_stage_is_not_computed_again(new_manager, cacher):
    compute, calls = counted([cacher])
    for _ in range(2):
        record = compute(Record(new_manager(), Params()))
        assert record.state["value"] == 5
    assert len(calls) == 1


def test_other_parameters_are_other_files(new_manager):
    compute, calls = counted([JsonCacher])
    for rate in (1, 2, 1):
        compute(Record(new_manager(), Params(rate=rate)))
    assert len(calls) == 2


def test_stages_of_one_name_in_two_experiments_are_apart(new_manager):
    compute, calls = counted([JsonCacher])
    for name in ("one", "two", "one"):
        compute(Record(new_manager(name), Params()))
    assert len(calls) == 2


@pytest.mark.parametrize("by", ["params", "manager", "stage"])
def test_a_stage_can_be_computed_again(new_manager, by):
    compute, calls = counted([JsonCacher])
    compute(Record(new_manager(), Params()))
    options = {
        "params": {},
        "manager": {"overwrite": True},
        "stage": {"overwrite_stages": ["compute"]},
    }
    compute(Record(new_manager(**options[by]), Params(overwrite=by == "params")))
    assert len(calls) == 2


@pytest.mark.parametrize("damage", [b"", b"[1", b"6"])
def test_a_damaged_file_is_no_hit(new_manager, damage):
    compute, calls = counted([JsonCacher])
    compute(Record(new_manager(), Params()))
    (path,) = Path("data/cache").glob("*_value.json")
    path.write_bytes(damage)
    assert compute(Record(new_manager(), Params())).state["value"] == 5
    assert len(calls) == 2


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("damage", [b"", b"[1", b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize(
    ("cacher", "value"),
    [
        (JsonCacher(), 5),
        (RawJupyterNotebookCacher(), ["1 + 1"]),
        (PandasCacher(format="parquet"), pd.DataFrame({"a": [1, 2]})),
    ],
    ids=["json", "notebook", "parquet"],
)
def test_a_damaged_file_without_metadata_is_no_hit(new_manager, cacher, value, damage, lazy):
    compute, calls = counted([cacher], [Lazy("value") if lazy else "value"], value=value)
    compute(Record(new_manager(), Params()))
    for path in Path("data/cache").glob("*_value*"):
        path.unlink() if path.name.endswith("_metadata.json") else path.write_bytes(damage)
    manager = new_manager()
    with pytest.warns(p.CaptureWarning, match="cannot be loaded .*; it is computed again"):
        record = compute(Record(manager, Params()))
    assert str(record.state["value"]) == str(value)
    assert len(calls) == 2
    assert "cannot be loaded" in manager.outcomes[0].reason
    compute(Record(new_manager(), Params()))
    assert len(calls) == 2


def test_a_dry_run_plans_a_stage_whose_file_cannot_be_loaded(new_manager):
    class Broken(JsonCacher):
        def load(self):
            raise ImportError("no module named torch")

    compute, calls = counted([Broken])
    compute(Record(new_manager(), Params()))
    manager = new_manager(dry=True)
    with pytest.warns(p.CaptureWarning, match="ImportError: no module named torch"):
        compute(Record(manager, Params()))
    assert [outcome.result for outcome in manager.outcomes] == ["planned"]
    assert len(calls) == 1


def test_a_file_without_metadata_that_can_be_loaded_is_a_hit(new_manager):
    compute, calls = counted([JsonCacher])
    compute(Record(new_manager(), Params()))
    (path,) = Path("data/cache").glob("*_value_metadata.json")
    path.unlink()
    assert compute(Record(new_manager(), Params())).state["value"] == 5
    assert len(calls) == 1


def test_a_process_that_is_killed_while_it_saves_leaves_no_hit(new_manager, tmp_path):
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from mlflow2prov.capture.stages import *\n"
        "class Slow(Cacheable):\n"
        "    def save(self, obj):\n"
        "        Path(self.get_path()).write_text('ha')\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "@stage(outputs=['value'], cachers=[Slow])\n"
        "def compute(record): return 'half'\n"
        "compute(Record(ArtifactManager('wine'), ExperimentParameters()))\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False)
    (path,) = Path("data/cache").glob("*_value")
    assert path.read_text() == "ha"

    class Whole(JsonCacher):
        default_extension = ""

    compute, calls = counted([Whole])
    compute(Record(new_manager(), ExperimentParameters()))
    assert len(calls) == 1


def test_a_pickle_of_somebody_else_is_not_loaded(new_manager, monkeypatch, tmp_path):
    compute, calls = counted([PickleCacher])
    compute(Record(new_manager(), Params()))
    # Another user has another key; the files have come with a clone.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    compute(Record(new_manager(), Params()))
    assert len(calls) == 2


def test_a_pickle_that_was_exchanged_is_not_loaded(manager):
    cacher = PickleCacher("model.pkl")
    cacher.save({"a": 1})
    with pytest.raises(p.UntrustedBlobError, match="not the file that"):
        cacher.load()
    cacher.save_metadata()
    assert cacher.load() == {"a": 1}
    Path("model.pkl").write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    assert not cacher.check()
    with pytest.raises(p.UntrustedBlobError):
        cacher.load()
    assert not Path("pwned").exists()


@pytest.mark.parametrize("format_", ["csv", "json", "parquet", "pickle", "orc"])
def test_frames_are_cached_in_the_formats_of_pandas(new_manager, format_):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    compute, calls = counted([PandasCacher(format=format_)], value=frame)
    for _ in range(2):
        loaded = compute(Record(new_manager(), Params())).state["value"]
        pd.testing.assert_frame_equal(loaded, frame, check_dtype=False)
    assert len(calls) == 1


def test_an_unknown_format_is_an_error():
    with pytest.raises(p.InvalidOptionError, match="unknown format 'cvs'"):
        PandasCacher(format="cvs")


def test_references_are_hits_only_if_their_files_exist(new_manager, tmp_path):
    data = tmp_path / "a.csv"
    data.write_text("1")
    compute, calls = counted([FileReferenceCacher], value=[str(data)])
    for _ in range(2):
        compute(Record(new_manager(), Params()))
    assert len(calls) == 1
    data.unlink()
    compute(Record(new_manager(), Params()))
    assert len(calls) == 2


def test_a_stage_that_writes_its_file_returns_the_path_that_it_was_given(new_manager):
    @stage(outputs=["file"], cachers=[PathRef])
    def write(record):
        path = record.stage_cachers[0].get_path()
        Path(path).write_text("x")
        return path

    @stage(outputs=["file"], cachers=[PathRef])
    def stray(record):
        return "elsewhere"

    path = write(Record(new_manager(), Params())).state["file"]
    assert Path(path).read_text() == "x"
    with pytest.raises(WrongPathError, match="returned 'elsewhere'"):
        stray(Record(new_manager(), Params()))


def test_metadata_say_where_a_file_comes_from(manager):
    compute, _ = counted([JsonCacher])
    compute(Record(manager, Params(name="baseline", rate=0.2)))
    (path,) = Path("data/cache").glob("*_value_metadata.json")
    metadata = json.loads(path.read_text())
    (file,) = metadata["digests"]
    assert metadata["digests"][file] == p.file_hash(file)
    assert metadata["params"]["rate"] == "0.2"
    assert metadata["params_name"] == "baseline"
    assert metadata["stage"] == "compute"
    assert metadata["manager_run_info"]["reference"] == manager.get_reference_name()
    assert metadata["preview"] == "(int) 5"


# --- lazy outputs


def test_a_lazy_output_is_loaded_when_it_is_used(manager):
    compute, _ = counted(
        [JsonCacher],
        [
            Lazy("value"),
        ],
    )
    record = compute(Record(manager, Params()))
    record.state.resolve = False
    assert isinstance(record.state["value"], Lazy)
    record.state.resolve = True
    assert record.state["value"] == 5


def test_all_outputs_of_a_manager_can_be_lazy_and_the_stage_stays_as_it_is(new_manager):
    compute, _ = counted(None)
    lazy = compute(Record(new_manager(lazy=True), Params()))
    lazy.state.resolve = False
    assert isinstance(lazy.state["value"], Lazy)
    plain = compute(Record(new_manager("other"), Params()))
    assert dict(plain.state) == {"value": 5}


def test_no_output_is_lazy_if_the_manager_ignores_it(new_manager):
    compute, _ = counted(None, [Lazy("value")])
    record = compute(Record(new_manager(ignore_lazy=True), Params()))
    assert dict(record.state) == {"value": 5}


# --- copies, paths, runs


def test_a_pickle_that_is_exchanged_after_its_check_is_not_loaded(manager, monkeypatch):
    @stage(outputs=["value"], cachers=[PickleCacher])
    def compute(record):
        return 5

    record = compute(Record(manager, Params()))
    (path,) = Path("data/cache").glob("*_value.pkl")
    check = PickleCacher.is_own

    def check_and_exchange(cacher, *content):
        result = check(cacher, *content)
        path.write_bytes(pickle.dumps("evil"))
        return result

    monkeypatch.setattr(PickleCacher, "is_own", check_and_exchange)
    assert record.stage_cachers[0].load() == 5


def test_a_copy_of_a_record_shares_the_cachers_of_lazy_outputs(new_manager):
    @stage(outputs=[Lazy("value")], cachers=[JsonCacher])
    def compute(record):
        return 5

    record = compute(Record(new_manager(parallel_lock=threading.Lock()), Params()))
    assert record.make_copy().state["value"] == 5


def test_a_copy_has_a_state_of_its_own(manager):
    record = Record(manager, Params())
    record.state["values"] = [1]
    copy = record.make_copy(Params(rate=0.5))
    copy.state["values"].append(2)
    assert record.state["values"] == [1]
    assert copy.input_records == [record]
    assert copy.stages == []
    assert manager.records == [record, copy]
    assert record.make_copy(add_to_manager=False) not in manager.records


def test_args_and_params_are_one(manager):
    params = Params()
    record = Record(manager, args=params)
    assert record.args is record.params is params


def test_the_names_of_files_have_experiment_digest_stage_and_object(manager):
    record = Record(manager, Params())
    manager.current_stage_name = "train"
    assert record.get_path("model") == f"data/cache/wine_{record.get_hash()}_train_model"
    folder = Path(record.get_dir("plots", subdir="a/b", prefix="common", stage_name="test"))
    assert folder == Path(f"data/cache/a/b/common_{record.get_hash()}_test_plots")
    assert folder.is_dir()


def test_a_run_with_a_store_gets_copies(new_manager):
    manager = new_manager(store_full=True, run_line="experiment wine --store-full")
    compute, _ = counted([JsonCacher])
    record = compute(Record(manager, Params()))
    run = Path(manager.get_run_output_path())
    names = {path.name for path in (run / "artifacts").iterdir()}
    stem = f"wine_{record.get_hash()}_compute_value"
    assert names == {f"{stem}.json", f"{stem}_metadata.json"}
    info = json.loads((run / "run_info.json").read_text())
    assert info["reproduce"] == f"experiment wine --cache {run}/artifacts --dry-cache"
    assert "pytest" in (run / "requirements.txt").read_text()


def test_runs_are_numbered_and_their_outcome_is_recorded(new_manager):
    first, second = new_manager(), new_manager()
    second.update_run("error", "cannot open https://ada:s3cr3t@example.org/")
    runs = json.loads(Path("data/store.json").read_text())
    assert [(run["run_number"], run["status"]) for run in runs] == [(1, "LIVE"), (2, "error")]
    assert "s3cr3t" not in Path("data/store.json").read_text()
    assert first.get_reference_name() != second.get_reference_name()


def test_the_commit_of_a_run_is_whole_also_from_a_folder_within(new_manager, tmp_path, monkeypatch):
    from tests.repositories import Repository

    repository = Repository(tmp_path / "project")
    commit = repository.commit(a="1")
    (repository.path / "src").mkdir()
    make = new_manager
    monkeypatch.chdir(repository.path / "src")
    assert make().run_info["commit"] == commit
    assert make().run_info["workdir_dirty"] is False


def test_a_dry_manager_writes_nothing(new_manager, tmp_path):
    compute, _ = counted([JsonCacher])
    compute(Record(new_manager(dry=True), Params()))
    assert list(tmp_path.iterdir()) == []


def test_parameter_sets_are_kept_by_their_digests(manager):
    record = Record(manager, Params(name="baseline", rate=0.3))
    registry = json.loads(Path("data/params_registry.json").read_text())
    entry = registry[record.get_hash()]
    assert (entry["name"], entry["rate"]) == ("baseline", "0.3")


# --- procedures, reports, calls


def test_a_procedure_runs_stages_in_order(manager):
    @stage(outputs=["a"])
    def first(record):
        return 1

    @stage(["a"], ["b"])
    def second(record, a):
        return a + 1

    @aggregate(["b"], ["total"])
    def total(record, records, b):
        return sum(b.values())

    train = Procedure([first, second], manager)
    for rate in (1, 2):
        train.run(Params(rate=rate))
    whole = Procedure([total], manager, previous_proc=train).run(None)
    assert whole.state["total"] == 4


def test_a_procedure_needs_a_manager():
    with pytest.raises(NoArtifactManagerError):
        Procedure([], name="train").run(Params())


def test_reportables_are_cached_with_their_stage(new_manager):
    @stage(outputs=["a"], cachers=[JsonCacher])
    def compute(record):
        record.report(JsonReporter({"rate": record.params.rate}, name="facts"))
        return 1

    for _ in range(2):
        manager = new_manager()
        compute(Record(manager, Params(name="baseline")))
        (reportable,) = manager.reportables
        assert reportable.qualified_name == "baseline_compute_facts"
        assert "0.1" in reportable.render()


def test_reportables_of_one_name_are_cached_apart(new_manager):
    @stage(outputs=["value"], cachers=[JsonCacher])
    def compute(record):
        for number in range(3):
            record.report(JsonReporter({"number": number}, name="loss"))
        return 5

    for _ in range(2):
        manager = new_manager()
        compute(Record(manager, Params()))
        assert [item.dictionary["number"] for item in manager.reportables] == [0, 1, 2]


def test_a_reportable_that_cannot_be_pickled_is_a_warning(manager):
    @stage(outputs=["value"], cachers=[JsonCacher])
    def compute(record):
        record.report(JsonReporter({"function": lambda: 1}, name="loss"))
        return 5

    with pytest.warns(CaptureWarning, match="loss is not cached"):
        assert compute(Record(manager, Params())).state["value"] == 5


class Fragile(JsonReporter):
    """A reportable that pickles, but whose class has changed when it is to be loaded."""

    def __setstate__(self, state):
        raise AttributeError("another class")


def test_a_reportable_that_cannot_be_loaded_is_a_warning(new_manager):
    @stage(outputs=["value"], cachers=[JsonCacher])
    def compute(record):
        record.report(Fragile({}, name="odd"))
        record.report(JsonReporter({}, name="loss"))
        return 5

    compute(Record(new_manager(), Params()))
    manager = new_manager()
    with pytest.warns(p.CaptureWarning, match="odd.pkl cannot be loaded .AttributeError"):
        compute(Record(manager, Params()))
    assert [item.name for item in manager.reportables] == ["loss"]


@pytest.mark.parametrize(
    "content", ["{", "[5]", "null", '{"a": 1}', '["a\\u0000"]', '["{params.__class__}", "{x}"]']
)
def test_an_odd_list_of_reportables_in_the_cache_is_none(new_manager, content):
    @stage(outputs=["value"], cachers=[JsonCacher])
    def compute(record):
        record.report(JsonReporter({}, name="loss"))
        return 5

    compute(Record(new_manager(), Params()))
    (path,) = Path("data/cache").glob("*_reportables_file_list.json")
    path.write_text(content)
    path.with_name(path.stem + "_metadata.json").unlink()
    manager = new_manager()
    assert compute(Record(manager, Params())).state["value"] == 5
    assert manager.reportables == []


@pytest.mark.parametrize("cacher", [JsonCacher, PickleCacher])
@pytest.mark.parametrize(
    "odd",
    [{"digests": [1]}, {"digests": {"a\0": "b"}}, {"digests": {"/dev/zero": "b"}}, {"seals": 5}],
)
def test_odd_metadata_are_no_error(new_manager, cacher, odd):
    @stage(outputs=["value"], cachers=[cacher])
    def compute(record):
        return 5

    compute(Record(new_manager(), Params()))
    (path,) = Path("data/cache").glob("*_value_metadata.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | odd))
    assert compute(Record(new_manager(), Params())).state["value"] == 5


@pytest.mark.parametrize("content", ["{", "[5]", "null", '["a\\u0000"]'])
def test_an_odd_list_of_references_is_no_hit(new_manager, content):
    @stage(outputs=["value"], cachers=[FileReferenceCacher])
    def compute(record):
        return ["."]

    compute(Record(new_manager(), Params()))
    (path,) = Path("data/cache").glob("*_value.json")
    path.write_text(content)
    path.with_name(path.stem + "_metadata.json").unlink()
    assert compute(Record(new_manager(), Params())).state["value"] == ["."]


def test_the_path_of_a_cacher_reaches_nothing_but_parameters(manager):
    record = Record(manager, Params())
    cacher = JsonCacher("{params.__class__.__init__.__globals__}", record=record)
    with pytest.raises(AttributeError, match="not a parameter"):
        cacher.get_path()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("store.json", "{"),
        ("store.json", "[1]"),
        ("params_registry.json", "["),
        ("params_registry.json", '{"a": 5}'),
    ],
)
def test_a_damaged_file_of_the_manager_is_an_error_and_stays(new_manager, name, content):
    new_manager()
    (Path("data") / name).write_text(content)
    with pytest.raises(InvalidRecordError, match=name):
        Record(new_manager(), Params())
    assert (Path("data") / name).read_text() == content


def test_stages_in_threads_do_not_share_the_name_of_the_stage(new_manager):
    manager = new_manager()

    def compute(name):
        def function(record):
            time.sleep(0.002)
            return record.get_path("side.txt")

        function.__name__ = name
        decorated = stage(outputs=["value"], cachers=[JsonCacher])(function)
        return [decorated(Record(manager, Params(rate=n))).state["value"] for n in range(5)]

    names = ["one", "two", "three", "four"]
    with ThreadPoolExecutor(4) as pool:
        results = dict(zip(names, pool.map(compute, names), strict=True))
    assert all(f"_{name}_side" in path for name, paths in results.items() for path in paths)
    assert len(list(Path("data/cache").glob("*_value.json"))) == 20


def test_a_stage_has_its_name_again_after_one_within(manager):
    @stage(outputs=["inner"])
    def inner(record):
        return 1

    @stage(outputs=["path"])
    def outer(record):
        with pytest.warns(CaptureWarning, match="a stage within"):
            inner(record)
        return record.get_path("file")

    assert outer(Record(manager, Params())).state["path"].endswith("_outer_file")


def test_secrets_of_a_run_are_masked(new_manager):
    new_manager(
        notes="password=s3cr3t-1",
        run_line="run --token=s3cr3t-2 --overwrite-stage fit",
        store_full=True,
    )
    text = Path("data/store.json").read_text()
    assert "s3cr3t" not in text
    assert "--overwrite-stage fit" in text


def test_a_dry_run_with_a_store_copies_nothing(new_manager):
    @stage(outputs=["value"], cachers=[JsonCacher])
    def compute(record):
        return 5

    compute(Record(new_manager(), Params()))
    compute(Record(new_manager(dry=True, store_full=True), Params()))
    assert not Path("data/runs").exists()


def test_artifacts_are_represented_by_type_and_size(manager):
    record = Record(manager, Params())
    texts = {
        "(str) a < b & c len: 9": "a < b & c",
        "(list) len: 3": [1, 2, 3],
        "(DataFrame) shape: (2, 1)": pd.DataFrame({"a": [1, 2]}),
    }
    for text, value in texts.items():
        shown = ArtifactRepresentation(record, "x", value)
        assert shown.string == text
        assert shown.file == "no file"
        assert html.unescape(shown.html_safe()) == f"x: {text}"
        assert "<" not in shown.html_safe()


def test_each_computed_stage_is_a_call_with_its_arguments_and_outputs(new_manager, repo):
    @stage(outputs=["data"], cachers=[JsonCacher])
    def load(record):
        return [1, 2]

    @stage(inputs=["data"], outputs=["model"])
    def fit(record, data):
        return {"weights": data}

    @stage()
    def fail(record):
        raise ValueError("no")

    record = fit(load(Record(new_manager(), Params())))
    fit(load(Record(new_manager(), Params())))
    with pytest.raises(ValueError, match="no"):
        fail(record)
    calls = {call.fn_name: call for call in repo.calls()}
    assert [call.cached for call in repo.calls()] == [False, False, True, False, False]
    assert {call.face for call in calls.values()} == {"stage"}
    assert [argument.name for argument in calls["fit"].arguments] == ["params", "data"]
    assert calls["fit"].arguments[1].digest == p.hash([1, 2])
    assert [(o.key, o.digest) for o in calls["fit"].outputs] == [
        ("model", p.hash({"weights": [1, 2]}))
    ]
    assert calls["load"].outputs[0].digest == p.file_hash(calls["load"].outputs[0].path)
    assert calls["fail"].status == "FAILED"
    (made,) = calls["load"].outputs
    assert calls["fit"].arguments[1].artifacts == [made.artifact_id]


def test_the_parameters_of_a_stage_are_recorded_without_secrets(new_manager, repo):
    @dataclass
    class Private(Params):
        api_key: str = "s3cr3t"
        path: str | None = None

    @stage(outputs=["value"])
    def compute(record):
        return 1

    compute(Record(new_manager(), Private(name="first", rate=0.5)))
    (argument,) = repo.calls()[0].arguments
    assert argument.value == {"name": "first", "rate": "0.5", "api_key": "..."}
    assert argument.digest is None


# --- code


def test_stages_of_one_name_in_two_modules_do_not_share_their_files(new_manager):
    def define(module, value):
        def load(record):
            return value

        load.__module__ = module
        return stage(outputs=["data"], cachers=[JsonCacher])(load)

    one, two = define("one", 1), define("two", 2)
    for _ in range(2):
        assert one(Record(new_manager(), Params())).state["data"] == 1
        assert two(Record(new_manager(), Params())).state["data"] == 2
    last = new_manager()
    one(Record(last, Params()))
    assert last.outcomes[0].reason == (
        "data was made by two.test_stages_of_one_name_in_two_modules_do_not_share_their_files"
        ".<locals>.define.<locals>.load"
    )


def test_changed_code_counts_on_demand(new_manager):
    def define(value, invalidate_on):
        if value == 1:

            def load(record):
                return 1

        else:

            def load(record):
                return 2

        return stage(outputs=["data"], cachers=[JsonCacher], invalidate_on=invalidate_on)(load)

    for invalidate_on, expected in (("version", 1), ("source", 2), ("dependencies", 2)):
        manager = new_manager(invalidate_on)
        define(1, invalidate_on)(Record(manager, Params()))
        record = define(2, invalidate_on)(Record(manager, Params()))
        assert record.state["data"] == expected


def test_the_content_of_a_file_that_is_passed_by_its_path_is_digested(new_manager, repo, tmp_path):
    @stage(inputs=["source"], outputs=["rows"], cachers=[JsonCacher])
    def count(record, source, name=None):
        return len(source.read_text().splitlines())

    data = tmp_path / "wine.csv"
    data.write_text("a\nb\n")
    for _ in range(2):
        record = Record(new_manager(), Params())
        record.state["source"] = data
        assert count(record).state["rows"] == 2
    computed, looked_up = repo.calls()
    contents = {argument.name: argument.content for argument in computed.arguments}
    assert contents.pop("source") == p.file_hash(data)
    assert set(contents.values()) == {None}
    assert looked_up.cached
    assert all(argument.content is None for argument in looked_up.arguments)
