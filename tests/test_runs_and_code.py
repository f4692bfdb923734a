"""From a repository and the tags of a run to the code of the run, in what an audit answers."""

import io

import pytest

from mlflow2prov import check, explain, formats, merge, report, run_extraction
from mlflow2prov.render import FORMATS
from tests.repositories import Repository

RUN = "1" * 32
DAY = 86_400


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


# Scripts that the commit lacks


def commit_twice(repository, name="src/train.py"):
    """Return a commit without the script, and the next one, which adds it."""
    return repository.commit(README__md="# wine\n"), repository.commit(**{name: "print(1)\n"})


def missing(document):
    """Return the messages of the finding about the script."""
    findings = check(document, fail_on="never").findings
    return [f.message for f in findings if f.code == "script-not-in-commit"]


def test_a_script_that_the_commit_lacks_was_not_committed(repository, extract_run):
    first, second = commit_twice(repository)
    document = extract_run(
        start=epoch(repository, second) - 33 * DAY,
        mlflow__source__name="src/train.py",
        mlflow__source__git__commit=first,
    )
    assert missing(document) == [
        f"its script src/train.py is not in its commit {first[:12]}; "
        f"it was first committed by {second[:12]}, 33 days after the run"
    ]
    assert not check(document).has_passed
    (dirty,) = explain(document, "models:/wine/1").answer("dirty").items
    assert (dirty.label, dirty.about["uncommitted_script"]) == ("yes", "src/train.py")
    assert dirty.about["script_added_by"] == second


def test_a_script_may_have_been_committed_before_the_run(repository, extract_run):
    added = repository.commit(train__py="1\n")
    (repository.path / "train.py").unlink()
    removed = repository.commit()
    document = extract_run(
        start=epoch(repository, added) + 2 * 3600,
        mlflow__source__name="/home/ada/wine/train.py",
        mlflow__source__git__commit=removed,
    )
    (message,) = missing(document)
    assert message.endswith(f"it was first committed by {added[:12]}, 2 hours before the run")


def test_a_script_that_no_commit_has_was_not_committed(repository, extract_run):
    first, _ = commit_twice(repository)
    document = extract_run(
        mlflow__source__name="notebooks/fit.ipynb", mlflow__source__git__commit=first
    )
    (message,) = missing(document)
    assert message.endswith(f"is not in its commit {first[:12]}; no extracted commit has it")


def test_without_the_time_of_the_run_no_time_span_is_given(repository, extract_run):
    first, second = commit_twice(repository)
    document = extract_run(mlflow__source__name="src/train.py", mlflow__source__git__commit=first)
    (message,) = missing(document)
    assert message.endswith(f"it was first committed by {second[:12]}")


def test_a_clone_without_folders_proves_nothing(tmp_path, repository):
    first, _ = commit_twice(repository)
    tags = {"mlflow__source__git__commit": first, "mlflow__source__name": "src/train.py"}
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    repository.git(
        "clone", "--quiet", "--filter=tree:0", "--bare", f"file://{repository.path}", str(clone)
    )
    document = run_extraction(clone, write_store(tmp_path / "store", **tags)).document
    assert missing(document) == []


# Inferred code


@pytest.fixture
def inferred(repository, extract_run):
    """The document of a run without a commit, between two commits of its script, with inferred code."""
    first = repository.commit(train__py="1\n")
    repository.commit(train__py="2\n")
    tags = {"mlflow__source__name": "train.py"}
    return extract_run({"infer_code": True}, start=epoch(repository, first) + 60, **tags)


def test_code_is_inferred_on_request_only(repository, extract_run):
    repository.commit(train__py="1\n")
    document = extract_run(start=epoch(repository, "HEAD"), mlflow__source__name="train.py")
    assert scripts(document) == [("train.py", None)]


def test_an_inferred_script_is_marked_and_counted_apart(repository, inferred):
    explanation = explain(inferred, "models:/wine/1")
    (script,) = explanation.answer("script").items
    assert script.about["commit"] == repository.git("rev-parse", "HEAD~1")
    assert script.about["inferred"] == "as of the last commit before the run"
    assert explanation.inferred == ("script",)
    assert "script" not in explanation.unknown
    assert explanation.completeness + explanation.inferred_fraction == pytest.approx(
        1 - len(explanation.unknown) / len(explanation.scored)
    )
    assert explanation.answer("commit").items == ()


def test_a_check_ignores_inferred_code_unless_it_is_accepted(inferred):
    def codes(**options):
        return {f.code for f in check(inferred, require="script", minimum=1, **options).findings}

    assert "missing-script" in codes()
    assert "missing-script" not in codes(accept_inferred=True)
    percent = 100 * explain(inferred, "models:/wine/1").completeness
    assert "incomplete" in {f.code for f in check(inferred, minimum=int(percent) + 1).findings}
    accepted = check(inferred, minimum=int(percent) + 1, accept_inferred=True)
    assert "incomplete" not in {f.code for f in accepted.findings}
    assert " % more by inference" in FORMATS["check"]["text"]([accepted])


def test_inferred_code_is_dashed_in_pictures(inferred):
    stream = io.BytesIO()
    formats.get("dot").write(inferred, stream)
    (line,) = (line for line in stream.getvalue().decode().splitlines() if "Source" in line)
    assert "style=dashed" in line
    assert report(inferred, "html").count("arrow inferred") == 1
    assert "-. used .->" in report(inferred, "markdown")


def test_a_known_script_replaces_an_inferred_one(repository, inferred, tmp_path):
    tags = {"mlflow__source__name": "train.py", "mlflow__source__git__commit": repository.head()}
    known = run_extraction(repository.path, write_store(tmp_path / "other", **tags)).document
    assert scripts(merge([inferred, known])) == [("train.py", repository.head())]


# MLflow before 1.0


def test_the_columns_of_early_versions_are_read_without_tags(repository, tmp_path):
    sha = repository.commit(train__py="1\n", **{"fit/MLproject": "x"})
    store = write_store(tmp_path / "mlruns")
    meta = store / "1" / RUN / "meta.yaml"
    early = f"source_name: train.py\nsource_type: 4\nsource_version: {sha}\nentry_point_name: ''\n"
    content = meta.read_text()
    meta.write_text(content + early)
    document = run_extraction(repository.path, store).document
    assert scripts(document) == [("train.py", sha)]
    (commit,) = explain(document, f"runs:/{RUN}").answer("commit").items
    assert commit.label == sha
    assert not [s for s in document.statements() if "RunTag" in str(s.id)]

    project = "source_name: https://user:secret@example.org/x#fit\nsource_type: 3\nentry_point_name: main\n"
    meta.write_text(f"{content}{project}source_version: {sha}\n")
    document = run_extraction(repository.path, store).document
    assert scripts(document) == [("fit/MLproject", sha)]
    assert "secret" not in str(document.statements())

    write_store(store, mlflow__source__name="other.py", mlflow__source__git__commit="e" * 40)
    meta.write_text(content + early)
    document = run_extraction(repository.path, store).document
    (commit,) = explain(document, f"runs:/{RUN}").answer("commit").items
    assert commit.label == "e" * 40
