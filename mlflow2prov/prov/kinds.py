"""The table of PROV's kinds of statement, with their formal arguments in PROV-DM's order.

The mapping, readers, writers and the validator take kinds and arguments from here. Names are those
of PROV-N and PROV-JSON (W3C PROV-N section 3, PROV-DM section 5): ``wasGeneratedBy(id; entity,
activity, time, attributes)`` is the kind ``wasGeneratedBy`` with the arguments ``entity``,
``activity`` and ``time``. The identifier of an element is not an argument.
"""

from dataclasses import dataclass
from enum import StrEnum


class ArgumentType(StrEnum):
    """The type of a formal argument: a reference, or a time."""

    ENTITY = "entity"
    ACTIVITY = "activity"
    AGENT = "agent"
    ELEMENT = "element"
    GENERATION = "generation"
    USAGE = "usage"
    BUNDLE = "bundle"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Argument:
    """A formal argument of a kind, by PROV-JSON's name (``entity``, ``startTime``)."""

    name: str
    type: ArgumentType
    required: bool = False

    @property
    def column(self) -> str:
        """The column of a statement table that holds the argument: its name.

        The bundle of a mention is in ``asInBundle``, PROV-O's name for it (PROV-Links section 2),
        because ``bundle`` is the bundle that contains the statement.
        """
        return "asInBundle" if self.type is ArgumentType.BUNDLE else self.name


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of PROV statement.

    ``identified`` is false for the three relations that PROV-DM gives neither an identifier nor
    attributes (specialization, alternate, membership) and for mention (PROV-Links).
    """

    name: str
    arguments: tuple[Argument, ...]
    element: bool = False
    identified: bool = True

    @property
    def argument_columns(self) -> tuple[str, ...]:
        """The columns of the formal arguments, in PROV-DM's order."""
        return tuple(argument.column for argument in self.arguments)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns that identify a statement of this kind: ``bundle``, ``id`` and the formal
        arguments."""
        return ("bundle", "id", *self.argument_columns)

    @property
    def name_columns(self) -> tuple[str, ...]:
        """Those of :attr:`key_columns` that are names. The others are times and come last."""
        times = [
            argument.column for argument in self.arguments if argument.type is ArgumentType.TIME
        ]
        return tuple(column for column in self.key_columns if column not in times)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the statement table of this kind: :attr:`key_columns` and
        ``attributes``."""
        return (*self.key_columns, "attributes")

    @property
    def effect(self) -> str:
        """The column of a relation's effect: its first formal argument (PROV-DM section 5.3.4)."""
        return self.arguments[0].column

    def column(self, argument: str) -> str:
        """Return the column that holds the formal argument called ``argument``."""
        return self.arguments[self.position(argument)].column

    def position(self, argument: str) -> int:
        """Return the place of ``argument`` among the formal arguments, counted from 0."""
        return [a.name for a in self.arguments].index(argument)


def _required(name: str, argument_type: ArgumentType) -> Argument:
    return Argument(name, argument_type, required=True)


_TIME = Argument("time", ArgumentType.TIME)

KINDS: tuple[Kind, ...] = (
    Kind("entity", (), element=True),
    Kind(
        "activity",
        (Argument("startTime", ArgumentType.TIME), Argument("endTime", ArgumentType.TIME)),
        element=True,
    ),
    Kind("agent", (), element=True),
    Kind(
        "wasGeneratedBy",
        (
            _required("entity", ArgumentType.ENTITY),
            Argument("activity", ArgumentType.ACTIVITY),
            _TIME,
        ),
    ),
    Kind(
        "used",
        (
            _required("activity", ArgumentType.ACTIVITY),
            Argument("entity", ArgumentType.ENTITY),
            _TIME,
        ),
    ),
    Kind(
        "wasInformedBy",
        (
            _required("informed", ArgumentType.ACTIVITY),
            _required("informant", ArgumentType.ACTIVITY),
        ),
    ),
    Kind(
        "wasStartedBy",
        (
            _required("activity", ArgumentType.ACTIVITY),
            Argument("trigger", ArgumentType.ENTITY),
            Argument("starter", ArgumentType.ACTIVITY),
            _TIME,
        ),
    ),
    Kind(
        "wasEndedBy",
        (
            _required("activity", ArgumentType.ACTIVITY),
            Argument("trigger", ArgumentType.ENTITY),
            Argument("ender", ArgumentType.ACTIVITY),
            _TIME,
        ),
    ),
    Kind(
        "wasInvalidatedBy",
        (
            _required("entity", ArgumentType.ENTITY),
            Argument("activity", ArgumentType.ACTIVITY),
            _TIME,
        ),
    ),
    Kind(
        "wasDerivedFrom",
        (
            _required("generatedEntity", ArgumentType.ENTITY),
            _required("usedEntity", ArgumentType.ENTITY),
            Argument("activity", ArgumentType.ACTIVITY),
            Argument("generation", ArgumentType.GENERATION),
            Argument("usage", ArgumentType.USAGE),
        ),
    ),
    Kind(
        "wasAttributedTo",
        (_required("entity", ArgumentType.ENTITY), _required("agent", ArgumentType.AGENT)),
    ),
    Kind(
        "wasAssociatedWith",
        (
            _required("activity", ArgumentType.ACTIVITY),
            Argument("agent", ArgumentType.AGENT),
            Argument("plan", ArgumentType.ENTITY),
        ),
    ),
    Kind(
        "actedOnBehalfOf",
        (
            _required("delegate", ArgumentType.AGENT),
            _required("responsible", ArgumentType.AGENT),
            Argument("activity", ArgumentType.ACTIVITY),
        ),
    ),
    Kind(
        "wasInfluencedBy",
        (
            _required("influencee", ArgumentType.ELEMENT),
            _required("influencer", ArgumentType.ELEMENT),
        ),
    ),
    Kind(
        "specializationOf",
        (
            _required("specificEntity", ArgumentType.ENTITY),
            _required("generalEntity", ArgumentType.ENTITY),
        ),
        identified=False,
    ),
    Kind(
        "alternateOf",
        (
            _required("alternate1", ArgumentType.ENTITY),
            _required("alternate2", ArgumentType.ENTITY),
        ),
        identified=False,
    ),
    Kind(
        "hadMember",
        (_required("collection", ArgumentType.ENTITY), _required("entity", ArgumentType.ENTITY)),
        identified=False,
    ),
    Kind(
        "mentionOf",
        (
            _required("specificEntity", ArgumentType.ENTITY),
            _required("generalEntity", ArgumentType.ENTITY),
            _required("bundle", ArgumentType.BUNDLE),
        ),
        identified=False,
    ),
)

KIND: dict[str, Kind] = {kind.name: kind for kind in KINDS}
ELEMENTS = tuple(kind for kind in KINDS if kind.element)
RELATIONS = tuple(kind for kind in KINDS if not kind.element)

ARGUMENT_COLUMNS = tuple(dict.fromkeys(c for kind in KINDS for c in kind.argument_columns))
"""The columns of all formal arguments, each once: those of a table that holds statements of every
kind."""
