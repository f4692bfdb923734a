"""Selectors: one way to name a thing, and one line where it names none or several."""

import pytest

from mlflow2prov.errors import SelectionError
from mlflow2prov.graph.selectors import MAX_CANDIDATES, select
from tests.analysis.graphs import project, relation, thing
from tests.prov.statements import document


@pytest.fixture(scope="module")
def fraud():
    return project()


@pytest.mark.parametrize(
    ("selector", "means"),
    [
        ("Commit.c1", "Commit.c1"),
        ("Commit:c1c1", "Commit.c1"),
        ("Commit:change c2", "Commit.c2"),
        ("commit:" + "c3" * 20, "Commit.c3"),
        ("Run:r10123", "Run.r1"),
        ("Run:r101", "Run.r1"),
        ("runs:/r20123", "Run.r2"),
        ("RegisteredModelVersion:fraud/2", "Version.2"),
        ("RegisteredModelVersion:fraud@live", "Alias.live"),
        ("models:/fraud/3", "Version.3"),
        ("models:/fraud/Production", "Version.1"),
        ("models:/fraud/latest", "Version.3"),
        ("models:/fraud@live", "Alias.live"),
        ("models:/m-r1", "LoggedModel.r1"),
        ("fraud@live", "Alias.live"),
        ("User:ADA@example.org ", "User.ada"),
        ("User:bob", "User.bob"),
        ("Dataset:loans@bb", "Dataset.b"),
        ("FileRevision:train.py@c3c3", "Revision.c3"),
        ("File:train.py", "File.train"),
        ("digest=aaaa", "Dataset.a"),
        ("email=ada@example.org", "User.ada"),
        ("prov:type=Experiment", "Experiment.0"),
    ],
)
def test_a_selector_means_one_thing(fraud, selector, means):
    assert select(fraud, selector) == (means,)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("Run:fit", ["Run.r1 (Run 'runs:/r10123')", "Run.r2"]),
        ("Dataset:loans", ["Dataset.a", "digest aaaa", "Dataset.b", "digest bbbb"]),
        ("name=loans", ["Dataset.a", "Dataset.b"]),
        ("models:/fraud/prodution", ["models:/fraud/1"]),
        ("fraud@life", ["models:/fraud@live"]),
        ("Rum:fit", ["did you mean Run:?"]),
        ("Run:fitt", ["'fit'"]),
        ("nothing", ["Type:name"]),
    ],
)
def test_what_it_may_mean_is_said_in_a_line(fraud, selector, names):
    with pytest.raises(SelectionError) as error:
        select(fraud, selector)
    message = str(error.value)
    assert "\n" not in message and repr(selector) in message
    assert [name for name in names if name not in message] == []


def test_of_many_candidates_a_few_are_listed():
    many = document(*(thing("entity", f"e{n}", name="x") for n in range(50)))
    with pytest.raises(
        SelectionError, match=f"50 elements match: .*and {50 - MAX_CANDIDATES} more"
    ):
        select(many, "name=x")


def test_a_path_is_every_file_that_ever_had_it():
    files = (thing("entity", name, "File", path="a b=c.py") for name in ("one", "two"))
    assert select(document(*files), "File:a b=c.py") == ("one", "two")


def test_what_is_only_spoken_of_can_be_named():
    spoken = document(relation("wasInformedBy", "here", "elsewhere"))
    assert select(spoken, "elsewhere") == ("elsewhere",)


def test_types_in_another_namespace_are_the_same_types():
    foreign = document(thing("entity", "ex:e", "ex:Run", **{"ex:run_id": "abcd"}))
    assert select(foreign, "Run:abcd") == ("ex:e",)
    assert select(foreign, "run_id=abcd") == ("ex:e",)
    assert select(foreign, "ex:run_id=abcd") == ("ex:e",)


@pytest.mark.parametrize(
    "hostile",
    ["x' OR '1'='1", "Run:x' OR 1=1 --", "key=';DROP TABLE x", "a\n\x1b[31m", "%", "Run:\\"],
)
def test_hostile_selectors_find_nothing(fraud, hostile):
    with pytest.raises(SelectionError):
        select(fraud, hostile)
