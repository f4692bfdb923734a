"""The example, extracted, is what it was: every statement, in the formats that people read.

After a change that is meant: ``make golden``, and look at the difference.
"""

import io
import re
import shutil
import subprocess

import pytest

from mlflow2prov import extract, formats, statistics
from mlflow2prov.render.table import FORMATS as TABLE_FORMATS
from tests.golden import HERE, PLACE, rebuild

COMPARED = ("provn", "json", "turtle", "dot")


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wine").resolve()
    return folder, *rebuild(folder)


@pytest.fixture(scope="module")
def document(example):
    _, repository, store = example
    return extract(repository, store)


@pytest.fixture(scope="module")
def again(example):
    _, repository, store = example
    return extract(repository, store)


def written(document, name, folder):
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    return stream.getvalue().replace(str(folder).encode(), PLACE.encode())


def compare(name, content, request):
    golden = HERE / name
    if request.config.getoption("--update-golden"):
        golden.write_bytes(content)
    assert content == golden.read_bytes(), f"{name} differs; if that is meant: make golden"


@pytest.mark.parametrize("name", COMPARED)
def test_the_graph_is_what_it_was(name, document, example, request):
    content = written(document, name, example[0])
    compare(f"result{formats.get(name).extension}", content, request)


def test_the_statistics_are_what_they_were(document, request):
    table = TABLE_FORMATS["table"](statistics(document, "fine"))
    compare("statistics.txt", table.encode(), request)


@pytest.mark.parametrize("name", [n for n in formats.MODULES if n not in ("svg", "png", "pdf")])
def test_two_extractions_give_the_same_bytes(name, document, again, example):
    assert written(again, name, example[0]) == written(document, name, example[0])


@pytest.mark.parametrize("name", formats.READABLE)
def test_every_format_gives_the_graph_back(name, document):
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    assert formats.read(stream.getvalue()) == document


def test_C3_runs_used_their_script_as_of_their_commit(document):
    used = {
        (s.arguments[0], s.arguments[1])
        for s in document.statements()
        if s.kind == "used" and any(a.value == "Source" for a in s.attributes)
    }
    revisions = {
        s.id: {a.key: a.value for a in s.attributes}
        for s in document.statements()
        if s.kind == "entity"
    }
    assert len(used) == 7
    paths = sorted(revisions[revision]["path"] for _, revision in used)
    assert paths == ["search.py"] * 4 + ["train.py"] * 3
    # What was called tune.py when it was written is the revision under its new name.
    assert {revisions[r]["status"] for _, r in used if revisions[r]["path"] == "search.py"} == {"R"}


def test_nobody_is_left_under_pseudonyms(document, tmp_path):
    from mlflow2prov import transform

    hidden = transform(document, use_pseudonyms=True)
    people = [
        "Ada", "Lovelace", "Grace", "Hopper", "ada@example.org", "grace@example.org",
        "grace@home.example.org", "dependabot", "support@github.com", "49699333",
    ]  # fmt: skip
    for name in formats.MODULES:
        if name in ("png", "pdf") or (name == "svg" and not shutil.which("dot")):
            continue
        stream = io.BytesIO()
        formats.get(name).write(hidden, stream)
        content = stream.getvalue().lower()
        for person in people:
            # A hash may hold "ada" by chance, and nobody is found by that.
            apart = rb"(?<![0-9a-z])ada(?![0-9a-z])"
            sought = apart if person == "Ada" else re.escape(person.lower().encode())
            assert not re.search(sought, content), (name, person)


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz's dot is not installed")
@pytest.mark.parametrize(
    ("name", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_pictures_are_drawn(name, begins, document):
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    assert stream.getvalue().startswith(begins)


def test_the_repository_is_rebuilt_the_same(example):
    log = ["git", "-C", str(example[1]), "log", "--format=%H", "main"]
    heads = subprocess.run(log, check=True, capture_output=True, text=True).stdout.split()
    assert len(heads) == 8
