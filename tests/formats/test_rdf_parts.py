"""A large RDF file is read a part at a time, with the same result as a whole."""

import pytest

from mlflow2prov import FormatError, formats
from mlflow2prov.formats._support import provo, rdf_reader, rdf_table, utf8_blocks
from mlflow2prov.formats._support.turtle_parts import turtle_parts
from mlflow2prov.prov.namespaces import PROV

PREFIXES = (
    f"@prefix prov: <{PROV}> . @prefix ex: <http://example.org/> . @prefix rdf: <{provo.RDF}> .\n"
)

SEPARABLE = {
    "a node before and far from its subject": """
        ex:u a prov:Usage ; prov:entity ex:e ; prov:atTime "2024-01-31T00:00:00Z" ; ex:k 1 .
        ex:e a prov:Entity . ex:f a prov:Entity . ex:g a prov:Entity ; ex:k "a", "b" .
        ex:a a prov:Activity ; prov:qualifiedUsage ex:u ; prov:used ex:e .
        ex:a prov:qualifiedUsage [ prov:entity ex:f ; prov:hadRole ex:role ] .""",
    "a node of two relations": """
        ex:a prov:qualifiedUsage ex:u . ex:b prov:qualifiedUsage ex:u . ex:u prov:entity ex:e .""",
    "connected blank nodes": """
        ex:e a prov:Entity ; prov:wasAttributedTo [ a prov:Agent ; ex:of _:x ] ; prov:wasGeneratedBy _:act .
        _:act a prov:Activity ; prov:used ex:data ; prov:wasAssociatedWith _:b .
        ex:f prov:wasGeneratedBy _:act . _:x ex:name "Ann" . _:b a prov:SoftwareAgent ; ex:near _:x .""",
    "equal blank nodes": """
        ex:e ex:k [ ex:n 1 ], [ ex:n 1 ] . ex:f ex:k [ ex:n 1 ] . ex:e a prov:Entity . ex:f a prov:Entity .""",
    "a blank value that several resources mention": """
        ex:e a prov:Entity ; ex:k _:v . ex:f a prov:Entity ; ex:k _:v . ex:g a prov:Entity . _:v ex:n 1 .""",
    "a blank agent that is a value too": """
        ex:e a prov:Entity ; ex:k _:v . ex:f a prov:Entity ; prov:wasAttributedTo _:v . _:v a prov:Agent .""",
    "a derivation that names blank nodes": """
        ex:e prov:qualifiedDerivation [ prov:entity ex:f ; prov:hadGeneration _:g ; prov:hadUsage _:u ] .
        ex:e prov:qualifiedGeneration _:g . _:g prov:activity ex:a . ex:a prov:qualifiedUsage _:u .
        _:u prov:entity ex:f .""",
    "a time of the only generation": """
        ex:e prov:generatedAtTime "2024-01-31T00:00:00Z" . ex:a prov:generated ex:e .
        ex:f a prov:Entity . ex:e prov:qualifiedGeneration _:g . _:g prov:hadRole _:role .
        ex:f prov:qualifiedDerivation [ prov:entity ex:e ; prov:hadGeneration _:g ] .""",
    "inverses": """
        ex:e prov:generated ex:f ; prov:wasUsedBy ex:a . ex:a prov:informed ex:b ; prov:invalidated ex:e .""",
    "kinds by ranges": """
        ex:e ex:k 1 . ex:x a prov:Entity ; prov:wasDerivedFrom ex:e . ex:y prov:wasAttributedTo ex:h .
        ex:h ex:k 2 . ex:z prov:used ex:h .""",
    "lists of blank nodes": """
        ex:e a prov:Entity ; ex:k (1 2 (3 ex:f)) ; prov:wasDerivedFrom (ex:f ex:g) . ex:f a prov:Entity .""",
    "repeated statements": """
        ex:e a prov:Entity ; ex:k "v" . ex:f a prov:Entity . ex:e ex:k "v", "w"@en, "v" . ex:e a prov:Entity .""",
    "influences with classes": """
        ex:e a prov:Entity . ex:a a prov:Activity . ex:e prov:qualifiedInfluence ex:i .
        ex:i a prov:Generation ; prov:influencer ex:a ; prov:hadRole ex:r .""",
    "graphs": """
        ex:b1 { ex:e a prov:Entity ; ex:k "a . b } {" . # a comment . with { braces }
          ex:f a prov:Entity ; ex:k '''a "quoted" . text''', <http://example.org/#a.b> .
          ex:g a prov:Entity ; ex:k [ ex:n 1.5 ] }
        ex:e a prov:Entity . GRAPH # the second
        ex:b2 { ex:e a prov:Entity . ex:h a prov:Entity . ex:i a prov:Entity . }""",
}

INSEPARABLE = {
    "a list of IRIs": "ex:e a prov:Entity ; ex:k ex:l . ex:l rdf:first 1 ; rdf:rest rdf:nil .",
    "a blank node in two graphs": "ex:b { ex:e ex:k _:v . ex:e a prov:Entity } ex:f a prov:Entity ; ex:k _:v .",
    "a graph without a name": "[] { ex:e a prov:Entity . ex:f a prov:Entity . }",
    "kinds by influences": "ex:e prov:qualifiedGeneration ex:g . ex:g prov:influencer ex:a . ex:a ex:k 1 .",
}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(formats, "MIN_BYTES_OF_PARTS", 0)
    monkeypatch.setattr(rdf_table, "BATCH_QUADS", 3)
    monkeypatch.setattr(rdf_table, "PART_QUADS", 1)
    monkeypatch.setattr(utf8_blocks, "BLOCK_BYTES", 10)


def assert_same(tmp_path, body):
    path = tmp_path / "file.trig"
    path.write_text(PREFIXES + body)
    whole = formats.read(path.read_bytes(), str(path), "trig")
    parts = formats.read_in_parts(path, "trig")
    assert list(parts.statements()) == list(whole.statements())
    assert parts.namespaces == whole.namespaces
    assert len(whole)


@pytest.mark.parametrize("body", SEPARABLE.values(), ids=SEPARABLE)
def test_the_parts_are_the_whole(tmp_path, body):
    assert_same(tmp_path, body)


@pytest.mark.parametrize("body", INSEPARABLE.values(), ids=INSEPARABLE)
def test_statements_that_depend_on_all_others_are_read_whole(tmp_path, body):
    table = rdf_table.RdfTable(rdf_reader._TERMS)
    path = tmp_path / "file.trig"
    path.write_text(PREFIXES + body)
    with path.open("rb") as file:
        rdf_reader.parse_file(file, "trig", "urn:x", table.add)
    with pytest.raises(rdf_table.InseparableError):
        list(table.parts())
    assert_same(tmp_path, body)


@pytest.mark.parametrize("body", SEPARABLE.values(), ids=SEPARABLE)
def test_a_part_has_few_resources(tmp_path, body):
    table = rdf_table.RdfTable(rdf_reader._TERMS)
    path = tmp_path / "file.trig"
    path.write_text(PREFIXES + body)
    with path.open("rb") as file:
        rdf_reader.parse_file(file, "trig", "urn:x", table.add)
    subjects = [len(names) for part in table.parts() for names in part.subjects.values()]
    assert len(subjects) > 1
    assert max(subjects) == 1


@pytest.mark.parametrize("size", [1, 7, 40])
@pytest.mark.parametrize("body", [*SEPARABLE.values(), *INSEPARABLE.values()])
def test_a_file_is_cut_after_statements_in_the_lines_of_the_file(body, size):
    text = PREFIXES + body
    parts = list(turtle_parts(text[place : place + size] for place in range(0, len(text), size)))
    assert "".join(parts).count("\n") == text.count("\n")
    assert len(parts) > 1


def test_an_error_names_its_line(tmp_path):
    path = tmp_path / "file.ttl"
    path.write_text(PREFIXES + "ex:a a prov:Entity .\n" * 20 + "ex:b a .\n")
    with pytest.raises(FormatError, match="not Turtle: at line 22 of"):
        formats.read_in_parts(path, "turtle")
