"""Options of :func:`~mlflow2prov.graph.lineage.lineage` that take one of a few values.

The function, the command line and the schema of configuration files take their choices from here. The module imports
nothing else of the package, so that ``--help`` does not wait for DuckDB.
"""

from typing import Literal, get_args

Direction = Literal["upstream", "downstream", "both"]
"""From effects to their causes, from causes to their effects, or both."""

DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

History = Literal["auto", "none", "revisions", "all"]
"""How much of a Git history is followed: none of it; from a revision of a file to the revisions that it was derived from;
all, with the parents of commits; or, with ``auto``, all of a selected commit and the revisions of a selected file."""

HISTORIES: tuple[History, ...] = get_args(History)
