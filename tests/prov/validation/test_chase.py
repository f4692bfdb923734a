"""The validator, which works on columns, agrees with the Recommendation applied rule by rule (``chase.py``)."""

from hypothesis import event, given
from hypothesis import strategies as st

from mlflow2prov import Attribute, Document, Statement, validate
from mlflow2prov.prov.kinds import KIND, KINDS, ArgumentType
from tests.property_tests import examples
from tests.prov.validation import chase
from tests.prov.validation.chase import NONE

_TIMES = ("2024-01-01T00:00:00", "2024-01-02T00:00:00")
_NAMES = {
    ArgumentType.ENTITY: ("e1", "e2", "e3"),
    ArgumentType.ACTIVITY: ("a1", "a2"),
    ArgumentType.AGENT: ("ag", "e1", "a1"),
    ArgumentType.ELEMENT: ("e1", "e2", "a1"),
    ArgumentType.GENERATION: ("g1", "g2"),
    ArgumentType.USAGE: ("u1", "u2"),
    ArgumentType.TIME: _TIMES,
}
_IDS = {"wasGeneratedBy": ("g1", "g2"), "used": ("u1", "u2")}
_KINDS = [kind.name for kind in KINDS if kind.name != "mentionOf"]


def argument(place):
    names = st.sampled_from(_NAMES[place.type])
    return names if place.required else st.one_of(st.just(NONE), names)


@st.composite
def statements(draw, kinds=_KINDS, others=("r",)):
    """Statements of ``kinds``; relations of any kind may have the identifiers in ``others``."""
    kind = KIND[draw(st.sampled_from(kinds))]
    if kind.element:
        id_ = draw(st.sampled_from(_NAMES[ArgumentType(kind.name)]))
    elif kind.identified:
        names = _IDS.get(kind.name, (f"{kind.name}1", f"{kind.name}2"))
        id_ = draw(st.sampled_from((NONE, *names, *others)))
    else:
        id_ = NONE
    arguments = [draw(argument(place)) for place in kind.arguments]
    if kind.name in ("entity", "wasDerivedFrom"):
        arguments.append(draw(st.integers(0, 9)) == 0)
    return (kind.name, id_, *arguments)


_TYPE = {"entity": "prov:EmptyCollection", "wasDerivedFrom": "prov:Revision"}


def as_statement(statement):
    """Return a statement of ``chase.py`` as a Statement."""
    kind, id_, *arguments = statement
    attributes = ()
    if kind in _TYPE and arguments.pop():
        attributes = (Attribute("prov:type", _TYPE[kind], "prov:QUALIFIED_NAME"),)
    names = tuple(None if name == NONE else name for name in arguments)
    assert len(names) == len(KIND[kind].arguments)
    return Statement(kind, None if id_ == NONE else id_, names, attributes)


def assert_same_verdict(listed):
    expected = chase.is_valid(listed)
    report = validate(Document.from_statements(map(as_statement, listed), {"": "http://x/"}))
    for violation in report.violations:
        event(str(violation.rule))
    assert report.is_valid == expected, [str(v.rule) for v in report.violations]


# Examples are small, and faults of a validator hide in rare combinations.
thoroughly = examples(4)


@thoroughly
@given(st.lists(statements(), min_size=1, max_size=7))
def test_a_document_is_valid_if_the_recommendation_finds_it_valid(listed):
    assert_same_verdict(listed)


_EVENTS = ("entity", "activity", "wasGeneratedBy", "used", "wasStartedBy", "wasDerivedFrom")
_ORDERED = (*_EVENTS, "wasDerivedFrom", "wasAttributedTo", "specializationOf")


@thoroughly
@given(st.lists(statements(_ORDERED, ()), min_size=3, max_size=7))
def test_events_are_ordered_as_the_recommendation_orders_them(listed):
    assert_same_verdict(listed)


_MERGED = ("activity", "wasGeneratedBy", "used", "wasStartedBy", "wasEndedBy", "wasInvalidatedBy")


@thoroughly
@given(st.lists(statements((*_MERGED, "wasDerivedFrom"), ()), min_size=3, max_size=6))
def test_statements_are_merged_as_the_recommendation_merges_them(listed):
    assert_same_verdict(listed)


_SHARED = ("activity", "used", "wasGeneratedBy", "wasStartedBy", "wasDerivedFrom")


@thoroughly
@given(
    st.lists(statements((*_SHARED, "wasInfluencedBy", "wasInfluencedBy")), min_size=2, max_size=5)
)
def test_influences_of_the_same_name_are_merged_as_the_recommendation_merges_them(listed):
    assert_same_verdict(listed)
