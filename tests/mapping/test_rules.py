"""Mapping rules: facts in, statements out."""

import pytest

from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.facts.views import VIEWS
from mlflow2prov.mapping import RULES, expand
from mlflow2prov.mapping.language import Row
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import MLFLOW2PROV

T = "2024-01-01T00:00:00+00:00"
U = "2024-01-02T00:00:00+00:00"
SHA, BLOB = "a" * 40, "b" * 40


def statements(**tables):
    """Return the statements of all rules about rows of fact tables, each row a dict."""
    with Facts() as facts:
        for table, rows in tables.items():
            for row in rows:
                facts.add(table, **row)
    document = Document()
    expand(RULES, facts, document)
    return list(document.statements())


def relations(document, kind):
    """Return the formal arguments of the relations of a kind."""
    return sorted(s.arguments for s in document if s.kind == kind)


def attributes(document, name):
    """Return the attributes of an element: the values of each key."""
    values = {}
    for statement in document:
        if statement.id == name:
            for attribute in statement.attributes:
                values.setdefault(attribute.key, []).append(attribute.value)
    return values


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
EXPERIMENT = {
    "experiment_id": "1",
    "name": "e",
    "lifecycle_stage": "active",
    "created_at": T,
    "identity": "store",
}
MODEL = {"name": "m", "is_prompt": False, "created_at": T, "identity": "model"}
VERSION = {
    "name": "m",
    "version": "1",
    "is_prompt": False,
    "created_at": T,
    "is_deleted": False,
    "identity": "model",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_reads_existing_columns(rule):
    tables = {**TABLES, **VIEWS}
    assert list(rule.statements(Row(tables[rule.table].columns)))


def test_a_commit_lasts_from_its_earlier_date_to_its_later_date():
    document = statements(commits=[COMMIT])
    assert [s.arguments for s in document if s.kind == "activity"] == [(T, U)]
    about = attributes(document, f"Commit.{SHA}")
    assert about["swhid"] == [f"swh:1:rev:{SHA}"]
    assert about["prov:type"] == ["Commit"] and about["message"] == ["title\n\nbody"]


def test_people_are_associated_with_a_commit_by_role():
    document = statements(
        commits=[COMMIT | {"committer_name": "Bob", "committer_email": "bob@x.org"}],
        coauthors=[{"ordinal": 0, "sha": SHA, "name": "Cy", "email": "cy@x.org"}],
    )
    names = {s.id: attributes(document, s.id)["name"][0] for s in document if s.kind == "agent"}
    roles = {
        (names[s.arguments[1]], s.attributes[0].value)
        for s in document
        if s.kind == "wasAssociatedWith"
    }
    assert roles == {("Ann", "Author"), ("Bob", "Committer"), ("Cy", "CoAuthor")}


def test_a_bot_is_a_software_agent():
    document = statements(commits=[COMMIT | {"author_name": "dependabot[bot]"}])
    types = {tuple(attributes(document, s.id)["prov:type"]) for s in document if s.kind == "agent"}
    assert types == {("User", "prov:Person"), ("User", "prov:SoftwareAgent")}


def test_an_author_without_name_and_address_is_not_an_agent():
    unknown = {"author_name": None, "author_email": None}
    document = statements(commits=[COMMIT | unknown])
    assert len([s for s in document if s.kind == "agent"]) == 1
    assert len(relations(document, "wasAssociatedWith")) == 1


def test_a_file_addition_generates_the_file_and_its_first_revision():
    document = statements(commits=[COMMIT], revisions=[REVISION])
    file, revision = (
        next(s.id for s in document if s.id and s.id.startswith(k))
        for k in ("File.", "FileRevision.")
    )
    commit = f"Commit.{SHA}"
    assert relations(document, "wasGeneratedBy") == [(file, commit, T), (revision, commit, T)]
    assert relations(document, "specializationOf") == [(revision, file)]
    assert len(relations(document, "wasAttributedTo")) == 2
    assert attributes(document, file)["name"] == ["a.py"]
    assert attributes(document, revision)["blob"] == [f"swh:1:cnt:{BLOB}"]


def test_a_file_modification_uses_and_derives_from_the_replaced_revision():
    change = REVISION | {
        "ordinal": 1,
        "sha": "c" * 40,
        "status": "R",
        "path": "b.py",
        "renamed_from": "src/a.py",
        "previous_sha": SHA,
        "previous_path": "src/a.py",
    }
    document = statements(commits=[COMMIT], revisions=[REVISION, change])
    (derivation,) = relations(document, "wasDerivedFrom")
    assert derivation[2] == "Commit." + "c" * 40
    assert relations(document, "used") == [(derivation[2], derivation[1], T)]
    assert derivation[1].startswith(f"FileRevision.{SHA}.")
    (statement,) = (s for s in document if s.kind == "wasDerivedFrom")
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
    document = statements(commits=[COMMIT], revisions=[REVISION, change])
    ends = {entity.partition(".")[0] for entity, _, _ in relations(document, "wasInvalidatedBy")}
    assert ends == {"File", "FileRevision"}
    assert len([s for s in document if s.kind == "entity"]) == 2


def test_the_origin_of_a_boundary_revision_is_unknown():
    document = statements(commits=[COMMIT], revisions=[REVISION | {"is_boundary": True}])
    assert not relations(document, "wasGeneratedBy") and not relations(document, "wasAttributedTo")
    assert len(relations(document, "specializationOf")) == 1


def test_commits_that_are_not_selected_have_no_statements():
    document = statements(
        commits=[COMMIT | {"is_selected": False}], revisions=[REVISION | {"is_selected": False}]
    )
    assert document == []


def test_each_user_is_an_agent():
    document = statements(runs=[RUN, RUN | {"run_id": "s", "user": "bob"}])
    assert len({s.id for s in document if s.kind == "agent"}) == 2


def test_a_run_addition_connects_the_run_with_its_inputs_and_outputs():
    document = statements(
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
    assert ("Experiment.store.1", "Run.r") in relations(document, "hadMember")
    assert (creation, f"Commit.{SHA}") in relations(document, "wasInformedBy")
    assert {usage[1].partition(".")[0] for usage in relations(document, "used")} == {
        "Param",
        "Dataset",
        "FileRevision",
    }
    (metric,) = (s for s in document if s.id and s.id.startswith("Metric."))
    assert (metric.id, creation, U) in relations(document, "wasGeneratedBy")
    assert attributes(document, metric.id)["value"] == ["0.1"]
    assert attributes(document, creation)["commit"] == [SHA]
    assert attributes(document, "Run.r")["uri"] == ["runs:/r"]


def test_an_unfinished_run_has_no_end_time():
    document = statements(runs=[RUN])
    assert [s.arguments for s in document if s.id == "Creation.Run.r"] == [(T, None)]


def test_a_run_at_a_commit_of_another_repository_keeps_the_hash():
    tag = {"run_id": "r", "key": "mlflow.source.git.commit", "value": "F" * 40}
    document = statements(runs=[RUN], run_tags=[tag])
    assert relations(document, "wasInformedBy") == []
    assert attributes(document, "Creation.Run.r")["commit"] == ["f" * 40]


def test_a_nested_run_is_a_member_of_its_parent_and_started_by_it():
    tag = {"run_id": "s", "key": "mlflow.parentRunId", "value": "r"}
    document = statements(runs=[RUN, RUN | {"run_id": "s"}], run_tags=[tag])
    assert ("Run.r", "Run.s") in relations(document, "hadMember")
    assert relations(document, "wasStartedBy") == [("Creation.Run.s", None, "Creation.Run.r", T)]


def test_a_run_is_used_by_the_commit_that_stored_it_and_does_not_depend_on_it():
    stored = {"runs": [RUN], "stored_runs": [{"run_id": "r", "sha": SHA}]}
    document = statements(commits=[COMMIT], **stored)
    assert relations(document, "used") == [(f"Commit.{SHA}", "Run.r", T)]
    assert relations(document, "wasInformedBy") == []
    assert relations(statements(commits=[COMMIT | {"is_selected": False}], **stored), "used") == []


def test_the_deletion_of_a_run_has_its_own_time_if_it_is_known():
    deleted = RUN | {"lifecycle_stage": "deleted", "ended_at": U}
    document = statements(runs=[deleted], params=[{"run_id": "r", "key": "k", "value": "v"}])
    assert {row[1:] for row in relations(document, "wasInvalidatedBy")} == {
        ("Deletion.Run.r", None)
    }
    assert len(relations(document, "wasInvalidatedBy")) == 2
    document = statements(runs=[deleted | {"deleted_at": T}])
    assert relations(document, "wasInvalidatedBy") == [("Run.r", "Deletion.Run.r", T)]


@pytest.mark.parametrize(
    ("deleted_at", "deletion"),
    [
        ("2024-01-01T23:59:59.500000+00:00", "Deletion.Experiment.store.1"),
        ("2024-01-01T23:59:58+00:00", "Deletion.Run.r"),
        (None, "Deletion.Experiment.store.1"),
    ],
)
def test_a_run_ends_with_its_experiment_unless_it_was_deleted_before(deleted_at, deletion):
    document = statements(
        experiments=[EXPERIMENT | {"lifecycle_stage": "deleted", "last_updated_at": U}],
        runs=[RUN | {"lifecycle_stage": "deleted", "deleted_at": deleted_at}],
    )
    activities = {
        entity: activity for entity, activity, _ in relations(document, "wasInvalidatedBy")
    }
    assert activities["Run.r"] == deletion


def test_an_experiment_may_be_deleted_without_a_known_user():
    deleted = EXPERIMENT | {"lifecycle_stage": "deleted", "last_updated_at": U}
    document = statements(experiments=[deleted])
    assert relations(document, "wasInvalidatedBy") == [
        ("Experiment.store.1", "Deletion.Experiment.store.1", U)
    ]
    assert relations(document, "wasAssociatedWith") == []


def test_a_version_specializes_its_own_model_only():
    other = {"name": "n"}
    document = statements(
        registered_models=[MODEL, MODEL | other],
        registered_model_versions=[
            VERSION,
            VERSION | {"version": "2"},
            VERSION | other,
            VERSION | other | {"version": "2"},
        ],
    )
    assert len(relations(document, "specializationOf")) == 4


def test_a_version_derives_from_its_source():
    document = statements(
        registered_models=[MODEL],
        registered_model_versions=[
            VERSION | {"source_run_id": "r", "source_path": "model"},
            VERSION | {"version": "2", "source_model_id": "m-1", "source_run_id": "r"},
            VERSION | {"version": "3"},
        ],
    )
    sources = [
        derivation[1].partition(".")[0] for derivation in relations(document, "wasDerivedFrom")
    ]
    assert sorted(sources) == ["Artifact", "LoggedModel"]
    assert len(relations(document, "wasInformedBy")) == 2


def test_a_copied_version_derives_from_its_original():
    document = statements(
        registered_models=[MODEL, MODEL | {"name": "prod", "identity": "prod"}],
        registered_model_versions=[
            VERSION,
            VERSION
            | {"name": "prod", "identity": "prod", "source_name": "m", "source_version": "1"},
            VERSION | {"version": "2", "source_name": "of another store", "source_version": "1"},
        ],
    )
    copy, original = "RegisteredModelVersion.prod.1", "RegisteredModelVersion.model.1"
    creation = "Creation.RegisteredModelVersion.prod.1"
    assert relations(document, "wasDerivedFrom") == [(copy, original, creation, None, None)]
    assert relations(document, "used") == [(creation, original, T)]


def test_a_deleted_version_ends_with_its_tags():
    document = statements(
        registered_models=[MODEL],
        registered_model_versions=[VERSION | {"is_deleted": True, "deleted_at": U}],
        registered_model_version_tags=[{"name": "m", "version": "1", "key": "k", "value": "v"}],
    )
    ends = relations(document, "wasInvalidatedBy")
    assert [entity.partition(".")[0] for entity, _, _ in ends] == [
        "RegisteredModelVersion",
        "RegisteredModelVersionTag",
    ]
    assert {time for *_, time in ends} == {U}


def test_a_prompt_has_its_own_types():
    document = statements(registered_models=[MODEL | {"is_prompt": True}])
    assert attributes(document, next(s.id for s in document if s.id.startswith("Prompt.")))[
        "name"
    ] == ["m"]


def test_identifiers_contain_no_other_characters_than_ncnames():
    document = statements(runs=[RUN | {"run_id": "../../x y"}])
    assert all(" " not in s.id and "/" not in s.id for s in document if s.id)


def test_a_document_has_the_default_namespace_of_the_product():
    assert Document().namespaces.declared == {"": MLFLOW2PROV}
