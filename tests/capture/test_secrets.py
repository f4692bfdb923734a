"""Secrets of any origin are in no record, database, log, blob or warning."""

import dataclasses
import functools
import logging
import os
import pickle
import subprocess
import sys
import types
import warnings
from collections import OrderedDict, UserDict, namedtuple
from pathlib import Path

import numpy as np
import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import environment, redaction
from mlflow2prov.capture.previews import MAX_TEXT, preview
from mlflow2prov.capture.redaction import has_secrets, redact_text, without_secrets
from mlflow2prov.capture.repos import MemoryRepo

SECRET = "hunter2-Xk49"
URL = f"https://ada:{SECRET}@example.org/data.csv"
SIGNED = f"https://example.org/data.csv?X-Amz-Signature={SECRET}&part=1"


@dataclasses.dataclass
class Settings:
    path: str
    api_key: str


class Slotted:
    __slots__ = ("password",)

    def __init__(self, password):
        self.password = password


class Client:
    def __init__(self, settings):
        self.settings = settings


Login = namedtuple("Login", "user password")


def use(value):
    return value


class Key(str):
    __slots__ = ()


VALUES = {
    "a URL": URL,
    "a signed URL": SIGNED,
    "a URL in a sentence": f"read {URL} twice",
    "a DSN": f"host=db user=ada password={SECRET}",
    "a DSN with quotes": f"host='db' password='{SECRET}'",
    "a connection string": f"Server=db;Uid=ada;Pwd={SECRET};",
    "a header": f"Authorization: Bearer {SECRET}aaaa",
    "JSON": f'{{"api_key": "{SECRET}"}}',
    "Python": f"login(password='{SECRET}')",
    "text of a subclass": Key(URL),
    "a list": [1, [URL]],
    "a tuple": (URL,),
    "a set": {URL},
    "a dictionary": {"password": SECRET},
    "a dictionary of dictionaries": {"db": {"login": [{"DB_PASSWORD": SECRET}]}},
    "a mapping": UserDict(token=SECRET),
    "an ordered dictionary": OrderedDict(secret=SECRET),
    "a read-only dictionary": types.MappingProxyType({"secret": SECRET}),
    "a named tuple": Login("ada", SECRET),
    "a dataclass": Settings("x", SECRET),
    "an object": Client(Settings("x", SECRET)),
    "an object with slots": Slotted(SECRET),
    "a list of objects": [Slotted(SECRET)],
    "an object with a URL": Client(URL),
    "a namespace": types.SimpleNamespace(token=SECRET),
    "a partial function": functools.partial(use, password=SECRET),
    "several keys": {"tokens": [SECRET, SECRET + "2"]},
    "bytes of a key": {"key": SECRET.encode()},
    "beside an array": {"x": np.arange(1000), "password": SECRET},
}


def bytes_of(folder):
    """Return the content of all files below a folder."""
    return b"\n".join(path.read_bytes() for path in Path(folder).rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """Begin without known secrets."""
    monkeypatch.setattr(redaction, "_known", redaction._KnownSecrets())


@pytest.fixture
def nothing_leaks(caplog):
    """Check at the end that the secret is in no file, warning or log."""
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    p.get_default_repo().flush()
    content = bytes_of(".")
    assert b"SQLite format" in content
    assert SECRET.encode() not in content
    assert SECRET not in caplog.text
    assert SECRET not in "".join(str(warning.message) for warning in caught)


def test_the_check_could_fail():
    @p.provenance()
    def compute(x):
        return x

    compute(SECRET)
    p.get_default_repo().flush()
    assert SECRET.encode() in bytes_of(".")


# --- arguments


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("options", [{}, {"x": {1, 2}}], ids=["json", "pickle"])
def test_a_secret_within_an_argument(nothing_leaks, name, options):
    @p.provenance()
    def compute(value, **options):
        return 1

    assert compute(VALUES[name], **options) == 1
    assert compute(VALUES[name], **options) == 1


@pytest.mark.parametrize("name", VALUES)
def test_an_argument_with_a_secret_has_no_digest(name):
    repo = MemoryRepo()

    @p.provenance(repo=repo)
    def compute(value, other):
        return 1

    compute(VALUES[name], 5)
    value, other = repo.calls()[0].arguments
    assert SECRET not in str(value)
    # What is not shown has no secret that could be guessed from its digest.
    is_shown = name not in OPAQUE
    assert (value.digest is None) == is_shown
    assert other.digest is not None


OPAQUE = {
    "a dataclass", "an object", "an object with slots", "a list of objects", "an object with a URL",
    "a namespace", "a partial function",
}  # fmt: skip


@pytest.mark.parametrize(
    "name", ["password", "api_key", "AWS_SECRET_ACCESS_KEY", "token", "db_passwd", "auth", "pwd"]
)
@pytest.mark.parametrize(
    "value",
    [SECRET, SECRET.encode(), [SECRET], Client(SECRET)],
    ids=lambda value: type(value).__name__,
)
def test_an_argument_whose_name_is_that_of_a_secret(nothing_leaks, name, value):
    @p.provenance()
    def compute(x, **options):
        return 1

    artifact = compute({1, 2}, **{name: value}).artifact
    assert p.get_default_repo().get_inputs(artifact)["kargs"][name] == "..."
    (call,) = p.calls()
    (argument,) = [one for one in call.arguments if one.name == name]
    assert (argument.value, argument.digest) == ("...", None)


def test_secrets_count_for_the_identity_of_the_result():
    @p.provenance(repo=MemoryRepo())
    def compute(password):
        return len(password)

    assert compute(SECRET).artifact == compute(SECRET).artifact
    assert compute(SECRET).artifact != compute(SECRET + "2").artifact


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_tokens", 512), ("use_auth", True), ("token", None), ("key", 3.5), ("password", "")],
)
def test_numbers_and_flags_are_not_secrets(name, value):
    repo = MemoryRepo()

    @p.provenance(repo=repo)
    def compute(**options):
        return 1

    compute(**{name: value})
    (argument,) = repo.calls()[0].arguments
    assert argument.value == value
    assert argument.digest is not None


def test_a_number_that_is_a_password_is_a_secret():
    assert preview({"password": 1234, "n": 1234}) == {"password": "...", "n": 1234}


def test_custom_fields_and_facts_of_the_process(nothing_leaks):
    p.set_run_info_fn(lambda info: {**info, "job": {"url": URL, "token": SECRET}})

    @p.provenance(custom_fields={"source": URL, "password": SECRET})
    def compute():
        return 1

    artifact = compute().artifact
    stored = p.load_artifact(artifact.id)
    assert stored.custom_fields == {"source": "https://example.org/data.csv", "password": "..."}


# --- exceptions


def raising(make_message):
    @p.provenance()
    def connect(password, url=URL):
        raise ConnectionError(make_message(password))

    with pytest.raises(ConnectionError) as caught:
        connect(SECRET)
    return str(caught.value)


@pytest.mark.parametrize(
    "make_message",
    [
        lambda password: f"cannot connect to https://ada:{password}@example.org",
        lambda password: f"cannot connect with password={password}",
        lambda password: f"cannot connect with 'password': '{password}'",
        lambda password: f"the server refused {password}!",
        lambda password: f"the server refused {password.replace('-', '%2D')} and {password}",
        lambda password: "x" * 5000 + password,
    ],
)
def test_the_message_of_an_exception(nothing_leaks, make_message):
    raised = raising(make_message)
    assert SECRET in raised, "the exception itself is that of the program"
    (call,) = p.calls()
    assert call.status == "FAILED"


def test_an_exception_without_a_message():
    class BrokenError(Exception):
        def __str__(self):
            raise RuntimeError

    @p.provenance()
    def fail():
        raise BrokenError

    with pytest.raises(BrokenError):
        fail()
    assert [call.exception_message for call in p.calls()] == [""]


# --- the environment and the program


def test_a_variable_of_the_environment_is_masked_wherever_it_appears(nothing_leaks, monkeypatch):
    monkeypatch.setenv("WINE_API_KEY", SECRET)

    @p.provenance()
    def fetch(where, environment):
        raise ValueError(f"401 for {where}")

    with pytest.raises(ValueError, match="401"):
        fetch(SECRET, os.environ)
    (call,) = p.calls()
    assert call.exception_message == "401 for ..."
    assert call.arguments[0].digest is None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--token", SECRET, "x"], ["--token", "...", "x"]),
        ([f"--token={SECRET}"], ["--token=..."]),
        ([f"API_KEY={SECRET}"], ["API_KEY=..."]),
        ([URL], ["https://example.org/data.csv"]),
        ([f"--dsn=host=db password={SECRET}"], ["--dsn=host=db password=..."]),
        (["-c", f"login(password='{SECRET}')"], ["-c", "login(password=..."]),
        (["--epochs", "3"], ["--epochs", "3"]),
    ],
)
def test_the_command_line(arguments, expected):
    assert environment.without_secret_arguments(arguments) == expected


def test_a_program_is_recorded_without_its_secrets(tmp_path):
    program = """
import mlflow2prov.capture as p

@p.provenance()
def load(url):
    return 1

load("{url}")
"""
    Path("program.py").write_text(program.format(url=URL))
    command = [sys.executable, "program.py", "--password", SECRET, f"--url={URL}"]
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DB_PASSWORD": SECRET, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert SECRET not in result.stdout + result.stderr
    Path("program.py").unlink()
    content = bytes_of(tmp_path)
    assert b"--password" in content
    assert SECRET.encode() not in content


def test_remotes_with_tokens(tmp_path):
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (
        ["init", "--quiet"],
        ["remote", "add", "origin", f"https://oauth2:{SECRET}@example.org/wine.git"],
    ):
        subprocess.run([*git, *arguments], check=True)
    Path("module.py").write_text("def compute(x):\n    return x\n")
    namespace = {}
    exec(compile(Path("module.py").read_text(), str(tmp_path / "module.py"), "exec"), namespace)
    p.provenance()(namespace["compute"])(1)
    (call,) = p.calls()
    assert call.repository_url == "https://example.org/wine.git"
    assert SECRET.encode() not in bytes_of(".mlflow2prov")


# --- values


@pytest.mark.parametrize("name", VALUES)
def test_a_value_without_its_secrets(name):
    value = VALUES[name]
    assert has_secrets(value)
    redacted = without_secrets(value)
    assert not has_secrets(redacted)
    assert SECRET.encode() not in pickle.dumps(redacted)
    assert SECRET not in str(preview(value))


@pytest.mark.parametrize(
    "value",
    [
        "https://example.org/?page=2",
        "ratio=0.5; note: none",
        "missing key: 'species'",
        "it takes 12:30 minutes",
        ["a", {"b": (1, {2})}],
        {"max_tokens": 5},
        Client(Settings("x", "")),
        np.arange(3),
        print,
        types,
        Settings,
        UserDict(a=1),
        "ada@example.org",
    ],
    ids=lambda value: str(value).partition(" at 0x")[0],
)
def test_a_value_without_secrets_is_itself(value):
    assert without_secrets(value) is value


def test_cycles():
    value = {"password": SECRET, "inner": [1]}
    value["inner"].append(value)
    assert SECRET.encode() not in pickle.dumps(without_secrets(value))
    harmless = [1]
    harmless.append(harmless)
    assert without_secrets(harmless) is harmless


def test_deep_values():
    value = {"password": SECRET}
    for _ in range(5000):
        value = [value]
    redacted = without_secrets(value)
    while isinstance(redacted, list):
        redacted = redacted[0]
    assert redacted == "builtins.list"


def test_objects_whose_attributes_raise():
    class Broken:
        __slots__ = ("x",)

        def __getattribute__(self, name):
            raise RuntimeError

    assert not has_secrets([Broken()])


def test_a_proxy_is_a_reference_and_stays_one():
    @p.provenance(repo=MemoryRepo())
    def load():
        return {"password": "x"}

    proxy = load()
    assert without_secrets([proxy])[0] is proxy


def test_long_texts_are_searched_in_their_beginning_only():
    text = "x" * (MAX_TEXT - 10) + f" password={SECRET}"
    assert SECRET not in preview(text)
    assert len(preview("x=y " * 5_000_000)) == MAX_TEXT + 3


@pytest.mark.parametrize("text", ["a=" * 50_000, "'" * 50_000, "a " * 50_000, "=:" * 50_000])
def test_searching_takes_linear_time(text):
    assert redact_text(text)
