"""The tables of a Git history, and of the files in it."""

from mlflow2prov.facts.schema.table import BOOLEAN, INTEGER, TEXT, TIME, Table

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
    # ("renames", "changes" or "commits"), `has_skipped_renames` whether it compared some files only by
    # digest, and `is_shallow` whether a shallow clone hides the parents of its oldest commits.
    Table(
        "histories",
        {
            "circumstances": TEXT,
            "detail": TEXT,
            "has_skipped_renames": BOOLEAN,
            "is_shallow": BOOLEAN,
        },
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

TABLES = (*_GIT, *_HISTORY)
