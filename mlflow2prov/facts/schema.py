"""The fact tables and the meaning of their columns.

Sources fill these tables without knowing PROV, and mapping rules read them without knowing the sources. An unknown
value is NULL. Times are ``xsd:dateTime`` with an offset (:mod:`mlflow2prov.facts.times`), texts are Unicode, numbers
have 64 bits.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Type(Enum):
    """The type of a column."""

    TEXT = auto()
    TIME = auto()
    INTEGER = auto()
    NUMBER = auto()
    BOOLEAN = auto()


TEXT, TIME, INTEGER, NUMBER, BOOLEAN = Type


@dataclass(frozen=True)
class Table:
    """A fact table: its name, and the types of its columns in order."""

    name: str
    columns: dict[str, Type]


def _tag_table(name: str, /, **owner: Type) -> Table:
    """Return a table of tags or parameters: keys and values that belong to an owner."""
    return Table(name, {**owner, "key": TEXT, "value": TEXT})


_GIT = (
    # A commit. `ordinal` counts from 0, parents before children (mlflow2prov.facts.ordinals); the epochs
    # are seconds since 1970-01-01 UTC. `is_selected` is false for commits outside --since and --until:
    # they get no statements, but files need them for their identity.
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
    # A ref (gitglossary(7)) by its full name, and the commit that it leads to.
    Table("refs", {"name": TEXT, "sha": TEXT}),
    # How a history was read, in one row. `circumstances` is a digest of all that its facts depend on
    # besides its commits (mlflow2prov.sources.git.known_history), `detail` how much git could read
    # ("renames", "changes" or "commits"), and `has_skipped_renames` whether it compared some files only
    # by digest.
    Table(
        "histories",
        {"circumstances": TEXT, "detail": TEXT, "has_skipped_renames": BOOLEAN},
    ),
    # A file, or a folder with all its files, that was left out of the history because it belongs to
    # the MLflow store.
    Table("excluded_paths", {"path": TEXT}),
    # A commit that no ref from a remote reaches. Empty if there are no remote-tracking branches.
    Table("unpushed_commits", {"sha": TEXT}),
    # A parent of a commit. The parent is missing from `commits` if a shallow clone hides it.
    Table("parents", {"ordinal": INTEGER, "sha": TEXT, "parent": TEXT, "position": INTEGER}),
    # A Co-authored-by trailer.
    Table("coauthors", {"ordinal": INTEGER, "sha": TEXT, "name": TEXT, "email": TEXT}),
    # The difference of a path between a commit and its parent at `position`. `status` is git's
    # letter: A M R C T D. A merge has a row for each parent where it differs from all of them; in
    # other commits `position` is 0. `is_boundary` marks the oldest state in a shallow clone, whose
    # author is unknown. Modes are git's six octal digits, blobs full object names.
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
    # A revision of a path, or the deletion of one (status D), derived from `changes`
    # (mlflow2prov.facts.revisions). (`previous_sha`, `previous_path`) is the revision that the change
    # replaced, (`file_sha`, `file_path`) the addition that began the file. A merge has a row for each
    # parent, as in `changes`; `is_repeat` is true in all but one row of the same revision.
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
    # What MLflow's tags call a commit of the repository, other than its full hash: a short hash, a tag, or
    # the output of `git describe`. The short hashes of calls, too.
    Table("commit_names", {"name": TEXT, "sha": TEXT}),
    # A file in the tree of a run's commit that may be the run's script.
    Table("tree_files", {"sha": TEXT, "path": TEXT, "blob": TEXT}),
    # A revision of a script that a run executed, as of the run's commit (mlflow2prov.facts.run_sources).
    # `inferred` is the method if it is probable only (mlflow2prov.facts.inferred_sources), else NULL.
    Table("run_sources", {"run_id": TEXT, "sha": TEXT, "path": TEXT, "inferred": TEXT}),
    # A notebook's blob and an experiment that its code names, beside MLflow.
    Table("notebook_names", {"blob": TEXT, "name": TEXT}),
    # A script that the run's commit lacks, so that it was not committed when it was run. `added_by` is the
    # commit that added it first, NULL if none did (mlflow2prov.facts.missing_scripts).
    Table("missing_scripts", {"run_id": TEXT, "path": TEXT, "added_by": TEXT}),
    # The commit that added a run's files to the repository, where the store is committed. It is later
    # than the run, and not the run's commit (mlflow2prov.facts.stored_runs).
    Table("stored_runs", {"run_id": TEXT, "sha": TEXT}),
)

_EXPERIMENTS = (
    # The MLflow store, in one row. `url` has no credentials. `read_at` is the beginning of the reading
    # by this machine's clock, `is_complete` false if some facts could not be read, and `reread_from` the
    # milliseconds from which the next reading goes on with runs that are read again in turn
    # (mlflow2prov.sources.mlflow.rest.known_runs).
    Table(
        "stores",
        {
            "url": TEXT,
            "kind": TEXT,
            "version": TEXT,
            "read_at": TIME,
            "is_complete": BOOLEAN,
            "reread_from": INTEGER,
        },
    ),
    # A run of a server that was taken from an earlier reading, and when it was read last. Its name, tags,
    # params and metrics are as of then.
    Table("kept_runs", {"run_id": TEXT, "read_at": TIME}),
    # `identity` distinguishes the experiment from one with the same id in another store
    # (mlflow2prov.sources.mlflow.identity).
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
            "identity": TEXT,
        },
    ),
    _tag_table("experiment_tags", experiment_id=TEXT),
)

_RUNS = (
    # `status` and `lifecycle_stage` are in lower case ("finished", "deleted"). `user` is the tag
    # mlflow.user, or else the run's user_id. A server does not report `deleted_at`. The columns `early_...` are
    # those of MLflow before 1.0, which has tags in their place.
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
            "early_source_name": TEXT,
            "early_source_type": TEXT,
            "early_commit": TEXT,
            "early_entry_point": TEXT,
        },
    ),
    _tag_table("run_tags", run_id=TEXT),
    _tag_table("params", run_id=TEXT),
    # A value of a metric: the last one of each key, or all of them with the metric history.
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
    # A dataset that a run used. `source`, `schema` and `profile` are JSON texts as MLflow stores them.
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
    # A file or folder among a run's artifacts. `path` is relative to the run's artifact root,
    # `file_size` in bytes. `is_model` is true for a folder with an MLmodel file.
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
    # A file that lists the software of a model. `owner_id` is a logged model, or the run whose artifacts
    # include the model; `path` is the model's folder among the artifacts ("" for a logged model), `name`
    # the file's name, `digest` the SHA-256 of its content.
    Table("environments", {"owner_id": TEXT, "path": TEXT, "name": TEXT, "digest": TEXT}),
    # A package in the environment with a digest. `version` is a pinned version or a version specifier.
    Table("environment_packages", {"digest": TEXT, "name": TEXT, "version": TEXT}),
)

_TRACES = (
    # A trace, and the run that recorded it. `state` is in lower case ("ok", "error").
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
    # The judgement of a person or a program on a trace. `kind` is "feedback" or "expectation",
    # `source_type` is in lower case ("human", "code", "llm_judge"), `source_id` identifies the source.
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
    # The number of traces that a run recorded, and of their assessments.
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
    # A logged model that a run used ("input") or produced ("output").
    Table("run_models", {"run_id": TEXT, "model_id": TEXT, "direction": TEXT, "step": INTEGER}),
    Table(
        "logged_model_artifacts",
        {"model_id": TEXT, "path": TEXT, "is_dir": BOOLEAN, "file_size": INTEGER},
    ),
)

_REGISTRY = (
    # A registered model, or a prompt, which MLflow stores as a registered model with a tag. `identity`
    # distinguishes it from one with the same name in another store.
    Table(
        "registered_models",
        {
            "name": TEXT,
            "is_prompt": BOOLEAN,
            "description": TEXT,
            "created_at": TIME,
            "last_updated_at": TIME,
            "identity": TEXT,
        },
    ),
    _tag_table("registered_model_tags", name=TEXT),
    Table("registered_model_aliases", {"name": TEXT, "alias": TEXT, "version": TEXT}),
    # A version of a registered model or prompt. `source` is the path or URI that it was registered
    # from; `source_run_id`, `source_model_id` and `source_path` are the run, the logged model and the
    # artifact of the run that `source` refers to, or (`source_name`, `source_version`) the version.
    # MLflow keeps the row of a deleted version (`is_deleted`, `deleted_at`) and redacts some columns,
    # which are NULL here. `identity` is that of the registered model.
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
            "source_name": TEXT,
            "source_version": TEXT,
            "run_link": TEXT,
            "status": TEXT,
            "status_message": TEXT,
            "created_at": TIME,
            "last_updated_at": TIME,
            "is_deleted": BOOLEAN,
            "deleted_at": TIME,
            "identity": TEXT,
        },
    ),
    _tag_table("registered_model_version_tags", name=TEXT, version=TEXT),
)

_CALLS = (
    # A call that capture recorded (mlflow2prov.capture.records). `status` is RUNNING, FINISHED, FAILED or
    # KILLED. `source_path` is relative to the working tree if Git tracks it, and `source_blob` the name of
    # its content when it was called. `environment_digest` identifies the installed packages. `custom_fields`
    # is a JSON object.
    Table(
        "calls",
        {
            "call_id": TEXT,
            "parent_id": TEXT,
            "name": TEXT,
            "module": TEXT,
            "function": TEXT,
            "version": TEXT,
            "status": TEXT,
            "cached": BOOLEAN,
            "uncacheable": TEXT,
            "exception": TEXT,
            "started_at": TIME,
            "ended_at": TIME,
            "artifact_id": TEXT,
            "source_digest": TEXT,
            "source_path": TEXT,
            "source_line": INTEGER,
            "source_blob": TEXT,
            "source_tracked": BOOLEAN,
            "repository_url": TEXT,
            "commit": TEXT,
            "branch": TEXT,
            "dirty": BOOLEAN,
            "run_id": TEXT,
            "seed": INTEGER,
            "user": TEXT,
            "host": TEXT,
            "cwd": TEXT,
            "argv": TEXT,
            "python_version": TEXT,
            "platform": TEXT,
            "environment_digest": TEXT,
            "custom_fields": TEXT,
        },
    ),
    # A word that a user attached to a call.
    Table("call_tags", {"call_id": TEXT, "tag": TEXT}),
    # An argument of a call. `value` is abbreviated JSON; `digest` is that of the value, and `content` that
    # of the file if the argument is the path of one.
    Table(
        "call_arguments",
        {
            "call_id": TEXT,
            "position": INTEGER,
            "name": TEXT,
            "type": TEXT,
            "value": TEXT,
            "digest": TEXT,
            "content": TEXT,
            "is_ignored": BOOLEAN,
        },
    ),
    # An artifact that an argument of a call is or contains. `name` is NULL if the argument is not known.
    Table(
        "call_argument_artifacts",
        {"call_id": TEXT, "name": TEXT, "artifact_id": TEXT, "is_ignored": BOOLEAN},
    ),
    # A result of a call, a part of a composite result (`key`), or a file that the call wrote (`path`).
    Table(
        "call_results",
        {
            "call_id": TEXT,
            "position": INTEGER,
            "key": TEXT,
            "artifact_id": TEXT,
            "digest": TEXT,
            "size": INTEGER,
            "path": TEXT,
            "serializer": TEXT,
        },
    ),
    # A set of artifacts, in one row for each time that it was stored; `labels` is a JSON object.
    Table(
        "result_sets",
        {"set_id": TEXT, "name": TEXT, "labels": TEXT, "created_at": TIME},
    ),
    Table("result_set_members", {"set_id": TEXT, "artifact_id": TEXT}),
    # A call, and one that ended at the same time, of which each seems to have used results of the other
    # (mlflow2prov.facts.circular_derivations).
    Table("circular_derivations", {"call_id": TEXT, "maker_id": TEXT}),
    # The content of a file among the artifacts of a run or of a logged model (`owner_id`), as `sha256:<hex>`. It
    # is known for local files that are as long as a file that a call wrote.
    Table("artifact_digests", {"owner_id": TEXT, "path": TEXT, "digest": TEXT}),
    # A revision of a call's source file, as of the call's commit (mlflow2prov.facts.call_sources).
    Table("call_sources", {"call_id": TEXT, "sha": TEXT, "path": TEXT}),
)

_OBSERVATIONS = (
    # A change that two observations of a project show (mlflow2prov.state). It happened after `not_before`, when the
    # old value was last observed, and before `not_after`, when the new one was first observed. `changed_at` is its
    # time if MLflow recorded one, and `time_source` MLflow's name for that time.
    #
    # `subject` is "store", "experiment", "run", "logged_model", "registered_model", "version", "alias" or "branch", and
    # the columns from `identity` to `model_id` those that identify it, as in the tables of its kind. The `name` of a
    # branch is the full name of the ref, and its `identity`, if there is one, that of the repository. `uri` is the
    # address of the subject: `runs:/<id>`, `models:/<model id>`, `models:/<name>`, `models:/<name>/<version>`,
    # `models:/<name>@<alias>`, the same with `prompts:`, the name of an experiment, the URL of a store, or the full
    # name of a branch.
    #
    # `property` is "presence" (its values are "present" and NULL), "name", "description", "status", "stage",
    # "lifecycle_stage", "version" (of an alias), "tag" or "param" (named by `key`), "tip" (of a branch) or "identity"
    # (of a store). A value is NULL where the property has none.
    #
    # `old_state` and `new_state` identify the states that the change ended and began. A value that returns is another
    # state. `old_state_since` is when the old one was first observed.
    Table(
        "observed_changes",
        {
            "change_id": TEXT,
            "subject": TEXT,
            "uri": TEXT,
            "is_prompt": BOOLEAN,
            "identity": TEXT,
            "name": TEXT,
            "version": TEXT,
            "alias": TEXT,
            "experiment_id": TEXT,
            "run_id": TEXT,
            "model_id": TEXT,
            "property": TEXT,
            "key": TEXT,
            "old_value": TEXT,
            "new_value": TEXT,
            "old_state": TEXT,
            "old_state_since": TIME,
            "new_state": TEXT,
            "not_before": TIME,
            "not_after": TIME,
            "changed_at": TIME,
            "time_source": TEXT,
        },
    ),
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
        *_CALLS,
        *_OBSERVATIONS,
    )
}
