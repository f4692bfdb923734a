"""Options of :func:`~mlflow2prov.graph.lineage.lineage` that take one of a few values.

The function, the command line and the schema of configuration files take their choices from here. The module imports
nothing else of the package, so that ``--help`` does not wait for DuckDB.
"""

from typing import Literal, get_args

WalkDirection = Literal["upstream", "downstream"]
"""The direction of one walk: from effects to their causes, or from causes to their effects."""

WALK_DIRECTIONS: tuple[WalkDirection, ...] = get_args(WalkDirection)

Direction = Literal[WalkDirection, "both"]
"""From effects to their causes, from causes to their effects, or both."""

DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

History = Literal["auto", "none", "revisions", "all"]
"""How much of a Git history is followed.

- ``none``: nothing;
- ``revisions``: from a revision of a file to the revisions that it was derived from;
- ``all``: also the parents of commits, and the revisions that commits used;
- ``auto``: all for a selected commit, the revisions for a selected file, nothing for other elements.
"""

HISTORIES: tuple[History, ...] = get_args(History)
