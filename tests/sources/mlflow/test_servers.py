"""Servers that are down, refuse, lie, or do not stop."""

import json
import time

import pytest

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.mlflow.rest import client, tracking, transport
from mlflow2prov.sources.mlflow.rest import traces as traces_module
from tests.conftest import free_port
from tests.sources.mlflow.fake_server import (
    experiment,
    json_response,
    respond_like_mlflow,
    run,
    serve,
)
from tests.sources.mlflow.stores import differing_tables, read


def error_of(url, *words):
    """Return the message of the error that reading a server raises: one line that contains ``words``."""
    with pytest.raises(TrackingStoreError) as error:
        read(url)
    message = str(error.value)
    assert "\n" not in message
    for word in words:
        assert word in message
    return message


class TestUnusableServers:
    def test_a_server_that_is_down_is_an_error_within_half_a_minute(self):
        start = time.monotonic()
        error_of(f"http://127.0.0.1:{free_port()}", "cannot be reached")
        assert time.monotonic() - start < 30

    @pytest.mark.parametrize(
        "content",
        [b"<!DOCTYPE html><html><body>Hello</body></html>", b"[]", b"", b'{"experiments": [{'],
    )
    def test_a_server_of_something_else_is_an_error(self, content):
        with serve(lambda *_: (200, {}, content)) as (url, _):
            error_of(url, "an MLflow server")

    def test_a_service_that_answers_with_empty_objects_is_not_an_empty_mlflow(self):
        with serve(lambda *_: (200, {}, b"{}")) as (url, _):
            error_of(url, "not an MLflow server")

    def test_a_service_whose_experiments_have_no_ids_is_not_mlflow(self):
        answer = {"experiments": [{"experiment_id": {"a": 1}, "name": 5}]}
        with serve(lambda *_: json_response(answer)) as (url, _):
            error_of(url, "its experiments have no ids")

    def test_an_mlflow_that_shows_no_experiment_is_noted(self):
        with serve(respond_like_mlflow(experiments_search={})) as (url, _):
            report, _ = read(url)
            assert any("no experiment" in notice for notice in report.notices)

    @pytest.mark.parametrize(("status", "word"), [(401, "MLFLOW_TRACKING_USERNAME"), (403, "403")])
    def test_a_server_that_refuses_access_is_an_error(self, status, word):
        with serve(lambda *_: (status, {}, b"")) as (url, _):
            error_of(url, word)

    def test_a_redirect_is_an_error_and_not_followed(self):
        with serve(lambda *_: (302, {"Location": "http://192.0.2.1/"}, b"")) as (url, _):
            error_of(url, "redirected")

    def test_a_server_that_does_not_answer_is_an_error(self, monkeypatch):
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "0.5")

        def hang(*_):
            time.sleep(2)
            return 200, {}, b""

        with serve(hang) as (url, _):
            error_of(url, "does not answer")

    def test_an_answer_that_is_cut_off_is_an_error(self):
        cut_off = (200, {"X-Length": "100000"}, b'{"runs": [')
        with serve(respond_like_mlflow(runs_search=cut_off)) as (url, _):
            error_of(url)

    def test_an_answer_that_is_too_long_is_an_error(self, monkeypatch):
        monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 1000)
        with serve(respond_like_mlflow(runs_search=(200, {}, b" " * 1001))) as (url, _):
            error_of(url, "longer than 1000 bytes")


class TestRetries:
    def test_a_busy_server_is_asked_again_after_the_pause_that_it_demands(self):
        calls = []

        def busy(*_):
            calls.append(time.monotonic())
            if len(calls) < 3:
                return 429, {"Retry-After": "0.2"}, b""
            return {"experiments": [experiment("7")]}

        with serve(respond_like_mlflow(experiments_search=busy)) as (url, _):
            _, facts = read(url)
        assert facts.rows("SELECT experiment_id FROM experiments") == [("7",)]
        assert calls[1] - calls[0] >= 0.2

    def test_a_server_that_stays_busy_is_an_error_after_some_attempts(self, monkeypatch):
        monkeypatch.setattr(transport, "MAX_ATTEMPTS", 2)
        with serve(respond_like_mlflow(experiments_search=(503, {}, b""))) as (url, requests):
            error_of(url, "503")
        assert sum("experiments/search" in request.path for request in requests) == 2


class TestPages:
    def test_a_run_on_two_pages_is_one_run(self):
        def pages(_, body):
            token = json.loads(body).get("page_token")
            return {"runs": [run("r")]} if token else {"runs": [run("r")], "next_page_token": "2"}

        with serve(respond_like_mlflow(runs_search=pages)) as (url, _):
            _, facts = read(url)
        assert facts.rows("SELECT run_id FROM runs") == [("r",)]

    def test_a_list_starts_again_if_the_token_of_a_page_has_expired(self):
        runs = [run(name) for name in "abc"]
        tokens = []

        def pages(_, body):
            token = json.loads(body).get("page_token")
            tokens.append(token)
            if token == "2" and tokens.count("2") == 1:
                return 400, {}, b'{"error_code": "INVALID_PARAMETER_VALUE"}'
            return {"runs": runs[2:]} if token else {"runs": runs[:2], "next_page_token": "2"}

        with serve(respond_like_mlflow(runs_search=pages)) as (url, _):
            report, facts = read(url)
        assert tokens == [None, "2", None, "2"]
        assert facts.rows("SELECT run_id FROM runs ORDER BY ALL") == [("a",), ("b",), ("c",)]
        assert report.omissions == []

    def test_the_facts_do_not_depend_on_the_size_of_a_page(self, sqlite_server, monkeypatch):
        _, expected = read(sqlite_server, metric_history=True, traces=True)
        monkeypatch.setattr(client, "PAGE_SIZE", 2)
        monkeypatch.setattr(client, "EXPERIMENTS_PER_SEARCH", 1)
        monkeypatch.setattr(traces_module, "PAGE_SIZE", 1)
        monkeypatch.setattr(tracking, "POINTS_PER_PAGE", 2)
        _, facts = read(sqlite_server, metric_history=True, traces=True)
        assert differing_tables(facts, expected) == set()


class TestOmissions:
    def test_what_is_refused_for_one_run_is_an_omission(self):
        def list_artifacts(path, _):
            return (403, {}, b"") if "run_id=a" in path else {"files": [{"path": "f"}]}

        answers = {"runs_search": {"runs": [run("a"), run("b")]}, "artifacts_list": list_artifacts}
        with serve(respond_like_mlflow(**answers)) as (url, _):
            report, facts = read(url)
        assert facts.rows("SELECT run_id, path FROM artifacts") == [("b", "f")]
        (omission,) = report.omissions
        assert "403" in omission

    def test_an_omission_quotes_a_limited_number_of_failures(self, monkeypatch):
        monkeypatch.setattr(client, "MAX_EXAMPLES", 1)
        answers = {
            "runs_search": {"runs": [run(name) for name in "abc"]},
            "artifacts_list": (403, {}, b""),
        }
        with serve(respond_like_mlflow(**answers)) as (url, _):
            report, _ = read(url)
        (omission,) = report.omissions
        assert "artifacts of runs: 3 could not be read" in omission
        assert omission.count("(403)") == 1

    def test_what_the_server_does_not_have_is_not_an_omission(self):
        answers = {"runs_search": {"runs": [run("a")]}, "artifacts_list": (404, {}, b"")}
        with serve(respond_like_mlflow(**answers)) as (url, _):
            report, _ = read(url)
        assert report.omissions == []

    def test_an_experiment_that_is_refused_is_an_omission_and_the_others_are_read(self):
        def search(_, body):
            experiments = json.loads(body)["experiment_ids"]
            if "2" in experiments:
                return 403, {}, b""
            return {"runs": [run(f"r{name}", name) for name in experiments]}

        answers = {
            "experiments_search": {"experiments": [experiment(name) for name in "123"]},
            "runs_search": search,
        }
        with serve(respond_like_mlflow(**answers)) as (url, _):
            report, facts = read(url)
        assert facts.rows("SELECT run_id FROM runs ORDER BY ALL") == [("r1",), ("r3",)]
        (omission,) = report.omissions
        assert "runs of 1 experiment could" in omission

    def test_an_environment_file_that_is_too_long_is_an_omission(self):
        def list_artifacts(path, _):
            if "path=m" in path:
                return {"files": [{"path": "m/MLmodel"}, {"path": "m/requirements.txt"}]}
            return {"files": [{"path": "m", "is_dir": True}]}

        respond = respond_like_mlflow(
            runs_search={"runs": [run("r")]}, artifacts_list=list_artifacts
        )

        def respond_with_content(path, body):
            if path.startswith("/get-artifact"):
                return 200, {}, b"x" * (1 << 21)
            return respond(path, body)

        with serve(respond_with_content) as (url, _):
            report, facts = read(url, environments=True)
        assert facts.rows("SELECT * FROM environments") == []
        assert any("longer than" in omission for omission in report.omissions)


class TestHostileAnswers:
    def test_values_of_unexpected_types_are_unknown(self):
        odd_run = {
            "info": {
                "run_id": "r",
                "experiment_id": 1,
                "status": "PAUSED_BY_MOON",
                "start_time": "soon",
                "end_time": 10**30,
            },
            "data": {
                "params": [{"key": "p", "value": None}, "x", None],
                "metrics": [{"key": "m", "value": "NaN", "timestamp": None, "step": "x"}],
                "tags": "none",
            },
            "inputs": [],
        }
        runs = {"runs": [odd_run, 3, {"info": 5}]}
        with serve(respond_like_mlflow(runs_search=runs)) as (url, _):
            _, facts = read(url)
        assert facts.rows("SELECT status, started_at, ended_at FROM runs") == [
            ("paused_by_moon", None, None)
        ]
        assert facts.rows("SELECT value FROM params") == [("",)]
        assert facts.rows("SELECT isnan(value), step, timestamp FROM metrics") == [
            (True, None, None)
        ]

    def test_artifacts_outside_of_the_folder_that_was_listed_are_skipped(self):
        files = [
            {"path": "../../etc/passwd"},
            {"path": "/etc/passwd"},
            {"path": ".."},
            {"path": "loop", "is_dir": True},
            {"path": "ok"},
        ]
        answers = {"runs_search": {"runs": [run("r")]}, "artifacts_list": {"files": files}}
        with serve(respond_like_mlflow(**answers)) as (url, requests):
            _, facts = read(url)
        assert facts.rows("SELECT path FROM artifacts ORDER BY path") == [("loop",), ("ok",)]
        assert sum("artifacts/list" in request.path for request in requests) == 2


def test_credentials_are_sent_and_appear_in_no_fact_or_message(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
    with serve(respond_like_mlflow()) as (url, requests):
        report, facts = read(url)
        assert requests[0].headers["Authorization"] == "Bearer t0ken"
        report, facts = read(url.replace("//", "//me:s3cret@"))
        assert requests[-1].headers["Authorization"].startswith("Basic ")
    assert "s3cret" not in repr(report) + repr(facts.rows("SELECT * FROM stores"))
    with serve(lambda *_: (500, {}, b"")) as (url, _):
        assert "s3cret" not in error_of(url.replace("//", "//me:s3cret@"), "500")


def test_missing_version_numbers_are_noted():
    versions = [{"name": "m", "version": str(n), "run_id": "r"} for n in (2, 5)]
    answers = {
        "registered_models_search": {"registered_models": [{"name": "m"}]},
        "model_versions_search": {"model_versions": versions},
    }
    with serve(respond_like_mlflow(**answers)) as (url, _):
        report, _ = read(url)
    assert any("'m' 3" in notice for notice in report.notices)


def test_the_unknown_deletion_times_of_runs_are_noted():
    deleted = run("r")
    deleted["info"]["lifecycle_stage"] = "deleted"
    with serve(respond_like_mlflow(runs_search={"runs": [deleted]})) as (url, _):
        report, _ = read(url)
    assert any("deletion times of 1 run are unknown" in notice for notice in report.notices)
