"""Typing (PROV-CONSTRAINTS section 6.3): the types that statements give to names (Constraint 50).

Types alone violate nothing; :mod:`.impossibility` checks which of them exclude each other. The type
agent is ignored, because agents may also be entities or activities.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlflow2prov.prov.kinds import KINDS, ArgumentType
from mlflow2prov.prov.validation.instance import MISSING, Instance


def has_type(instance: Instance, argument_type: ArgumentType) -> NDArray[np.bool_]:
    """Return for each name whether it has a type, entity or activity."""
    is_typed = np.zeros(instance.name_count, np.bool_)
    for kind, argument in _typing_arguments(argument_type):
        names = instance.column(kind, argument)
        is_typed[names[names != MISSING]] = True
    return is_typed


def first_typing_statement(instance: Instance, name: int, argument_type: ArgumentType) -> int:
    """Return the number of the first statement that gives a type to a name.

    Raises:
        LookupError: the name does not have the type.
    """
    for kind, argument in _typing_arguments(argument_type):
        places = np.flatnonzero(instance.column(kind, argument) == name)
        if len(places):
            return instance.first_statement[kind] + int(places[0])
    raise LookupError(name)


def _typing_arguments(argument_type: ArgumentType) -> Iterator[tuple[str, str]]:
    """Yield the kinds and the arguments whose names have a type, entity or activity."""
    for kind in KINDS:
        if kind.element and kind.name == argument_type.value:
            yield kind.name, "id"
        for argument in kind.arguments:
            if argument.type is argument_type:
                yield kind.name, argument.name
