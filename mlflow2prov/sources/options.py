"""Options of sources that take one of a few values.

The functions, the command line and the schema of configuration files take their choices from here. The
module imports nothing else of the package, so that ``--help`` does not wait for DuckDB.
"""

from typing import Literal, get_args

Renames = Literal["similar", "exact", "none"]
"""How renames and copies are detected: by similar content, which takes Git several times as long; by
identical content, in commits with one parent; or not at all."""

RENAMES: tuple[Renames, ...] = get_args(Renames)

ArtifactListing = Literal["all", "top", "none"]
"""Which artifacts of runs and logged models are listed: those at every depth, those at the top, or none."""

ARTIFACT_LISTINGS: tuple[ArtifactListing, ...] = get_args(ArtifactListing)
