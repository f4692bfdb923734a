"""Lineage: the elements that led to a start or resulted from it, and no others."""

import pytest

from mlflow2prov import lineage, load
from mlflow2prov.errors import ConfigurationError, MLflow2ProvError
from tests.analysis.graphs import project, relation, thing
from tests.golden import HERE as GOLDEN
from tests.prov.statements import document


def elements(document_, selectors, direction="upstream", **options):
    """Return the identifiers of the elements of a lineage."""
    part = lineage(document_, selectors, direction, **options)
    return {s.id for s in part.statements() if s.kind in ("entity", "activity", "agent")}


@pytest.fixture(scope="module")
def fraud():
    return project()


CAUSES_OF_VERSION_1 = {
    "Version.1", "Creation.Version.1", "User.bob", "Model.fraud", "LoggedModel.r1", "Creation.Run.r1",
    "Run.r1", "Metric.r1", "Param.r1", "Dataset.a", "User.ada", "Commit.c2", "Revision.c1", "Commit.c1", "File.train",
}  # fmt: skip


def test_the_causes_of_a_version_are_its_run_data_code_and_people_but_no_other_version(fraud):
    assert elements(fraud, "models:/fraud/1") == CAUSES_OF_VERSION_1


def test_the_causes_of_an_alias_are_those_of_its_version(fraud):
    assert {"Alias.live", "Version.2", "Commit.c3"} <= elements(fraud, "fraud@live")
    assert not {"Version.1", "Version.3"} & elements(fraud, "fraud@live")


def test_the_commit_that_stored_a_run_is_shown_and_not_followed(fraud):
    storage = relation("used", "Commit.c3", "Run.r1", None, role="StoredRun")
    stored = document(*fraud.statements(), storage)
    causes = elements(stored, "models:/fraud/1")
    assert causes - CAUSES_OF_VERSION_1 == {"Commit.c3"}
    assert "Commit.c3" in elements(stored, "Run:r10123", "downstream")
    assert "Run.r1" not in elements(stored, "Commit:c3c3")
    assert "Commit.c3" not in elements(stored, "models:/fraud/1", without="Commit")


def test_history_is_followed_on_request(fraud):
    assert not {"Commit.c2", "Revision.c1"} & elements(fraud, "models:/fraud/2")
    revisions = elements(fraud, "models:/fraud/2", history="revisions")
    assert {"Revision.c1", "Commit.c1"} <= revisions and "Commit.c2" not in revisions
    assert {"Commit.c2", "Commit.c1"} <= elements(fraud, "models:/fraud/2", history="all")


def test_the_whole_history_of_a_selected_commit_is_followed(fraud):
    assert {"Commit.c3", "Commit.c2", "Commit.c1", "Revision.c1"} <= elements(fraud, "Commit:c3c3")
    assert "Commit.c2" not in elements(fraud, "Commit:c3c3", history="none")


def test_the_revisions_of_a_selected_file_are_followed(fraud):
    causes = elements(fraud, "File:train.py")
    assert {"Revision.c3", "Revision.c1", "Commit.c3", "Commit.c1"} <= causes
    assert "Commit.c2" not in causes


def test_the_lineage_of_a_run_includes_its_members_but_not_its_experiment(fraud):
    causes = elements(fraud, "Run:r10123")
    assert {"RunTag.r1", "Metric.r1", "LoggedModel.r1"} <= causes
    assert not {"Experiment.0", "Run.r2"} & causes
    assert {"Run.r1", "Run.r2"} <= elements(fraud, "Experiment:fraud")


def test_the_effects_of_a_data_set_are_the_versions_made_from_it(fraud):
    effects = elements(fraud, "Dataset:loans@aaaa", "downstream")
    assert {"Creation.Run.r1", "Run.r1", "Metric.r1", "LoggedModel.r1", "Version.1"} <= effects
    assert not {"Run.r2", "Version.2", "Dataset.b"} & effects


def test_the_effects_of_a_file_are_those_of_all_its_revisions(fraud):
    assert {"Run.r1", "Run.r2", "Version.3"} <= elements(fraud, "File:train.py", "downstream")
    effects = elements(fraud, "FileRevision:train.py@c3c3", "downstream")
    assert "Run.r2" in effects and "Run.r1" not in effects


def test_the_effects_of_a_commit_include_the_runs_of_later_commits_unless_history_is_none(fraud):
    assert {"Run.r1", "Run.r2"} <= elements(fraud, "Commit:c2c2", "downstream")
    effects = elements(fraud, "Commit:c2c2", "downstream", history="none")
    assert "Run.r1" in effects and "Run.r2" not in effects


def test_both_directions_are_the_union_of_causes_and_effects(fraud):
    model = "models:/m-r2"
    both = elements(fraud, model, "both")
    assert both == elements(fraud, model) | elements(fraud, model, "downstream")
    assert {"Version.2", "Version.3", "Commit.c3"} <= both and "Run.r1" not in both


def test_depth_counts_relations(fraud):
    assert elements(fraud, "models:/fraud/1", depth=0) == {"Version.1"}
    neighbors = {"Version.1", "Creation.Version.1", "LoggedModel.r1", "Model.fraud"}
    assert elements(fraud, "models:/fraud/1", depth=1) == neighbors


def test_only_chosen_relations_are_followed_and_included(fraud):
    part = lineage(fraud, "models:/fraud/1", relations=["wasDerivedFrom"])
    kinds = {s.kind for s in part.statements()}
    assert kinds == {"entity", "activity", "wasDerivedFrom"}
    assert "Commit.c1" not in elements(fraud, "models:/fraud/1", relations=["wasDerivedFrom"])
    assert elements(fraud, "models:/fraud/1", relations=[]) == {"Version.1"}


def test_elements_of_excluded_types_are_left_out_and_not_passed(fraud):
    part = elements(fraud, "Run:r10123", without=["*Tag", "Param", "LoggedModel"])
    assert {"RunTag.r1", "Param.r1", "LoggedModel.r1"} & part == set()
    assert {"Metric.r1", "Commit.c2"} <= part
    assert "Commit.c2" not in elements(fraud, "models:/fraud/1", without=["Creation"])
    assert elements(fraud, "Run:r10123", without="Param") == elements(
        fraud, "Run:r10123", without=["Param"]
    )


def test_the_lineage_of_several_elements_is_the_union_of_their_lineages(fraud):
    both = elements(fraud, ["models:/fraud/1", "fraud@live"])
    assert both == elements(fraud, "models:/fraud/1") | elements(fraud, "fraud@live")


def test_the_part_has_every_statement_about_its_elements_once_and_no_other(fraud):
    part = lineage(fraud, "models:/fraud/1")
    expected = [
        s for s in fraud.statements()
        if ({s.id} if s.id else {a for a in s.arguments if a and not a.startswith("2024-")}) <= CAUSES_OF_VERSION_1
    ]  # fmt: skip
    assert sorted(map(str, part.statements())) == sorted(map(str, expected))


def test_invalidation_is_followed_if_it_is_among_the_relations():
    deleted = document(
        thing("entity", "e"), thing("activity", "a"), relation("wasInvalidatedBy", "e", "a", None)
    )
    assert elements(deleted, "e") == {"e"}
    assert elements(deleted, "e", relations=["wasInvalidatedBy"]) == {"e", "a"}


def test_every_relation_is_followed_from_its_effect_to_each_of_its_causes():
    relations = document(
        relation("wasStartedBy", "a", "trigger", "starter", None),
        relation("wasEndedBy", "a", "end", "ender", None),
        relation("wasAssociatedWith", "a", "agent", "plan"),
        relation("actedOnBehalfOf", "agent", "boss", "unrelated"),
        relation("wasInfluencedBy", "plan", "influencer"),
        relation("alternateOf", "other", "plan"),
        relation("hadMember", "trigger", "member"),
        relation("specializationOf", "a", "general"),
        relation("used", "general", "beyond", None),
        *(
            thing("entity", name)
            for name in [
                "trigger",
                "end",
                "plan",
                "influencer",
                "other",
                "member",
                "general",
                "beyond",
            ]
        ),
        *(thing("activity", name) for name in ("a", "starter", "ender", "unrelated")),
        *(thing("agent", name) for name in ("agent", "boss")),
    )
    everything = {s.id for s in relations.statements() if s.id}
    assert elements(relations, "a") == everything - {"unrelated", "beyond"}
    assert elements(relations, "influencer", "downstream") == {
        "influencer",
        "plan",
        "other",
        "a",
        "general",
    }
    assert sum(s.kind == "actedOnBehalfOf" for s in lineage(relations, "a").statements()) == 1


def test_relations_are_followed_across_bundles_and_statements_stay_in_theirs():
    bundles = document(
        thing("entity", "e", bundle="b1"), relation("wasDerivedFrom", "e", "f", None, None, None, bundle="b1"),
        thing("entity", "f", bundle="b2"), relation("wasGeneratedBy", "f", "a", None, bundle="b2"),
        thing("activity", "a", bundle="b2"), thing("entity", "x", bundle="b2"),
    )  # fmt: skip
    part = lineage(bundles, "e")
    assert part.bundles() == ["b1", "b2"]
    assert {s.id for s in part.statements() if s.id} == {"e", "f", "a"}
    assert sum(s.kind == "wasDerivedFrom" for s in part.statements()) == 1


def test_a_walk_ends_in_a_cycle():
    cycle = document(
        *(thing("entity", name) for name in "abc"),
        *(relation("wasDerivedFrom", x, y, None, None, None) for x, y in ("ab", "bc", "ca")),
    )
    assert elements(cycle, "a") == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"direction": "up"}, "unknown direction 'up'; choose from upstream, downstream, both"),
        ({"direction": None}, "direction.*None"),
        ({"relations": ["wasMadeBy"]}, "unknown relation 'wasMadeBy'; choose from"),
        ({"relations": "wasMadeBy"}, "unknown relation 'wasMadeBy'; choose from"),
        ({"relations": [b"used"]}, "relations: "),
        ({"relations": 7}, "relations: "),
        ({"history": "some"}, "unknown history 'some'; choose from auto"),
        ({"depth": -3}, "depth: '-3' is out of range; pass a whole number of at least 0"),
        ({"depth": 1.5}, "depth: .*1.5"),
        ({"depth": True}, "depth: .*True"),
        ({"depth": "2"}, "depth: '2'"),
        ({"without": None}, "without: NoneType"),
        ({"without": ["\ud800"]}, "without: "),
        ({"selectors": None}, "selectors: NoneType"),
        ({"selectors": [None]}, "selectors: "),
    ],
)
def test_an_argument_of_a_wrong_type_or_value_is_refused(fraud, argument, message):
    with pytest.raises(ConfigurationError, match=message):
        lineage(**{"document": fraud, "selectors": "Run:r10123", **argument})


@pytest.mark.parametrize("text", ["x" * 100_000, "[" * 1000, "*" * 1000, "'; DROP TABLE x; --"])
def test_unusual_patterns_and_selectors_do_no_harm(fraud, text):
    assert elements(fraud, "Run:r10123", without=[text]) <= elements(fraud, "Run:r10123")
    with pytest.raises(MLflow2ProvError):
        lineage(fraud, text)


def test_the_document_does_not_change_and_the_part_is_in_canonical_order(fraud):
    before = list(fraud.statements())
    part = lineage(fraud, "fraud@live")
    assert list(fraud.statements()) == before
    assert part.tables.is_unified and part == lineage(fraud, "fraud@live")


def test_the_champion_of_the_example_has_its_commits_one_run_its_people_and_its_data():
    part = lineage(load(GOLDEN / "result.json"), "wine@champion")
    types = [s.id.partition(".")[0] for s in part.statements() if s.id]
    # Ada made the call of split, whose file an earlier commit has.
    assert [types.count(name) for name in ("Commit", "Run", "User", "Dataset")] == [2, 1, 4, 2]
    paths = {a.value for s in part.statements() for a in s.attributes if a.key == "path"}
    assert {"data.py", "train.py", "wine.csv"} <= paths
