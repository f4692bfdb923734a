"""Servers that do not end, grow without measure, answer with any value in any place, or repeat credentials."""

import base64
import gzip
import itertools
import json
import time
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.mlflow.rest import artifacts, page_tokens, transport
from tests.sources.mlflow.fake_server import (
    experiment,
    respond_like_mlflow,
    run,
    serve,
    serve_bytes,
)
from tests.sources.mlflow.stores import read, rows


def message_of(url, **options):
    """Return the message of the error that reading a server raises, which is one line."""
    with pytest.raises(TrackingStoreError) as error:
        read(url, **options)
    message = str(error.value)
    assert "\n" not in message
    return message


class TestTime:
    @pytest.mark.parametrize(
        "blocks",
        [
            itertools.repeat(b"H"),
            itertools.chain([b"HTTP/1.1 200 OK\r\nX: "], itertools.repeat(b"x")),
            itertools.chain([b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"X: x\r\n")),
            itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
            itertools.chain([b"HTTP/1.1 200 OK\r\n\r\n"], itertools.repeat(b" ")),
            itertools.chain(
                [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"],
                itertools.repeat(b"X: x\r\n"),
            ),
        ],
        ids=["status line", "a header", "headers", "interim answers", "body", "trailers"],
    )
    def test_an_answer_that_comes_slowly_is_an_error(self, blocks, monkeypatch):
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "0.1")
        start = time.monotonic()
        with serve_bytes(*itertools.islice(blocks, 1000), pause=0.02) as url:
            assert "does not end within 0.5 seconds" in message_of(url)
        assert time.monotonic() - start < 5

    @pytest.mark.parametrize("seconds", ["nan", "-1", "0", "soon", ""])
    def test_a_timeout_that_is_not_one_is_ignored(self, seconds, monkeypatch):
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", seconds)
        assert transport._read_seconds() == 60
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "inf")
        assert transport._read_seconds() == 3600

    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    @pytest.mark.parametrize("coding", ["", "gzip"])
    def test_a_server_that_stays_busy_is_an_error(self, status, coding, monkeypatch):
        monkeypatch.setattr(transport, "MAX_ATTEMPTS", 1)
        body = gzip.compress(b"{}") if coding else b"{}"
        headers = {"Content-Encoding": coding} if coding else {}
        with serve(lambda *_: (status, headers, body)) as (url, _):
            assert f"the server answered {status}" in message_of(url)

    def test_a_server_that_is_too_busy_for_many_requests_is_not_asked_again(self, monkeypatch):
        monkeypatch.setattr(transport, "MAX_ATTEMPTS", 1)
        monkeypatch.setattr(transport, "MAX_BUSY_REQUESTS", 5)
        answers = {
            "runs_search": {"runs": [run(f"r{number}") for number in range(100)]},
            "artifacts_list": (503, {}, b""),
        }
        with serve(respond_like_mlflow(**answers)) as (url, requests):
            assert "the server stays busy (503); try again later" in message_of(url, workers=1)
        assert sum("artifacts/list" in request.path for request in requests) < 10


class TestSize:
    def test_two_compressions_are_refused(self):
        body = gzip.compress(gzip.compress(b" " * 1_000_000))
        for headers in ({"Content-Encoding": "gzip, gzip"}, {"Content-Encoding": "GZIP,deflate"}):
            with serve(lambda *_, headers=headers: (200, headers, body)) as (url, _):
                assert "compressed in a way that was not asked for" in message_of(url)

    @pytest.mark.parametrize("coding", ["br", "zstd", "compress", "x"])
    def test_a_compression_that_was_not_asked_for_is_refused(self, coding):
        with serve(lambda *_: (200, {"Content-Encoding": coding}, b"{}")) as (url, requests):
            assert "compressed in a way that was not asked for" in message_of(url)
            assert requests[0].headers["Accept-Encoding"] == "gzip, deflate"

    @pytest.mark.parametrize("coding", ["gzip", "deflate", "identity"])
    def test_one_compression_is_undone(self, coding):
        compress = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}[coding]
        respond = respond_like_mlflow(runs_search={"runs": [run("r")]})

        def respond_compressed(path, body):
            status, headers, content = respond(path, body)
            return status, {**headers, "Content-Encoding": coding}, compress(content)

        with serve(respond_compressed) as (url, _):
            _, facts = read(url)
        assert facts.rows("SELECT run_id FROM runs") == [("r",)]

    def test_the_size_of_an_answer_is_limited_after_decompression(self, monkeypatch):
        monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 1000)
        body = gzip.compress(b" " * 1_000_000)
        with serve(lambda *_: (200, {"Content-Encoding": "gzip"}, body)) as (url, _):
            assert "the answer is longer than 1000 bytes" in message_of(url)

    def test_an_answer_that_is_not_compressed_as_it_claims_is_an_error(self):
        with serve(lambda *_: (200, {"Content-Encoding": "gzip"}, b"{}")) as (url, _):
            assert "not compressed as it claims" in message_of(url)

    @pytest.mark.parametrize("value", [b"[],", b"{},", b"1,"])
    def test_the_number_of_values_in_an_answer_is_limited(self, value, monkeypatch):
        monkeypatch.setattr(transport, "MAX_ANSWER_VALUES", 1000)
        with serve(lambda *_: (200, {}, b'{"a": [' + value * 1000 + b"1]}")) as (url, _):
            assert "more than 1000 values" in message_of(url)


def pages(tokens):
    """Return a responder that sends an empty page with the token that follows the one of the request."""

    def respond(_, body):
        token = json.loads(body).get("page_token")
        return {"runs": [], "next_page_token": tokens[token]}

    return respond


class TestPages:
    @pytest.mark.parametrize(
        "tokens",
        [
            {None: "a", "a": "a"},
            {None: "a", "a": "b", "b": "a"},
            {None: "a", "a": "b", "b": "c", "c": "b"},
            {None: "\ud800", "\ufffd" * 3: "\ud800"},
        ],
    )
    def test_a_circle_of_tokens_is_an_error(self, tokens):
        with serve(respond_like_mlflow(runs_search=pages(tokens))) as (url, _):
            assert "repeats the same page" in message_of(url)

    @pytest.mark.parametrize("runs", [[], [run("r")]])
    def test_new_tokens_without_new_runs_are_an_error(self, runs, monkeypatch):
        monkeypatch.setattr(page_tokens, "MAX_USELESS_PAGES", 5)
        numbers = itertools.count()

        def endless(*_):
            return {"runs": runs, "next_page_token": str(next(numbers))}

        with serve(respond_like_mlflow(runs_search=endless)) as (url, requests):
            assert "more than 5 pages in a row are empty or repeat" in message_of(url)
        assert sum("runs/search" in request.path for request in requests) < 10

    def test_the_number_of_pages_is_limited(self, monkeypatch):
        monkeypatch.setattr(page_tokens, "MAX_PAGES", 3)
        numbers = itertools.count()

        def endless(*_):
            number = str(next(numbers))
            return {"runs": [run(number)], "next_page_token": number}

        with serve(respond_like_mlflow(runs_search=endless)) as (url, requests):
            assert "the list has more than 3 pages" in message_of(url)
        assert sum("runs/search" in request.path for request in requests) == 3

    def test_the_length_of_a_token_is_limited(self, monkeypatch):
        monkeypatch.setattr(page_tokens, "MAX_TOKEN_LENGTH", 10)
        page = {"runs": [run("r")], "next_page_token": "x" * 11}
        with serve(respond_like_mlflow(runs_search=page)) as (url, _):
            assert "token of the next page is longer than 10 characters" in message_of(url)

    @pytest.mark.parametrize("length", [1, 2, 3])
    def test_a_circle_of_pages_of_artifacts_is_an_omission(self, length):
        numbers = itertools.count()

        def circle(*_):
            return {"files": [{"path": "f"}], "next_page_token": str(next(numbers) % length)}

        answers = {"runs_search": {"runs": [run("r")]}, "artifacts_list": circle}
        with serve(respond_like_mlflow(**answers)) as (url, _):
            report, _ = read(url)
        (omission,) = report.omissions
        assert "artifacts/list: the server repeats the same page" in omission


class TestFolders:
    def list_endlessly(self, path, _):
        folder = path.partition("path=")[2].partition("&")[0].replace("%2F", "/")
        return {"files": [{"path": f"{folder}/{name}".strip("/"), "is_dir": True} for name in "ab"]}

    def read(self):
        answers = {"runs_search": {"runs": [run("r")]}, "artifacts_list": self.list_endlessly}
        with serve(respond_like_mlflow(**answers)) as (url, requests):
            report, facts = read(url)
        (omission,) = report.omissions
        assert "artifacts of runs: 1 were listed in part" in omission
        return omission, facts.rows("SELECT path FROM artifacts"), requests

    def test_folders_that_are_too_deep_are_an_omission(self, monkeypatch):
        monkeypatch.setattr(artifacts, "MAX_DEPTH", 2)
        omission, paths, _ = self.read()
        assert "r: folders below level 2 are not listed" in omission
        assert [path for (path,) in paths] == ["a", "a/a", "a/b", "b", "b/a", "b/b"]

    def test_too_many_folders_are_an_omission(self, monkeypatch):
        monkeypatch.setattr(artifacts, "MAX_FOLDERS", 7)
        omission, _, requests = self.read()
        assert "r: more than 7 folders" in omission
        assert sum("artifacts/list" in request.path for request in requests) == 8


ODD_VALUES = [
    None,
    True,
    -1,
    10**30,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\ud800",
    "\x00\n\x1b[31m",
    "1" * 5000,
    "2024-99-99T99:99:99Z",
    [],
    [None, 1, "x", [[]], {}],
    {},
    {"key": {"key": []}},
    json.loads("[" * 500 + "]" * 500),
]


def rich_answers():
    """Return an answer for each endpoint, with every field that is read."""
    tag = {"key": "k", "value": "v"}
    metric = {"key": "m", "value": 1.0, "step": 1, "timestamp": 1, "run_id": "r"}
    return {
        "experiments_search": {
            "experiments": [
                {
                    **experiment("1"),
                    "artifact_location": "/a",
                    "lifecycle_stage": "active",
                    "creation_time": 1,
                    "last_update_time": 1,
                    "workspace": "w",
                    "tags": [tag],
                }
            ]
        },
        "runs_search": {
            "runs": [
                {
                    "info": {
                        **run("r")["info"],
                        "run_name": "n",
                        "user_id": "u",
                        "status": "FINISHED",
                        "lifecycle_stage": "active",
                        "start_time": 1,
                        "end_time": 2,
                        "artifact_uri": "/a/r/artifacts",
                    },
                    "data": {"params": [tag], "tags": [tag], "metrics": [metric]},
                    "inputs": {
                        "dataset_inputs": [
                            {
                                "tags": [{"key": "mlflow.data.context", "value": "train"}],
                                "dataset": {
                                    "name": "d",
                                    "digest": "1",
                                    "source_type": "s",
                                    "source": "s",
                                    "schema": "s",
                                    "profile": "p",
                                },
                            }
                        ]
                    },
                    "outputs": {"model_outputs": [{"model_id": "m-1", "step": 1}]},
                }
            ]
        },
        "runs_get": {"run": {"inputs": {"model_inputs": [{"model_id": "m-1"}]}}},
        "metrics_get_history": {"metrics": [metric]},
        "artifacts_list": {"files": [{"path": "MLmodel", "is_dir": False, "file_size": 1}]},
        "logged_models_search": {
            "models": [
                {
                    "info": {
                        "model_id": "m-1",
                        "experiment_id": "1",
                        "name": "n",
                        "model_type": "t",
                        "source_run_id": "r",
                        "status": "READY",
                        "lifecycle_stage": "active",
                        "creation_timestamp_ms": 1,
                        "last_updated_timestamp_ms": 1,
                        "artifact_uri": "/a",
                        "tags": [tag],
                    },
                    "data": {"params": [tag], "metrics": [metric]},
                }
            ]
        },
        "traces_search": {
            "traces": [
                {
                    "trace_id": "t",
                    "trace_location": {"mlflow_experiment": {"experiment_id": "1"}},
                    "trace_metadata": {"mlflow.sourceRun": "r", "mlflow.user": "u"},
                    "tags": {"mlflow.traceName": "n"},
                    "state": "OK",
                    "request_time": "2024-01-31T12:00:00Z",
                    "assessments": [
                        {
                            "assessment_id": "a",
                            "assessment_name": "n",
                            "feedback": {"value": 1},
                            "source": {"source_type": "HUMAN", "source_id": "u"},
                            "create_time": "2024-01-31T12:00:00Z",
                        }
                    ],
                }
            ]
        },
        "registered_models_search": {
            "registered_models": [
                {
                    "name": "m",
                    "description": "d",
                    "creation_timestamp": 1,
                    "last_updated_timestamp": 1,
                    "tags": [tag],
                    "aliases": [{"alias": "a", "version": "1"}],
                }
            ]
        },
        "model_versions_search": {
            "model_versions": [
                {
                    "name": "m",
                    "version": "1",
                    "creation_timestamp": 1,
                    "last_updated_timestamp": 1,
                    "description": "d",
                    "user_id": "u",
                    "current_stage": "None",
                    "source": "s",
                    "run_id": "r",
                    "run_link": "l",
                    "status": "READY",
                    "status_message": "s",
                    "tags": [tag],
                }
            ]
        },
    }


def places(value, place=()):
    """Yield the place of every value within a value."""
    yield place
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*place, step))


PLACES = [place for place in places(rich_answers()) if len(place) > 1]


def replaced(replacements):
    """Return the rich answers with other values in some places."""
    answers = rich_answers()
    for place, odd_value in replacements.items():
        target = answers
        try:
            for step in place[:-1]:
                target = target[step]
            target[place[-1]] = odd_value
        except (LookupError, TypeError):
            continue  # an outer place has been replaced
    return answers


def read_answers(answers):
    """Read a server with these answers, with all options; only an error of the package may be raised."""
    with serve(respond_like_mlflow(**answers)) as (url, _):
        try:
            return read(url, environments=True, metric_history=True, traces=True)
        except TrackingStoreError as error:
            assert len(str(error).splitlines()) == 1
            return None


class TestValues:
    def test_the_rich_answers_are_facts(self):
        _, facts = read_answers(rich_answers())
        for table in ("run_models", "assessments", "registered_model_aliases", "dataset_inputs"):
            assert rows(facts, table)

    @pytest.mark.parametrize("depth", range(2, max(map(len, PLACES)) + 1))
    def test_any_value_may_be_in_all_places_of_one_depth(self, depth):
        places = [place for place in PLACES if len(place) == depth]
        for shift in range(0, len(ODD_VALUES), 5):
            odd_values = itertools.cycle(ODD_VALUES[shift:] + ODD_VALUES[:shift])
            read_answers(replaced(dict(zip(places, odd_values, strict=False))))

    @given(st.dictionaries(st.sampled_from(PLACES), st.sampled_from(ODD_VALUES), max_size=20))
    def test_any_value_may_be_in_any_place(self, replacements):
        read_answers(replaced(replacements))

    @pytest.mark.parametrize(
        "body",
        [b"\xff", b"[" * 100_000, b'{"a": ' * 100_000, b'"\\ud800"', b"1" * 5000, b"null", b"NaN"],
        ids=lambda body: repr(body[:10]),
    )
    @pytest.mark.parametrize("status", [200, 500])
    def test_any_body_may_come_with_any_status(self, body, status):
        with serve(lambda *_: (status, {"Content-Type": "text/html; charset=idna"}, body)) as (
            url,
            _,
        ):
            message_of(url)


USER, PASSWORD, TOKEN = "ada-l", "pa55/w&rd", "t0ken-of-ada"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
SPELLINGS = [PASSWORD, quote(PASSWORD, safe=""), BASIC, BASIC.rstrip("="), f"{USER}:{PASSWORD}"]


def assert_no_credentials(text):
    for secret in (PASSWORD, quote(PASSWORD, safe=""), BASIC, BASIC.rstrip("="), TOKEN):
        assert secret not in text


class TestCredentials:
    """A server, or a proxy before it, repeats the credentials that it was asked with."""

    def url_with_credentials(self, url):
        return url.replace("//", f"//{USER}:{quote(PASSWORD, safe='')}@")

    @pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 407, 418, 500])
    def test_no_part_of_an_answer_shows_them(self, status, monkeypatch):
        monkeypatch.setattr(transport, "MAX_ATTEMPTS", 1)
        echo = " ".join(SPELLINGS)
        body = json.dumps({"error_code": echo, "message": echo}).encode()
        answer = (
            b"HTTP/1.1 %d %s\r\nLocation: http://%s/?q=%s\r\nX-Echo: %s\r\nSet-Cookie: a=%s\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n%s"
        ) % (status, *[echo.encode()] * 5, len(body), body)
        with serve_bytes(answer) as url:
            assert_no_credentials(message_of(self.url_with_credentials(url)))

    @pytest.mark.parametrize("line", ["{}", "HTTP/1.1 {}", "HTTP/1.1 200 OK\r\n{} x", "\r\n\r\n{}"])
    def test_no_error_of_the_protocol_shows_them(self, line, monkeypatch):
        monkeypatch.setattr(transport, "MAX_ATTEMPTS", 1)
        with serve_bytes(line.format(" ".join(SPELLINGS)).encode() + b"\r\n\r\n") as url:
            assert_no_credentials(message_of(self.url_with_credentials(url)))

    def test_a_token_is_not_shown(self, monkeypatch):
        monkeypatch.setattr(transport, "MAX_ATTEMPTS", 1)
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", TOKEN)
        with serve_bytes(f"HTTP/1.1 {TOKEN}\r\n\r\n".encode()) as url:
            assert_no_credentials(message_of(url))
        with serve(lambda *_: (500, {}, json.dumps({"error_code": TOKEN}).encode())) as (url, _):
            assert_no_credentials(message_of(url))

    def test_an_error_code_is_masked(self, monkeypatch):
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "TOKEN")
        with serve(lambda *_: (500, {}, b'{"error_code": "NO_TOKEN_HERE"}')) as (url, _):
            assert "answered 500 (NO_..._HERE)" in message_of(url)

    @pytest.mark.parametrize("code", ["no_code", "A" * 100, ["A"], {"a": 1}, 5, "A\nB", "\ud800"])
    def test_an_error_code_that_mlflow_does_not_have_is_not_shown(self, code):
        with serve(lambda *_: (500, {}, json.dumps({"error_code": code}).encode())) as (url, _):
            assert message_of(url).endswith("the server answered 500")

    def test_no_fact_shows_them(self):
        echo = [{"key": spelling, "value": spelling} for spelling in SPELLINGS]
        runs = {"runs": [{**run("r"), "data": {"params": echo, "tags": echo}}]}
        respond = respond_like_mlflow(runs_search=runs)

        def respond_with_version(path, body):
            return (
                (200, {}, f"3.{PASSWORD}".encode()) if path == "/version" else respond(path, body)
            )

        with serve(respond_with_version) as (url, _):
            report, facts = read(self.url_with_credentials(url))
        for table in ("params", "run_tags", "stores"):
            assert rows(facts, table)
            assert_no_credentials(repr(rows(facts, table)))
        assert report.version is None

    def test_a_proxy_that_shows_its_credentials_is_masked(self, monkeypatch):
        monkeypatch.setattr(transport, "MAX_ATTEMPTS", 1)
        with serve_bytes(f"HTTP/1.1 407 no {PASSWORD} {BASIC}\r\n\r\n".encode()) as url:
            monkeypatch.setenv("https_proxy", self.url_with_credentials(url))
            message = message_of("https://mlflow.invalid")
        assert "407" in message
        assert_no_credentials(message)

    @pytest.mark.parametrize("scheme", ["socks5", "ftp"])
    def test_a_proxy_that_cannot_be_used_is_an_error(self, scheme, monkeypatch):
        monkeypatch.setenv(
            "all_proxy", f"{scheme}://{USER}:{PASSWORD.replace('/', '_')}@127.0.0.1:1"
        )
        message = message_of("http://mlflow.invalid")
        assert "proxy" in message and "pa55" not in message


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:99999", "127.0.0.1:0", "127.0.0.1:x", "[::1", "", "\udcff", "a b", "a" * 70],
)
def test_a_url_that_leads_nowhere_is_an_error_in_one_line(host, monkeypatch):
    monkeypatch.setattr(transport, "MAX_ATTEMPTS", 1)
    message_of(f"http://{host}/x")


@pytest.mark.parametrize("password", ["pa/55", "pa?55", "pa#55", "1:2/55", "[/55"])
def test_a_password_that_breaks_the_url_is_not_shown(password):
    message = message_of(f"http://ada:{password}@127.0.0.1:9/")
    assert "URL" in message and "55" not in message


def test_an_environment_file_with_a_yaml_bomb_is_an_omission():
    bomb = "a0: &a0 {x: y}\n" + "".join(
        f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 10)
    )
    files = [{"path": name} for name in ("MLmodel", "conda.yaml", "python_env.yaml")]
    respond = respond_like_mlflow(runs_search={"runs": [run("r")]}, artifacts_list={"files": files})

    def respond_with_content(path, body):
        return (200, {}, bomb.encode()) if path.startswith("/get-artifact") else respond(path, body)

    with serve(respond_with_content) as (url, _):
        report, facts = read(url, environments=True)
    assert len(rows(facts, "environments")) == 2
    assert rows(facts, "environment_packages") == []
    (omission,) = report.omissions
    assert "2 could not be read (conda.yaml of r: line 4: aliases repeat values" in omission
