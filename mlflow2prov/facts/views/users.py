"""Views over the people that Git and MLflow name, one row for each."""

from mlflow2prov.facts.views.view import BOOLEAN, TEXT, view

VIEWS = (
    view(
        "git_users",
        """
        WITH users AS (
            SELECT author_name AS name, author_email AS email FROM selected_commits
            UNION ALL SELECT committer_name, committer_email FROM selected_commits
            UNION ALL SELECT name, email FROM selected_coauthors
            UNION ALL SELECT author_name, author_email FROM revisions WHERE is_selected
        )
        SELECT DISTINCT
            name,
            email,
            coalesce(name, email) AS label,
            coalesce(
                name ILIKE '%[bot]'
                OR email ILIKE '%[bot]@%'
                OR regexp_matches(name, '(?i)(^|[-_ ])bot$'),
                false
            ) AS is_bot
        FROM users
        """,
        rows_from=("commits", "coauthors", "revisions"),
        name=TEXT,
        email=TEXT,
        label=TEXT,
        is_bot=BOOLEAN,
    ),
    view(
        "mlflow_users",
        """
        WITH users AS (
            SELECT "user" AS username FROM runs
            UNION ALL SELECT "user" FROM experiments_of_store
            UNION ALL SELECT "user" FROM registered_models_of_store
            UNION ALL SELECT creator FROM versions_of_registered_models
            UNION ALL SELECT "user" FROM traces
            UNION ALL SELECT person FROM assessments_of_traces
            UNION ALL SELECT "user" FROM calls
        )
        SELECT DISTINCT username FROM users WHERE username <> ''
        """,
        rows_from=(
            "runs",
            "experiments",
            "registered_models",
            "registered_model_versions",
            "traces",
            "assessments",
            "calls",
        ),
        username=TEXT,
    ),
)
