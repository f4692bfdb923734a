"""Typing: of which types a statement makes the names in it (PROV-CONSTRAINTS section 6.3, Constraint 50).

Types alone break nothing: it is :mod:`.impossibility` that says which of them exclude each other. That an agent
is one is not kept: agents may be entities or activities as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlflow2prov.prov.kinds import ELEMENTS, KINDS, ArgumentType
from mlflow2prov.prov.validation.instance import MISSING, Instance

_IDS = {kind.name for kind in ELEMENTS}


def arguments(type_: ArgumentType) -> Iterator[tuple[str, str]]:
    """Yield the kinds and arguments that stand for a thing of a type, entity or activity."""
    for kind in KINDS:
        if kind.name in _IDS and kind.name == type_.value:
            yield kind.name, "id"
        for argument in kind.arguments:
            if argument.type is type_:
                yield kind.name, argument.name


def typed(instance: Instance, type_: ArgumentType) -> NDArray[np.bool_]:
    """Return which names are of a type, entity or activity."""
    found = np.zeros(instance.names, np.bool_)
    for kind, argument in arguments(type_):
        numbers = instance.column(kind, argument)
        found[numbers[numbers != MISSING]] = True
    return found


def first_to_say(instance: Instance, name: int, type_: ArgumentType) -> int:
    """Return the number of the first statement by which a name is of a type."""
    for kind, argument in arguments(type_):
        places = np.flatnonzero(instance.column(kind, argument) == name)
        if len(places):
            return instance.first[kind] + int(places[0])
    raise LookupError(name)
