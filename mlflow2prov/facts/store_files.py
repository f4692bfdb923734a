"""Store files: the paths of a repository that belong to the MLflow store, where the store is committed.

<store>/<experiment id>/meta.yaml, <run id>/...     an experiment, or its artifacts on a server's disk
<store>/models/<name>/version-<n>/...               a registered model
<store>/.trash/...                                  deleted runs and experiments
mlflow.db, mlflow.db-wal, ...                       a SQLite database
"""

from __future__ import annotations

from collections.abc import Iterator

from mlflow2prov.engine import literal
from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.stored_runs import RUN_FILES

_DATABASE_FILES = ("", "-journal", "-shm", "-wal")

# The folders that hold run folders, for runs of the store.
_PARENTS = f"""
    WITH run_files AS (
        SELECT
            regexp_extract(path, '^(?:(.*?)/)??{RUN_FILES}', ['parent', 'run_id']) AS part
        FROM changed_paths
        WHERE regexp_matches(path, '(?:^|/){RUN_FILES}')
    )
    SELECT DISTINCT part.parent, part.run_id
    FROM run_files
    WHERE part.run_id IN (SELECT run_id FROM runs)
    ORDER BY ALL
"""

# A path below a store, without the store's own folder, that belongs to an experiment or a model.
_EXPERIMENT = r"^[0-9]+/(?:meta[.]yaml$|datasets/|models/m-|tags/|traces/)"
_VERSION = r"^models/[^/]+/version-[0-9]+/"


# What the paths of the store depend on.
_BASIS = (
    ("commits", "sha"),
    ("runs", "run_id"),
    ("experiments", "experiment_id"),
    ("registered_models", "name"),
)


def store_paths(facts: Facts, location: str | None) -> list[str]:
    """Return the folders and files of the history that belong to the store.

    A folder of the store may also hold other files of the project. Only the files that MLflow puts there are those of
    the store.

    Args:
        facts: the changes of the history, and the runs, experiments and models of the store.
        location: the path within the repository where the store was read, if it lies there: the folder of a file
            store ("" for the root of the repository), or the file of a database.
    """
    roots = set() if location is None else {location}
    folders = set()
    experiments = {name for (name,) in facts.rows("SELECT experiment_id FROM experiments")}
    for parent, run_id in facts.rows(_PARENTS):
        root, _, experiment = parent.rpartition("/")
        if experiment in experiments or experiment.isdecimal():
            roots.add(root.removesuffix(".trash").rstrip("/"))
        else:
            folders.add(f"{parent}/{run_id}".lstrip("/"))
    for root in sorted(roots):
        folders.update(_paths_below(facts, root))
    if location:
        folders.update(_database_files(facts, location))
    return sorted(folders)


def committed_stores(facts: Facts) -> tuple[list[str], int, int]:
    """Return the folders of file stores in the history, the number of files in them, and that of all files.

    A folder is that of a store if the folders of experiments in it hold files of runs or logged models. The root of the
    repository is not counted as one.
    """
    content = f"(?:{RUN_FILES}|models/m-[0-9a-f]{{32}}/)"
    rows = facts.rows(
        f"""
        WITH paths AS (SELECT DISTINCT path FROM changed_paths),
        stores AS (
            SELECT DISTINCT
                regexp_extract(path, '^(.+?)/(?:[.]trash/)?[^/]+/{content}', 1) AS folder
            FROM paths
            WHERE regexp_matches(path, '/{content}')
        )
        SELECT
            (SELECT list(folder ORDER BY folder) FROM stores WHERE folder <> ''),
            (
                SELECT count(*)
                FROM paths
                WHERE EXISTS (
                    SELECT 1
                    FROM stores
                    WHERE folder <> '' AND starts_with(path, folder || '/')
                )
            ),
            (SELECT count(*) FROM paths)
        """
    )
    folders, count, total = rows[0]
    return folders or [], count, total


def copy_excluded_paths(facts: Facts, previous: Facts) -> bool:
    """Take ``excluded_paths`` and ``stored_runs`` from ``previous`` if they are still right.

    They follow from the changes of the history and from the runs, experiments and models of the store. If these are the
    same as before, so are the paths.

    Returns:
        Whether ``previous`` has paths, and they are still right.
    """
    if previous.is_empty("excluded_paths") or not facts.is_empty("changes"):
        return False
    if any(_differ(facts, previous, table, column) for table, column in _BASIS):
        return False
    for table in ("excluded_paths", "stored_runs"):
        facts.execute(f"INSERT INTO {table} BY NAME FROM {previous.table(table)}")
    return True


def _differ(facts: Facts, previous: Facts, table: str, column: str) -> bool:
    """Return whether a column has other values than before."""
    new, old = f"SELECT {column} FROM {table}", f"SELECT {column} FROM {previous.table(table)}"
    return bool(facts.rows(f"({new} EXCEPT {old}) UNION ALL ({old} EXCEPT {new}) LIMIT 1"))


def _paths_below(facts: Facts, root: str) -> Iterator[str]:
    """Yield the paths of the store in the folder ``root``: the folder itself if it holds nothing else."""
    prefix = f"{root}/" if root else ""
    rows = facts.rows(
        f"""
        WITH paths AS (
            SELECT DISTINCT substr(path, {len(prefix) + 1}) AS path
            FROM changed_paths
            WHERE starts_with(path, {literal(prefix)})
        ),
        parts AS (
            SELECT
                *,
                split_part(path, '/', 1) AS folder,
                split_part(path, '/', 1) || '/' || split_part(path, '/', 2) AS subfolder
            FROM paths
            WHERE contains(path, '/')
        ),
        store_folders AS (
            SELECT folder AS name
            FROM parts
            WHERE folder = '.trash'
                OR folder IN (SELECT experiment_id FROM experiments)
                OR regexp_matches(path, {literal(_EXPERIMENT)})
                OR regexp_matches(path, '^[^/]+/{RUN_FILES}')
            UNION
            SELECT subfolder
            FROM parts
            WHERE subfolder IN (SELECT 'models/' || name FROM registered_models)
                OR regexp_matches(path, {literal(_VERSION)})
        )
        SELECT
            (SELECT list(name ORDER BY name) FROM store_folders),
            (
                SELECT count(*)
                FROM paths
                LEFT JOIN parts USING (path)
                WHERE coalesce(folder, '') NOT IN (SELECT name FROM store_folders)
                    AND coalesce(subfolder, '') NOT IN (SELECT name FROM store_folders)
            )
        """
    )
    names, other_count = rows[0]
    if root and names and not other_count:
        yield root
    else:
        yield from (prefix + name for name in names or ())


def _database_files(facts: Facts, path: str) -> list[str]:
    """Return the files of the SQLite database ``path`` that the history has."""
    names = ", ".join(literal(path + suffix) for suffix in _DATABASE_FILES)
    rows = facts.rows(
        f"SELECT DISTINCT path FROM changed_paths WHERE path IN ({names}) ORDER BY path"
    )
    return [name for (name,) in rows]
