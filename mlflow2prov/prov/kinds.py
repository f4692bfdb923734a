"""The one table of PROV statement kinds, with their formal arguments in PROV-DM's order.

Templates, readers, writers and every operation take kinds and arguments from here. Names are those of
PROV-N and PROV-JSON (W3C PROV-N section 3, PROV-DM section 5): ``wasGeneratedBy(id; entity, activity,
time, attributes)`` is the kind ``wasGeneratedBy`` with the arguments ``entity``, ``activity``, ``time``.
An element's identifier is not an argument.
"""

from dataclasses import dataclass
from enum import StrEnum


class Refers(StrEnum):
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
    refers: Refers
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


def _needs(name: str, refers: Refers) -> Argument:
    return Argument(name, refers, required=True)


_TIME = Argument("time", Refers.TIME)

KINDS: tuple[Kind, ...] = (
    Kind("entity", (), element=True),
    Kind(
        "activity",
        (Argument("startTime", Refers.TIME), Argument("endTime", Refers.TIME)),
        element=True,
    ),
    Kind("agent", (), element=True),
    Kind(
        "wasGeneratedBy",
        (_needs("entity", Refers.ENTITY), Argument("activity", Refers.ACTIVITY), _TIME),
    ),
    Kind(
        "used",
        (_needs("activity", Refers.ACTIVITY), Argument("entity", Refers.ENTITY), _TIME),
    ),
    Kind(
        "wasInformedBy",
        (_needs("informed", Refers.ACTIVITY), _needs("informant", Refers.ACTIVITY)),
    ),
    Kind(
        "wasStartedBy",
        (
            _needs("activity", Refers.ACTIVITY),
            Argument("trigger", Refers.ENTITY),
            Argument("starter", Refers.ACTIVITY),
            _TIME,
        ),
    ),
    Kind(
        "wasEndedBy",
        (
            _needs("activity", Refers.ACTIVITY),
            Argument("trigger", Refers.ENTITY),
            Argument("ender", Refers.ACTIVITY),
            _TIME,
        ),
    ),
    Kind(
        "wasInvalidatedBy",
        (_needs("entity", Refers.ENTITY), Argument("activity", Refers.ACTIVITY), _TIME),
    ),
    Kind(
        "wasDerivedFrom",
        (
            _needs("generatedEntity", Refers.ENTITY),
            _needs("usedEntity", Refers.ENTITY),
            Argument("activity", Refers.ACTIVITY),
            Argument("generation", Refers.GENERATION),
            Argument("usage", Refers.USAGE),
        ),
    ),
    Kind("wasAttributedTo", (_needs("entity", Refers.ENTITY), _needs("agent", Refers.AGENT))),
    Kind(
        "wasAssociatedWith",
        (
            _needs("activity", Refers.ACTIVITY),
            Argument("agent", Refers.AGENT),
            Argument("plan", Refers.ENTITY),
        ),
    ),
    Kind(
        "actedOnBehalfOf",
        (
            _needs("delegate", Refers.AGENT),
            _needs("responsible", Refers.AGENT),
            Argument("activity", Refers.ACTIVITY),
        ),
    ),
    Kind(
        "wasInfluencedBy",
        (_needs("influencee", Refers.ELEMENT), _needs("influencer", Refers.ELEMENT)),
    ),
    Kind(
        "specializationOf",
        (_needs("specificEntity", Refers.ENTITY), _needs("generalEntity", Refers.ENTITY)),
        identified=False,
    ),
    Kind(
        "alternateOf",
        (_needs("alternate1", Refers.ENTITY), _needs("alternate2", Refers.ENTITY)),
        identified=False,
    ),
    Kind(
        "hadMember",
        (_needs("collection", Refers.ENTITY), _needs("entity", Refers.ENTITY)),
        identified=False,
    ),
    Kind(
        "mentionOf",
        (
            _needs("specificEntity", Refers.ENTITY),
            _needs("generalEntity", Refers.ENTITY),
            _needs("bundle", Refers.BUNDLE),
        ),
        identified=False,
    ),
)

KIND: dict[str, Kind] = {kind.name: kind for kind in KINDS}
ELEMENTS = tuple(kind for kind in KINDS if kind.element)
RELATIONS = tuple(kind for kind in KINDS if not kind.element)

MOST_ARGUMENTS = max(len(kind.arguments) for kind in KINDS)
ARGUMENT_COLUMNS = tuple(f"arg{n + 1}" for n in range(MOST_ARGUMENTS))
