"""Selectors: how a person names a thing of a document.

    Run:<id or name>                    any of the document's types, with what it is called
    Commit:<beginning of the hash>      File:<path>    User:<name, address or user name>
    Dataset:<name>@<digest>             FileRevision:<path>@<commit>
    RegisteredModelVersion:<name>/<version>
    models:/<name>/<version>            also @<alias>, a stage, latest; models:/<model id>, runs:/<id>
    <name>@<alias>
    <key>=<value>                       an attribute
    Commit.4428be64...                  an identifier

A selector means one thing; only a path may be several files, one after the other or on several branches.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.errors import SelectionError
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import RELATIONS, ArgumentType, Kind
from mlflow2prov.prov.selection import elements, has_type, listed, local, own_type, value

MOST_CANDIDATES = 6
"""How many candidates an error lists."""

_CANDIDATES_WIDTH = 60
_NEAR = 20_000
_VERSIONS = ("RegisteredModelVersion", "PromptVersion")
_ALIASES = ("RegisteredModelAlias", "PromptAlias")
_SEVERAL = ("file",)
_IDS = ("run_id", "model_id", "sha", "experiment_id", "trace_id", "uri", "path")
_CALLED = ("name", "prov:label", "title")
_BEGINNINGS = ("run_id", "model_id", "sha")
_PERSON = ("name", "email", "username", "prov:label")
_SCHEME = re.compile(r"(?:runs|models|prompts):/+(?P<rest>.+)", re.DOTALL)
_TYPED = re.compile(r"(?P<type>[A-Za-z]\w*):(?P<rest>.+)", re.DOTALL)
_TEST = re.compile(r"(?P<key>[A-Za-z_][\w.:-]*)=(?P<value>.*)", re.DOTALL)

FORMS = (
    "an identifier, Type:name as Run:<id> or Commit:<sha>, models:/<name>/<version>, <name>@<alias>, "
    "or <key>=<value>"
)
"""What a selector may be, in a line."""


def select(document: Document, selector: str) -> tuple[str, ...]:
    """Return the identifiers of what ``selector`` names: one, or the files of a path; ordered.

    Raises:
        SelectionError: nothing is called that, or several things are; candidates are listed.
    """
    ways: tuple[Callable[[Document, str], list[str]], ...] = (
        _identified, _of_uri, _typed, _of_alias, _tested, _referred,
    )  # fmt: skip
    for way in ways:
        found = way(document, selector)
        if len(found) == 1 or (found and _is_path(selector)):
            return tuple(found)
        if found:
            listed_ = "; ".join(describe(document, found[:MOST_CANDIDATES]))
            more = len(found) - MOST_CANDIDATES
            raise SelectionError(
                f"{selector!r} is {len(found)} things: {listed_}{f'; and {more} more' if more > 0 else ''}; "
                "name one by its identifier"
            )
    raise SelectionError(f"there is no {selector!r} in the document; {_advice(document, selector)}")


def describe(document: Document, identifiers: Sequence[str]) -> list[str]:
    """Return, for each identifier, it with its type and label, for an error's one line."""
    given = ", ".join(map(literal, identifiers))
    about = {
        name: f"{name} ({kind} {str(label)[:_CANDIDATES_WIDTH]!r}{f', digest {digest}' if digest else ''})"
        for name, kind, label, digest in engine.rows(
            f"SELECT id, coalesce(min({own_type()}), min(kind)), "
            f"min(coalesce({value('uri')}, {value('prov:label')}, '')), min({value('digest')}) "
            f"FROM {elements(document)} WHERE id IN ({given}) GROUP BY id"
        )
    }
    return [about.get(identifier, identifier) for identifier in identifiers]


def types_of(document: Document) -> list[str]:
    """Return the types that the document's elements have, by their local part, PROV's own left out."""
    found = engine.rows(
        f"SELECT DISTINCT {local('a.value')} AS type FROM (SELECT unnest(attributes) AS a "
        f"FROM {elements(document)}) WHERE a.key = 'prov:type' AND NOT starts_with(a.value, 'prov:') "
        "ORDER BY type"
    )
    return [name for (name,) in found]


def _is_path(selector: str) -> bool:
    parsed = _TYPED.fullmatch(selector)
    return parsed is not None and parsed["type"].casefold() in _SEVERAL


def _find(document: Document, condition: str, types: Sequence[str] = ()) -> list[str]:
    typed = f"{has_type(*types)} AND " if types else ""
    query = f"SELECT DISTINCT id FROM {elements(document)} WHERE {typed}({condition}) ORDER BY id"
    return [name for (name,) in engine.rows(query)]


def _is(key: str, wanted: str) -> str:
    """Return the condition that an attribute has a value."""
    return f"list_contains(list_transform({listed(key)}, lambda b: b.value), {literal(wanted)})"


def _begins(key: str, wanted: str) -> str:
    return f"starts_with({value(key)}, {literal(wanted)})"


def _identified(document: Document, selector: str) -> list[str]:
    return _find(document, f"id = {literal(selector)}")


def _of_uri(document: Document, selector: str) -> list[str]:
    """Find what MLflow calls so; of a stage, or of ``latest``, the latest version."""
    parsed = _SCHEME.fullmatch(selector)
    if not parsed:
        return []
    if found := _find(document, _is("uri", selector)):
        return found
    name, slash, which = parsed["rest"].rpartition("/")
    if not slash or not selector.startswith("models:"):
        return []
    staged = f"AND lower({value('registered_model_version_stage')}) = {literal(which.lower())}"
    latest = engine.rows(
        f"SELECT id FROM {elements(document)} WHERE {has_type(_VERSIONS[0])} AND {_is('name', name)} "
        f"{'' if which == 'latest' else staged} "
        f"ORDER BY TRY_CAST({value('version')} AS BIGINT) DESC NULLS LAST, id LIMIT 1"
    )
    return [identifier for (identifier,) in latest]


def _of_alias(document: Document, selector: str) -> list[str]:
    """Find the alias ``<name>@<alias>``."""
    if "@" not in selector:
        return []
    uris = (f"{scheme}:/{selector}" for scheme in ("models", "prompts"))
    return _find(document, " OR ".join(_is("uri", uri) for uri in uris), _ALIASES)


def _typed(document: Document, selector: str) -> list[str]:
    """Find a thing of a type by what it is called, the strictest way that finds any."""
    parsed = _TYPED.fullmatch(selector)
    kind = _type_named(document, parsed["type"]) if parsed else None
    if not parsed or kind is None:
        return []
    for condition in _conditions(kind, parsed["rest"]):
        if found := _find(document, condition, [kind]):
            return found
    return _of_alias(document, parsed["rest"]) if kind in _VERSIONS else []


def _type_named(document: Document, name: str) -> str | None:
    """Return the document's type of that name, in whatever case."""
    return next((t for t in types_of(document) if t.casefold() == name.casefold()), None)


def _conditions(kind: str, rest: str) -> list[str]:
    """Return the conditions under which a thing of a type may be called ``rest``, the strictest first."""
    found = []
    name, slash, version = rest.rpartition("/")
    if kind in _VERSIONS and slash:
        found.append(f"{_is('name', name)} AND {_is('version', version)}")
    if kind == "User":
        person = rest.strip().casefold()
        return [
            " OR ".join(f"lower(trim({value(key)})) = {literal(person)}" for key in _PERSON),
        ]
    found += [" OR ".join(_is(key, rest) for key in keys) for keys in (_IDS, _CALLED)]
    name, at, which = rest.rpartition("@")
    if at and which:
        called = " OR ".join(_is(key, name) for key in ("name", "path"))
        beginning = " OR ".join(_begins(key, which) for key in ("digest", "commit"))
        found.append(f"({called}) AND ({beginning})")
    if len(rest) >= 4:
        found.append(" OR ".join(_begins(key, rest) for key in _BEGINNINGS))
    return found


def _tested(document: Document, selector: str) -> list[str]:
    """Find what has an attribute of a key and a value."""
    parsed = _TEST.fullmatch(selector)
    return _find(document, _is(parsed["key"], parsed["value"])) if parsed else []


def _referred(document: Document, selector: str) -> list[str]:
    """Find what is only spoken of, and described nowhere in the document."""
    spoken = (
        f"SELECT 1 FROM {document.tables.of(kind)} WHERE {literal(selector)} IN ({_references(kind)})"
        for kind in RELATIONS
    )
    return [selector] if engine.rows(f"{' UNION ALL '.join(spoken)} LIMIT 1") else []


def _references(kind: Kind) -> str:
    return ", ".join(kind.column(a.name) for a in kind.arguments if a.type is not ArgumentType.TIME)


def _advice(document: Document, selector: str) -> str:
    """Say what may have been meant."""
    parsed = _TYPED.fullmatch(selector)
    if not parsed or _SCHEME.fullmatch(selector):
        types, rest = [*_ALIASES, *_VERSIONS], selector
    else:
        known = types_of(document)
        kind = next((t for t in known if t.casefold() == parsed["type"].casefold()), None)
        if kind is None:
            near = difflib.get_close_matches(parsed["type"], known, 1)
            return f"did you mean {near[0]}:?" if near else f"a selector is {FORMS}"
        types, rest = [kind], parsed["rest"]
    called = ", ".join(value(key) for key in ("uri", "run_id", "sha", *_PERSON, "path"))
    found = engine.rows(
        f"SELECT DISTINCT name FROM (SELECT unnest([{called}]) AS name FROM {elements(document)} "
        f"WHERE {has_type(*types)}) WHERE name IS NOT NULL ORDER BY name LIMIT {_NEAR}"
    )
    near = difflib.get_close_matches(rest, [str(name)[:200] for (name,) in found], 3, 0.5)
    return f"near it are {', '.join(map(repr, near))}" if near else f"a selector is {FORMS}"
