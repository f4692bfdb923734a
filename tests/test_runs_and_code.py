"""From a repository and the tags of a run to the code of the run, in what an audit answers."""

import pytest

from mlflow2prov import explain, run_extraction
from tests.repositories import Repository

RUN = "1" * 32


def write_store(folder, *, start=None, run_id=RUN, **tags):
    """Write a file store with a run and a version registered from it. Two underscores in a key are a dot."""
    files = {
        "1/meta.yaml": "experiment_id: '1'\nname: wine\nlifecycle_stage: active\n",
        f"1/{run_id}/meta.yaml": f"run_id: {run_id}\nrun_name: fit\nexperiment_id: '1'\nuser_id: ada\n"
        + f"artifact_uri: file:///home/ada/mlruns/1/{run_id}/artifacts\n"
        + (f"start_time: {start * 1000}\n" if start else ""),
        "models/wine/meta.yaml": "name: wine\n",
        "models/wine/version-1/meta.yaml": f"name: wine\nversion: 1\nrun_id: {run_id}\n"
        + f"source: file:///home/ada/mlruns/1/{run_id}/artifacts/model\nstatus: READY\n",
        **{f"1/{run_id}/tags/{key.replace('__', '.')}": value for key, value in tags.items()},
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def epoch(repository, revision):
    return int(repository.git("show", "--no-patch", "--format=%ct", revision))


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "r")


@pytest.fixture
def extract_run(tmp_path, repository):
    """Return a function that extracts a run with these tags, beside the repository."""

    def extract(options=None, **settings):
        store = write_store(tmp_path / "mlruns", **settings)
        return run_extraction(repository.path, store, **(options or {})).document

    return extract


def scripts(document):
    """Return the paths of a run's scripts and the commits of their revisions."""
    answer = explain(document, f"runs:/{RUN}").answer("script")
    return [(item.label, item.about.get("commit")) for item in answer.items]


def test_a_run_of_a_project_used_its_file_and_has_an_entry_point(repository, extract_run):
    sha = repository.commit(fit__py="1\n", **{"steps/fit/MLproject": "name: fit\n"})
    document = extract_run(
        mlflow__source__name="file:///home/ada/wine#steps/fit",
        mlflow__source__type="PROJECT",
        mlflow__project__entryPoint="main",
        mlflow__source__git__commit=sha,
    )
    assert scripts(document) == [("steps/fit/MLproject", sha)]
    (script,) = explain(document, f"runs:/{RUN}").answer("script").items
    assert script.about["entry_point"] == "main"


def test_a_run_of_a_script_of_a_project_used_both(repository, extract_run):
    sha = repository.commit(MLproject="name: fit\n", fit__py="1\n")
    document = extract_run(
        mlflow__source__name="https://example.org/wine",
        mlflow__source__type="PROJECT",
        mlflow__project__entryPoint="fit.py",
        mlflow__source__git__commit=sha,
    )
    assert scripts(document) == [("MLproject", sha), ("fit.py", sha)]


def test_a_name_that_contradicts_every_path_is_no_link(repository, extract_run):
    sha = repository.commit(**{"04-deployment/train__py": "1\n"})
    document = extract_run(
        mlflow__source__name="05-monitoring/train.py", mlflow__source__git__commit=sha
    )
    assert not [s for s in document.statements() if s.kind == "used" and "FileRevision" in str(s)]
