"""Experiments: which stages are computed, why, and the report on the run."""

import json
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest.mock import Mock

import pytest

from mlflow2prov.capture import CaptureWarning, InvalidOptionError
from mlflow2prov.capture.stages import LinePlotReporter
from mlflow2prov.capture.stages.experiments import run_experiment
from mlflow2prov.render.experiment import render_experiment
from tests.cli.conftest import run_program

MODULE = """
from dataclasses import dataclass
from mlflow2prov.capture.stages import *

@dataclass
class Params(ExperimentParameters):
    rate: float = 0.1
    api_key: str = "s3cr3t"

def note(record, name):
    with open("executions.txt", "a") as file:
        print(record.params.name, name, file=file)

@stage(outputs=["data"], cachers=[JsonCacher])
def load(record):
    note(record, "load")
    return [1, 2, 3]

@stage(["data"], ["score"], [JsonCacher])
def train(record, data):
    note(record, "train")
    record.report(JsonReporter({"rate": record.params.rate}, name="facts <i>"))
    if record.params.rate > 10:
        raise ValueError("the rate is too high")
    return record.params.rate * len(data)

@aggregate(["score"], ["best"])
def best(record, records, score):
    return max(score.values())

def get_params():
    return [Params(name="baseline"), Params(name="fast <b>", rate=RATE)]

def run(param_sets, manager):
    records = [train(load(Record(manager, params))) for params in param_sets]
    return best(Record(manager, None))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the experiment ``wine``."""
    monkeypatch.chdir(tmp_path)
    for name in ("wine", "grid", "other"):
        sys.modules.pop(name, None)
    write(tmp_path, 0.5)
    before, path = set(sys.modules), list(sys.path)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if name in ("wine", "grid", "other"):
            del sys.modules[name]


def write(folder, rate):
    (folder / "wine.py").write_text(MODULE.replace("RATE", str(rate)))
    sys.modules.pop("wine", None)


def results(run):
    return [
        (outcome.record.params and outcome.record.params.name, outcome.stage, outcome.result)
        for outcome in run.outcomes
    ]


def test_stages_are_computed_once_for_each_parameter_set(folder):
    first = run_experiment("wine.py")
    assert [result for *_, result in results(first)] == ["computed"] * 5
    second = run_experiment("wine.py")
    assert [result for *_, result in results(second)] == ["cached"] * 4 + ["computed"]
    assert second.manager.records[-1].state["best"] == 1.5


def test_the_reason_names_the_parameter_that_differs(folder):
    run_experiment("wine.py")
    write(folder, 0.7)
    run = run_experiment("wine.py")
    assert [result for *_, result in results(run)] == [
        "cached",
        "cached",
        "computed",
        "computed",
        "computed",
    ]
    assert run.outcomes[3].reason == "only cached for baseline: rate is 0.7, not 0.1"
    assert run.outcomes[4].reason == "the stage has no cachers"


def test_a_dry_run_computes_and_writes_nothing(folder, repo):
    run = run_experiment("wine.py", dry=True)
    assert {result for *_, result in results(run)} == {"planned"}
    assert [path.name for path in folder.iterdir() if path.name != "__pycache__"] == ["wine.py"]
    run_experiment("wine.py")
    run = run_experiment("wine.py", dry=True)
    assert [result for *_, result in results(run)] == ["cached"] * 4 + ["planned"]
    assert not any(call.cached for call in repo.calls())


def test_processes_fill_the_cache_of_different_parameter_sets(folder):
    run = run_experiment("wine.py", parallel=2)
    assert [result for *_, result in results(run)] == ["cached"] * 4 + ["computed"]
    assert run.manager.records[-1].state["best"] == 1.5


@pytest.mark.parametrize(
    ("options", "executed"),
    [
        (
            {"overwrite": True},
            ["baseline load", "baseline train", "fast <b> load", "fast <b> train"],
        ),
        ({"overwrite_stages": ["train"]}, ["baseline train", "fast <b> train"]),
    ],
)
def test_processes_compute_stages_that_are_overwritten_once(folder, options, executed):
    run_experiment("wine.py")
    Path("executions.txt").unlink()
    run = run_experiment("wine.py", parallel=2, **options)
    assert run.error is None
    assert sorted(Path("executions.txt").read_text().splitlines()) == executed
    # The next run overwrites what this one has computed.
    run_experiment("wine.py", **options)
    assert len(Path("executions.txt").read_text().splitlines()) == 2 * len(executed)


def test_processes_compute_parameter_sets_that_overwrite_once(folder):
    path = folder / "wine.py"
    path.write_text(path.read_text().replace('name="baseline"', 'name="baseline", overwrite=True'))
    run_experiment("wine.py")
    Path("executions.txt").unlink()
    run_experiment("wine.py", parallel=2)
    executed = Path("executions.txt").read_text().splitlines()
    assert sorted(executed) == ["baseline load", "baseline train"]


def test_a_stage_that_fails_in_a_process_fails_in_the_run(folder):
    write(folder, 20)
    run = run_experiment("wine.py", parallel=2, overwrite=True)
    assert str(run.error) == "the rate is too high"
    (entry,) = json.loads(Path("data/store.json").read_text())
    assert entry["status"] == "error"


def test_files_that_processes_make_name_the_run_and_are_in_its_store(folder):
    run = run_experiment("wine.py", parallel=2, store_full=True)
    paths = list(Path("data/cache").glob("*_score_metadata.json"))
    references = {json.loads(p.read_text())["manager_run_info"]["reference"] for p in paths}
    assert len(paths) == 2
    assert references == {run.manager.get_reference_name()}
    (store,) = Path("data/runs").iterdir()
    assert len(list(store.glob("artifacts/*_score.json"))) == 2
    (entry,) = json.loads(Path("data/store.json").read_text())
    assert [name for name, _ in entry["params"]["wine"]] == ["baseline", "fast <b>"]


def test_parameter_sets_come_from_another_module(folder):
    (folder / "grid.py").write_text(
        "from wine import Params\n"
        "def get_params(): return [Params(name=str(n), rate=n) for n in range(3)]\n"
    )
    run = run_experiment("wine", ["grid"])
    assert [item.name for item in run.param_sets] == ["0", "1", "2"]


def test_an_experiment_may_take_the_manager_only(folder):
    (folder / "other.py").write_text(
        "from mlflow2prov.capture.stages import *\n"
        "def main(manager): return Record(manager, ExperimentParameters())\n"
    )
    run = run_experiment("other:main")
    assert len(run.manager.records) == 1


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("nothing", [], "nothing: no such module"),
        ("wine:nothing", [], "wine: has no function nothing"),
        ("wine", ["json"], "json: has no function get_params"),
    ],
)
def test_an_experiment_that_is_not_there_is_an_error(folder, name, params, message):
    with pytest.raises(InvalidOptionError, match=message):
        run_experiment(name, params)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("json.py", "", "another module named json"),
        ("other.py", "1 / 0", r"cannot be imported \(ZeroDivisionError"),
        ("other.py", "(", r"cannot be imported \(SyntaxError"),
        ("other.py", "import othe", r"cannot be imported \(ModuleNotFoundError"),
    ],
)
def test_a_module_that_cannot_be_imported_is_an_error(folder, name, content, message):
    (folder / name).write_text(content)
    with pytest.raises(InvalidOptionError, match=message):
        run_experiment(name)
    assert "other" not in sys.modules
    assert json is sys.modules["json"]


@pytest.mark.parametrize("is_lost", ["before", "after"])
def test_an_mlflow_that_is_lost_changes_no_result(folder, monkeypatch, is_lost):
    class LostRun:
        info = SimpleNamespace(run_id="1")

        def __enter__(self):
            if is_lost == "before":
                raise ConnectionError("no https://ada:s3cr3t-1@example.org")
            return self

        def __exit__(self, *error):
            raise ConnectionError("no https://ada:s3cr3t-1@example.org")

    client = Mock()
    client.create_run.return_value = LostRun()
    module = ModuleType("mlflow")
    module.MlflowClient = lambda: client
    module.start_run = Mock(return_value=LostRun())
    monkeypatch.setitem(sys.modules, "mlflow", module)
    with pytest.warns(CaptureWarning, match="not logged to MLflow") as warnings:
        run = run_experiment("wine", log_to_mlflow=True)
    assert run.error is None
    assert "s3cr3t" not in "".join(str(warning.message) for warning in warnings)


def test_a_figure_is_rendered_alike_each_time():
    pytest.importorskip("matplotlib")
    pages = [LinePlotReporter({"a": [1, 2], "b": [2, 1]}, name="loss").render() for _ in range(2)]
    assert pages[0] == pages[1]
    assert pages[0].startswith("<svg")


def test_an_error_of_the_experiment_is_its_outcome(folder):
    write(folder, 20)
    run = run_experiment("wine")
    assert str(run.error) == "the rate is too high"
    assert results(run)[-1] == ("fast <b>", "train", "failed")
    (entry,) = json.loads(Path("data/store.json").read_text())
    assert (entry["status"], entry["error"]) == ("error", "ValueError: the rate is too high")


def test_the_report_shows_parameters_stages_and_results(folder):
    page = render_experiment(run_experiment("wine"))
    assert "<title>Experiment wine</title>" in page
    assert "fast &lt;b&gt;" in page and "fast <b>" not in page
    assert "facts &lt;i&gt;" in page and "facts <i>" not in page
    assert "s3cr3t" not in page
    assert re.search(r'class="differs"><td>rate</td><td>0.1</td><td>0.5</td>', page)
    assert page.count('<rect class="computed"') == 5
    assert "default-src 'none'" in page


def test_the_command_prints_outcomes_and_writes_the_report(folder):
    result = run_program(
        folder, "experiment", "wine.py", "--output", "page.html", "--notes", "first"
    )
    assert (result.code, result.output) == (0, "")
    assert "mlflow2prov: Record 0 (baseline): load: computed" in result.error
    assert "first" in (folder / "page.html").read_text()
    sys.modules.pop("wine", None)
    result = run_program(folder, "experiment", "--dry", "wine.py")
    assert result.output.count(": cached") == 4
    assert result.error == ""
    assert not (folder / "reports").exists()


def test_the_command_reports_an_error_in_one_line_and_in_the_report(folder):
    write(folder, 20)
    result = run_program(folder, "experiment", "wine.py")
    assert result.code == 1
    assert "mlflow2prov: error: wine: ValueError: the rate is too high" in result.error
    (report,) = (folder / "reports").iterdir()
    assert "the rate is too high" in report.read_text()


@pytest.mark.slow
def test_each_record_is_a_run_of_mlflow(folder, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    run = run_experiment("wine", log_to_mlflow=True)
    assert run.error is None
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("wine")
    runs = {found.info.run_name: found for found in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"baseline", "fast <b>"}
    baseline = runs["baseline"]
    assert baseline.info.status == "FINISHED"
    assert baseline.data.params == {"rate": "0.1", "api_key": "..."}
    assert baseline.data.metrics == {"score": pytest.approx(0.3)}
    assert baseline.data.tags["mlflow2prov.params_hash"] == run.param_sets[0].hash
    names = {item.path for item in client.list_artifacts(baseline.info.run_id)}
    assert any(name.endswith("_score.json") for name in names)
    records = client.list_artifacts(baseline.info.run_id, "mlflow2prov/calls")
    assert len(records) == 2
