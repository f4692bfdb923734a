"""The table of each type of result, for notebooks and for Python: :func:`to_table`."""

from __future__ import annotations

from functools import singledispatch

from mlflow2prov.analysis.check import CheckResult
from mlflow2prov.analysis.comparison import Comparison
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.history import ObservedHistory
from mlflow2prov.analysis.impact import Impact
from mlflow2prov.arguments import checked
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.prov.difference import Difference
from mlflow2prov.prov.validation import ValidationReport
from mlflow2prov.render import check, difference, explanation, history, impact, validation
from mlflow2prov.table import Table, Tabular


@checked
def to_table(result: Tabular) -> Table:
    """Return a result as a table for people, as the command line prints it.

    Args:
        result: an :class:`Explanation`, an :class:`Impact`, an :class:`ObservedHistory`, a :class:`CheckResult`, a
            :class:`Difference`, a :class:`Comparison` or a :class:`ValidationReport`.

    Raises:
        ConfigurationError: the argument is not such a result.
    """
    return _table_of(result)


@singledispatch
def _table_of(result: Tabular) -> Table:
    raise ConfigurationError(f"{type(result).__name__} has no table; pass the result of a command")


_table_of.register(Explanation, explanation.to_table)
_table_of.register(Impact, impact.to_table)
_table_of.register(ObservedHistory, history.to_table)
_table_of.register(CheckResult, check.to_table)
_table_of.register(Difference, difference.difference_table)
_table_of.register(Comparison, difference.comparison_table)
_table_of.register(ValidationReport, validation.to_table)
