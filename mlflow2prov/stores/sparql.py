"""SPARQL 1.1 stores such as Fuseki, GraphDB and Oxigraph: PROV-O in graphs.

Graphs are written and read as N-Triples by the Graph Store HTTP Protocol (W3C Recommendation of 21
March 2013). The document itself is in the default graph or in a named one, and each bundle is in
the graph of its name. The blank nodes of PROV-O get IRIs that are digests of their statements (RDF
1.1 Concepts section 3.5), so a second push changes nothing. Prefixes are stored as
``vann:preferredNamespacePrefix`` of the namespace, names of bundles as ``sd:name``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

import httpx

from mlflow2prov.engine import Sql, literal
from mlflow2prov.errors import FormatError, NamespaceError
from mlflow2prov.formats._support import rdf_writer as rdf
from mlflow2prov.formats._support.rdf_reader import read_rdf
from mlflow2prov.formats._support.rdf_terms import spell_name
from mlflow2prov.formats.nquads import NQuads
from mlflow2prov.http_client import AnswerError, HttpClient
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.stores._support.address import Address
from mlflow2prov.stores._support.store import Options, Store
from mlflow2prov.temporary import temporary_file

NODES = "https://w3id.org/mlflow2prov/.well-known/genid/"
"""The IRIs of blank nodes, without the digest at the end."""
_PREFIX = "http://purl.org/vocab/vann/preferredNamespacePrefix"
_NAME = "http://www.w3.org/ns/sparql-service-description#name"

_TRIPLES = "application/n-triples"
# A server answers after it has read a whole graph, which may be large.
_TIMEOUT = httpx.Timeout(3600, connect=10)
_BLOCK_BYTES = 1 << 20

MAX_SECONDS = 6 * 3600
"""Maximum time in which a server takes or sends a graph."""
MAX_GRAPH_BYTES = 1 << 34
"""Maximum size of a graph."""

_node = re.escape(NODES.encode())
_SUBJECT = re.compile(rb"^<" + _node + rb"([0-9a-f]{32})>", re.M)
_OBJECT = re.compile(rb"(?<=> )<" + _node + rb"([0-9a-f]{32})> \.$", re.M)
_PREFIX_TRIPLE = re.compile(
    rb"^<([^<>\s]*)> <" + re.escape(_PREFIX.encode()) + rb'> "([^"\\\n]*)"[^\n]*\n', re.M
)
_BUNDLE = re.compile(rb"^<([^<>\s]*)> <" + re.escape(_NAME.encode()) + rb"> <\1> \.\n", re.M)


class _Triples(NQuads):
    """N-Triples with IRIs in place of blank nodes."""

    def __init__(self, namespaces: Namespaces, bundle: str) -> None:
        super().__init__(namespaces)
        self._graph = spell_name(bundle, self) if bundle else ""

    def node(self, label: str, identity: Sequence[Sql]) -> Sql:  # noqa: ARG002
        """Return the SQL for the IRI of a node: a digest of the graph and of its identity."""
        parts = ", ".join([literal(self._graph), *identity])
        return Sql(
            f"concat({literal(f'<{NODES}')}, substr(sha256(to_json([{parts}])::VARCHAR), 1, 32), '>')"
        )


def check(address: Address, options: Options) -> None:
    """Require that the store answers and accepts the credentials."""
    with _open(address) as client:
        answer = _send(client, "HEAD", _graph_url(address, options.graph), Accept=_TRIPLES)
        # A missing graph is created by a push, and some servers have no HEAD.
        if answer.status_code == 404 and _graph_name(address, options.graph) is None:
            raise address.failed("there is no such dataset (404); create it first")
        if answer.status_code not in (404, 405, 501):
            _raise_for_status(answer, address)


def push(document: Document, address: Address, options: Options) -> None:
    """Add a document to the store, graph after graph, each whole or not at all."""
    document = rdf.prepare(document)
    syntax = NQuads(document.namespaces)
    with _open(address) as client:
        for bundle in (*document.bundles(), ""):
            graph = spell_name(bundle, syntax)[1:-1] if bundle else options.graph
            with temporary_file(partial(_write_graph, document, bundle)) as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(0)
                answer = _send(
                    client,
                    "POST",
                    _graph_url(address, graph),
                    iter(partial(file.read, _BLOCK_BYTES), b""),
                    **{"Content-Type": _TRIPLES, "Content-Length": str(size)},
                )
            _raise_for_status(answer, address)


def _write_graph(document: Document, bundle: str, stream: BinaryIO) -> None:
    """Write the graph of a bundle, or of the document itself with the names of its bundles."""
    rdf.write_bundle(document, bundle, _Triples(document.namespaces, bundle), stream)
    if not bundle:
        _describe(document, NQuads(document.namespaces), stream)


def pull(address: Address, options: Options) -> Document:
    """Return the document of a graph, with the bundles that it names."""
    with _open(address) as client:
        content = _get(client, address, options.graph)
        if not content.strip():
            raise address.failed("the graph is empty; export a document to it first")
        prefixes = _prefixes(content)
        graphs = [_with_blank_nodes(_PREFIX_TRIPLE.sub(b"", _BUNDLE.sub(b"", content)))]
        for bundle in sorted(set(_BUNDLE.findall(content))):
            triples = _with_blank_nodes(_get(client, address, bundle.decode()))
            graphs.append(triples.replace(b" .\n", b" <" + bundle + b"> .\n"))
    nquads = b"\n".join(graphs)
    try:
        if not nquads.strip():
            return Document(prefixes)
        return read_rdf(nquads, "nquads", "PROV-O", prefixes=prefixes)
    except (FormatError, NamespaceError) as error:
        raise address.failed(f"the graph is not PROV-O: {error}") from error


def _with_blank_nodes(triples: bytes) -> bytes:
    """Return N-Triples with blank nodes in place of their IRIs."""
    return _OBJECT.sub(rb"_:\1 .", _SUBJECT.sub(rb"_:\1", triples))


def _describe(document: Document, syntax: NQuads, file: BinaryIO) -> None:
    """Write the prefixes and the names of the bundles."""
    for prefix, iri in sorted(syntax.prefixes.values()):
        file.write(f"<{iri}> <{_PREFIX}> {json.dumps(prefix)} .\n".encode())
    for bundle in document.bundles():
        name = spell_name(bundle, syntax)
        file.write(f"{name} <{_NAME}> {name} .\n".encode())


def _prefixes(content: bytes) -> dict[str, str]:
    """Return the prefixes that a graph declares; a prefix of several URIs is numbered."""
    prefixes: dict[str, str] = {}
    for uri, prefix in sorted(_PREFIX_TRIPLE.findall(content), key=lambda pair: pair[::-1]):
        name, number = prefix.decode(), 1
        while prefixes.get(name, uri.decode()) != uri.decode():
            number += 1
            name = f"{prefix.decode() or 'ns'}{number}"
        prefixes[name] = uri.decode()
    return prefixes


def _send(
    client: HttpClient,
    method: str,
    url: httpx.URL,
    content: Iterator[bytes] | None = None,
    **headers: str,
) -> httpx.Response:
    return client.send(
        method,
        url,
        max_bytes=MAX_GRAPH_BYTES,
        seconds=MAX_SECONDS,
        content=content,
        headers=headers,
    )


def _get(client: HttpClient, address: Address, graph: str | None) -> bytes:
    answer = _send(client, "GET", _graph_url(address, graph), Accept=_TRIPLES)
    if answer.status_code == 404 and _graph_name(address, graph) is not None:
        return b""
    _raise_for_status(answer, address)
    media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if answer.content and media_type not in (_TRIPLES, "text/plain"):
        raise address.failed(
            f"the server answers with {media_type[:60] or 'no media type'}, not with {_TRIPLES}"
        )
    # Some servers end lines with a carriage return.
    return answer.content.replace(b"\r\n", b"\n")


def _graph_url(address: Address, graph: str | None) -> httpx.URL:
    """Return the URL of a graph (Graph Store Protocol, section 4.2: indirect identification)."""
    url, name = httpx.URL(address.url), _graph_name(address, graph)
    for key in ("graph", "default"):
        url = url.copy_remove_param(key)
    return url.copy_add_param("default", "") if name is None else url.copy_add_param("graph", name)


def _graph_name(address: Address, graph: str | None) -> str | None:
    """Return the IRI of the graph: ``graph``, or else that in the URL; None is the default
    graph."""
    return graph or httpx.URL(address.url).params.get("graph")


@contextmanager
def _open(address: Address) -> Iterator[HttpClient]:
    """Open a client of the server.

    Raises:
        DocumentStoreError: the server does not answer, or its answer is too large or takes too long.
    """
    auth = httpx.BasicAuth(address.user or "", address.password) if address.password else None
    try:
        client = HttpClient([(address.user, address.password)], auth=auth, timeout=_TIMEOUT)
    except (OSError, ValueError, ImportError) as error:
        raise address.failed(
            f"a certificate or proxy from the environment cannot be used: {error}"
        ) from error
    try:
        with client:
            yield client
    except AnswerError as error:
        raise address.failed(error) from error
    except TimeoutError as error:
        raise address.failed(f"the answer does not end within {MAX_SECONDS:g} seconds") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, OverflowError) as error:
        raise address.failed(f"the server does not answer ({client.reason(error)})") from error


def _raise_for_status(answer: httpx.Response, address: Address) -> None:
    """Raise an error unless the request succeeded."""
    if answer.is_success:
        return
    match answer.status_code:
        case 401 | 403:
            reason = (
                "access denied: check the user, the password and the permissions "
                "(SPARQL_USERNAME, SPARQL_PASSWORD)"
            )
        case 404:
            reason = "there is no such dataset (404); create it first"
        case 405 | 406 | 415:
            reason = f"not a Graph Store Protocol endpoint ({answer.status_code}); use the URL of that endpoint"
        case code if answer.is_redirect:
            reason = f"the address has moved ({code}); use the new one"
        case code:
            reason = f"the server refuses the request ({code}): {answer.text[:200]}"
    raise address.failed(reason)


STORE = Store("sparql", "a SPARQL 1.1 store", check, push, pull, "SPARQL", frozenset({"graph"}))
