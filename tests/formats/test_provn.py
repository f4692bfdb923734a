"""PROV-N of other programs: values keep their lexical forms, and no warning is emitted."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prov import _warnings as prov_warnings
from prov.serializers.provn_lexer import ProvNSyntaxError, _Lexer

from mlflow2prov import formats
from mlflow2prov.errors import FormatError, MLflow2ProvError
from mlflow2prov.formats._support import provn_parser
from mlflow2prov.prov.attributes import Attribute


def statements(body):
    return list(
        formats.read(f"document prefix ex <urn:x:> {body} endDocument".encode()).statements()
    )


@pytest.mark.parametrize(
    ("literal", "value", "datatype"),
    [
        ("5", "5", "xsd:int"),
        ("007", "007", "xsd:int"),
        ('"007" %% xsd:int', "007", "xsd:int"),
        ('"1" %% xsd:long', "1", "xsd:long"),
        ('"1.50" %% xsd:double', "1.50", "xsd:double"),
        ('"1" %% xsd:boolean', "1", "xsd:boolean"),
        ('"2024-01-31T12:00:00.123456789Z" %% xsd:dateTime', "2024-01-31T12:00:00.123456789Z", "xsd:dateTime"),
        ('"urn:x" %% xsd:anyURI', "urn:x", "xsd:anyURI"),
        ('"x" %% xsd:string', "x", None),
        ('"ex:b" %% xsd:QName', "ex:b", "prov:QUALIFIED_NAME"),
        ('"ex:b" %% prov:QUALIFIED_NAME', "ex:b", "prov:QUALIFIED_NAME"),
        ("'ex:b'", "ex:b", "prov:QUALIFIED_NAME"),
    ],
)  # fmt: skip
def test_a_value_keeps_its_lexical_form_and_its_type(literal, value, datatype):
    (entity,) = statements(f"entity(ex:e, [ex:k={literal}])")
    assert entity.attributes == (Attribute("ex:k", value, datatype),)


def test_times_keep_their_lexical_forms():
    times = ("2024-01-31T12:00:00Z", "2024-01-31T12:00:00.123456789+01:00")
    (activity,) = statements(f"activity(ex:a, {', '.join(times)})")
    assert activity.arguments == times


def test_an_error_names_line_and_column():
    with pytest.raises(FormatError, match=r"line 1, column \d+"):
        statements("entity(no:e)")


def test_warnings_of_the_prov_library_are_neither_emitted_nor_filtered_for_the_process(monkeypatch):
    """Other threads may rely on the filters."""
    parse = provn_parser._Parser.parse

    def watched_parse(parser):
        assert warnings.filters is filters
        prov_warnings.warn("a warning of the library", prov_warnings.ProvWarning)
        return parse(parser)

    monkeypatch.setattr(provn_parser._Parser, "parse", watched_parse)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        filters = warnings.filters
        assert len(statements("entity(ex:e)")) == 1


HEAD = "document prefix ex <urn:x:>\n"
VALID = "entity(ex:e)\n" * 500

LEXICAL_ERRORS = {
    "an unclosed string": '[ex:k="a]) entity(ex:b)',
    "an unclosed string with an escaped quote": '[ex:k="a\\"])',
    "a line end after a backslash": '[ex:k="a\\\n"])',
    "an unknown escape": '[ex:k="a\\q"])',
    "an unknown escape in a long string": '[ex:k="""a\\q"""])',
    "an escape without digits": '[ex:k="\\u12"])',
    "an unclosed name": "[ex:k='ex:a])",
    "a name that is none": "[ex:k='ex:a b'])",
    "an unclosed IRI": "[ex:k=<urn:x ])",
    "an IRI with a quote": '[ex:k=<urn:"x>])',
    "a brace": "{ex:k=1}",
    "a backslash": "\\",
    "a percent sign": "[ex:k=%4 ])",
    "two colons": "ex:a:b)",
    "an invalid language": '[ex:k="a"@1])',
    "too many digits": f"[ex:k={'1' * 5000}])",
}


def outcome(text, block_size):
    """Return the statements of a text or its error, and the largest window, which it was read in."""
    sizes = []
    extend = provn_parser._BlockLexer._extend

    def watched_extend(lexer):
        extend(lexer)
        sizes.append(len(lexer.text))

    blocks = (text[start : start + block_size] for start in range(0, len(text), block_size))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provn_parser._BlockLexer, "_extend", watched_extend)
        try:
            result = list(provn_parser.read_blocks(blocks).statements())
        except MLflow2ProvError as error:
            result = str(error)
    return result, max(sizes)


@pytest.mark.parametrize("error", LEXICAL_ERRORS.values(), ids=LEXICAL_ERRORS)
def test_an_error_is_found_before_the_rest_of_the_file_is_read(error):
    text = f"{HEAD}entity(ex:e, {error}\n{VALID}endDocument"
    expected, _ = outcome(text, len(text))
    assert "line " in expected
    result, window = outcome(text, 50)
    assert result == expected
    assert window <= 150 + 2 * len(error)


def test_a_file_without_white_space_is_read_in_small_windows():
    text = f"{HEAD}{VALID}endDocument".replace("\n", "").replace("document", "document ")
    result, window = outcome(text, 50)
    assert len(result) == 500
    assert window <= 150


PIECES = (
    *LEXICAL_ERRORS.values(), *'"\'<>@%\\/*-:.,()[]{}=; \n\r', '"""', "/*", "*/", "//", "\\,", "\\ ", "%41", "%%",
    "2024-01-31T12:00:00.5+01:00", "2024-01-31T12:00:00", "-5", "12345678901", "ex:", "ex:a..b", "ex:a.", "'ex:b'",
    '"""a"b""c"""', '"a"@en-GB', "\u00a0", "\u1680", "entity(ex:e)", "entity(ex:e,[ex:k=1])", "<urn:x:>", "// a, b\n",
)  # fmt: skip


def tokens_of(lexer):
    """Return the tokens of a text, and the error after the last of them."""
    tokens = []
    try:
        for token in lexer.tokens():
            tokens.append(token)
    except ProvNSyntaxError as error:
        return tokens, str(error)
    return tokens, None


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from([1, 2, 3, 7, 20]))
def test_blocks_have_the_tokens_and_the_error_of_the_whole(pieces, block_size):
    text = "".join(pieces)
    blocks = (text[start : start + block_size] for start in range(0, len(text), block_size))
    assert tokens_of(provn_parser._BlockLexer(blocks)) == tokens_of(_Lexer(text, []))
