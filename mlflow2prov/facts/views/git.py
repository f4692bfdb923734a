"""Views over a Git history; they contain selected commits only."""

from mlflow2prov.facts.views.view import BOOLEAN, INTEGER, TEXT, TIME, view

VIEWS = (
    # A commit lasts from the earlier of its two dates to the later. `pushed` is 'false' or NULL.
    view(
        "selected_commits",
        """
        SELECT
            commits.*,
            CASE
                WHEN authored_epoch <= committed_epoch THEN authored_at
                ELSE coalesce(committed_at, authored_at)
            END AS started_at,
            CASE
                WHEN authored_epoch <= committed_epoch THEN committed_at
                ELSE coalesce(authored_at, committed_at)
            END AS ended_at,
            CASE WHEN unpushed_commits.sha IS NOT NULL THEN 'false' END AS pushed
        FROM commits
        LEFT JOIN unpushed_commits ON unpushed_commits.sha = commits.sha
        WHERE is_selected
        """,
        rows_from="commits",
        extends="commits",
        key="sha",
        started_at=TIME,
        ended_at=TIME,
        pushed=TEXT,
    ),
    view(
        "selected_parents",
        "SELECT * FROM parents SEMI JOIN selected_commits USING (sha)",
        rows_from="parents",
        extends="parents",
        key="sha",
    ),
    view(
        "selected_coauthors",
        "SELECT * FROM coauthors SEMI JOIN selected_commits USING (sha)",
        rows_from="coauthors",
        extends="coauthors",
        key="sha",
    ),
    # A change of a path, whether or not the revisions have been derived from the changes.
    view(
        "changed_paths",
        """
        SELECT ordinal, sha, status, path, is_boundary FROM changes
        UNION ALL
        SELECT ordinal, sha, status, path, is_boundary FROM revisions
        """,
        rows_from=("changes", "revisions"),
        ordinal=INTEGER,
        sha=TEXT,
        status=TEXT,
        path=TEXT,
        is_boundary=BOOLEAN,
    ),
    # A revision or a deletion. `name` is the file's base name, `swhid` the blob's Software Heritage
    # identifier; `is_start` marks the revision that begins its file.
    view(
        "file_changes",
        """
        SELECT
            *,
            CASE
                WHEN path NOT LIKE '"%' THEN parse_filename(path, false, 'forward_slash')
                -- Git quoted the path: its last part keeps the quotes only if it needs them.
                WHEN contains(regexp_extract(path, '([^/]*)"$', 1), '\\')
                THEN '"' || regexp_extract(path, '([^/"]*"?)$')
                ELSE regexp_extract(path, '([^/"]*)"$', 1)
            END AS name,
            CASE
                WHEN length(blob) <> 40 THEN blob
                WHEN mode = '160000' THEN 'swh:1:rev:' || blob
                ELSE 'swh:1:cnt:' || blob
            END AS swhid,
            status <> 'D' AND file_sha = sha AND file_path = path AS is_start
        FROM revisions
        WHERE is_selected
        """,
        rows_from="revisions",
        extends="revisions",
        key="sha",
        name=TEXT,
        swhid=TEXT,
        is_start=BOOLEAN,
    ),
)
