"""A Statement is complete and valid as soon as it exists, whatever it is made of."""

import re

import pytest

from mlflow2prov import Attribute, Statement
from mlflow2prov.errors import StatementError
from mlflow2prov.prov import KINDS

TIME = "2024-01-31T12:00:00+00:00"


def test_missing_arguments_at_the_end_are_none():
    assert Statement("wasGeneratedBy", None, ("ex:e",)).arguments == ("ex:e", None, None)
    assert Statement("entity", "ex:e").arguments == ()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_takes_its_formal_arguments_and_no_more(kind):
    arguments = [TIME if argument.type == "time" else "ex:x" for argument in kind.arguments]
    assert Statement(kind.name, "ex:i", arguments).arguments == tuple(arguments)
    with pytest.raises(StatementError, match=rf"^{kind.name}: {len(arguments) + 1} arguments"):
        Statement(kind.name, "ex:i", [*arguments, None])


def test_any_iterables_of_arguments_and_attributes_become_tuples():
    attributes = (Attribute("ex:k", value) for value in "ab")
    statement = Statement("used", None, iter(["ex:a", "ex:e"]), attributes)
    assert statement.arguments == ("ex:a", "ex:e", None)
    assert statement.attributes == (Attribute("ex:k", "a"), Attribute("ex:k", "b"))


def test_a_tuple_is_an_attribute_without_a_type_or_a_language():
    (attribute,) = Statement("entity", "ex:e", (), [("ex:k", "v")]).attributes
    assert attribute == Attribute("ex:k", "v", None, None)


def test_a_statement_equals_one_with_the_same_fields_and_can_be_a_key():
    assert len({Statement("entity", "ex:e"), Statement("entity", "ex:e", [], [], "")}) == 1
    assert Statement("entity", "ex:e") != Statement("entity", "ex:e", bundle="ex:b")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("thing", "ex:e"), "unknown kind of statement 'thing'; choose from entity, activity,"),
        (("Entity", "ex:e"), "did you mean entity?"),
        ((None, "ex:e"), "unknown kind of statement 'None'"),
        ((["entity"], "ex:e"), "unknown kind of statement"),
        (("entity", None), "entity: an element needs an identifier"),
        (("activity", None), "activity: an element needs an identifier"),
        (("agent", None), "agent: an element needs an identifier"),
        (("entity", ""), "entity: identifier is empty"),
        (("used", ""), "used: identifier is empty"),
        (("entity", 1), "entity: identifier must be a string, not int"),
        (("entity", b"ex:e"), "entity: identifier must be a string, not bytes"),
    ],
)
def test_a_kind_is_known_and_an_element_has_an_identifier(arguments, message):
    with pytest.raises(StatementError, match=re.escape(message)):
        Statement(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("ex:a", "used: arguments must be a sequence, not str"),
        (b"ex:a", "used: arguments must be a sequence, not bytes"),
        (None, "used: arguments must be a sequence, not NoneType"),
        ((1,), "used: activity must be a string, not int"),
        (("ex:a", ""), "used: entity is empty"),
        (("ex:a", "ex:e", "today"), "used: time: 'today' is not a time"),
        (
            ("ex:a", "ex:e", "2024-13-01T00:00:00"),
            "used: time: '2024-13-01T00:00:00' is not a time",
        ),
        (("ex:a", "ex:e", ""), "used: time is empty"),
        (("ex:a", "ex:\ud800"), "used: entity contains a lone surrogate"),
        (
            ("ex:a", "ex:e", TIME, "ex:x"),
            "used: 4 arguments given; it takes activity, entity, time",
        ),
    ],
)
def test_an_argument_is_a_name_or_a_time(arguments, message):
    with pytest.raises(StatementError, match=re.escape(message)):
        Statement("used", None, arguments)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("k=v", "entity: attributes must be a sequence, not str"),
        (5, "entity: attributes must be a sequence, not int"),
        (["k"], "entity: an attribute is an Attribute(key, value, type, lang)"),
        ([("k",)], "entity: an attribute is an Attribute"),
        ([("k", "v", None, None, None)], "entity: an attribute is an Attribute"),
        ([Attribute("", "v")], "entity: attribute key is empty"),
        ([Attribute(1, "v")], "entity: attribute key must be a string, not int"),
        ([Attribute("k", 7)], "entity: attribute value must be a string, not int"),
        ([Attribute("k", None)], "entity: attribute value must be a string, not NoneType"),
        ([Attribute("k", "\udfff")], "entity: attribute value contains a lone surrogate"),
        ([Attribute("k", "v", "")], "entity: datatype is empty"),
        ([Attribute("k", "v", 3)], "entity: datatype must be a string, not int"),
        (
            [Attribute("k", "v", None, "no tag")],
            "entity: attribute 'k': 'no tag' is not a language",
        ),
        ([Attribute("k", "v", None, 1)], "entity: language must be a string, not int"),
    ],
)
def test_an_attribute_is_a_name_with_text_a_datatype_and_a_language(attributes, message):
    with pytest.raises(StatementError, match=re.escape(message)):
        Statement("entity", "ex:e", (), attributes)


def test_an_attribute_value_may_be_empty():
    assert Statement("entity", "ex:e", (), [Attribute("ex:k", "")]).attributes[0].value == ""


@pytest.mark.parametrize("bundle", [None, 1, b"ex:b", "ex:\ud800"])
def test_a_bundle_is_a_name(bundle):
    with pytest.raises(StatementError, match="entity: bundle "):
        Statement("entity", "ex:e", bundle=bundle)
