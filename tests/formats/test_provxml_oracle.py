"""PROV-XML compared with the ``prov`` library, with lxml, and with itself after changes that mean nothing."""

import io
import re
import warnings
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree
from prov.model import ProvDocument

from mlflow2prov import Document, formats
from mlflow2prov.errors import FormatError
from tests.formats import differences, write
from tests.formats.strategies import MICROSECONDS, documents
from tests.property_tests import examples

TAG = re.compile(rb"""<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")
INSERTED = [b"<!-- a -->", b"<!--<b>-->", b"<?pi?>", b"<?pi <b> ?>"]


def read(content):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return formats.read(content, format="xml")


def read_by_prov(content):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = ProvDocument.deserialize(content=content, format="xml")
    return Document.from_prov(document)


def written_by_prov(document):
    stream = io.BytesIO()
    try:
        document.to_prov().serialize(stream, format="xml")
    except ValueError:
        # The library does not escape characters that XML cannot contain.
        assume(False)
    return stream.getvalue()


@examples(0.5)
@given(document=documents(times_=MICROSECONDS))
def test_documents_that_the_prov_library_writes_are_read_like_the_library_reads_them(document):
    content = written_by_prov(document)
    expected, result = read_by_prov(content), read(content)
    assert result == expected, differences(expected, result)


@examples(0.5)
@given(document=documents(), seed=st.integers(0, 2**32))
def test_comments_and_processing_instructions_after_any_tag_change_nothing(document, seed):
    random = Random(seed)
    content = write(document, "xml")
    result = read(TAG.sub(lambda tag: tag[0] + random.choice([b"", *INSERTED]), content))
    assert list(result.statements()) == list(document.statements())


HEAD = (
    b'<?xml version="1.0"?><prov:document xmlns:prov="http://www.w3.org/ns/prov#" xmlns:ex="urn:x:" '
    b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
)
BODY = (
    b'<prov:entity prov:id="ex:e" ex:a="1"><!-- a --><prov:label xml:lang="en">x &amp; y</prov:label>'
    b'<ex:v xsi:type="xsd:int">1</ex:v><ex:v>a <ex:b c="d"/><![CDATA[<]]></ex:v><ex:n xsi:nil="true"/></prov:entity>'
    b'<prov:used><prov:activity prov:ref="ex:a"/><prov:time>2024-01-31T12:00:00Z</prov:time></prov:used>'
    b'<prov:bundleContent prov:id="ex:b"><prov:agent prov:id="ex:g"/></prov:bundleContent></prov:document>'
)


@pytest.mark.parametrize("seed", range(5))
def test_no_malformed_file_is_read(seed):
    """lxml parses every file that is read after up to three of its pieces were changed, moved or removed."""
    random = Random(seed)
    accepted = 0
    for _ in range(200):
        content = HEAD + mutated(BODY, random)
        try:
            read(content)
        except FormatError:
            continue
        etree.fromstring(content)
        accepted += 1
    assert 0 < accepted < 200


def mutated(content, random):
    for _ in range(random.randint(1, 3)):
        start, end, place = sorted(random.randrange(len(content)) for _ in range(3))
        match random.randrange(4):
            case 0:
                content = content[:start] + random.randbytes(1) + content[start + 1 :]
            case 1:
                content = content[:start] + content[start + (end - start) % 30 :]
            case 2:
                content = content[:place] + content[start : start + 20] + content[place:]
            case 3:
                content = (
                    content[:start] + random.choice(b"<>&\"'/:= ").to_bytes() + content[start:]
                )
    return content
