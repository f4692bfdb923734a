"""The fact tables: their columns, and what each column means.

Sources fill these tables and know nothing of PROV; templates read them and know nothing of sources.
A value that a source does not know is null. Times are ``xsd:dateTime`` with an offset
(:mod:`mlflow2prov.facts.times`), texts are Unicode, numbers are 64 bits wide.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Type(Enum):
    """What a column holds."""

    TEXT = auto()
    TIME = auto()
    INTEGER = auto()
    NUMBER = auto()
    BOOLEAN = auto()


TEXT, TIME, INTEGER, NUMBER, BOOLEAN = Type


@dataclass(frozen=True)
class Table:
    """A fact table: its name and its columns' types, in order."""

    name: str
    columns: dict[str, Type]


def _tag_table(name: str, /, **owner: Type) -> Table:
    """Return a table of keys and values that belong to an owner: tags and params."""
    return Table(name, {**owner, "key": TEXT, "value": TEXT})


_GIT = (
    # A commit. `ordinal` counts from 0 and parents come before their children; the epochs are
    # seconds since 1970-01-01 UTC. `is_selected` is false of commits that --since or --until leave
    # out: they are known, so that what follows them keeps its identity, but not described.
    Table(
        "commits",
        {
            "ordinal": INTEGER,
            "sha": TEXT,
            "author_name": TEXT,
            "author_email": TEXT,
            "authored_at": TIME,
            "authored_epoch": INTEGER,
            "committer_name": TEXT,
            "committer_email": TEXT,
            "committed_at": TIME,
            "committed_epoch": INTEGER,
            "title": TEXT,
            "message": TEXT,
            "is_selected": BOOLEAN,
        },
    ),
    # A commit that no remote-tracking branch reaches, in a repository that has such branches.
    Table("unpushed_commits", {"sha": TEXT}),
    # A parent of a commit; the parent itself may be missing from `commits` (a shallow clone).
    Table("parents", {"ordinal": INTEGER, "sha": TEXT, "parent": TEXT, "position": INTEGER}),
    # A Co-authored-by trailer.
    Table("coauthors", {"ordinal": INTEGER, "sha": TEXT, "name": TEXT, "email": TEXT}),
    # What a commit did to a path, against its parent at `position`. Status is git's letter: A M R C T
    # D. A merge that differs from all its parents has a row per parent; of every other commit,
    # `position` is 0. `is_boundary` marks the state that a shallow clone starts with: it is there, but who
    # made it is not known. Modes are git's six octal digits, blobs full object names.
    Table(
        "changes",
        {
            "ordinal": INTEGER,
            "sha": TEXT,
            "position": INTEGER,
            "status": TEXT,
            "path": TEXT,
            "mode": TEXT,
            "blob": TEXT,
            "previous_path": TEXT,
            "previous_mode": TEXT,
            "previous_blob": TEXT,
            "is_boundary": BOOLEAN,
        },
    ),
)

_HISTORY = (
    # Derived from `changes` (mlflow2prov.facts.revisions): a revision of a path, or the deletion of one
    # (status D). (previous_sha, previous_path) is the revision that the change replaced, (file_sha,
    # file_path) the addition that began the file. There is a row per parent of a merge, as in `changes`;
    # is_repeat: what the revision itself is has been said in the row of another parent.
    Table(
        "revisions",
        {
            "ordinal": INTEGER,
            "sha": TEXT,
            "position": INTEGER,
            "status": TEXT,
            "path": TEXT,
            "mode": TEXT,
            "blob": TEXT,
            "renamed_from": TEXT,
            "previous_sha": TEXT,
            "previous_path": TEXT,
            "file_sha": TEXT,
            "file_path": TEXT,
            "is_repeat": BOOLEAN,
            "is_boundary": BOOLEAN,
            "is_selected": BOOLEAN,
            "committed_at": TIME,
            "author_name": TEXT,
            "author_email": TEXT,
        },
    ),
)

_LINKS = (
    # The files of the trees that runs' commits hold, among those that a run may have been started from.
    Table("tree_files", {"sha": TEXT, "path": TEXT, "blob": TEXT}),
    # Derived (mlflow2prov.facts.run_sources): the revision of a run's source file as of the run's commit.
    Table("run_sources", {"run_id": TEXT, "sha": TEXT, "path": TEXT}),
)

_EXPERIMENTS = (
    # The MLflow store that was read: one row. `fingerprint` is the same by whatever way the store is
    # read; `url` has no credentials.
    Table("stores", {"fingerprint": TEXT, "url": TEXT, "kind": TEXT, "version": TEXT}),
    Table(
        "experiments",
        {
            "experiment_id": TEXT,
            "name": TEXT,
            "artifact_location": TEXT,
            "lifecycle_stage": TEXT,
            "created_at": TIME,
            "last_updated_at": TIME,
            "workspace": TEXT,
        },
    ),
    _tag_table("experiment_tags", experiment_id=TEXT),
)

_RUNS = (
    # Status and lifecycle stage are lower-case ("finished", "deleted"); `user` is MLflow's user name
    # (the tag mlflow.user, else the run's user_id); `deleted_at` is known only where the store is
    # open to us.
    Table(
        "runs",
        {
            "run_id": TEXT,
            "experiment_id": TEXT,
            "name": TEXT,
            "user": TEXT,
            "status": TEXT,
            "lifecycle_stage": TEXT,
            "started_at": TIME,
            "ended_at": TIME,
            "deleted_at": TIME,
            "artifact_uri": TEXT,
        },
    ),
    _tag_table("run_tags", run_id=TEXT),
    _tag_table("params", run_id=TEXT),
    # A point of a metric: the last one of each key, or every one with the metric history.
    Table(
        "metrics",
        {
            "run_id": TEXT,
            "key": TEXT,
            "value": NUMBER,
            "step": INTEGER,
            "timestamp": TIME,
        },
    ),
    # A dataset that a run used. `source`, `schema` and `profile` are MLflow's JSON texts.
    Table(
        "dataset_inputs",
        {
            "run_id": TEXT,
            "name": TEXT,
            "digest": TEXT,
            "source_type": TEXT,
            "source": TEXT,
            "schema": TEXT,
            "profile": TEXT,
            "context": TEXT,
        },
    ),
    # A file or folder among a run's artifacts, at any depth, `path` relative to the run's artifact root,
    # size in bytes. `is_model` is true of the folder that holds an MLmodel file.
    Table(
        "artifacts",
        {
            "run_id": TEXT,
            "path": TEXT,
            "is_dir": BOOLEAN,
            "file_size": INTEGER,
            "is_model": BOOLEAN,
        },
    ),
)

_ENVIRONMENTS = (
    # A file that says what software a model was made with. `owner_id` is the run or logged model that the
    # model belongs to, `path` the model's folder among its artifacts (a logged model's own is ""), `name` the
    # file's name, `digest` the SHA-256 of its content.
    Table("environments", {"owner_id": TEXT, "path": TEXT, "name": TEXT, "digest": TEXT}),
    # A package that the environment of a digest names: a pinned version, or which ones are meant.
    Table("environment_packages", {"digest": TEXT, "name": TEXT, "version": TEXT}),
)

_TRACES = (
    # A trace, and the run that it was made in. `state` is lower-case ("ok", "error").
    Table(
        "traces",
        {
            "trace_id": TEXT,
            "experiment_id": TEXT,
            "run_id": TEXT,
            "name": TEXT,
            "state": TEXT,
            "requested_at": TIME,
            "user": TEXT,
        },
    ),
    # What a person or a program said of a trace: `kind` is "feedback" or "expectation", `source_type`
    # lower-case ("human", "code", "llm_judge"), `source_id` who or what it was.
    Table(
        "assessments",
        {
            "assessment_id": TEXT,
            "trace_id": TEXT,
            "name": TEXT,
            "kind": TEXT,
            "value": TEXT,
            "source_type": TEXT,
            "source_id": TEXT,
            "created_at": TIME,
        },
    ),
    # Derived: how many traces a run made, and how many assessments these have.
    Table("run_traces", {"run_id": TEXT, "traces": INTEGER, "assessments": INTEGER}),
)

_LOGGED_MODELS = (
    Table(
        "logged_models",
        {
            "model_id": TEXT,
            "experiment_id": TEXT,
            "name": TEXT,
            "model_type": TEXT,
            "source_run_id": TEXT,
            "status": TEXT,
            "lifecycle_stage": TEXT,
            "created_at": TIME,
            "last_updated_at": TIME,
            "artifact_location": TEXT,
        },
    ),
    _tag_table("logged_model_tags", model_id=TEXT),
    _tag_table("logged_model_params", model_id=TEXT),
    Table(
        "logged_model_metrics",
        {
            "model_id": TEXT,
            "run_id": TEXT,
            "key": TEXT,
            "value": NUMBER,
            "step": INTEGER,
            "timestamp": TIME,
        },
    ),
    # Which logged models a run took in ("input") or put out ("output").
    Table("run_models", {"run_id": TEXT, "model_id": TEXT, "direction": TEXT, "step": INTEGER}),
    Table(
        "logged_model_artifacts",
        {"model_id": TEXT, "path": TEXT, "is_dir": BOOLEAN, "file_size": INTEGER},
    ),
)

_REGISTRY = (
    # A registered model, or a prompt (MLflow keeps prompts as registered models with a tag).
    Table(
        "registered_models",
        {
            "name": TEXT,
            "is_prompt": BOOLEAN,
            "description": TEXT,
            "created_at": TIME,
            "last_updated_at": TIME,
        },
    ),
    _tag_table("registered_model_tags", name=TEXT),
    Table("registered_model_aliases", {"name": TEXT, "alias": TEXT, "version": TEXT}),
    # A version of a registered model or prompt. `source` is what it was registered from (a path, a
    # URI), `source_run_id`, `source_model_id` and `source_path` what that names: a run, a logged model,
    # an artifact of the run. `is_deleted` marks a row that MLflow keeps of a deleted version; what it
    # redacted is null here. `deleted_at` is the time of the deletion.
    Table(
        "registered_model_versions",
        {
            "name": TEXT,
            "version": TEXT,
            "is_prompt": BOOLEAN,
            "description": TEXT,
            "user": TEXT,
            "stage": TEXT,
            "source": TEXT,
            "source_run_id": TEXT,
            "source_model_id": TEXT,
            "source_path": TEXT,
            "run_link": TEXT,
            "status": TEXT,
            "status_message": TEXT,
            "created_at": TIME,
            "last_updated_at": TIME,
            "is_deleted": BOOLEAN,
            "deleted_at": TIME,
        },
    ),
    _tag_table("registered_model_version_tags", name=TEXT, version=TEXT),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *_GIT,
        *_HISTORY,
        *_LINKS,
        *_EXPERIMENTS,
        *_RUNS,
        *_ENVIRONMENTS,
        *_TRACES,
        *_LOGGED_MODELS,
        *_REGISTRY,
    )
}
