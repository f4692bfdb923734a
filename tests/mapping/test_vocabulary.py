"""The vocabulary: its words are those that rules write, and its digests are those of SQL."""

import hashlib

import pytest

from mlflow2prov import engine
from mlflow2prov.facts.schema import Type
from mlflow2prov.mapping.language import Column, QName, Row, digest, entity, qname, term
from mlflow2prov.vocabulary import ATTRIBUTE_KEYS, ROLES, TYPES, WORDS, identifier_digest
from tests.mapping import patterns, written_words

PERSON = {"name": Type.TEXT, "email": Type.TEXT}


def value_of(column, **row):
    """Return the value of a column in a row."""
    values = ", ".join(
        f"{'NULL' if value is None else engine.literal(value)}::VARCHAR AS {name}"
        for name, value in row.items()
    )
    return engine.scalar(f"SELECT {column.sql} FROM (SELECT {values})")


def test_the_words_are_those_that_rules_write():
    assert written_words() == WORDS


def test_no_word_is_listed_twice():
    for words in (TYPES, ROLES, ATTRIBUTE_KEYS):
        assert len(set(words)) == len(words)


def test_an_identifier_begins_with_types():
    for pattern in patterns():
        if pattern.id is not None and pattern.id.sql.startswith("'"):
            kind = pattern.id.sql.split("'")[1]
            assert {part for part in kind.split(".") if part} <= set(TYPES)


@pytest.mark.parametrize("name", ["Ada", "J\u00fcrgen \u6f22", ""])
def test_a_digest_in_sql_is_that_of_python(name):
    person = Row(PERSON)
    column = digest(person.name, person.email)
    expected = hashlib.sha256(f"{name}\x1fada@example.org".encode()).hexdigest()[:24]
    assert value_of(column, name=name, email="ada@example.org") == expected
    assert identifier_digest(name, "ada@example.org") == expected


def test_a_digest_of_unknown_parts_is_unknown():
    person = Row(PERSON)
    column = digest(person.name, person.email)
    assert value_of(column, name=None, email=None) is None
    assert value_of(column, name="Ada", email=None) == identifier_digest("Ada", "")


def test_a_name_with_other_characters_than_an_ncname_is_digested():
    person = Row(PERSON)
    name = qname("User", person.name)
    assert value_of(name, name="ada.l-1") == "User.ada.l-1"
    assert value_of(name, name="../x y") == f"User.{identifier_digest('../x y')}"
    assert value_of(name, name=None) is None


def test_words_outside_of_the_vocabulary_are_an_error():
    with pytest.raises(ValueError, match="'Comit' is not in the vocabulary"):
        term("Comit")
    with pytest.raises(ValueError, match="unknown attribute 'shaa'"):
        entity(QName(Column(engine.literal("x")).sql), shaa="1")


def test_unknown_columns_are_an_error():
    with pytest.raises(AttributeError, match="unknown column 'nick'; choose from name, email"):
        _ = Row(PERSON).nick
