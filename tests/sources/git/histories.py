"""Reading a repository of a test into facts."""

from mlflow2prov.facts import Facts
from mlflow2prov.facts.revisions import derive_revisions
from mlflow2prov.sources.git import GitHistory, HistoryOptions


def read(path, **options):
    """Return the report on a repository and its facts, with revisions."""
    report, facts = read_changes(path, **options)
    derive_revisions(facts)
    return report, facts


def read_changes(path, **options):
    """Return the report on a repository and its facts, with changes but without revisions."""
    with Facts() as facts:
        report = GitHistory(path, HistoryOptions(**options)).read(facts)
    return report, facts


def revisions(path, **options):
    """Return (commit, status, path, commit of the replaced revision, its path) for every revision."""
    _, facts = read(path, **options)
    return facts.rows(
        """
        SELECT
            commits.title,
            revisions.status,
            revisions.path,
            previous_commits.title,
            revisions.previous_path
        FROM revisions
        JOIN commits USING (sha)
        LEFT JOIN commits AS previous_commits ON previous_commits.sha = revisions.previous_sha
        ORDER BY revisions.ordinal, revisions.path, revisions.position
        """
    )
