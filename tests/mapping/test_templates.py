"""The templates, as tables: facts in, statements out."""

import pytest

from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.facts.views import VIEWS
from mlflow2prov.mapping import TEMPLATES, expand
from mlflow2prov.mapping.language import Row
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import MLFLOW2PROV

T = "2024-01-01T00:00:00+00:00"
U = "2024-01-02T00:00:00+00:00"
SHA, BLOB = "a" * 40, "b" * 40


def statements(**tables):
    """Expand all templates over ``tables``; a row is a dict, what it leaves out is unknown."""
    facts = Facts()
    with facts:
        facts.add("stores", "store", "http://x", "http", "3")
        for table, rows in tables.items():
            for row in rows:
                columns = TABLES[table].columns
                assert set(row) <= set(columns)
                facts.add(table, *(row.get(column) for column in columns))
    document = Document()
    expand(TEMPLATES, facts, document)
    return list(document.statements())


def said(found, kind):
    """Return the formal arguments of the relations of a kind."""
    return sorted(s.arguments for s in found if s.kind == kind)


def described(found, name):
    """Return the attributes of an element, the values of each key."""
    about = {}
    for statement in found:
        if statement.id == name:
            for literal in statement.attributes:
                about.setdefault(literal.key, []).append(literal.value)
    return about


COMMIT = {
    "ordinal": 0,
    "sha": SHA,
    "author_name": "Ann",
    "author_email": "ann@x.org",
    "authored_at": U,
    "authored_epoch": 2,
    "committer_name": "Ann",
    "committer_email": "ann@x.org",
    "committed_at": T,
    "committed_epoch": 1,
    "title": "title",
    "message": "title\n\nbody",
    "is_selected": True,
}
REVISION = {
    "ordinal": 0,
    "sha": SHA,
    "position": 0,
    "status": "A",
    "path": "src/a.py",
    "mode": "100644",
    "blob": BLOB,
    "file_sha": SHA,
    "file_path": "src/a.py",
    "is_repeat": False,
    "is_boundary": False,
    "is_selected": True,
    "committed_at": T,
    "author_name": "Ann",
    "author_email": "ann@x.org",
}
RUN = {"run_id": "r", "experiment_id": "1", "name": "first", "user": "ann", "started_at": T}
EXPERIMENT = {"experiment_id": "1", "name": "e", "lifecycle_stage": "active", "created_at": T}
MODEL = {"name": "m", "is_prompt": False, "created_at": T}
VERSION = {"name": "m", "version": "1", "is_prompt": False, "created_at": T, "is_deleted": False}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.name)
def test_a_template_reads_columns_that_there_are(template):
    tables = {**TABLES, **VIEWS}
    assert list(template.statements(Row(tables[template.over].columns)))


def test_a_commit_lasts_from_the_earlier_of_its_dates_to_the_later():
    found = statements(commits=[COMMIT])
    assert [s.arguments for s in found if s.kind == "activity"] == [(T, U)]
    about = described(found, f"Commit.{SHA}")
    assert about["swhid"] == [f"swh:1:rev:{SHA}"]
    assert about["prov:type"] == ["Commit"] and about["message"] == ["title\n\nbody"]


def test_author_and_committer_and_coauthor_are_associated_by_role():
    found = statements(
        commits=[COMMIT | {"committer_name": "Bob", "committer_email": "bob@x.org"}],
        coauthors=[{"ordinal": 0, "sha": SHA, "name": "Cy", "email": "cy@x.org"}],
    )
    names = {s.id: described(found, s.id)["name"][0] for s in found if s.kind == "agent"}
    roles = {
        (names[s.arguments[1]], s.attributes[0].value)
        for s in found
        if s.kind == "wasAssociatedWith"
    }
    assert roles == {("Ann", "Author"), ("Bob", "Committer"), ("Cy", "CoAuthor")}


def test_a_bot_is_a_software_agent():
    found = statements(commits=[COMMIT | {"author_name": "dependabot[bot]"}])
    types = {tuple(described(found, s.id)["prov:type"]) for s in found if s.kind == "agent"}
    assert types == {("User", "prov:Person"), ("User", "prov:SoftwareAgent")}


def test_who_is_nobody_is_no_agent():
    nobody = {"author_name": None, "author_email": None}
    found = statements(commits=[COMMIT | nobody])
    assert len([s for s in found if s.kind == "agent"]) == 1
    assert len(said(found, "wasAssociatedWith")) == 1


def test_a_file_addition():
    found = statements(commits=[COMMIT], revisions=[REVISION])
    file, revision = (
        next(s.id for s in found if s.id and s.id.startswith(k)) for k in ("File.", "FileRevision.")
    )
    commit = f"Commit.{SHA}"
    assert said(found, "wasGeneratedBy") == [(file, commit, T), (revision, commit, T)]
    assert said(found, "specializationOf") == [(revision, file)]
    assert len(said(found, "wasAttributedTo")) == 2
    assert described(found, file)["name"] == ["a.py"]
    assert described(found, revision)["blob"] == [f"swh:1:cnt:{BLOB}"]


def test_a_file_modification_uses_and_derives_from_what_it_replaced():
    change = REVISION | {
        "ordinal": 1,
        "sha": "c" * 40,
        "status": "R",
        "path": "b.py",
        "renamed_from": "src/a.py",
        "previous_sha": SHA,
        "previous_path": "src/a.py",
    }
    found = statements(commits=[COMMIT], revisions=[REVISION, change])
    (derived,) = said(found, "wasDerivedFrom")
    assert derived[2] == "Commit." + "c" * 40
    assert said(found, "used") == [(derived[2], derived[1], T)]
    assert derived[1].startswith(f"FileRevision.{SHA}.")
    (statement,) = (s for s in found if s.kind == "wasDerivedFrom")
    assert statement.attributes[0][:2] == ("prov:type", "prov:Revision")


def test_a_file_deletion_ends_the_file_and_its_revision():
    change = REVISION | {
        "ordinal": 1,
        "sha": "c" * 40,
        "status": "D",
        "mode": None,
        "blob": None,
        "previous_sha": SHA,
        "previous_path": "src/a.py",
    }
    found = statements(commits=[COMMIT], revisions=[REVISION, change])
    ended = {entity.partition(".")[0] for entity, _, _ in said(found, "wasInvalidatedBy")}
    assert ended == {"File", "FileRevision"}
    assert len([s for s in found if s.kind == "entity"]) == 2


def test_of_a_shallow_boundary_nobody_knows_who_made_it():
    found = statements(commits=[COMMIT], revisions=[REVISION | {"is_boundary": True}])
    assert not said(found, "wasGeneratedBy") and not said(found, "wasAttributedTo")
    assert len(said(found, "specializationOf")) == 1


def test_commits_that_are_not_selected_are_not_described():
    found = statements(
        commits=[COMMIT | {"is_selected": False}], revisions=[REVISION | {"is_selected": False}]
    )
    assert found == []


def test_C1_users_are_told_apart():
    found = statements(runs=[RUN, RUN | {"run_id": "s", "user": "bob"}])
    assert len({s.id for s in found if s.kind == "agent"}) == 2


def test_a_run_addition():
    found = statements(
        experiments=[EXPERIMENT],
        runs=[RUN],
        commits=[COMMIT],
        run_tags=[{"run_id": "r", "key": "mlflow.source.git.commit", "value": SHA}],
        params=[{"run_id": "r", "key": "alpha", "value": "0.5"}],
        metrics=[{"run_id": "r", "key": "r2", "value": 0.1, "step": 3, "timestamp": U}],
        dataset_inputs=[{"run_id": "r", "name": "d", "digest": "1", "context": "training"}],
        run_sources=[{"run_id": "r", "sha": SHA, "path": "src/a.py"}],
    )
    creation = "Creation.Run.r"
    assert ("Experiment.store.1", "Run.r") in said(found, "hadMember")
    assert (creation, f"Commit.{SHA}") in said(found, "wasInformedBy")
    assert {used[1].partition(".")[0] for used in said(found, "used")} == {
        "Param",
        "Dataset",
        "FileRevision",
    }
    (metric,) = (s for s in found if s.id and s.id.startswith("Metric."))
    assert (metric.id, creation, U) in said(found, "wasGeneratedBy")
    assert described(found, metric.id)["value"] == ["0.1"]
    assert described(found, creation)["commit"] == [SHA]
    assert described(found, "Run.r")["uri"] == ["runs:/r"]


def test_a_run_without_end_has_none():
    found = statements(runs=[RUN])
    assert [s.arguments for s in found if s.id == "Creation.Run.r"] == [(T, None)]


def test_a_run_at_a_commit_that_is_not_here_keeps_the_hash():
    tag = {"run_id": "r", "key": "mlflow.source.git.commit", "value": "F" * 40}
    found = statements(runs=[RUN], run_tags=[tag])
    assert said(found, "wasInformedBy") == []
    assert described(found, "Creation.Run.r")["commit"] == ["f" * 40]


def test_a_nested_run_is_a_member_and_was_started():
    tag = {"run_id": "s", "key": "mlflow.parentRunId", "value": "r"}
    found = statements(runs=[RUN, RUN | {"run_id": "s"}], run_tags=[tag])
    assert ("Run.r", "Run.s") in said(found, "hadMember")
    assert said(found, "wasStartedBy") == [("Creation.Run.s", None, "Creation.Run.r", T)]


def test_C8_a_deletion_has_its_own_time_or_none():
    deleted = RUN | {"lifecycle_stage": "deleted", "ended_at": U}
    found = statements(runs=[deleted], params=[{"run_id": "r", "key": "k", "value": "v"}])
    assert {row[1:] for row in said(found, "wasInvalidatedBy")} == {("Deletion.Run.r", None)}
    assert len(said(found, "wasInvalidatedBy")) == 2
    found = statements(runs=[deleted | {"deleted_at": T}])
    assert said(found, "wasInvalidatedBy") == [("Run.r", "Deletion.Run.r", T)]


def test_C6_a_deleted_experiment_without_a_user():
    gone = EXPERIMENT | {"lifecycle_stage": "deleted", "last_updated_at": U}
    found = statements(experiments=[gone])
    assert said(found, "wasInvalidatedBy") == [
        ("Experiment.store.1", "Deletion.Experiment.store.1", U)
    ]
    assert said(found, "wasAssociatedWith") == []


def test_C4_a_version_is_of_its_model_and_of_no_other():
    other = {"name": "n"}
    found = statements(
        registered_models=[MODEL, MODEL | other],
        registered_model_versions=[
            VERSION,
            VERSION | {"version": "2"},
            VERSION | other,
            VERSION | other | {"version": "2"},
        ],
    )
    assert len(said(found, "specializationOf")) == 4


def test_a_version_derives_from_what_it_was_registered_from():
    found = statements(
        registered_models=[MODEL],
        registered_model_versions=[
            VERSION | {"source_run_id": "r", "source_path": "model"},
            VERSION | {"version": "2", "source_model_id": "m-1", "source_run_id": "r"},
            VERSION | {"version": "3"},
        ],
    )
    sources = [derived[1].partition(".")[0] for derived in said(found, "wasDerivedFrom")]
    assert sorted(sources) == ["Artifact", "LoggedModel"]
    assert len(said(found, "wasInformedBy")) == 2


def test_a_deleted_version_is_invalidated_with_its_tags():
    found = statements(
        registered_models=[MODEL],
        registered_model_versions=[VERSION | {"is_deleted": True, "deleted_at": U}],
        registered_model_version_tags=[{"name": "m", "version": "1", "key": "k", "value": "v"}],
    )
    ended = said(found, "wasInvalidatedBy")
    assert [entity.partition(".")[0] for entity, _, _ in ended] == [
        "RegisteredModelVersion",
        "RegisteredModelVersionTag",
    ]
    assert {time for *_, time in ended} == {U}


def test_a_prompt_has_types_of_its_own():
    found = statements(registered_models=[MODEL | {"is_prompt": True}])
    assert described(found, next(s.id for s in found if s.id.startswith("Prompt.")))["name"] == [
        "m"
    ]


def test_names_that_are_no_names_are_digested():
    found = statements(runs=[RUN | {"run_id": "../../x y"}])
    assert all(" " not in s.id and "/" not in s.id for s in found if s.id)


def test_the_namespace_is_the_products_own():
    assert Document().namespaces.declared == {"": MLFLOW2PROV}
