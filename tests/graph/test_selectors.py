"""Selectors: each form names one element, and a selector without a unique match gets an error with candidates."""

import pytest

from mlflow2prov.errors import ConfigurationError, SelectionError
from mlflow2prov.graph import selectors
from mlflow2prov.graph.selectors import MAX_CANDIDATES, MIN_PREFIX_LENGTH, select
from tests.analysis.graphs import project, relation, thing
from tests.prov.statements import document


@pytest.fixture(scope="module")
def fraud():
    return project()


@pytest.mark.parametrize(
    ("selector", "identifier"),
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
def test_every_form_of_a_selector_names_one_element(fraud, selector, identifier):
    assert select(fraud, selector) == (identifier,)


CALLS = (
    thing("entity", "File.data", "File", path="data.csv", name="data.csv"),
    thing("entity", "Content.a", "Content", digest="sha256:" + "ab" * 32, path="data.csv"),
    thing("entity", "Content.b", "Content", digest="sha256:" + "ac" * 32, path="data.csv"),
    thing("entity", "Content.c", "Content", digest="sha256:" + "ad" * 32, path="other.csv"),
    thing("activity", "Call.a", "Call", uid="11112222-3333", name="fit", module="wine.train"),
    thing("activity", "Call.b", "Call", uid="11115555-6666", name="fit", module="beer"),
    thing("activity", "Call.c", "Call", uid="77778888-9999", name="Net.fit", module="beer"),
    thing("entity", "Function.a", "Function", name="fit", module="wine.train"),
    thing("entity", "Run.a", "Run", name="fit"),
)


@pytest.mark.parametrize(
    ("selector", "identifiers"),
    [
        ("sha256:" + "ab" * 32, ["Content.a"]),
        ("sha256:abab", ["Content.a"]),
        ("SHA256:ABAB", ["Content.a"]),
        ("Content:abab", ["Content.a"]),
        ("Content:sha256:" + "ac" * 32, ["Content.b"]),
        ("Content:data.csv", ["Content.a", "Content.b"]),
        ("File:data.csv", ["Content.a", "Content.b", "File.data"]),
        ("File:other.csv", ["Content.c"]),
        ("Call:11112222-3333", ["Call.a"]),
        ("Call:1111222", ["Call.a"]),
        ("Call:fit", ["Call.a", "Call.b"]),
        ("call:wine.train.fit", ["Call.a"]),
        ("Call:beer.Net.fit", ["Call.c"]),
        ("Call:Net.fit", ["Call.c"]),
        ("Function:fit", ["Function.a"]),
        ("Run:fit", ["Run.a"]),
    ],
)
def test_contents_and_calls_are_named_by_digest_path_id_and_function(selector, identifiers):
    assert list(select(document(*CALLS), selector)) == identifiers


@pytest.mark.parametrize(
    "selector", ["sha256:abc", "sha256:ffff", "Call:1111", "Content:a", "File:x"]
)
def test_a_digest_or_an_id_is_unique_and_long_enough(selector):
    with pytest.raises(SelectionError):
        select(document(*CALLS), selector)


@pytest.mark.parametrize(
    ("selector", "fragments"),
    [
        ("Run:fit", ["2 elements match", "Run.r1 (Run 'runs:/r10123', auc 0.1)", "Run.r2"]),
        ("Dataset:loans", ["Dataset.a", "digest aaaa", "Dataset.b", "digest bbbb"]),
        ("name=loans", ["Dataset.a", "Dataset.b"]),
        ("models:/fraud/prodution", ["did you mean", "'models:/fraud/1'"]),
        ("fraud@life", ["did you mean", "'models:/fraud@live'"]),
        ("Rum:fit", ["did you mean Run:?"]),
        ("Run:fitt", ["did you mean 'fit'"]),
        ("nothing", ["nothing in the document matches", "Type:name"]),
    ],
)
def test_an_error_lists_candidates_or_similar_names_in_one_line(fraud, selector, fragments):
    with pytest.raises(SelectionError) as error:
        select(fraud, selector)
    message = str(error.value)
    assert "\n" not in message and repr(selector) in message
    assert [fragment for fragment in fragments if fragment not in message] == []


def test_an_error_lists_a_few_of_many_candidates():
    many = document(*(thing("entity", f"e{n}", name="x") for n in range(50)))
    with pytest.raises(
        SelectionError,
        match=f"50 elements match: e0 .*; and {50 - MAX_CANDIDATES} more; select one",
    ):
        select(many, "name=x")


def test_an_error_lists_every_candidate_up_to_the_limit(monkeypatch):
    monkeypatch.setattr(selectors, "MAX_CANDIDATES", 2)
    two, three = (
        document(*(thing("entity", f"e{n}", name="x") for n in range(count))) for count in (2, 3)
    )
    with pytest.raises(SelectionError, match=r"e0 \([^;]*\); e1 \([^;]*\); select one"):
        select(two, "name=x")
    with pytest.raises(SelectionError, match=r"e0 .*; e1 .*; and 1 more; select one"):
        select(three, "name=x")


def test_the_beginning_of_a_hash_needs_a_minimum_length(fraud):
    assert select(fraud, f"Commit:{'c2c2'[:MIN_PREFIX_LENGTH]}") == ("Commit.c2",)
    with pytest.raises(SelectionError):
        select(fraud, f"Commit:{'c2c2'[: MIN_PREFIX_LENGTH - 1]}")


def test_similar_names_are_searched_among_a_limited_number(fraud, monkeypatch):
    with pytest.raises(SelectionError, match="did you mean 'runs:/r20123'"):
        select(fraud, "Run:runs:/r20124")
    monkeypatch.setattr(selectors, "_MAX_COMPARED_NAMES", 1)
    with pytest.raises(SelectionError, match="write an identifier"):
        select(fraud, "Run:runs:/r20124")


def test_a_path_names_every_file_that_ever_had_it():
    files = (thing("entity", name, "File", path="a b=c.py") for name in ("one", "two"))
    assert select(document(*files), "File:a b=c.py") == ("one", "two")


def test_an_identifier_that_only_relations_mention_can_be_selected():
    mention = document(relation("wasInformedBy", "here", "elsewhere"))
    assert select(mention, "elsewhere") == ("elsewhere",)


def test_the_time_of_a_relation_cannot_be_selected():
    time = "2024-01-01T00:00:00+00:00"
    with pytest.raises(SelectionError):
        select(document(relation("used", "a", "e", time)), time)


def test_types_and_keys_are_compared_without_their_namespace():
    foreign = document(thing("entity", "ex:e", "ex:Run", **{"ex:run_id": "abcd"}))
    assert select(foreign, "Run:abcd") == ("ex:e",)
    assert select(foreign, "run_id=abcd") == ("ex:e",)
    assert select(foreign, "ex:run_id=abcd") == ("ex:e",)


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        " ",
        "x' OR '1'='1",
        "Run:x' OR 1=1 --",
        "key=';DROP TABLE x",
        "a\n\x1b[31m",
        "%",
        "Run:\\",
        "x" * 100_000,
        "Run:" + "x" * 90_000,
        "\N{CLOWN FACE}=" + "\u202e",
    ],
)
def test_hostile_selectors_match_nothing_and_are_quoted_briefly(fraud, hostile):
    with pytest.raises(SelectionError) as error:
        select(fraud, hostile)
    assert len(str(error.value)) < 1000
    assert "\n" not in str(error.value) and "\x1b" not in str(error.value)


@pytest.mark.parametrize(
    "selector", [None, 1, b"Run:fit", ["Run:fit"], "a\0b", "\ud800", "x" * 100_001]
)
def test_a_selector_must_be_text_of_limited_length(fraud, selector):
    with pytest.raises(ConfigurationError, match=r"^selector: .*; (pass|remove)"):
        select(fraud, selector)
