"""Names that occur often are spelled before the query; the files are the same as without."""

import pytest
from hypothesis import assume, given

from mlflow2prov import FormatError
from mlflow2prov.formats._support import sql_expressions
from tests.formats import write
from tests.formats.strategies import ODD_LOCALS, documents
from tests.property_tests import examples

FORMATS = ("provn", "xml", "turtle", "trig", "nquads", "rdf")


@pytest.mark.parametrize("name", FORMATS)
@examples(0.3)
@given(document=documents(ODD_LOCALS))
def test_frequent_names_are_spelled_like_others(name, document):
    try:
        expected = write(document, name)
    except FormatError:
        assume(False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql_expressions, "MIN_OCCURRENCES", 1)
        assert sql_expressions.frequent_names(document).keys or not any(
            statement.attributes for statement in document.statements()
        )
        assert write(document, name) == expected
