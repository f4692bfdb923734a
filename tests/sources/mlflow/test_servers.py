"""Servers that are down, refuse, lie or hang."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import ReadOptions, read_store
from tests.conftest import free_port


@contextmanager
def server(answer):
    """Serve what ``answer(path, body)`` gives: a status, headers and a body."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            asked.append((self.path, body, dict(self.headers)))
            status, headers, content = answer(self.path, body)
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(headers.get("X-Length", len(content))))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}", asked
    finally:
        httpd.shutdown()
        httpd.server_close()


def read(url, **options):
    facts = Facts()
    return read_store(url, facts, ReadOptions(**options)), facts


def mlflow(**answers):
    """Answer like an MLflow with one experiment; ``answers`` overrides by the last part of the path."""

    def answer(path, body):
        name = path.partition("?")[0].rpartition("mlflow/")[2].replace("/", "_").replace("-", "_")
        if path.startswith("/version"):
            return 200, {}, b"3.0.0"
        found = answers.get(name, {})
        if callable(found):
            found = found(path, body)
        if isinstance(found, tuple):
            return found
        if name == "experiments_search":
            found = {"experiments": [{"experiment_id": "1", "name": "e"}]}
        return 200, {}, json.dumps(found).encode()

    return answer


def fails(url, *words):
    with pytest.raises(TrackingStoreError) as error:
        read(url)
    message = str(error.value)
    assert "\n" not in message
    for word in words:
        assert word in message
    return message


def test_C9_a_server_that_is_down_is_soon_told(monkeypatch):
    began = time.monotonic()
    fails(f"http://127.0.0.1:{free_port()}", "cannot be reached")
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "content",
    [b"<!DOCTYPE html><html><body>Hello</body></html>", b"[]", b"", b'{"experiments": [{'],
)
def test_C9_a_server_that_is_no_mlflow(content):
    with server(lambda *_: (200, {}, content)) as (url, _):
        fails(url, "MLflow")


def test_a_service_that_answers_nothing_is_not_an_empty_mlflow():
    with server(lambda *_: (200, {}, b"{}")) as (url, _):
        fails(url, "no MLflow server")


def test_an_mlflow_that_shows_nothing_says_so():
    with server(mlflow(experiments_search=lambda *_: (200, {}, b"{}"))) as (url, _):
        info, _ = read(url)
        assert any("no experiment" in notice for notice in info.notices)


@pytest.mark.parametrize(("status", "word"), [(401, "MLFLOW_TRACKING_USERNAME"), (403, "403")])
def test_a_server_that_refuses(status, word):
    with server(lambda *_: (status, {}, b"")) as (url, _):
        fails(url, word)


def test_a_redirect_to_a_login_page_is_not_followed():
    with server(lambda *_: (302, {"Location": "http://192.0.2.1/"}, b"")) as (url, _):
        fails(url, "redirected")


def test_C9_a_server_that_hangs(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "0.5")

    def hang(*_):
        time.sleep(2)
        return 200, {}, b""

    with server(hang) as (url, _):
        fails(url, "does not answer")


def test_a_server_that_is_cut_off_in_the_middle():
    cut = (200, {"X-Length": "100000"}, b'{"runs": [')
    with server(mlflow(runs_search=lambda *_: cut)) as (url, _):
        fails(url)


def test_a_busy_server_is_asked_again_after_the_time_it_names():
    calls = []

    def busy(*_):
        calls.append(time.monotonic())
        if len(calls) < 3:
            return 429, {"Retry-After": "0.2"}, b""
        return 200, {}, json.dumps({"experiments": [{"experiment_id": "7"}]}).encode()

    with server(mlflow(experiments_search=busy)) as (url, _):
        _, facts = read(url)
    assert facts.query("SELECT experiment_id FROM {experiments}") == [("7",)]
    assert calls[1] - calls[0] >= 0.2


def test_pages_that_repeat_themselves_end():
    again = {"runs": [], "next_page_token": "same"}
    with server(mlflow(runs_search=again)) as (url, _):
        fails(url, "again and again")


def test_a_run_that_comes_twice_is_one():
    run = {"info": {"run_id": "r", "experiment_id": "1"}}

    def pages(_, body):
        token = json.loads(body).get("page_token")
        answer = {"runs": [run]} if token else {"runs": [run], "next_page_token": "2"}
        return 200, {}, json.dumps(answer).encode()

    with server(mlflow(runs_search=pages)) as (url, _):
        _, facts = read(url)
    assert facts.query("SELECT run_id FROM {runs}") == [("r",)]


def test_values_that_nobody_expects():
    run = {
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
    with server(mlflow(runs_search={"runs": [run, 3, {"info": 5}]})) as (url, _):
        _, facts = read(url)
    assert facts.query("SELECT status, started_at, ended_at FROM {runs}") == [
        ("paused_by_moon", None, None)
    ]
    assert facts.query("SELECT value FROM {params}") == [("",)]
    assert facts.query("SELECT isnan(value), step, timestamp FROM {metrics}") == [
        (True, None, None)
    ]


def test_what_is_refused_for_one_run_is_left_out_and_said():
    runs = {"runs": [{"info": {"run_id": name, "experiment_id": "1"}} for name in "ab"]}

    def artifacts(path, _):
        if "run_id=a" in path:
            return 403, {}, b""
        return 200, {}, json.dumps({"files": [{"path": "f", "file_size": "1"}]}).encode()

    with server(mlflow(runs_search=runs, artifacts_list=artifacts)) as (url, _):
        info, facts = read(url)
    assert facts.query("SELECT run_id, path FROM {artifacts}") == [("b", "f")]
    assert len(info.left_out) == 1 and "403" in info.left_out[0]


def test_C9_what_is_refused_for_one_experiment_is_left_out_and_the_others_are_read():
    experiments = {"experiments": [{"experiment_id": name, "name": name} for name in "123"]}

    def runs(_, body):
        asked = json.loads(body)["experiment_ids"]
        if "2" in asked:
            return 403, {}, b""
        found = [{"info": {"run_id": f"r{name}", "experiment_id": name}} for name in asked]
        return 200, {}, json.dumps({"runs": found}).encode()

    everything = mlflow(
        experiments_search=lambda *_: (200, {}, json.dumps(experiments).encode()), runs_search=runs
    )
    with server(everything) as (url, _):
        info, facts = read(url)
    assert facts.query("SELECT run_id FROM {runs} ORDER BY ALL") == [("r1",), ("r3",)]
    assert len(info.left_out) == 1 and "runs of 1 experiments" in info.left_out[0]


def test_where_a_page_s_token_expires_all_pages_are_asked_for_again():
    runs = [{"info": {"run_id": name, "experiment_id": "1"}} for name in "abc"]
    asked = []

    def pages(_, body):
        token = json.loads(body).get("page_token")
        asked.append(token)
        if asked.count("2") == 1 and token == "2":
            return 400, {}, b'{"error_code": "INVALID_PARAMETER_VALUE"}'
        answer = {"runs": runs[2:]} if token else {"runs": runs[:2], "next_page_token": "2"}
        return 200, {}, json.dumps(answer).encode()

    with server(mlflow(runs_search=pages)) as (url, _):
        info, facts = read(url)
    assert asked == [None, "2", None, "2"]
    assert facts.query("SELECT run_id FROM {runs} ORDER BY ALL") == [("a",), ("b",), ("c",)]
    assert info.left_out == []


def test_a_file_that_is_too_long_for_an_environment_is_left_out_and_said():
    runs = {"runs": [{"info": {"run_id": "r", "experiment_id": "1"}}]}

    def listing(path, _):
        files = [{"path": "m/MLmodel"}, {"path": "m/requirements.txt"}]
        if "path=m" not in path:
            files = [{"path": "m", "is_dir": True}]
        return 200, {}, json.dumps({"files": files}).encode()

    answer = mlflow(runs_search=runs, artifacts_list=listing)

    def everything(path, body):
        if path.startswith("/get-artifact"):
            return 200, {}, b"x" * (1 << 21)
        return answer(path, body)

    with server(everything) as (url, _):
        info, facts = read(url, environments=True)
    assert facts.query("SELECT * FROM {environments}") == []
    assert any("longer than" in message for message in info.left_out)


def test_artifacts_that_are_not_where_they_say_are_left_out():
    runs = {"runs": [{"info": {"run_id": "r", "experiment_id": "1"}}]}
    files = [
        {"path": "../../etc/passwd"},
        {"path": "/etc/passwd"},
        {"path": ".."},
        {"path": "loop", "is_dir": True},
        {"path": "ok"},
    ]
    with server(mlflow(runs_search=runs, artifacts_list={"files": files})) as (url, asked):
        _, facts = read(url)
    assert facts.query("SELECT path FROM {artifacts} ORDER BY path") == [("loop",), ("ok",)]
    assert sum("artifacts/list" in path for path, _, _ in asked) == 2


def test_credentials_are_sent_and_never_said(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
    with server(mlflow()) as (url, asked):
        info, facts = read(url)
        assert asked[0][2]["Authorization"] == "Bearer t0ken"
        with_user = url.replace("//", "//me:s3cret@")
        info, facts = read(with_user)
        assert asked[-1][2]["Authorization"].startswith("Basic ")
    assert "s3cret" not in repr(info) + repr(facts.query("SELECT * FROM {stores}"))
    with server(lambda *_: (500, {}, b"")) as (url, _):
        assert "s3cret" not in fails(url.replace("//", "//me:s3cret@"), "500")


def test_missing_version_numbers_are_counted():
    versions = [{"name": "m", "version": str(n), "run_id": "r"} for n in (2, 5)]
    answers = {
        "registered_models_search": {"registered_models": [{"name": "m"}]},
        "model_versions_search": {"model_versions": versions},
    }
    with server(mlflow(**answers)) as (url, _):
        info, _ = read(url)
    assert any("'m' 3" in notice for notice in info.notices)


def test_C9_a_server_that_drips_is_not_waited_for(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "0.3")
    stop = threading.Event()

    class Drip(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            while not stop.wait(0.05):
                try:
                    self.wfile.write(b" ")
                except OSError:
                    return

        def log_message(self, *_):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Drip)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    began = time.monotonic()
    try:
        fails(f"http://127.0.0.1:{httpd.server_port}", "comes to no end")
    finally:
        stop.set()
        httpd.shutdown()
        httpd.server_close()
    assert time.monotonic() - began < 20


def test_a_server_whose_experiments_are_none_is_no_mlflow():
    rubbish = {"experiments": [{"experiment_id": {"a": 1}, "name": 5}]}
    content = json.dumps(rubbish).encode()
    with server(lambda *_: (200, {}, content)) as (url, _):
        fails(url, "not as an MLflow server does")
