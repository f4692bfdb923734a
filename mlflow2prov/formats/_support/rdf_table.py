"""The statements of a large RDF file as a table, which is read in parts.

To read a resource, the reader needs the statements about it, about the nodes of its relations, and about the blank
nodes that it mentions, with all blank nodes that are connected with these. A part has about :data:`PART_QUADS`
statements about the resources that it owns, and the statements that these need. The latter may be in several parts.

Memory is needed for one part, and for twenty bytes for each statement that connects two blank nodes. The statements of
one resource, and those about blank nodes that are connected with each other, are always in one part.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rdflib.term import Identifier, Literal, URIRef

from mlflow2prov import engine
from mlflow2prov.engine import Sql, literal
from mlflow2prov.formats._support.provo_graph import forward
from mlflow2prov.formats._support.rdf_parsers import datatype_of
from mlflow2prov.formats._support.rdf_part import BLANK, IRI, LITERAL, RdfPart, text_of
from mlflow2prov.lazy_module import LazyModule

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray
else:
    np, pa = LazyModule("numpy"), LazyModule("pyarrow")

BATCH_QUADS = 50_000
"""Statements that are inserted at a time."""

PART_QUADS = 50_000
"""Statements about the resources that are read at a time, unless one resource has more."""

_COLUMNS = ("graph", "subject", "predicate", "object", "datatype", "language")


class InseparableError(Exception):
    """The statements of a file depend on each other in a way that needs all of them."""


@dataclass(frozen=True)
class Terms:
    """The properties and classes that decide which statements are needed together.

    Attributes:
        links: the properties that lead to nodes of relations.
        ranges: the properties by whose values a resource has a kind.
        indirect_ranges: the properties that become one of ``ranges``, depending on other statements.
        classes: the classes by which a resource has a kind.
        type: the property that leads to classes.
        list_item: the property of the nodes of lists.
    """

    links: Set[str]
    ranges: Set[str]
    indirect_ranges: Set[str]
    classes: Set[str]
    type: str
    list_item: str


class RdfTable:
    """The statements of a file."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._schema = engine.Schema("rdf")
        self._quads = self._schema.create(
            "quads",
            "SELECT NULL::VARCHAR AS graph, NULL::VARCHAR AS subject, NULL::VARCHAR AS predicate, "
            "NULL::VARCHAR AS object, NULL::VARCHAR AS datatype, NULL::VARCHAR AS language, "
            "NULL::BIGINT AS place, NULL::UHUGEINT AS subject_key, NULL::UHUGEINT AS object_key, "
            "NULL::BOOLEAN AS is_link, NULL::BOOLEAN AS is_blank_object LIMIT 0",
        )
        self._rows: list[tuple[str | None, ...]] = []
        self._place = 0

    def add(
        self,
        subject: Identifier,
        predicate: URIRef,
        value: Identifier,
        graph: Identifier | None,
    ) -> None:
        """Add a statement, which may be repeated. An inverse property becomes the property."""
        subject, predicate, value = forward(subject, predicate, value)
        datatype = language = None
        if isinstance(value, Literal):
            datatype, language = datatype_of(value), value.language
        graph_text = None if graph is None else text_of(graph)
        self._rows.append(
            (graph_text, text_of(subject), str(predicate), text_of(value), datatype, language)
        )
        if len(self._rows) >= BATCH_QUADS:
            self._flush()

    def __len__(self) -> int:
        """Return the number of statements, of which some may be repeated."""
        return self._place + len(self._rows)

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = zip(*self._rows, strict=True)
        rows = {
            name: engine.text_array(column) for name, column in zip(_COLUMNS, columns, strict=True)
        }
        places = pa.array(range(self._place, self._place + len(self._rows)), pa.int64())
        with engine.registered(pa.table({**rows, "place": places})) as table:
            engine.execute(
                f"""
                INSERT INTO {self._quads}
                SELECT
                    {", ".join(_COLUMNS)},
                    place,
                    {_key("subject")},
                    CASE WHEN NOT starts_with(object, '{LITERAL}') THEN {_key("object")} END,
                    predicate IN ({_list(self._terms.links)}),
                    starts_with(object, '{BLANK}')
                FROM {table}
                """
            )
        self._place += len(self._rows)
        self._rows.clear()

    def parts(self) -> Iterator[RdfPart]:
        """Yield the statements in parts, those of the default graph first.

        Raises:
            InseparableError: the statements depend on each other in a way that needs all of them.
        """
        self._flush()
        self._require_separable()
        components = self._components()
        owners = self._owners(components)
        rows = self._arranged(self._members(owners, components))
        part, number = RdfPart(), None
        for batch in engine.stream(f"SELECT * FROM {rows}", BATCH_QUADS):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if row[0] != number:
                    if number is not None:
                        part.remove_repetitions()
                        yield part
                    part, number = RdfPart(), row[0]
                part.add_row(row)
        if number is not None:
            part.remove_repetitions()
            yield part

    def _require_separable(self) -> None:
        """Require that blank nodes are in one graph, lists are blank nodes, and kinds do not depend on other parts."""
        quads, terms = self._quads, self._terms
        checks = [
            f"SELECT 1 FROM {quads} WHERE starts_with(graph, '{BLANK}')",
            f"SELECT 1 FROM {quads} WHERE predicate = {literal(terms.list_item)} "
            f"AND NOT starts_with(subject, '{BLANK}')",
        ]
        if engine.scalar(f"SELECT count(DISTINCT coalesce(graph, '')) FROM {quads}") > 1:
            checks.append(
                f"""
                WITH nodes AS (
                    SELECT graph, subject AS node FROM {quads} WHERE starts_with(subject, '{BLANK}')
                    UNION
                    SELECT graph, object AS node FROM {quads} WHERE is_blank_object
                )
                SELECT 1 FROM nodes GROUP BY node HAVING count(*) > 1
                """
            )
        indirect = f"predicate IN ({_list(terms.indirect_ranges)})"
        if engine.rows(f"SELECT 1 FROM {quads} WHERE {indirect} LIMIT 1"):
            checks.append(self._without_class())
        if any(engine.rows(f"{check} LIMIT 1") for check in checks):
            raise InseparableError

    def _without_class(self) -> Sql:
        """Return the query for the keys of resources without a class that decides their kind, except nodes."""
        terms = self._terms
        return Sql(
            f"""
            SELECT DISTINCT subject_key FROM {self._quads}
            ANTI JOIN (
                SELECT subject_key FROM {self._quads}
                WHERE predicate = {literal(terms.type)} AND object IN ({_list(terms.classes, IRI)})
            ) AS with_class USING (subject_key)
            ANTI JOIN (
                SELECT object_key AS subject_key FROM {self._quads} WHERE is_link
            ) AS nodes USING (subject_key)
            """
        )

    def _components(self) -> Sql:
        """Return a table of the blank nodes that are connected with others, and a number for those connected."""
        nodes = self._schema.create(
            "connected_nodes",
            f"""
            WITH ends AS (
                SELECT subject_key, object_key FROM {self._quads}
                WHERE is_blank_object AND starts_with(subject, '{BLANK}')
            ),
            nodes AS (SELECT subject_key AS key FROM ends UNION SELECT object_key FROM ends)
            SELECT key, (row_number() OVER () - 1)::INTEGER AS number FROM nodes
            """,
        )
        edges = engine.arrays(
            f"""
            SELECT subjects.number AS subject, objects.number AS object
            FROM {self._quads} AS quads
            JOIN {nodes} AS subjects ON subjects.key = quads.subject_key
            JOIN {nodes} AS objects ON objects.key = quads.object_key
            """
        )
        numbers = _connected(edges["subject"], edges["object"])
        with engine.registered(numbers) as table:
            return self._schema.create(
                "components",
                f"SELECT key, component FROM {nodes} JOIN {table} USING (number)",
            )

    def _owners(self, components: Sql) -> Sql:
        """Return a table of the resources with the number of the part that reads each.

        A blank node is read where a resource that mentions it is.
        """
        subjects = self._schema.create(
            "subjects",
            f"""
            SELECT
                subject_key AS key,
                any_value(graph) AS graph,
                bool_or(starts_with(subject, '{BLANK}')) AS is_blank,
                min(place) AS place,
                count(*) AS size
            FROM {self._quads}
            GROUP BY subject_key
            """,
        )
        return self._schema.create(
            "owners",
            f"""
            WITH mentions AS (
                SELECT quads.object_key AS key, min(subjects.place) AS place
                FROM {self._quads} AS quads
                JOIN {subjects} AS subjects ON subjects.key = quads.subject_key
                WHERE quads.is_blank_object AND NOT subjects.is_blank
                GROUP BY quads.object_key
            ),
            component_mentions AS (
                SELECT component, min(place) AS place
                FROM mentions JOIN {components} USING (key)
                GROUP BY component
            ),
            places AS (
                SELECT
                    subjects.key,
                    graph,
                    is_blank,
                    size,
                    coalesce(component_mentions.place, mentions.place, subjects.place) AS place
                FROM {subjects} AS subjects
                LEFT JOIN mentions USING (key)
                LEFT JOIN {components} AS components USING (key)
                LEFT JOIN component_mentions USING (component)
            ),
            sums AS (
                SELECT
                    key,
                    is_blank,
                    sum(size) OVER (
                        ORDER BY graph NULLS FIRST, place, key ROWS UNBOUNDED PRECEDING
                    ) - size AS size_before
                FROM places
            )
            SELECT key, is_blank, (size_before // {PART_QUADS})::INTEGER AS part FROM sums
            """,
        )

    def _members(self, owners: Sql, components: Sql) -> Sql:
        """Return a table of the resources that each part describes, and whether it reads them."""
        return self._schema.create(
            "members",
            f"""
            WITH mentioned AS (
                SELECT DISTINCT part, object_key AS key, is_blank_object AS is_blank
                FROM {self._quads} AS quads JOIN {owners} AS owners ON owners.key = quads.subject_key
                WHERE is_link OR is_blank_object
            ),
            blank AS (
                SELECT part, key FROM mentioned WHERE is_blank
                UNION
                SELECT part, object_key AS key
                FROM {self._quads} AS quads JOIN mentioned ON mentioned.key = quads.subject_key
                WHERE is_blank_object AND NOT mentioned.is_blank
                UNION
                SELECT part, key FROM {owners} WHERE is_blank
            ),
            connected AS (
                SELECT part, key FROM blank
                UNION
                SELECT part, others.key
                FROM blank
                JOIN {components} AS components USING (key)
                JOIN {components} AS others USING (component)
            ),
            resources AS (
                SELECT part, key, TRUE AS is_owner FROM {owners}
                UNION ALL
                SELECT part, key, FALSE FROM mentioned
                UNION ALL
                SELECT part, key, FALSE FROM connected
                UNION ALL
                SELECT part, subject_key AS key, FALSE
                FROM {self._quads} AS quads JOIN connected ON connected.key = quads.object_key
                WHERE is_link
            )
            SELECT part, key, bool_or(is_owner) AS is_owner FROM resources GROUP BY part, key
            """,
        )

    def _arranged(self, members: Sql) -> Sql:
        """Return a table of the statements of each part, in the order of the file."""
        columns = ", ".join(f"quads.{name}" for name in _COLUMNS)
        return self._schema.create(
            "arranged",
            f"""
            WITH nodes AS (SELECT DISTINCT object_key AS key FROM {self._quads} WHERE is_link),
            implied AS (
                SELECT object_key AS key, string_agg(DISTINCT predicate, ' ') AS implied
                FROM {self._quads}
                WHERE predicate IN ({_list(self._terms.ranges)})
                    AND object_key IN ({self._without_class()})
                GROUP BY object_key
            ),
            described AS (
                SELECT members.*, nodes.key IS NOT NULL AS is_node, implied
                FROM {members} AS members LEFT JOIN nodes USING (key) LEFT JOIN implied USING (key)
            ),
            mentions AS (
                SELECT members.part, quads.subject_key, quads.place
                FROM {self._quads} AS quads JOIN {members} AS members ON members.key = quads.object_key
                WHERE quads.is_blank_object
            ),
            statements AS (
                SELECT part, is_owner, is_node, implied, {columns}, place
                FROM {self._quads} AS quads JOIN described ON described.key = quads.subject_key
                UNION ALL
                SELECT part, FALSE, FALSE, NULL, {columns}, quads.place
                FROM {self._quads} AS quads
                JOIN (
                    SELECT part, place FROM mentions
                    ANTI JOIN {members} AS members
                        ON members.part = mentions.part AND members.key = mentions.subject_key
                ) AS other_mentions USING (place)
            )
            SELECT part, is_owner, is_node, implied, {", ".join(_COLUMNS)}
            FROM statements
            ORDER BY part, place
            """,
        )


def _connected(subjects: NDArray[np.int32], objects: NDArray[np.int32]) -> pa.Table:
    """Return the number of its component for each blank node."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(subjects):
        return pa.table({name: pa.array([], pa.int32()) for name in ("number", "component")})
    count = int(max(subjects.max(), objects.max())) + 1
    edges = coo_array((np.ones(len(subjects), np.int8), (subjects, objects)), (count, count))
    _, labels = connected_components(edges, directed=False)
    return pa.table({"number": np.arange(count, dtype=np.int32), "component": labels})


def _key(column: str) -> str:
    """Return the SQL for the key of a resource in its graph."""
    return f"md5_number(concat(graph, chr(1), {column}))"


def _list(texts: Set[str], prefix: str = "") -> str:
    return ", ".join(literal(prefix + text) for text in sorted(texts))
