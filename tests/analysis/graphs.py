"""A small project as statements: commits c1 to c3, a script, two runs, a model of three versions, two people."""

from mlflow2prov import Statement
from tests.prov.statements import QUALIFIED, document, literals

Attribute = literals({"a": "b"})[0].__class__


def thing(kind, identifier, *types, bundle="", arguments=(), **attributes):
    typed = tuple(Attribute("prov:type", name, QUALIFIED) for name in types)
    return Statement(kind, identifier, arguments, (*literals(attributes), *typed), bundle)


def relation(kind, *arguments, bundle="", role=None, **attributes):
    given = literals(attributes) + ((Attribute("prov:role", role, QUALIFIED),) if role else ())
    return Statement(kind, None, arguments, given, bundle)


def commit(number, author, parent=None, touches=None, previous=None):
    this = f"Commit.{number}"
    sha = f"{number}" * 20
    date = f"2024-01-0{number[-1]}T00:00:00+00:00"
    yield thing(
        "activity", this, "Commit", arguments=(date, date), sha=sha, title=f"change {number}"
    )
    yield relation("wasAssociatedWith", this, author, None, role="Author")
    if parent:
        yield relation("wasInformedBy", this, f"Commit.{parent}")
    if touches:
        revision = f"Revision.{number}"
        yield thing("entity", revision, "FileRevision", path=touches, commit=sha, status="M")
        yield relation("wasGeneratedBy", revision, this, date)
        yield relation("specializationOf", revision, "File.train")
        yield relation("wasAttributedTo", revision, author)
        if previous:
            before = f"Revision.{previous}"
            yield relation("used", this, before, date, role="PreviousRevision")
            yield relation("wasDerivedFrom", revision, before, this, None, None)


def run(number, at, script, dataset):
    this, making = f"Run.{number}", f"Creation.Run.{number}"
    yield thing(
        "entity",
        this,
        "Run",
        "prov:Collection",
        run_id=f"{number}0123",
        name="fit",
        uri=f"runs:/{number}0123",
    )
    yield thing(
        "activity", making, "Creation", resource_type="Run", dirty="false", commit=f"{at}" * 20
    )
    yield relation("wasGeneratedBy", this, making, None, role="AddedRun")
    yield relation("wasAssociatedWith", making, "User.ada", None, role="RunAuthor")
    yield relation("wasInformedBy", making, f"Commit.{at}")
    yield relation("used", making, f"Revision.{script}", None, role="Source")
    yield relation("used", making, dataset, None)
    yield relation("hadMember", "Experiment.0", this)
    for kind, key, value in (
        ("Param", "C", number),
        ("Metric", "auc", f"0.{number[-1]}"),
        ("RunTag", "t", "x"),
    ):
        about = thing("entity", f"{kind}.{number}", kind, name=key, value=value)
        yield about
        yield relation("hadMember", this, about.id)
        if kind == "Metric":
            yield relation("wasGeneratedBy", about.id, making, None)
        if kind == "Param":
            yield relation("used", making, about.id, None)
    model = f"LoggedModel.{number}"
    yield thing(
        "entity",
        model,
        "LoggedModel",
        "prov:Collection",
        model_id=f"m-{number}",
        uri=f"models:/m-{number}",
    )
    yield relation("wasGeneratedBy", model, making, None)
    yield relation("hadMember", this, model)


def version(number, of):
    this, making = f"Version.{number}", f"Creation.Version.{number}"
    yield thing(
        "entity", this, "RegisteredModelVersion", name="fraud", version=number, uri=f"models:/fraud/{number}",
        registered_model_version_stage="Production" if number == "1" else "None",
    )  # fmt: skip
    yield thing("activity", making, "Creation", resource_type="RegisteredModelVersion")
    yield relation("specializationOf", this, "Model.fraud")
    day = int(number) % 28 or 28
    yield relation("wasGeneratedBy", this, making, f"2024-02-{day:02}T00:00:00+00:00")
    yield relation(
        "wasAssociatedWith", making, "User.bob", None, role="RegisteredModelVersionAuthor"
    )
    yield relation("wasDerivedFrom", this, f"LoggedModel.{of}", making, None, None)
    yield relation("used", making, f"LoggedModel.{of}", None)
    yield relation("wasInformedBy", making, f"Creation.Run.{of}")


STATEMENTS = (
    thing("agent", "User.ada", "User", "prov:Person", name="Ada", email="ada@example.org"),
    thing("agent", "User.bob", "User", "prov:Person", username="bob"),
    thing("entity", "File.train", "File", path="train.py"),
    relation("wasGeneratedBy", "File.train", "Commit.c1", None),
    *commit("c1", "User.ada", touches="train.py"),
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
    return document(*STATEMENTS, *more)
