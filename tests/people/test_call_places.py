"""Pseudonyms in captured calls: neither users, machines nor absolute paths remain, wherever a record has them."""

import io
import shutil

import pytest

from mlflow2prov import formats, transform, validate
from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.facts.schema import Type
from mlflow2prov.mapping import RULES, expand
from mlflow2prov.people.call_places import PathRedactor, host_spellings
from mlflow2prov.prov import Document
from mlflow2prov.prov.unify import unify

T = "2024-01-01T10:00:00+00:00"
USER, HOST, DOMAIN = "zoltan", "keplerbox", "observatory.example"
FOLDER = "/srv/acme-bank/secret sauce"
PLANTED = (USER, HOST, DOMAIN, "acme", "bank", "secret", "sauce", "gauss")
TEXT = (
    f"ran by {USER} on {HOST}.{DOMAIN} and {HOST}: /srv/acme-bank/x, --out=/srv/acme-bank/y:/srv/gauss/z "
    f'"{FOLDER}/a.csv" file:///srv/acme-bank/b C:\\acme\\bank /home/{USER}/secret/c {{"p": "/srv/acme/sauce d"}}'
)
"""A text that names everybody and everything in each way."""

IDENTIFIERS = {"digest", "content", "artifact_id", "environment_digest", "source_digest"}
"""Columns that digests fill."""

TABLES_OF_CALLS = ("calls", "call_arguments", "call_results", "call_argument_artifacts")


def row(table, **values):
    """Return a row of a table with the text in each column that takes one, apart from ``values``."""
    columns = TABLES[table].columns.items()
    texts = {name: TEXT for name, kind in columns if kind is Type.TEXT and name not in IDENTIFIERS}
    return texts | values


CALL = {
    "started_at": T,
    "ended_at": T,
    "cached": False,
    "user": USER,
    "host": f"{HOST}.{DOMAIN}",
    "cwd": FOLDER,
}
ROWS = (
    ("calls", row("calls", call_id="c1", parent_id=None, artifact_id="a1", **CALL)),
    ("calls", row("calls", call_id="c2", parent_id="c1", artifact_id="a2", **CALL)),
    ("calls", row("calls", **CALL)),
    ("call_arguments", row("call_arguments", call_id="c1", content="sha256:1")),
    ("call_arguments", row("call_arguments", call_id="c2", name="x", value=f"{FOLDER}/a b.csv")),
    ("call_results", row("call_results", call_id="c1", artifact_id="a1", digest="sha256:2")),
    ("call_results", row("call_results", call_id="c2", key=None, path=f"{FOLDER}/m.bin", digest="sha256:3")),
    ("call_argument_artifacts", row("call_argument_artifacts", call_id="c2", artifact_id="a1", is_ignored=False)),
    ("runs", {"run_id": "r", "experiment_id": "1", "name": f"night run of {HOST}", "user": USER}),
    ("run_tags", {"run_id": "r", "key": "machine", "value": f"{HOST.upper()}.{DOMAIN}"}),
)  # fmt: skip


@pytest.fixture(scope="module")
def document():
    with Facts() as facts:
        for table, values in ROWS:
            facts.add(table, **values)
    made = Document()
    expand(RULES, facts, made)
    unify(made)
    assert validate(made).is_valid
    return made


@pytest.fixture(scope="module")
def hidden(document):
    return transform(document, use_pseudonyms=True, pseudonym_key=b"k")


def written(document, name):
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    return stream.getvalue().decode("utf-8", "replace").casefold()


def found(text):
    return [name for name in PLANTED if name in text]


def test_everything_is_planted_in_each_text_of_a_call(document):
    assert found(written(document, "json")) == list(PLANTED)
    mapped = {a.key for s in document.statements() for a in s.attributes if USER in str(a.value)}
    assert {
        "argv", "branch", "commit", "cwd", "exception", "host", "key", "module", "name", "path",
        "platform", "python_version", "repository_url", "run_id", "serializer", "status",
        "type_name", "uid", "uncacheable", "value", "version", "blob",
    } - mapped == {"cwd", "host"}  # fmt: skip


@pytest.mark.parametrize("name", formats.MODULES)
def test_nothing_of_it_remains_in_any_format(hidden, name):
    if name in ("svg", "png", "pdf") and not shutil.which("dot"):
        pytest.skip("Graphviz's dot is not installed")
    assert found(written(hidden, name)) == []


def test_identifiers_are_no_digests_of_what_is_hidden(document, hidden):
    def identifiers(document_):
        return {s.id.partition(".")[2] for s in document_.statements() if s.id}

    kept = identifiers(document) & identifiers(hidden)
    assert all(not any(c in name for c in "/ ") for name in kept)
    assert {name for name in kept if len(name) == 24} <= contents(document)


def contents(document):
    return {
        s.id.partition(".")[2]
        for s in document.statements()
        if s.id and s.id.startswith("Content.")
    }


def test_statements_stay_connected(document, hidden):
    assert len(hidden) == len(document)
    assert validate(hidden).is_valid
    for kind in ("used", "wasGeneratedBy", "wasStartedBy", "wasDerivedFrom"):
        counts = [sum(s.kind == kind for s in one.statements()) for one in (document, hidden)]
        assert counts[0] == counts[1] > 0


def test_pseudonyms_have_a_kind_and_equal_places_equal_ones(hidden):
    calls = [s for s in hidden.statements() if s.id and s.id.startswith("Call.")]
    values = [{a.key: str(a.value) for a in s.attributes} for s in calls]
    assert {one["host"][:5] for one in values} == {"host-"}
    assert {one["cwd"][:5] for one in values} == {"path-"}
    assert len({one["host"] for one in values}) == len({one["cwd"] for one in values}) == 1
    (tag,) = (s for s in hidden.statements() if s.id and s.id.startswith("RunTag."))
    assert values[0]["host"] in {str(a.value) for a in tag.attributes}


def test_paths_outside_of_calls_and_relative_ones_stay():
    with Facts() as facts:
        facts.add("calls", **(CALL | {"call_id": "c", "function": "f", "source_path": "src/f.py"}))
        facts.add("runs", run_id="r", artifact_uri="/srv/other/artifacts")
    made = Document()
    expand(RULES, facts, made)
    unify(made)
    values = {
        str(a.value)
        for s in transform(made, use_pseudonyms=True).statements()
        for a in s.attributes
    }
    assert {"src/f.py", "/srv/other/artifacts"} <= values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/a/b", "P"),
        ("x /a/b y", "x P y"),
        ("--in=/a/b,/c d", "--in=P,P d"),
        ("/known place", "P"),
        ("python /known place/train.py --x", "python P --x"),
        ('["/a b/c", 1]', '["P", 1]'),
        ("PATH=/a:/b", "PATH=P"),
        ("host:/a/b", "host:P"),
        ("C:\\a\\b", "P"),
        ("\\\\server\\share", "P"),
        ("file:///a/b", "P"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("git@example.org:a/b.git", "git@example.org:a/b.git"),
        ("a/b and ./c and ../d", "a/b and ./c and ../d"),
        ("1/2", "1/2"),
        ("a / b", "a / b"),
        ("application/json; q=1", "application/json; q=1"),
        ("https://example.org/known place", "https://example.org/known place"),
    ],
)
def test_absolute_paths_are_recognized_in_texts(text, expected):
    assert PathRedactor(lambda _: "P", ["/known place"]).redact(text) == expected


def test_a_machine_is_named_with_and_without_its_domain_unless_its_name_is_a_common_word():
    hosts = ["kepler.example.org", "web.example.org", "localhost", "runner", "17"]
    assert host_spellings(hosts) == {
        "kepler.example.org": "kepler.example.org",
        "kepler": "kepler.example.org",
        "web.example.org": "web.example.org",
    }
