"""The tables of captured calls."""

from mlflow2prov.facts.schema.table import BOOLEAN, INTEGER, TEXT, TIME, Table

TABLES = (
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
