"""HTML: an explorer of the graph in one file, which needs no other file and no network.

The page has three parts: the statements as JSON, the library that arranges the picture, and the script in
``_support/explorer``, which shows both. Its Content Security Policy allows exactly this style and these scripts, by
their digests, and no request of any kind. The script sets all text as text; the JSON contains no ``<``, which could end
its element.

    {"prefixes": {"ex": ...}, "blocks": [
        {"bundle": "", "kind": "used", "arguments": ["activity", "entity", "time"], "third": null,
         "rows": [[id, [activity, entity, time], [[key, value, type, language], ...]], ...]}, ...]}
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import BinaryIO

from mlflow2prov.boundary import warn
from mlflow2prov.content_security import hash_source
from mlflow2prov.engine import Sql, identifier
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.picture import THIRD_ARGUMENTS
from mlflow2prov.formats._support.text_stream import json_text, write_text
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import Kind
from mlflow2prov.quantity import quantity

MAX_QUICK_STATEMENTS = 100_000
"""The number of statements up to which a page opens within two seconds."""

MAX_STATEMENTS = 500_000
"""The maximum number of statements of a page."""

_FOLDER = Path(__file__).parent / "_support" / "explorer"
_SCRIPTS = ("graph.js", "picture.js", "panels.js", "explorer.js")
"""The parts of the page's own script, in the order in which they are joined."""


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as a page, and warn if it opens slowly.

    Raises:
        FormatError: the document is too large for a page.
    """
    count = len(document)
    if count > MAX_STATEMENTS:
        raise FormatError(
            f"html: {quantity(count, 'statement')} are too many for a page ({MAX_STATEMENTS:,} at most); "
            "put lineage with a selector before save"
        )
    if count > MAX_QUICK_STATEMENTS:
        warn(
            f"html: a page with {quantity(count, 'statement')} opens slowly; put lineage with a selector before save"
        )
    head, scripts = _page()
    stream.write(head.encode())
    prefixes = ",".join(
        f"{json_text(prefix)}:{json_text(uri)}" for prefix, uri in document.namespaces.all.items()
    )
    stream.write(f'{{"prefixes":{{{_without_markup(prefixes)}}},"blocks":['.encode())
    is_first = True
    for bundle in ("", *document.bundles()):
        for kind in document.tables.kinds(bundle):
            stream.write(f"{'' if is_first else ','}\n{_block_head(kind, bundle)}".encode())
            rows = document.tables.rows(kind, bundle)
            write_text(
                _rows(kind, rows),
                stream,
                is_short=document.tables.is_small(kind),
                skip_bytes=len(","),
            )
            stream.write(b"]}")
            is_first = False
    stream.write(b"]}\n</script>\n")
    stream.write(scripts.encode())


def _block_head(kind: Kind, bundle: str) -> str:
    arguments = ",".join(json_text(argument.name) for argument in kind.arguments)
    third = json_text(THIRD_ARGUMENTS[kind.name]) if kind.name in THIRD_ARGUMENTS else "null"
    return _without_markup(
        f'{{"bundle":{json_text(bundle)},"kind":{json_text(kind.name)},"arguments":[{arguments}],'
        f'"third":{third},"rows":['
    )


def _rows(kind: Kind, rows: Sql) -> Sql:
    """Return the query for the statements of a kind as JSON arrays, each after a comma."""
    arguments = ", ".join(identifier(argument.column) for argument in kind.arguments)
    attribute = """
        CASE
            WHEN attribute.lang IS NOT NULL
                THEN [attribute.key, attribute.value, attribute.type, attribute.lang]
            WHEN attribute.type IS NOT NULL THEN [attribute.key, attribute.value, attribute.type]
            ELSE [attribute.key, attribute.value]
        END
    """
    return Sql(
        f"""
        SELECT replace(
            concat(
                ',\n[', coalesce(to_json(id)::VARCHAR, 'null'), ',', to_json([{arguments}]::VARCHAR[]), ',',
                to_json(list_transform(attributes, lambda attribute: {attribute})), ']'
            ),
            '<', '\\u003c'
        )
        FROM ({rows})
        """
    )


def _without_markup(json: str) -> str:
    """Return JSON whose strings contain no ``<``."""
    return json.replace("<", "\\u003c")


@cache
def _page() -> tuple[str, str]:
    """Return the text of a page before its statements, and after them."""
    style = _file("explorer.css")
    library = _library()
    script = "".join(["(() => {\n'use strict';\n", *map(_file, _SCRIPTS), "})();\n"])
    policy = (
        f"default-src 'none'; script-src {hash_source(library)} {hash_source(script)}; "
        f"style-src {hash_source(style)}; base-uri 'none'; form-action 'none'"
    )
    head = _file("page.html").replace("{policy}", policy).replace("{style}", style)
    scripts = f"<script>{library}</script>\n<script>{script}</script>\n</body>\n</html>\n"
    return head, scripts


def _library() -> str:
    """Return the library that arranges pictures, with its licence."""
    licence = _file("dagre/LICENSE")
    # The map that the last line names is not there.
    code, _, _ = _file("dagre/dagre.min.js").rpartition("//# sourceMappingURL=")
    return f"/*! dagre and graphlib, MIT licence\n\n{licence}*/\n{code}"


def _file(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


FORMATS = (Format("html", ".html", "HTML", write),)
