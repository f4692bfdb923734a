"""SPARQL 1.1 stores, as Fuseki, GraphDB and Oxigraph are: PROV-O in graphs.

It is written and read by the Graph Store HTTP Protocol (W3C Recommendation of 21 March 2013), as N-Triples. The
document itself is in the default graph or in one that is named; each bundle is in the graph of its name. What
PROV-O says at blank nodes has IRIs made of what is said (RDF 1.1 Concepts, section 3.5), so that twice is the same as
once. Prefixes are kept as ``vann:preferredNamespacePrefix`` of the namespace, the names of bundles as ``sd:name``.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import httpx

from mlflow2prov.engine import Sql, literal
from mlflow2prov.errors import FormatError, NamespaceError
from mlflow2prov.formats._support import rdf_writer as rdf
from mlflow2prov.formats._support.rdf_reader import read_rdf
from mlflow2prov.formats._support.rdf_terms import spell_name
from mlflow2prov.formats.nquads import NQuads
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.stores._support.address import Address
from mlflow2prov.stores._support.store import Options, Store

NODES = "https://w3id.org/mlflow2prov/.well-known/genid/"
"""The IRIs of nodes that have no name, before their digest."""
_PREFIX = "http://purl.org/vocab/vann/preferredNamespacePrefix"
_NAME = "http://www.w3.org/ns/sparql-service-description#name"

_TRIPLES = "application/n-triples"
# A large graph is taken in whole before there is an answer.
_TIMEOUT = httpx.Timeout(3600, connect=10)
_BLOCK = 1 << 20

_node = re.escape(NODES.encode())
_SUBJECT = re.compile(rb"^<" + _node + rb"([0-9a-f]{32})>", re.M)
_OBJECT = re.compile(rb"(?<=> )<" + _node + rb"([0-9a-f]{32})> \.$", re.M)
_DECLARED = re.compile(
    rb"^<([^<>\s]*)> <" + re.escape(_PREFIX.encode()) + rb'> "([^"\\\n]*)"[^\n]*\n', re.M
)
_BUNDLE = re.compile(rb"^<([^<>\s]*)> <" + re.escape(_NAME.encode()) + rb"> <\1> \.\n", re.M)


class _Triples(NQuads):
    """N-Triples whose nodes have names."""

    def __init__(self, namespaces: Namespaces, bundle: str) -> None:
        super().__init__(namespaces)
        self._within = spell_name(bundle, self) if bundle else ""

    def node(self, label: str, identity: Sequence[Sql]) -> Sql:  # noqa: ARG002
        """An IRI of the digest of what tells it from all others."""
        listed = ", ".join([literal(self._within), *identity])
        return Sql(
            f"concat({literal(f'<{NODES}')}, substr(sha256(to_json([{listed}])::VARCHAR), 1, 32), '>')"
        )


def check(address: Address, options: Options) -> None:
    """Look whether the store answers and lets us in."""
    with _open(address) as client:
        answer = client.head(_graph(address, options.graph), headers={"Accept": _TRIPLES})
        # A graph that is not there yet is none to complain of, nor a server that takes no HEAD.
        if answer.status_code == 404 and _named(address, options.graph) is None:
            raise address.failed("there is no such dataset (404); create it first")
        if answer.status_code not in (404, 405, 501):
            _look_at(answer, address)


def push(document: Document, address: Address, options: Options) -> None:
    """Add a document to what is there, a graph after the other, each whole or not at all."""
    document = rdf.prepare(document)
    syntax = NQuads(document.namespaces)
    with _open(address) as client:
        for bundle in (*document.bundles(), ""):
            with tempfile.TemporaryFile() as file:
                rdf.write_bundle(document, bundle, _Triples(document.namespaces, bundle), file)
                if not bundle:
                    _describe(document, syntax, file)
                named = spell_name(bundle, syntax)[1:-1] if bundle else options.graph
                size = file.tell()
                file.seek(0)
                answer = client.post(
                    _graph(address, named),
                    content=iter(lambda: file.read(_BLOCK), b""),
                    headers={"Content-Type": _TRIPLES, "Content-Length": str(size)},
                )
            _look_at(answer, address)


def pull(address: Address, options: Options) -> Document:
    """Return the document that a graph says, with the bundles that it names."""
    with _open(address) as client:
        content = _get(client, address, options.graph)
        if not content.strip():
            raise address.failed("it holds no document there; export one first")
        prefixes = _prefixes(content)
        quads = [_without_names(_DECLARED.sub(b"", _BUNDLE.sub(b"", content)))]
        for found in sorted(set(_BUNDLE.findall(content))):
            graph = _without_names(_get(client, address, found.decode()))
            quads.append(graph.replace(b" .\n", b" <" + found + b"> .\n"))
    nquads = b"\n".join(quads)
    try:
        if not nquads.strip():
            return Document(prefixes)
        return read_rdf(nquads, "nquads", "PROV-O", prefixes)
    except (FormatError, NamespaceError) as error:
        raise address.failed(f"what it holds is {error}") from error


def _without_names(triples: bytes) -> bytes:
    """Return N-Triples whose nodes are blank again."""
    return _OBJECT.sub(rb"_:\1 .", _SUBJECT.sub(rb"_:\1", triples))


def _describe(document: Document, syntax: NQuads, file: BinaryIO) -> None:
    """Write the prefixes, and which bundles there are."""
    for prefix, iri in sorted(syntax.prefixes.values()):
        file.write(f"<{iri}> <{_PREFIX}> {json.dumps(prefix)} .\n".encode())
    for bundle in document.bundles():
        named = spell_name(bundle, syntax)
        file.write(f"{named} <{_NAME}> {named} .\n".encode())


def _prefixes(content: bytes) -> dict[str, str]:
    """Return the prefixes that a graph declares; one that has come to mean two things is numbered."""
    found: dict[str, str] = {}
    for uri, prefix in sorted(_DECLARED.findall(content), key=lambda pair: pair[::-1]):
        name, number = prefix.decode(), 1
        while found.get(name, uri.decode()) != uri.decode():
            number += 1
            name = f"{prefix.decode() or 'ns'}{number}"
        found[name] = uri.decode()
    return found


def _get(client: httpx.Client, address: Address, graph: str | None) -> bytes:
    answer = client.get(_graph(address, graph), headers={"Accept": _TRIPLES})
    if answer.status_code == 404 and _named(address, graph) is not None:
        return b""
    _look_at(answer, address)
    found = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if answer.content and found not in (_TRIPLES, "text/plain"):
        raise address.failed(f"answers {found[:60] or 'something'} where {_TRIPLES} was asked for")
    # A line ends as N-Triples' own do, whatever the server's.
    return answer.content.replace(b"\r\n", b"\n")


def _graph(address: Address, graph: str | None) -> httpx.URL:
    """Return the URL of a graph (Graph Store Protocol, section 4.2: indirect identification)."""
    url, named = httpx.URL(address.url), _named(address, graph)
    for key in ("graph", "default"):
        url = url.copy_remove_param(key)
    return (
        url.copy_add_param("default", "") if named is None else url.copy_add_param("graph", named)
    )


def _named(address: Address, graph: str | None) -> str | None:
    """Return the graph that is meant: the one that is asked for, else the URL's own, else the default one."""
    return graph or httpx.URL(address.url).params.get("graph")


@contextmanager
def _open(address: Address) -> Iterator[httpx.Client]:
    auth = httpx.BasicAuth(address.user or "", address.password) if address.password else None
    try:
        with httpx.Client(auth=auth, timeout=_TIMEOUT) as client:
            yield client
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise address.failed(
            f"no answer, or no longer ({error or type(error).__name__})"
        ) from error


def _look_at(answer: httpx.Response, address: Address) -> None:
    """Raise an error for an answer that is none of success."""
    if answer.is_success:
        return
    match answer.status_code:
        case 401 | 403:
            told = "not let in: the user or the password is wrong, none is given, or it may not do this"
            reason = f"{told} (SPARQL_USERNAME, SPARQL_PASSWORD)"
        case 404:
            reason = "there is no such dataset (404); create it first"
        case 405 | 406 | 415:
            reason = f"is not where graphs are (Graph Store Protocol: {answer.status_code}); give that address"
        case code if answer.is_redirect:
            reason = f"has moved ({code}); give the new address"
        case code:
            reason = f"refuses ({code}): {answer.text[:200]}"
    raise address.failed(reason)


STORE = Store("sparql", "a SPARQL 1.1 store", check, push, pull, "SPARQL", frozenset({"graph"}))
