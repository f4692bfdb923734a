"""The document of the demo project stays as it is, statement by statement, in the formats that people read.

After an intended change, run ``make golden`` and review the difference.
"""

import io
import re
import shutil
import subprocess

import pytest

from mlflow2prov import extract, formats, statistics, transform
from mlflow2prov.render import FORMATS as RESULT_FORMATS
from tests.golden import HERE, PROJECT_FOLDER, rebuild

GOLDEN_FORMATS = ("provn", "json", "turtle", "dot", "mermaid")
PICTURE_FORMATS = ("svg", "png", "pdf")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return the folder, the repository and the store of the demo project."""
    folder = tmp_path_factory.mktemp("wine").resolve()
    return folder, *rebuild(folder)


@pytest.fixture(scope="module")
def document(project):
    _, repository, store = project
    return extract(repository, store)


@pytest.fixture(scope="module")
def second_document(project):
    _, repository, store = project
    return extract(repository, store)


def serialize(document, name):
    """Return a document as bytes in a format."""
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    return stream.getvalue()


def compare(name, content, request):
    """Compare ``content`` with a golden file, or write that file if ``--update-golden`` is set."""
    golden = HERE / name
    if request.config.getoption("--update-golden"):
        golden.write_bytes(content)
    assert content == golden.read_bytes(), f"{name} differs; if this is intended, run make golden"


@pytest.mark.parametrize("name", GOLDEN_FORMATS)
def test_the_document_equals_its_golden_file(name, document, project, request):
    content = serialize(document, name).replace(str(project[0]).encode(), PROJECT_FOLDER.encode())
    compare(f"result{formats.get(name).extension}", content, request)


def test_the_statistics_equal_their_golden_file(document, request):
    table = RESULT_FORMATS["statistics"]["table"]([statistics(document, "fine")])
    compare("statistics.txt", table.encode(), request)


@pytest.mark.parametrize("name", [name for name in formats.MODULES if name not in PICTURE_FORMATS])
def test_two_extractions_give_the_same_bytes(name, document, second_document):
    assert serialize(second_document, name) == serialize(document, name)


@pytest.mark.parametrize("name", formats.READABLE)
def test_the_document_survives_a_round_trip_through_every_format(name, document):
    assert formats.read(serialize(document, name)) == document


def test_runs_use_their_script_as_of_their_commit(document):
    usages = {
        (s.arguments[0], s.arguments[1])
        for s in document.statements()
        if s.kind == "used"
        and s.arguments[0].startswith("Creation.Run.")
        and any(a.value == "Source" for a in s.attributes)
    }
    entities = {
        s.id: {a.key: a.value for a in s.attributes}
        for s in document.statements()
        if s.kind == "entity"
    }
    assert len(usages) == 7
    scripts = [entities[revision] for _, revision in usages]
    assert sorted(script["path"] for script in scripts) == ["search.py"] * 4 + ["train.py"] * 3
    # search.py was added as tune.py; the runs used the revision that renamed it.
    assert {script["status"] for script in scripts if script["path"] == "search.py"} == {"R"}


def test_pseudonyms_leave_no_name_of_a_person_in_any_format(document):
    pseudonymized = transform(document, use_pseudonyms=True)
    people = [
        "Ada", "Lovelace", "Grace", "Hopper", "ada@example.org", "grace@example.org",
        "grace@home.example.org", "dependabot", "support@github.com", "49699333",
    ]  # fmt: skip
    for name in formats.MODULES:
        if name in ("png", "pdf") or (name == "svg" and not shutil.which("dot")):
            continue
        content = serialize(pseudonymized, name).lower()
        for person in people:
            pattern = re.escape(person.lower().encode())
            if person == "Ada":  # a hash may contain these letters by chance
                pattern = rb"(?<![0-9a-z])ada(?![0-9a-z])"
            assert not re.search(pattern, content), (name, person)


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz's dot is not installed")
@pytest.mark.parametrize(
    ("name", "signature"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_a_picture_has_the_signature_of_its_format(name, signature, document):
    assert serialize(document, name).startswith(signature)


def test_the_repository_is_rebuilt_with_all_its_commits(project):
    log = ["git", "-C", str(project[1]), "log", "--format=%H", "main"]
    process = subprocess.run(log, check=True, capture_output=True, text=True)
    assert len(process.stdout.split()) == 8
