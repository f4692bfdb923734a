"""Selectors: how a user names an element of a document.

    Run:<id or name>                    any type in the document, with an identifier or a name of the element
    Commit:<beginning of the hash>      File:<path>    User:<name, address or user name>
    Dataset:<name>@<digest>             FileRevision:<path>@<commit>
    RegisteredModelVersion:<name>/<version>
    sha256:<beginning of the digest>    the content of a file or of a result
    Call:<beginning of the id>          Call:<function>    Function:<function>
    models:/<name>/<version>            also @<alias>, a stage, latest; models:/<model id>, runs:/<id>
    <name>, models:/<name>              a registered model
    <name>@<alias>
    <key>=<value>                       an attribute
    Commit.d4115a08...                  an identifier

A selector names one element. Only a path may name several files: one after another, on several branches, or with
contents that captured calls found there; and the name of a function several functions and calls.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from mlflow2prov import engine
from mlflow2prov.arguments import require_text
from mlflow2prov.engine import Sql, literal
from mlflow2prov.errors import SelectionError
from mlflow2prov.graph.main_metrics import main_metrics, short_time, short_value
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.kinds import RELATIONS, ArgumentType, Kind
from mlflow2prov.prov.sql import elements_table, is_any_of, names_table

MAX_CANDIDATES = 6
"""The number of candidates that an error lists."""

MIN_PREFIX_LENGTH = 4
"""The shortest beginning of a hash or an id that names an element."""

SYNTAX = (
    "an identifier, Type:name as Run:<id> or Commit:<sha>, models:/<name>/<version>, <name>@<alias>, "
    "sha256:<digest>, or <key>=<value>"
)
"""The forms of selectors, for one line of an error or a help text."""

_MAX_LABEL_LENGTH = 60
_MAX_QUOTED_LENGTH = 200
_MAX_COMPARED_NAMES = 20_000
_MIN_SIMILARITY = 0.5

_VERSION_TYPES = ("RegisteredModelVersion", "PromptVersion")
_MODEL_TYPES = ("RegisteredModel", "Prompt")
_ALIAS_TYPES = ("RegisteredModelAlias", "PromptAlias")
_OBSERVED_TYPES = ("ObservedChange", "ObservedState")
_ID_KEYS = ("run_id", "model_id", "sha", "experiment_id", "trace_id", "uid", "uri", "path")
_NAME_KEYS = ("name", "prov:label", "title")
_PREFIX_KEYS = ("run_id", "model_id", "sha", "uid")
_PERSON_KEYS = ("name", "email", "username", "prov:label")
_SUGGESTED_KEYS = ("uri", "run_id", "sha", *_PERSON_KEYS, "path")

_URI = re.compile(r"(?:runs|models|prompts):/+(?P<rest>.+)", re.DOTALL)
_DIGEST = re.compile(rf"sha256:[0-9a-f]{{{MIN_PREFIX_LENGTH},64}}", re.IGNORECASE)
_TYPE_AND_NAME = re.compile(r"(?P<type>[A-Za-z]\w*):(?P<name>.+)", re.DOTALL)
_KEY_AND_VALUE = re.compile(r"(?P<key>[A-Za-z_][\w.:-]*)=(?P<value>.*)", re.DOTALL)


def select(document: Document, selector: str) -> tuple[str, ...]:
    """Return the identifiers of the elements that ``selector`` names, ordered: one, or those of a path or a function.

    The forms of a selector are tried one after another, and the first that matches decides.

    Raises:
        SelectionError: the selector matches nothing, or several elements. The message lists similar names, or the
            candidates.
        ConfigurationError: the selector is not text.
    """
    require_text("selector", selector)
    for find in (
        _find_by_identifier,
        _find_by_uri,
        _find_by_digest,
        _find_several,
        _find_by_type,
        _find_by_alias,
        _find_by_attribute,
        _find_registered_model,
        _find_reference,
    ):
        identifiers = find(document, selector)
        if len(identifiers) == 1 or (identifiers and find is _find_several):
            return tuple(identifiers)
        if identifiers:
            raise SelectionError(
                f"selector {quoted(selector)}: {len(identifiers)} elements match: "
                f"{_candidates(document, identifiers)}; select one by its identifier"
            )
    raise SelectionError(
        f"selector {quoted(selector)}: nothing in the document matches; {_suggestion(document, selector)}"
    )


def quoted(selector: str) -> str:
    """Return a selector in quotes for a message: on one line, and shortened if it is very long."""
    text = repr(selector[:_MAX_QUOTED_LENGTH])
    return text if len(selector) <= _MAX_QUOTED_LENGTH else f"{text}..."


def describe(document: Document, identifiers: Sequence[str]) -> list[str]:
    """Return a short description of each element for a message: its identifier, type, label and digest.

    That of a run has its start and its main metric too.
    """
    generations = document.tables.of(KIND["wasGeneratedBy"])
    rows = engine.rows(
        f"""
        WITH elements AS (
            SELECT
                id,
                coalesce(min(domain_type(attributes)), min(kind)) AS type,
                min(coalesce(attr(attributes, 'uri'), attr(attributes, 'prov:label'), '')) AS label,
                min(attr(attributes, 'digest')) AS digest
            FROM {elements_table(document)}
            WHERE id IN (SELECT name FROM {names_table(identifiers)})
            GROUP BY id
        ),
        starts AS (
            SELECT generation.entity AS id, min(activity.startTime) AS started_at
            FROM {generations} AS generation
            JOIN {document.tables.of(KIND["activity"])} AS activity ON activity.id = generation.activity
            WHERE generation.entity IN (SELECT id FROM elements WHERE type = 'Run')
            GROUP BY generation.entity
        )
        SELECT elements.*, starts.started_at, main.metric, main.value
        FROM elements
        LEFT JOIN starts USING (id)
        LEFT JOIN {main_metrics(document)} AS main ON main.run = elements.id
        """
    )
    descriptions = {}
    for identifier, type_name, label, digest, start, metric, value in rows:
        details = [
            f"{type_name} {label[:_MAX_LABEL_LENGTH]!r}",
            *([f"digest {digest}"] if digest else []),
            *([f"started {short_time(start)}"] if start else []),
            *([f"{metric[:_MAX_LABEL_LENGTH]} {short_value(value)}"] if metric and value else []),
        ]
        descriptions[identifier] = f"{identifier} ({', '.join(details)})"
    return [descriptions.get(identifier, identifier) for identifier in identifiers]


def document_types(document: Document) -> list[str]:
    """Return the types of the document's elements by their local part, ordered, without PROV's own types."""
    rows = engine.rows(
        f"""
        WITH types AS (
            SELECT unnest(attrs(attributes, 'prov:type')).value AS name
            FROM {elements_table(document)}
        )
        SELECT DISTINCT local_name(name) AS type
        FROM types
        WHERE NOT starts_with(name, 'prov:')
        ORDER BY type
        """
    )
    return [name for (name,) in rows]


def _candidates(document: Document, identifiers: Sequence[str]) -> str:
    candidates = describe(document, identifiers[:MAX_CANDIDATES])
    if len(identifiers) > MAX_CANDIDATES:
        candidates.append(f"and {len(identifiers) - MAX_CANDIDATES} more")
    return "; ".join(candidates)


# The forms of selectors. Each function returns the identifiers that match, ordered.


def _find_by_identifier(document: Document, selector: str) -> list[str]:
    return _find(document, Sql(f"id = {literal(selector)}"))


def _find_by_uri(document: Document, selector: str) -> list[str]:
    """Find an element by MLflow's URI of it; ``latest`` or a stage names the latest version."""
    parts = _URI.fullmatch(selector)
    if not parts:
        return []
    if identifiers := _find(document, _has_value("uri", selector)):
        return identifiers
    name, slash, stage = parts["rest"].rpartition("/")
    if not slash or not selector.startswith("models:"):
        return []
    has_stage = "true"
    if stage != "latest":
        has_stage = (
            f"lower(attr(attributes, 'registered_model_version_stage')) = {literal(stage.lower())}"
        )
    rows = engine.rows(
        f"""
        SELECT id
        FROM {elements_table(document)}
        WHERE is_a(attributes, 'RegisteredModelVersion')
            AND {_has_value("name", name)}
            AND {has_stage}
        ORDER BY TRY_CAST(attr(attributes, 'version') AS BIGINT) DESC NULLS LAST, id
        LIMIT 1
        """
    )
    return [identifier for (identifier,) in rows]


def _find_by_digest(document: Document, selector: str) -> list[str]:
    """Find a content by the beginning of its digest."""
    if not _DIGEST.fullmatch(selector):
        return []
    return _find(document, _has_prefix("digest", selector.lower()), ["Content"])


def _find_several(document: Document, selector: str) -> list[str]:
    """Find the files and contents of a path, or the functions or calls of the name of a function."""
    parts = _TYPE_AND_NAME.fullmatch(selector)
    if not parts:
        return []
    name = parts["name"]
    match parts["type"].casefold():
        case "file":
            files = _find_by_conditions(document, "File", name)
            return sorted({*files, *_find(document, _has_value("path", name), ["Content"])})
        case "content":
            return _find(document, _has_value("path", name), ["Content"])
        case "call" | "function" as type_name:
            qualified = "concat(attr(attributes, 'module'), '.', attr(attributes, 'name'))"
            is_named = Sql(f"{_has_value('name', name)} OR {qualified} = {literal(name)}")
            return _find(document, is_named, [type_name.capitalize()])
    return []


def _find_by_type(document: Document, selector: str) -> list[str]:
    """Find elements of a type by an id, a name or a beginning of an id: the strictest condition that any satisfies."""
    parts = _TYPE_AND_NAME.fullmatch(selector)
    type_name = _matching_type(document, parts["type"]) if parts else None
    if not parts or type_name is None:
        return []
    if identifiers := _find_by_conditions(document, type_name, parts["name"]):
        return identifiers
    return _find_by_alias(document, parts["name"]) if type_name in _VERSION_TYPES else []


def _find_by_conditions(document: Document, type_name: str, name: str) -> list[str]:
    for condition in _name_conditions(type_name, name):
        if identifiers := _find(document, condition, [type_name]):
            return identifiers
    return []


def _find_by_alias(document: Document, selector: str) -> list[str]:
    """Find the alias ``<name>@<alias>`` of a model or a prompt."""
    if "@" not in selector:
        return []
    conditions = (_has_value("uri", f"{scheme}:/{selector}") for scheme in ("models", "prompts"))
    return _find(document, _any(conditions), _ALIAS_TYPES)


def _find_by_attribute(document: Document, selector: str) -> list[str]:
    """Find the elements with an attribute; observed states, which repeat those of their subjects, do not count."""
    parts = _KEY_AND_VALUE.fullmatch(selector)
    if not parts:
        return []
    has_value = _has_value(parts["key"], parts["value"])
    is_observed = is_any_of("attributes", _OBSERVED_TYPES)
    return _find(document, Sql(f"{has_value} AND NOT {is_observed}"))


def _find_registered_model(document: Document, selector: str) -> list[str]:
    """Find the registered model or prompt of a name."""
    name = selector.removeprefix("models:/").strip("/")
    return _find(document, _has_value("name", name), _MODEL_TYPES) if name else []


def _find_reference(document: Document, selector: str) -> list[str]:
    """Find an identifier that relations mention and no element has."""
    mentions = " UNION ALL ".join(
        f"""
        SELECT 1
        FROM {document.tables.of(kind)}
        WHERE {literal(selector)} IN ({", ".join(_reference_columns(kind))})
        """
        for kind in RELATIONS
    )
    return [selector] if engine.rows(f"{mentions} LIMIT 1") else []


def _reference_columns(kind: Kind) -> list[str]:
    return [
        argument.column for argument in kind.arguments if argument.type is not ArgumentType.TIME
    ]


def _matching_type(document: Document, name: str) -> str | None:
    """Return the document's type of this name in any case."""
    types = document_types(document)
    return next((spelling for spelling in types if spelling.casefold() == name.casefold()), None)


def _name_conditions(type_name: str, name: str) -> list[Sql]:
    """Return the conditions that an element of a type is called ``name``, the strictest first."""
    if type_name == "User":
        return [_is_person(name)]
    conditions = []
    model, slash, version = name.rpartition("/")
    if type_name in _VERSION_TYPES and slash:
        conditions.append(Sql(f"{_has_value('name', model)} AND {_has_value('version', version)}"))
    conditions += [_any(_has_value(key, name) for key in keys) for keys in (_ID_KEYS, _NAME_KEYS)]
    base, at, digest = name.rpartition("@")
    if at and digest:
        has_name = _any(_has_value(key, base) for key in ("name", "path"))
        has_digest = _any(_has_prefix(key, digest) for key in ("digest", "commit"))
        conditions.append(Sql(f"({has_name}) AND ({has_digest})"))
    if len(name) >= MIN_PREFIX_LENGTH:
        conditions.append(_any(_has_prefix(key, name) for key in _PREFIX_KEYS))
        if type_name == "Content":
            prefix = name.lower().removeprefix("sha256:")
            conditions.append(_has_prefix("digest", f"sha256:{prefix}"))
    return conditions


def _is_person(name: str) -> Sql:
    """Return the condition that a name, an address or a user name is ``name``, in any case."""
    person = literal(name.strip().casefold())
    return _any(
        Sql(f"lower(trim(attr(attributes, {literal(key)}))) = {person}") for key in _PERSON_KEYS
    )


def _find(document: Document, condition: Sql, types: Sequence[str] = ()) -> list[str]:
    """Return the identifiers of the elements that satisfy a condition and, if given, have one of ``types``."""
    has_type = is_any_of("attributes", types) if types else "true"
    rows = engine.rows(
        f"""
        SELECT DISTINCT id
        FROM {elements_table(document)}
        WHERE {has_type} AND ({condition})
        ORDER BY id
        """
    )
    return [identifier for (identifier,) in rows]


def _has_value(key: str, value: str) -> Sql:
    """Return the condition that an attribute of this key has the value."""
    # The first condition is fast, and leaves few elements to the second.
    all_values = "list_transform(attributes, lambda attribute: attribute.value)"
    values = f"list_transform(attrs(attributes, {literal(key)}), lambda attribute: attribute.value)"
    return Sql(
        f"(list_contains({all_values}, {literal(value)}) AND list_contains({values}, {literal(value)}))"
    )


def _has_prefix(key: str, prefix: str) -> Sql:
    """Return the condition that the first value of this key begins with ``prefix``."""
    return Sql(f"starts_with(attr(attributes, {literal(key)}), {literal(prefix)})")


def _any(conditions: Iterable[Sql]) -> Sql:
    return Sql(" OR ".join(conditions))


def _suggestion(document: Document, selector: str) -> str:
    """Return advice for a selector that matches nothing: similar names, or the forms of selectors."""
    parts = _TYPE_AND_NAME.fullmatch(selector)
    if not parts or _URI.fullmatch(selector):
        types, name = [*_ALIAS_TYPES, *_VERSION_TYPES], selector
    else:
        type_name = _matching_type(document, parts["type"])
        if type_name is None:
            similar = difflib.get_close_matches(
                parts["type"][:_MAX_QUOTED_LENGTH], document_types(document), 1
            )
            return f"did you mean {similar[0]}:?" if similar else f"write {SYNTAX}"
        types, name = [type_name], parts["name"]
    similar = difflib.get_close_matches(
        name[:_MAX_QUOTED_LENGTH], _names_of_types(document, types), 3, _MIN_SIMILARITY
    )
    return f"did you mean {' or '.join(map(repr, similar))}?" if similar else f"write {SYNTAX}"


def _names_of_types(document: Document, types: Sequence[str]) -> list[str]:
    """Return ids and names of the elements of ``types``, at most :data:`_MAX_COMPARED_NAMES`."""
    values = ", ".join(f"attr(attributes, {literal(key)})" for key in _SUGGESTED_KEYS)
    rows = engine.rows(
        f"""
        WITH names AS (
            SELECT unnest([{values}]) AS name
            FROM {elements_table(document)}
            WHERE {is_any_of("attributes", types)}
        )
        SELECT DISTINCT left(name, {_MAX_QUOTED_LENGTH}) AS name
        FROM names
        WHERE name IS NOT NULL
        ORDER BY name
        LIMIT {_MAX_COMPARED_NAMES}
        """
    )
    return [name for (name,) in rows]
