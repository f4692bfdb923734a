"""A view over the observed changes: the vocabulary's type of each subject, and labels."""

from mlflow2prov.facts.views.models import KIND
from mlflow2prov.facts.views.view import TEXT, view

VIEWS = (
    # `address` is a selector of the subject: MLflow has no URI for an experiment, whose name may change. `kind` is
    # that of the registry. `property_name` is the property, and its key if it is a tag or a parameter.
    view(
        "changes_of_subjects",
        f"""
        WITH changes AS (
            SELECT
                observed_changes.*,
                {KIND} AS kind,
                CASE WHEN subject = 'experiment' THEN 'Experiment:' || experiment_id ELSE uri END AS address,
                concat_ws(' ', property, key) AS property_name
            FROM observed_changes
        )
        SELECT
            changes.*,
            concat_ws(' of ', property_name, address) AS label,
            CASE subject
                WHEN 'store' THEN 'Store'
                WHEN 'experiment' THEN 'Experiment'
                WHEN 'run' THEN 'Run'
                WHEN 'logged_model' THEN 'LoggedModel'
                WHEN 'registered_model' THEN kind
                WHEN 'version' THEN kind || 'Version'
                WHEN 'alias' THEN kind || 'Alias'
                WHEN 'branch' THEN 'Branch'
            END AS resource_type
        FROM changes
        """,
        rows_from="observed_changes",
        extends="observed_changes",
        kind=TEXT,
        address=TEXT,
        property_name=TEXT,
        label=TEXT,
        resource_type=TEXT,
    ),
)
