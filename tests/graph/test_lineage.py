"""Lineage: what is behind a thing and what came of it, and no more than that."""

import pytest

from mlflow2prov import lineage, load
from mlflow2prov.errors import ConfigurationError
from tests.analysis.graphs import project, relation, thing
from tests.golden import HERE as GOLDEN
from tests.prov.statements import document


def reached(document_, of, direction="upstream", **options):
    part = lineage(document_, of, direction, **options)
    return {s.id for s in part.statements() if s.kind in ("entity", "activity", "agent")}


@pytest.fixture(scope="module")
def fraud():
    return project()


BEHIND_VERSION_1 = {
    "Version.1", "Creation.Version.1", "User.bob", "Model.fraud", "LoggedModel.r1", "Creation.Run.r1",
    "Run.r1", "Metric.r1", "Param.r1", "Dataset.a", "User.ada", "Commit.c2", "Revision.c1", "Commit.c1", "File.train",
}  # fmt: skip


def test_behind_a_version_are_its_run_its_data_its_code_and_people_and_no_other_version(fraud):
    assert reached(fraud, "models:/fraud/1") == BEHIND_VERSION_1


def test_behind_an_alias_is_the_version_that_it_stands_for(fraud):
    assert {"Alias.live", "Version.2", "Commit.c3"} <= reached(fraud, "fraud@live")
    assert not {"Version.1", "Version.3"} & reached(fraud, "fraud@live")


def test_history_stays_out_unless_it_is_asked_for(fraud):
    assert not {"Commit.c2", "Revision.c1"} & reached(fraud, "models:/fraud/2")
    by_revision = reached(fraud, "models:/fraud/2", history="revisions")
    assert {"Revision.c1", "Commit.c1"} <= by_revision and "Commit.c2" not in by_revision
    assert {"Commit.c2", "Commit.c1"} <= reached(fraud, "models:/fraud/2", history="all")


def test_of_a_commit_history_is_what_is_asked_for(fraud):
    assert {"Commit.c3", "Commit.c2", "Commit.c1", "Revision.c1"} <= reached(fraud, "Commit:c3c3")
    assert "Commit.c2" not in reached(fraud, "Commit:c3c3", history="none")


def test_of_a_file_its_own_revisions_are_what_is_asked_for(fraud):
    behind = reached(fraud, "File:train.py")
    assert {"Revision.c3", "Revision.c1", "Commit.c3", "Commit.c1"} <= behind
    assert "Commit.c2" not in behind


def test_a_run_takes_its_members_and_leaves_its_experiment(fraud):
    behind = reached(fraud, "Run:r10123")
    assert {"RunTag.r1", "Metric.r1", "LoggedModel.r1"} <= behind
    assert not {"Experiment.0", "Run.r2"} & behind
    assert {"Run.r1", "Run.r2"} <= reached(fraud, "Experiment:fraud")


def test_a_data_set_reaches_the_versions_that_came_of_it(fraud):
    after = reached(fraud, "Dataset:loans@aaaa", "downstream")
    assert {"Creation.Run.r1", "Run.r1", "Metric.r1", "LoggedModel.r1", "Version.1"} <= after
    assert not {"Run.r2", "Version.2", "Dataset.b"} & after


def test_a_file_reaches_every_run_that_used_one_of_its_revisions(fraud):
    assert {"Run.r1", "Run.r2", "Version.3"} <= reached(fraud, "File:train.py", "downstream")
    after = reached(fraud, "FileRevision:train.py@c3c3", "downstream")
    assert "Run.r2" in after and "Run.r1" not in after


def test_a_commit_reaches_the_runs_of_its_descendants_unless_history_is_left_out(fraud):
    assert {"Run.r1", "Run.r2"} <= reached(fraud, "Commit:c2c2", "downstream")
    after = reached(fraud, "Commit:c2c2", "downstream", history="none")
    assert "Run.r1" in after and "Run.r2" not in after


def test_both_directions_are_the_two_together_and_not_what_is_beside(fraud):
    model = "models:/m-r2"
    both = reached(fraud, model, "both")
    assert both == reached(fraud, model) | reached(fraud, model, "downstream")
    assert {"Version.2", "Version.3", "Commit.c3"} <= both and "Run.r1" not in both


def test_depth_counts_relations(fraud):
    assert reached(fraud, "models:/fraud/1", depth=0) == {"Version.1"}
    one = {"Version.1", "Creation.Version.1", "LoggedModel.r1", "Model.fraud"}
    assert reached(fraud, "models:/fraud/1", depth=1) == one


def test_relations_can_be_chosen(fraud):
    part = lineage(fraud, "models:/fraud/1", relations=["wasDerivedFrom"])
    kinds = {s.kind for s in part.statements()}
    assert kinds == {"entity", "activity", "wasDerivedFrom"}
    assert "Commit.c1" not in reached(fraud, "models:/fraud/1", relations=["wasDerivedFrom"])


def test_types_can_be_left_out(fraud):
    bare = reached(fraud, "Run:r10123", without=["*Tag", "Param", "LoggedModel"])
    assert {"RunTag.r1", "Param.r1", "LoggedModel.r1"} & bare == set()
    assert {"Metric.r1", "Commit.c2"} <= bare
    assert "Commit.c2" not in reached(fraud, "models:/fraud/1", without=["Creation"])


def test_several_things_have_one_lineage(fraud):
    both = reached(fraud, ["models:/fraud/1", "fraud@live"])
    assert both == reached(fraud, "models:/fraud/1") | reached(fraud, "fraud@live")


def test_all_that_is_said_among_what_is_reached_is_there_once_and_nothing_else(fraud):
    part = lineage(fraud, "models:/fraud/1")
    expected = [
        s for s in fraud.statements()
        if ({s.id} if s.id else {a for a in s.arguments if a and not a.startswith("2024-")}) <= BEHIND_VERSION_1
    ]  # fmt: skip
    assert sorted(map(str, part.statements())) == sorted(map(str, expected))


def test_invalidation_is_followed_if_it_is_chosen():
    ended = document(
        thing("entity", "e"), thing("activity", "a"), relation("wasInvalidatedBy", "e", "a", None)
    )
    assert reached(ended, "e") == {"e"}
    assert reached(ended, "e", relations=["wasInvalidatedBy"]) == {"e", "a"}


def test_every_relation_of_prov_is_followed_to_each_of_its_causes():
    other = document(
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
    everything = {s.id for s in other.statements() if s.id}
    assert reached(other, "a") == everything - {"unrelated", "beyond"}
    assert reached(other, "influencer", "downstream") == {
        "influencer",
        "plan",
        "other",
        "a",
        "general",
    }
    assert sum(s.kind == "actedOnBehalfOf" for s in lineage(other, "a").statements()) == 1


def test_bundles_stay_and_are_gone_through():
    bundled = document(
        thing("entity", "e", bundle="b1"), relation("wasDerivedFrom", "e", "f", None, None, None, bundle="b1"),
        thing("entity", "f", bundle="b2"), relation("wasGeneratedBy", "f", "a", None, bundle="b2"),
        thing("activity", "a", bundle="b2"), thing("entity", "x", bundle="b2"),
    )  # fmt: skip
    part = lineage(bundled, "e")
    assert part.bundles() == ["b1", "b2"]
    assert {s.id for s in part.statements() if s.id} == {"e", "f", "a"}
    assert sum(s.kind == "wasDerivedFrom" for s in part.statements()) == 1


def test_cycles_end():
    ring = document(
        *(thing("entity", name) for name in "abc"),
        *(relation("wasDerivedFrom", x, y, None, None, None) for x, y in ("ab", "bc", "ca")),
    )
    assert reached(ring, "a") == {"a", "b", "c"}


@pytest.mark.parametrize(
    "wrong", [{"direction": "up"}, {"relations": ["wasMadeBy"]}, {"history": "some"}]
)
def test_what_there_is_not_is_said(fraud, wrong):
    with pytest.raises(ConfigurationError, match=r"unknown .*; choose from"):
        lineage(fraud, "Run:fit", **wrong)


def test_the_document_is_left_as_it_is_and_the_part_is_in_order(fraud):
    before = list(fraud.statements())
    part = lineage(fraud, "fraud@live")
    assert list(fraud.statements()) == before
    assert part.tables.is_unified and part == lineage(fraud, "fraud@live")


def test_the_example_has_one_commit_one_run_and_its_people_behind_its_champion():
    part = lineage(load(GOLDEN / "result.json"), "wine@champion")
    counted = [s.id.partition(".")[0] for s in part.statements() if s.id]
    assert [counted.count(name) for name in ("Commit", "Run", "User", "Dataset")] == [1, 1, 3, 2]
