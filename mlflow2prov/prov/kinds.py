"""The one table of PROV statement kinds, with their formal arguments in PROV-DM's order.

Templates, readers, writers and every operation take kinds and arguments from here. Names are those of
PROV-N and PROV-JSON (W3C PROV-N section 3, PROV-DM section 5): ``wasGeneratedBy(id; entity, activity,
time, attributes)`` is the kind ``wasGeneratedBy`` with the arguments ``entity``, ``activity``, ``time``.
An element's identifier is not an argument.
"""

from dataclasses import dataclass
from enum import StrEnum


class ArgumentType(StrEnum):
    """What a formal argument holds: a reference to something, or a time."""

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

    def position(self, argument: str) -> int:
        """Return the place of ``argument`` among the formal arguments, counted from 0."""
        return [a.name for a in self.arguments].index(argument)

    def column(self, argument: str) -> str:
        """Return the name of the Document's column that holds ``argument``."""
        return f"arg{self.position(argument) + 1}"


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

MOST_ARGUMENTS = max(len(kind.arguments) for kind in KINDS)
ARGUMENT_COLUMNS = tuple(f"arg{n + 1}" for n in range(MOST_ARGUMENTS))
