"""A small project as statements: commits c1 to c3, a script, two runs, a model with three versions, two people."""

from mlflow2prov import Attribute, Statement
from tests.prov.statements import QUALIFIED, document, literals


def thing(kind, identifier, *types, bundle="", arguments=(), **attributes):
    """Return an element with these values of ``prov:type`` and these attributes."""
    type_attributes = tuple(Attribute("prov:type", name, QUALIFIED) for name in types)
    return Statement(kind, identifier, arguments, literals(attributes) + type_attributes, bundle)


def relation(kind, *arguments, bundle="", role=None, **attributes):
    """Return a relation without identifier, with ``prov:role`` if a role is given."""
    role_attributes = (Attribute("prov:role", role, QUALIFIED),) if role else ()
    return Statement(kind, None, arguments, literals(attributes) + role_attributes, bundle)


def commit(number, author, parent=None, path=None, previous=None):
    """Yield the statements about a commit.

    With ``path``, the commit has a revision of the file ``File.train``, derived from that of the commit ``previous``.
    """
    activity = f"Commit.{number}"
    sha = f"{number}" * 20
    date = f"2024-01-0{number[-1]}T00:00:00+00:00"
    yield thing(
        "activity", activity, "Commit", arguments=(date, date), sha=sha, title=f"change {number}"
    )
    yield relation("wasAssociatedWith", activity, author, None, role="Author")
    if parent:
        yield relation("wasInformedBy", activity, f"Commit.{parent}")
    if path:
        revision = f"Revision.{number}"
        yield thing("entity", revision, "FileRevision", path=path, commit=sha, status="M")
        yield relation("wasGeneratedBy", revision, activity, date)
        yield relation("specializationOf", revision, "File.train")
        yield relation("wasAttributedTo", revision, author)
        if previous:
            previous_revision = f"Revision.{previous}"
            yield relation("used", activity, previous_revision, date, role="PreviousRevision")
            yield relation("wasDerivedFrom", revision, previous_revision, activity, None, None)


def run(number, commit_number, script_number, dataset):
    """Yield the statements about a run with a parameter, a metric, a tag and a logged model.

    ``script_number`` is that of the commit whose revision of the script was run.
    """
    entity, creation = f"Run.{number}", f"Creation.Run.{number}"
    yield thing(
        "entity",
        entity,
        "Run",
        "prov:Collection",
        run_id=f"{number}0123",
        name="fit",
        uri=f"runs:/{number}0123",
    )
    yield thing(
        "activity",
        creation,
        "Creation",
        resource_type="Run",
        dirty="false",
        commit=f"{commit_number}" * 20,
    )
    yield relation("wasGeneratedBy", entity, creation, None, role="AddedRun")
    yield relation("wasAssociatedWith", creation, "User.ada", None, role="RunAuthor")
    yield relation("wasInformedBy", creation, f"Commit.{commit_number}")
    yield relation("used", creation, f"Revision.{script_number}", None, role="Source")
    yield relation("used", creation, dataset, None)
    yield relation("hadMember", "Experiment.0", entity)
    for kind, key, value in (
        ("Param", "C", number),
        ("Metric", "auc", f"0.{number[-1]}"),
        ("RunTag", "t", "x"),
    ):
        member = f"{kind}.{number}"
        yield thing("entity", member, kind, name=key, value=value)
        yield relation("hadMember", entity, member)
        if kind == "Metric":
            yield relation("wasGeneratedBy", member, creation, None)
        if kind == "Param":
            yield relation("used", creation, member, None)
    model = f"LoggedModel.{number}"
    yield thing(
        "entity",
        model,
        "LoggedModel",
        "prov:Collection",
        model_id=f"m-{number}",
        uri=f"models:/m-{number}",
    )
    yield relation("wasGeneratedBy", model, creation, None)
    yield relation("hadMember", entity, model)


def version(number, run_number):
    """Yield the statements about a version of the model ``fraud``, registered from the model of a run."""
    entity, creation = f"Version.{number}", f"Creation.Version.{number}"
    yield thing(
        "entity",
        entity,
        "RegisteredModelVersion",
        name="fraud",
        version=number,
        uri=f"models:/fraud/{number}",
        registered_model_version_stage="Production" if number == "1" else "None",
    )
    yield thing("activity", creation, "Creation", resource_type="RegisteredModelVersion")
    yield relation("specializationOf", entity, "Model.fraud")
    day = int(number) % 28 or 28
    yield relation("wasGeneratedBy", entity, creation, f"2024-02-{day:02}T00:00:00+00:00")
    yield relation(
        "wasAssociatedWith", creation, "User.bob", None, role="RegisteredModelVersionAuthor"
    )
    yield relation("wasDerivedFrom", entity, f"LoggedModel.{run_number}", creation, None, None)
    yield relation("used", creation, f"LoggedModel.{run_number}", None)
    yield relation("wasInformedBy", creation, f"Creation.Run.{run_number}")


STATEMENTS = (
    thing("agent", "User.ada", "User", "prov:Person", name="Ada", email="ada@example.org"),
    thing("agent", "User.bob", "User", "prov:Person", username="bob"),
    thing("entity", "File.train", "File", path="train.py"),
    relation("wasGeneratedBy", "File.train", "Commit.c1", None),
    *commit("c1", "User.ada", path="train.py"),
    *commit("c2", "User.bob", "c1"),
    *commit("c3", "User.ada", "c2", "train.py", "c1"),
    thing("entity", "Experiment.0", "Experiment", "prov:Collection", name="fraud", experiment_id="0"),
    thing("entity", "Dataset.a", "Dataset", name="loans", digest="aaaa"),
    thing("entity", "Dataset.b", "Dataset", name="loans", digest="bbbb"),
    *run("r1", "c2", "c1", "Dataset.a"),
    *run("r2", "c3", "c3", "Dataset.b"),
    thing("entity", "Model.fraud", "RegisteredModel", "prov:Collection", name="fraud"),
    *version("1", "r1"),
    *version("2", "r2"),
    *version("3", "r2"),
    thing("entity", "Alias.live", "RegisteredModelAlias", name="live", uri="models:/fraud@live"),
    relation("hadMember", "Model.fraud", "Alias.live"),
    relation("alternateOf", "Alias.live", "Version.2"),
)  # fmt: skip


def project(*more):
    """Return the project as a document, with more statements."""
    return document(*STATEMENTS, *more)
