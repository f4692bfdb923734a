"""Fact tables, and the types of their columns."""

from dataclasses import dataclass
from enum import Enum, auto


class Type(Enum):
    """The type of a column."""

    TEXT = auto()
    TIME = auto()
    INTEGER = auto()
    NUMBER = auto()
    BOOLEAN = auto()


TEXT, TIME, INTEGER, NUMBER, BOOLEAN = Type


@dataclass(frozen=True)
class Table:
    """A fact table: its name, and the types of its columns in order."""

    name: str
    columns: dict[str, Type]


def tag_table(name: str, /, **owner: Type) -> Table:
    """Return a table of tags or parameters: keys and values that belong to an owner."""
    return Table(name, {**owner, "key": TEXT, "value": TEXT})
