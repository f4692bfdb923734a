"""Merging agents that are one person under several names, by a list that a person made.

- name: Ada Lovelace
  aliases: [ada@example.org, alovelace, Ada L.]
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from mlflow2prov import database
from mlflow2prov.database import text
from mlflow2prov.document import Document, Literal, Statement
from mlflow2prov.errors import ConfigurationError

IDENTIFYING = ("name", "email", "username")
"""The attributes of a user that an alias is compared with."""

_DIGEST = 24
_ALIEN = "urn:mlflow2prov:"
"""The namespace of merged agents in a document that has no default one."""


def merge_aliased_agents(
    document: Document, aliases: str | Path | Mapping[str, Iterable[str]]
) -> None:
    """Make one agent of those that ``aliases`` says are one, in place.

    An agent belongs to an entry when one of its names, e-mail addresses or user names (:data:`IDENTIFYING`)
    is the entry's name or among its aliases; case counts in addresses no more than it does in
    mail. Users of Git and of MLflow are treated alike. The one agent has the attributes of all, and
    all that was said of them is said of it. An agent of no entry stays as it is.

    Args:
        document: changed in place.
        aliases: the YAML file, or name to aliases.

    Raises:
        ConfigurationError: the file cannot be read or says something else, or an alias is claimed twice.
    """
    people = aliases if isinstance(aliases, Mapping) else read_aliases(aliases)
    claimed = _claimed(people)
    keys = ", ".join(f"'{key}'" for key in IDENTIFYING)
    agents = database.rows(
        f"""
        SELECT DISTINCT id, a.value FROM (
            SELECT id, unnest(attributes) AS a FROM {document.table} WHERE kind = 'agent'
        ) WHERE a.key IN ({keys}) ORDER BY ALL
        """
    )
    renamed: dict[str, str] = {}
    for agent, value in agents:
        person = claimed.get(value.strip().lower())
        if person is None:
            continue
        merged = _identifier(document, person)
        if renamed.setdefault(agent, merged) != merged:
            raise ConfigurationError(
                f"the aliases claim {agent} for two people, one of them {person!r}; say of whom it is"
            )
    if not renamed:
        return
    with database.lookup(renamed) as name, database.lookup({}) as value:
        document.rename(name, value)
    names = {
        claimed_id: person for person in people if (claimed_id := _identifier(document, person))
    }
    _call(document, {merged: names[merged] for merged in sorted(set(renamed.values()))})


def _call(document: Document, names: Mapping[str, str]) -> None:
    """Give each merged agent the name that its entry says, as its label too."""
    merged = ", ".join(text(agent) for agent in names)
    unlabelled = (
        f"CASE WHEN kind = 'agent' AND id IN ({merged}) "
        "THEN list_filter(attributes, lambda a: a.key <> 'prov:label') ELSE attributes END"
    )
    document.replace(
        f"SELECT * REPLACE ({unlabelled} AS attributes) FROM {document.table}", unified=False
    )
    key = "name" if "" in document.namespaces.declared else document.namespaces.name(_ALIEN, "name")
    document.extend(
        Statement("agent", agent, (), (Literal(key, person), Literal("prov:label", person)))
        for agent, person in names.items()
    )


def read_aliases(path: str | Path) -> dict[str, list[str]]:
    """Read the YAML file of people and their aliases.

    Raises:
        ConfigurationError: it cannot be read, or is no list of ``name`` and ``aliases``.
    """
    try:
        loaded: Any = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{path}{line}: not YAML") from error
    people: dict[str, list[str]] = {}
    for number, entry in enumerate(loaded if isinstance(loaded, list) else [loaded], start=1):
        if loaded is None:
            break
        where = f"{path}: entry {number}"
        if not isinstance(entry, dict) or set(entry) - {"name", "aliases"}:
            raise ConfigurationError(f"{where}: expected `name` and `aliases`, and nothing else")
        name, aliases = entry.get("name"), entry.get("aliases") or []
        if not isinstance(name, str) or not name.strip():
            raise ConfigurationError(f"{where}: `name` is no text")
        if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
            raise ConfigurationError(f"{where}: `aliases` of {name!r} is no list of texts")
        people.setdefault(name.strip(), []).extend(aliases)
    return people


def _claimed(people: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return who claims a name, in lower case."""
    claimed: dict[str, str] = {}
    for person, aliases in people.items():
        for alias in (person, *aliases):
            other = claimed.setdefault(alias.strip().lower(), person)
            if other != person:
                raise ConfigurationError(
                    f"the alias {alias!r} is claimed by {other!r} and by {person!r}"
                )
    return claimed


def _identifier(document: Document, person: str) -> str:
    """Name the merged agent: by the person's name alone, whatever the aliases are."""
    digest = hashlib.sha256(f"person:{person}".encode()).hexdigest()[:_DIGEST]
    local = f"User.{digest}"
    default = document.namespaces.declared.get("")
    return local if default is not None else document.namespaces.name(_ALIEN, local)
