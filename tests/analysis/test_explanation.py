"""Explanation: every question has an answer or is unknown, and no answer is guessed."""

import pytest

from mlflow2prov import explain, load
from mlflow2prov.analysis.explanation import explain_all, registered_versions
from mlflow2prov.analysis.queries import QUERIES
from mlflow2prov.analysis.questions import QUESTIONS
from mlflow2prov.errors import ConfigurationError, SelectionError
from tests.analysis.graphs import project, relation, thing
from tests.golden import HERE as GOLDEN
from tests.prov.statements import document


@pytest.fixture(scope="module")
def fraud():
    return project()


def labels(explanation):
    """Return the labels of the items of each answer, with the value of items that have one."""
    return {
        answer.question.name: [
            f"{item.label}={item.about['value']}" if "value" in item.about else item.label
            for item in answer.items
        ]
        for answer in explanation.answers
        if answer.items
    }


def test_the_names_of_the_questions_are_stable():
    assert [question.name for question in QUESTIONS] == [
        "source", "registered_by", "registered_at", "run", "run_by", "experiment", "parent_run", "commit", "authors",
        "committers", "coauthors", "dirty", "script", "parameters", "metrics", "datasets", "environment",
        "calls", "arguments", "inputs", "stored_by", "upstream_models",
    ]  # fmt: skip


def test_every_question_has_a_query():
    assert sorted(QUERIES) == sorted(question.name for question in QUESTIONS)


def test_a_version_is_explained_by_its_run_and_its_commit(fraud):
    explanation = explain(fraud, "models:/fraud/1")
    assert labels(explanation) == {
        "source": ["LoggedModel.r1"],
        "registered_by": ["bob"],
        "registered_at": ["2024-02-01T00:00:00+00:00"],
        "run": ["Run.r1"],
        "run_by": ["Ada"],
        "experiment": ["Experiment.0"],
        "commit": ["c2" * 20],
        "authors": ["bob"],
        "dirty": ["no"],
        "script": ["train.py"],
        "parameters": ["C=r1"],
        "metrics": ["auc=0.1"],
        "datasets": ["loans"],
    }
    assert explanation.answer("script").items[0].identifier == "Revision.c1"
    assert explanation.answer("datasets").items[0].about["digest"] == "aaaa"
    assert explanation.subject.about["registered_model_version_stage"] == "Production"


def test_the_commit_that_stored_the_run_has_a_name_of_its_own_and_does_not_count(fraud):
    before = explain(fraud, "models:/fraud/1")
    assert before.answer("stored_by").state == "none"
    storage = relation("used", "Commit.c3", "Run.r1", None, role="StoredRun")
    after = explain(document(*fraud.statements(), storage), "models:/fraud/1")
    (commit,) = after.answer("stored_by").items
    assert commit.label == "c3" * 20
    assert commit.identifier == "Commit.c3"
    assert [answer.items for answer in after.scored] == [answer.items for answer in before.scored]
    assert after.completeness == before.completeness


def test_an_unknown_answer_differs_from_one_that_is_known_to_be_empty(fraud):
    explanation = explain(fraud, "models:/fraud/1")
    assert explanation.unknown == ("committers", "environment")
    states = {answer.question.name: answer.state for answer in explanation.answers}
    assert [name for name, state in states.items() if state == "none"] == [
        "parent_run",
        "coauthors",
        "stored_by",
        "upstream_models",
    ]
    assert explanation.completeness == pytest.approx(16 / 18)
    assert explanation.to_dict()["answers"]["environment"] is None
    assert explanation.to_dict()["answers"]["coauthors"] == []


def test_an_alias_is_explained_as_its_version(fraud):
    subject = explain(fraud, "fraud@live").subject
    assert subject.identifier == "Version.2" and subject.about["aliases"] == "live"


@pytest.mark.parametrize(("selector", "kind"), [("Run:r10123", "run"), ("models:/m-r1", "model")])
def test_questions_about_the_registration_are_asked_about_versions_only(fraud, selector, kind):
    explanation = explain(fraud, selector)
    assert explanation.kind == kind
    names = [answer.question.name for answer in explanation.answers]
    assert names == [question.name for question in QUESTIONS if kind in question.subject_kinds]
    assert "registered_by" not in names and labels(explanation)["commit"] == ["c2" * 20]
    with pytest.raises(ConfigurationError, match="unknown question 'registered_by'"):
        explanation.answer("registered_by")


def test_subjects_explained_together_have_the_answers_that_they_have_alone(fraud):
    assert registered_versions(fraud) == ("Version.1", "Version.2", "Version.3")
    identifiers = ["Version.3", "Run.r1", "User.ada", "nowhere", "Version.1", "Version.3"]
    explanations = explain_all(fraud, identifiers)
    assert [explanation.subject.identifier for explanation in explanations] == [
        "Version.3",
        "Run.r1",
        "Version.1",
    ]
    assert explanations[2] == explain(fraud, "models:/fraud/1")
    assert explain_all(fraud, []) == []


def test_a_commit_outside_the_repository_has_a_label_but_no_identifier():
    foreign = document(
        thing("entity", "Run.x", "Run", run_id="x"),
        thing("activity", "Creation.Run.x", "Creation", commit="abcd", dirty="True"),
        relation("wasGeneratedBy", "Run.x", "Creation.Run.x", None),
    )
    explanation = explain(foreign, "Run:x")
    (commit,) = explanation.answer("commit").items
    assert (commit.label, commit.identifier) == ("abcd", None)
    assert labels(explanation)["dirty"] == ["yes"]
    assert {"authors", "coauthors"} <= set(explanation.unknown)


def copy(number, source, *more):
    """Return the statements about a copy of a version, and more statements."""
    creation = f"Creation.Copy.{number}"
    return (
        thing("entity", f"Copy.{number}", "RegisteredModelVersion", uri=f"models:/copy/{number}"),
        thing("activity", creation, "Creation"),
        relation("wasGeneratedBy", f"Copy.{number}", creation, None),
        relation("used", creation, source, None),
        relation("wasDerivedFrom", f"Copy.{number}", source, creation, None, None),
        *more,
    )


def test_a_copy_of_a_version_has_the_run_the_code_and_the_data_of_the_original():
    copied = project(*copy("1", "Version.1"), *copy("2", "Copy.1"))
    original = labels(explain(copied, "models:/fraud/1"))
    registration = {"source", "registered_by", "registered_at"}
    for number in "12":
        answers = labels(explain(copied, f"models:/copy/{number}"))
        for question in original.keys() - registration:
            assert answers[question] == original[question], question
    assert labels(explain(copied, "models:/copy/2"))["source"] == [
        "Copy.1",
        "Version.1",
        "LoggedModel.r1",
    ]


def test_copies_that_are_copies_of_each_other_have_an_end():
    circular = project(*copy("1", "Copy.2"), *copy("2", "Copy.1"))
    assert "run" in explain(circular, "models:/copy/1").unknown


def test_a_run_and_a_source_outside_the_store_have_a_label_but_no_identifier():
    run_id = "2" * 32
    registered = document(
        thing("entity", "V", "RegisteredModelVersion", name="m", source_path="s3://bucket/model"),
        thing("activity", "C", "Creation"),
        relation("wasGeneratedBy", "V", "C", None),
        relation("wasInformedBy", "C", f"Creation.Run.{run_id}"),
        relation("wasDerivedFrom", "V", f"Artifact.{run_id}.abc", "C", None, None),
    )
    explanation = explain(registered, "V")
    (run,), (source,) = explanation.answer("run").items, explanation.answer("source").items
    assert (run.label, run.identifier, run.about["uri"]) == (run_id, None, f"runs:/{run_id}")
    assert (source.label, source.identifier) == ("s3://bucket/model", None)
    assert {"parent_run", "upstream_models", "parameters"} <= set(explanation.unknown)


def run_of(tag=None, **recorded):
    """Return the document of a run whose creation has these attributes."""
    return document(
        thing("entity", "Run.x", "Run", run_id="x"),
        thing("activity", "C", "Creation", **recorded),
        relation("wasGeneratedBy", "Run.x", "C", None),
        thing("entity", "RunTag.x", "RunTag", name="mlflow.source.type", value=tag or "LOCAL"),
        relation("hadMember", "Run.x", "RunTag.x"),
    )


def test_a_question_that_mlflow_itself_never_answers_does_not_count():
    explanation = explain(run_of(), "Run:x")
    answer = explanation.answer("dirty")
    assert (answer.state, answer.is_known) == ("unrecorded", False)
    assert answer.reason == "MLflow itself does not record uncommitted changes"
    assert "dirty" not in explanation.unknown
    assert "dirty" not in [answer.question.name for answer in explanation.scored]
    result = explanation.to_dict()
    assert result["answers"]["dirty"] is None
    assert result["reasons"]["dirty"] == answer.reason
    recorded = explain(run_of(dirty="false"), "Run:x")
    assert len(recorded.scored) == len(explanation.scored) + 1


def test_a_recorded_name_is_shown_but_is_not_the_revision_of_a_script():
    explanation = explain(run_of(source_name="fit.py"), "Run:x")
    (script,) = explanation.answer("script").items
    assert (script.label, script.identifier) == ("fit.py", None)
    assert "script" in explanation.unknown
    assert explanation.to_dict()["answers"]["script"] == [{"label": "fit.py", "identifier": None}]


@pytest.mark.parametrize(
    ("recorded", "reason"),
    [
        ({"tag": "NOTEBOOK"}, "MLflow records none for a notebook"),
        ({"source_name": "/x/ipykernel_launcher.py"}, "MLflow records none for a notebook"),
        ({"source_name": "fit.ipynb"}, "MLflow records none for a notebook"),
        (
            {"source_name": "/home/ada/fit.py"},
            "MLflow found no Git repository around fit.py, or could not read it",
        ),
        (
            {"source_name": "C:\\wine\\", "tag": "PROJECT"},
            "MLflow found no Git repository around wine, or could not read it",
        ),
        ({}, "MLflow recorded no source, as some clients and early versions do"),
    ],
)
def test_a_run_without_a_commit_has_a_reason(recorded, reason):
    assert explain(run_of(**recorded), "Run:x").answer("commit").reason == reason


def test_a_run_with_a_commit_has_no_reason():
    assert explain(run_of(commit="abcd"), "Run:x").answer("commit").reason is None


def test_an_artifact_of_a_run_as_a_source_has_the_name_that_users_write():
    run_id = "2" * 32
    uri = f"file:///home/ada/mlruns/1/{run_id}/artifacts/best/model"
    registered = document(thing("entity", "V", "RegisteredModelVersion", name="m", source_path=uri))
    (source,) = explain(registered, "V").answer("source").items
    assert (source.label, source.identifier) == (f"runs:/{run_id}/best/model", None)
    assert source.about["uri"] == uri


def test_an_environment_that_was_read_replaces_the_files_that_describe_it():
    def environments(*more):
        model = document(
            thing("entity", "M", "ModelArtifact", path="best", uri="runs:/x/best"),
            thing("entity", "Run.x", "Run"),
            thing("activity", "C", "Creation"),
            relation("wasGeneratedBy", "M", "C", None),
            relation("wasGeneratedBy", "Run.x", "C", None),
            *(relation("hadMember", "Run.x", name) for name in ("mine", "other")),
            thing("entity", "mine", "Artifact", path="best/conda.yaml"),
            thing("entity", "other", "Artifact", path="worse/conda.yaml"),
            *more,
        )
        return labels(explain(model, "M")).get("environment")

    assert environments() == ["best/conda.yaml"]
    environment = thing("entity", "E", "SoftwareEnvironment", name="conda.yaml", digest="d")
    derivation = relation("wasDerivedFrom", "M", "E", None, None, None)
    assert environments(environment, derivation) == ["conda.yaml"]


def test_a_parent_run_an_upstream_model_and_a_deletion_are_reported():
    nested = document(
        thing("entity", "P", "Run", "prov:Collection", **{"prov:label": "search"}),
        thing("entity", "R", "Run", run_id="r"),
        thing("activity", "C", "Creation"),
        relation("hadMember", "P", "R"),
        relation("wasGeneratedBy", "R", "C", None),
        thing("entity", "M", "LoggedModel", **{"prov:label": "base"}),
        relation("used", "C", "M", None),
        relation("wasInvalidatedBy", "R", "D", "2024-05-01T00:00:00+00:00"),
    )
    explanation = explain(nested, "Run:r")
    assert labels(explanation)["parent_run"] == ["search"]
    assert labels(explanation)["upstream_models"] == ["base"]
    assert explanation.subject.about["deleted_at"] == "2024-05-01T00:00:00+00:00"


def test_statements_in_a_bundle_count_like_those_of_the_document():
    bundle = document(*(s._replace(bundle="b") for s in project().statements()))
    assert labels(explain(bundle, "fraud@live")) == labels(explain(project(), "fraud@live"))


def test_an_element_of_another_type_cannot_be_explained(fraud):
    with pytest.raises(SelectionError, match=r"User.bob .* cannot be explained; .*--impact"):
        explain(fraud, "User:bob")


@pytest.mark.parametrize("selector", [None, 7, b"x", ["Run:fit"], "\ud800"])
def test_a_selector_must_be_text(fraud, selector):
    with pytest.raises(ConfigurationError, match="selector: "):
        explain(fraud, selector)


def test_everything_about_the_champion_of_the_example_is_known():
    example = load(GOLDEN / "result.json")
    champion = explain(example, "models:/wine@champion")
    assert champion.unknown == ()
    assert labels(champion)["dirty"] == ["no"]
    assert labels(champion)["calls"] == ["__main__.train"]
    assert labels(champion)["coauthors"] == ["Grace Hopper"]


def test_a_deleted_version_of_the_example_has_only_the_facts_that_mlflow_keeps():
    deleted = explain(load(GOLDEN / "result.json"), "models:/wine/3")
    assert set(labels(deleted)) == {"registered_by", "registered_at"}
    assert "deleted_at" in deleted.subject.about


# Elements that the document refers to without describing them


@pytest.mark.parametrize(
    ("question", "reference", "label"),
    [
        ("datasets", relation("used", "Creation.Run.r9", "Dataset.x", None), "Dataset.x"),
        ("upstream_models", relation("used", "Creation.Run.r9", "LoggedModel.m-7", None), "models:/m-7"),
        ("script", relation("used", "Creation.Run.r9", "FileRevision.x", None, role="Source"), "FileRevision.x"),
        ("parent_run", relation("hadMember", "Run.77", "Run.r9"), "runs:/77"),
        ("experiment", relation("hadMember", "Experiment.5", "Run.r9"), "Experiment.5"),
        ("metrics", relation("hadMember", "Run.r9", "Metric.m"), "Metric.m"),
        ("environment", relation("used", "Creation.Run.r9", "SoftwareEnvironment.e", None), "SoftwareEnvironment.e"),
    ],
)  # fmt: skip
def test_what_the_document_refers_to_is_never_unknown(question, reference, label):
    alone = document(
        thing("entity", "Run.r9", "Run", run_id="r9", uri="runs:/r9"),
        thing("activity", "Creation.Run.r9", "Creation", resource_type="Run"),
        relation("wasGeneratedBy", "Run.r9", "Creation.Run.r9", None),
        reference,
    )
    answer = explain(alone, "runs:/r9").answer(question)
    (item,) = answer.items
    identifier = next(name for name in reference.arguments if name and "r9" not in name)
    assert (item.label, item.identifier, item.about["missing"]) == (label, None, identifier)
    assert answer.is_known and not answer.is_described
    assert explain(project(reference), "Run.r1").answer("run").is_known


def test_a_reference_of_another_type_is_no_answer():
    alone = document(
        thing("entity", "Run.r9", "Run", run_id="r9", uri="runs:/r9"),
        thing("activity", "Creation.Run.r9", "Creation", resource_type="Run"),
        relation("wasGeneratedBy", "Run.r9", "Creation.Run.r9", None),
        relation("used", "Creation.Run.r9", "Param.x", None),
    )
    explanation = explain(alone, "runs:/r9")
    assert explanation.answer("datasets").state == "unknown"
    assert explanation.answer("upstream_models").state == "none"


@pytest.mark.parametrize(
    ("attributes", "source", "label"),
    [
        ({"source_path": "models:/m-7"}, "LoggedModel.m-7", "models:/m-7"),
        ({"source_path": "models:/other/3"}, "RegisteredModelVersion.ab.3", "models:/other/3"),
        ({"source_path": "runs:/77/model"}, "Artifact.77.x", "runs:/77/model"),
        ({}, "LoggedModel.m-7", "models:/m-7"),
    ],
)
def test_a_source_that_is_not_in_the_graph_is_named_by_its_uri(attributes, source, label):
    alone = document(
        thing("entity", "V.1", "RegisteredModelVersion", name="a", version="1", uri="models:/a/1", **attributes),
        relation("wasDerivedFrom", "V.1", source, None, None, None),
    )  # fmt: skip
    answer = explain(alone, "models:/a/1").answer("source")
    (item,) = answer.items
    assert (item.label, item.identifier, item.about["missing"]) == (label, None, source)
    assert answer.is_known


def test_the_missing_source_of_a_copied_version_is_named_after_the_original():
    copied = project(
        thing("entity", "V.1", "RegisteredModelVersion", name="a", version="1", uri="models:/a/1"),
        relation("wasDerivedFrom", "V.1", "Version.1", None, None, None),
        relation("wasDerivedFrom", "Version.1", "LoggedModel.m-7", None, None, None),
    )
    items = explain(copied, "models:/a/1").answer("source").items
    assert [item.about.get("missing") for item in items] == [None, None, "LoggedModel.m-7"]
