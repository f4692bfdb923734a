"""Options of the audit that take one of a few values, and the values that its results use.

The functions, the command line and the schema of configuration files take their choices from here. The module imports
nothing else of the package, so that ``--help`` does not wait for DuckDB.
"""

from typing import Literal, get_args

SubjectKind = Literal["version", "model", "run"]
"""The subject of an explanation: a version of a registered model or a prompt, a model that MLflow logged, or a run."""

SUBJECT_KINDS: tuple[SubjectKind, ...] = get_args(SubjectKind)

AnswerState = Literal["known", "none", "inferred", "unknown", "unrecorded"]
"""How a document answers a question: with items, with the fact that no item exists, with items that are only probable,
or not at all. An answer is unrecorded if MLflow itself never records it."""

Severity = Literal["error", "warning", "note"]
"""How severe a finding is, the most severe first; the words are SARIF's."""

SEVERITIES: tuple[Severity, ...] = get_args(Severity)

FailOn = Literal[Severity, "never"]
"""The least severe finding that fails a check."""

FAIL_ON: tuple[FailOn, ...] = get_args(FailOn)

Resolution = Literal["coarse", "fine"]
"""How statistics count: entities, activities, agents and relations; or elements by kind and PROV type, and relations by
kind."""

RESOLUTIONS: tuple[Resolution, ...] = get_args(Resolution)

Dimension = Literal["agent", "month", "type", "model"]
"""The dimensions that contributions are counted by, in the order of the columns."""

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

ListedKind = Literal["models", "versions", "runs", "experiments", "datasets", "people", "commits"]
"""The kinds of elements that are listed."""

LISTED_KINDS: tuple[ListedKind, ...] = get_args(ListedKind)
