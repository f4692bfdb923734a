"""Links of captured calls with MLflow's artifacts and datasets, and with files of other calls: facts in, links out."""

import pytest

from mlflow2prov.facts import Facts

RUN, OTHER_RUN = "1" * 32, "2" * 32
T = "2024-01-01T10:00:0{}+00:00"


def sha(digit):
    return f"sha256:{digit * 64}"


A = sha("a")


def facts(**tables):
    """Return the facts of two runs, with further rows by table."""
    made = Facts()
    with made:
        for number, run in enumerate((RUN, OTHER_RUN)):
            made.add("runs", run_id=run, started_at=T.format(number))
        for table, rows in tables.items():
            for row in rows:
                made.add(table, **row)
    return made


def call(name="c", run=RUN, second=2, **values):
    times = {"started_at": T.format(second), "ended_at": T.format(second + 1)}
    return {"call_id": name, "function": "f", "run_id": run, "cached": False, **times, **values}


def result(path="model.bin", digest=A, size=5, name="c", **values):
    return {"call_id": name, "path": path, "digest": digest, "size": size, **values}


def artifact(path="model.bin", size=5, run=RUN, **values):
    return {"run_id": run, "path": path, "file_size": size, "is_dir": False, **values}


def digest(path, value, owner=RUN):
    return {"owner_id": owner, "path": path, "digest": value}


def logged(made):
    return made.rows(
        "SELECT owner_id, path, call_id, result FROM results_in_runs ORDER BY owner_id, path"
    )


LINK = (RUN, "model.bin", "c", "model.bin")


def test_an_artifact_with_the_content_of_a_result_of_its_run_is_that_result_under_any_name():
    made = facts(
        calls=[call()],
        call_results=[result("out/x.pkl")],
        artifacts=[artifact(size=None)],
        artifact_digests=[digest("model.bin", sha("a"))],
    )
    assert logged(made) == [(RUN, "model.bin", "c", "out/x.pkl")]


@pytest.mark.parametrize(
    ("written", "in_run", "is_linked"),
    [
        ("model.bin", "model.bin", True),
        ("out/model.bin", "model.bin", True),
        ("C:\\out\\model.bin", "model.bin", True),
        ("a/model.bin", "best/a/model.bin", True),
        ("b/model.bin", "best/a/model.bin", False),
        ("a/model.bin", "besta/model.bin", False),
        ("model.bin", "old-model.bin", False),
    ],
)
def test_an_artifact_of_unknown_content_has_the_name_of_a_result_of_its_run(
    written, in_run, is_linked
):
    made = facts(calls=[call()], call_results=[result(written)], artifacts=[artifact(in_run)])
    assert logged(made) == ([(RUN, in_run, "c", written)] if is_linked else [])


@pytest.mark.parametrize(
    "other",
    [
        {"artifacts": [artifact(run=OTHER_RUN)]},
        {"artifacts": [artifact(size=6)]},
        {"artifacts": [artifact(size=None)]},
        {"artifacts": [artifact(is_dir=True)]},
        {"artifact_digests": [digest("model.bin", sha("b"))]},
        {"call_results": [result(), result(digest=sha("b"), name="d")]},
        {"call_results": [result(digest=None)]},
        {"calls": [call(run=None), call("d")]},
        {"calls": [call(run="3" * 32), call("d")]},
        {"calls": [call(cached=True), call("d")]},
    ],
    ids=str,
)
def test_no_artifact_is_a_result_of_another_run_size_or_content(other):
    tables = {
        "calls": [call(), call("d")],
        "call_results": [result()],
        "artifacts": [artifact()],
    }
    assert logged(facts(**tables)) == [LINK]
    assert logged(facts(**(tables | other))) == []


def test_of_results_with_one_content_the_one_of_the_same_name_and_of_these_the_last_is_the_artifact():
    made = facts(
        calls=[call("c", second=2), call("d", second=4), call("e", second=6)],
        call_results=[result(name="c"), result(name="d"), result("other.bin", name="e")],
        artifacts=[artifact()],
        artifact_digests=[digest("model.bin", sha("a"))],
    )
    assert logged(made) == [(RUN, "model.bin", "d", "model.bin")]


def test_a_file_of_a_logged_model_is_a_result_of_the_run_that_made_the_model():
    model = {"model_id": "m-1", "name": "wine", "source_run_id": RUN}
    file = {"model_id": "m-1", "path": "model.pkl", "file_size": 5, "is_dir": False}
    tables = {"calls": [call()], "logged_models": [model], "logged_model_artifacts": [file]}
    named = facts(call_results=[result("wine/model.pkl")], **tables)
    assert logged(named) == [("m-1", "model.pkl", "c", "wine/model.pkl")]
    by_content = facts(
        call_results=[result("x")],
        artifact_digests=[digest("model.pkl", sha("a"), "m-1")],
        **tables,
    )
    assert logged(by_content) == [("m-1", "model.pkl", "c", "x")]


def test_an_archived_file_with_an_extension_has_the_content_of_the_file():
    made = facts(
        calls=[call()],
        call_results=[result(digest=f"{sha('a')}.csv")],
        artifacts=[artifact()],
        artifact_digests=[digest("model.bin", sha("a"))],
    )
    assert logged(made) == [LINK]
    assert made.rows("SELECT digest FROM contents_of_calls") == [(sha("a"),)]


def test_an_artifact_of_any_run_has_a_content_that_a_call_used():
    made = facts(
        calls=[call()],
        call_arguments=[{"call_id": "c", "name": "p", "value": "x", "content": sha("a")}],
        artifacts=[artifact(run=OTHER_RUN), artifact("other")],
        artifact_digests=[
            digest("model.bin", sha("a"), OTHER_RUN),
            digest("other", sha("b")),
        ],
    )
    assert made.rows("SELECT * FROM contents_of_artifacts") == [(OTHER_RUN, "model.bin", sha("a"))]


def datasets(*rows, arguments=(), calls=None):
    made = facts(
        calls=calls or [call(cwd="/work")],
        call_arguments=[
            {"call_id": "c", "name": f"p{number}", "value": value, "content": content}
            for number, (value, content) in enumerate(arguments)
        ],
        dataset_inputs=[
            {"run_id": RUN, "name": "wine", "digest": "12345678", **row} for row in rows
        ],
    )
    return made.rows("SELECT content FROM contents_of_datasets ORDER BY 1")


@pytest.mark.parametrize(
    ("value", "source", "is_linked"),
    [
        ("data.csv", '{"uri": "data.csv"}', True),
        ("data.csv", '{"uri": "/work/data.csv"}', True),
        ("/work/data.csv", '{"uri": "data.csv"}', True),
        ("/work/data.csv", '{"uri": "file:///work/data.csv"}', True),
        ("data.csv", '{"uri": "old/data.csv"}', False),
        ("data.csv", '{"tags": {"mlflow.user": "ada"}}', False),
        ("data.csv", "not JSON", False),
        ("data.csv", None, False),
    ],
)
def test_a_dataset_has_the_content_of_the_file_that_is_its_source(value, source, is_linked):
    found = datasets({"source": source}, arguments=[(value, sha("a"))])
    assert found == ([(sha("a"),)] if is_linked else [])


def test_a_digest_links_a_dataset_only_with_a_file_of_its_run():
    row, arguments = {"digest": "aaaaaaaa"}, [("x", sha("a")), ("y", sha("b"))]
    assert datasets(row, arguments=arguments) == [(sha("a"),)]
    assert datasets(row, arguments=arguments, calls=[call(run=OTHER_RUN)]) == []
    assert datasets(row | {"digest": "aaaa"}, arguments=arguments) == []


def test_a_dataset_of_which_the_digest_covers_several_contents_has_none():
    row = {"source": '{"uri": "data.csv"}'}
    arguments = [("data.csv", sha("a")), ("data.csv", sha("b"))]
    assert datasets(row, arguments=arguments) == []


@pytest.mark.parametrize(
    ("writers", "maker"),
    [
        ([("a", 0, "data.csv", sha("a"))], "a"),
        ([("a", 0, "out/data.csv", sha("a"))], "a"),
        ([("a", 0, "data.csv", sha("a")), ("b", 1, "data.csv", sha("a"))], "b"),
        ([("a", 0, "data.csv", sha("a")), ("b", 5, "data.csv", sha("a"))], "a"),
        ([("a", 0, "other.csv", sha("a"))], None),
        ([("a", 0, "data.csv", sha("b"))], None),
        ([("a", 5, "data.csv", sha("a"))], None),
    ],
    ids=str,
)
def test_a_file_that_a_call_reads_is_the_one_that_a_call_wrote_last_before_it(writers, maker):
    made = facts(
        calls=[call("reader", second=4)]
        + [call(name, second=second) for name, second, _, _ in writers],
        call_arguments=[
            {"call_id": "reader", "name": "p", "value": "in/data.csv", "content": sha("a")}
        ],
        call_results=[result(path, content, name=name) for name, _, path, content in writers],
    )
    rows = made.rows("SELECT call_id, name, maker_id FROM files_used_by_calls")
    assert rows == ([("reader", "p", maker)] if maker else [])
