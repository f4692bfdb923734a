"""The table of the changes that observations of a project show."""

from mlflow2prov.facts.schema.table import BOOLEAN, TEXT, TIME, Table

TABLES = (
    # A change that two observations of a project show (mlflow2prov.state). It happened after `not_before`, when the
    # old value was last observed, and before `not_after`, when the new one was first observed. `changed_at` is its
    # time if MLflow recorded one, and `time_source` MLflow's name for that time.
    #
    # `subject` is "store", "experiment", "run", "logged_model", "registered_model", "version", "alias" or "branch", and
    # the columns from `identity` to `model_id` those that identify it, as in the tables of its kind. The `name` of a
    # branch is the full name of the ref, and its `identity` the first commit of the repository. `uri` is the
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
