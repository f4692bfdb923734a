"""Merging agents that are one person under several names, as a list that somebody made says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.people.aliases import claims, compared, read_aliases
from mlflow2prov.people.substitution import IS_NAME, replace
from mlflow2prov.prov import KIND, Attribute, Document, Statement
from mlflow2prov.prov.namespaces import MLFLOW2PROV
from mlflow2prov.vocabulary import identifier_digest

IDENTIFYING = ("name", "email", "username")
"""The attributes of an agent, in whatever namespace, that an alias is compared with."""


def merge_aliased_agents(
    document: Document, aliases: str | Path | Mapping[str, Iterable[str]]
) -> None:
    """Make one agent of those that ``aliases`` says are one, in place.

    An agent belongs to an entry when one of its names, addresses or user names (:data:`IDENTIFYING`) is the
    entry's name or among its aliases; neither case nor outer space counts. Users of Git and of MLflow, persons
    and software agents are treated alike. The one agent has the attributes of all, the entry's name
    and only that as its label, and whatever was said of them is said of it. An agent of no entry
    stays as it is.

    Args:
        document: changed in place, and to be unified after.
        aliases: the YAML file (:func:`~mlflow2prov.people.aliases.read_aliases`), or name to aliases.

    Raises:
        ConfigurationError: the file cannot be read or says something else, or an alias or an agent is
            claimed twice.
    """
    if isinstance(aliases, Mapping):
        people, where = aliases, "the aliases"
    else:
        people, where = read_aliases(aliases), str(aliases)
    persons = _persons(document, claims(people, where), where)
    if not persons:
        return
    merged = {person: _identifier(document, person) for person in sorted(set(persons.values()))}
    replace(document, {agent: merged[person] for agent, person in persons.items()})
    _call(document, {identifier: person for person, identifier in merged.items()})


def _persons(document: Document, claimed: Mapping[str, str], where: str) -> dict[str, str]:
    """Return which agents are whose."""
    keys = ", ".join(literal(key) for key in IDENTIFYING)
    agents = engine.rows(
        f"""
        SELECT DISTINCT id, a.value FROM (
            SELECT id, unnest(attributes) AS a FROM {document.tables.of(KIND["agent"])}
        ) WHERE regexp_extract(a.key, '[^:]*$') IN ({keys}) AND NOT {IS_NAME} ORDER BY ALL
        """
    )
    persons: dict[str, str] = {}
    for agent, value in agents:
        person = claimed.get(compared(value))
        if person is not None and persons.setdefault(agent, person) != person:
            raise ConfigurationError(
                f"{where}: the agent {agent} is claimed by {persons[agent]!r} and by {person!r} "
                f"(its {value!r}); leave it to one"
            )
    return persons


def _call(document: Document, names: Mapping[str, str]) -> None:
    """Give each merged agent, wherever it is stated, the name and the label that its entry says."""
    merged = f"id IN ({', '.join(map(literal, names))})"
    agents = document.tables.of(KIND["agent"])
    stated = engine.rows(f"SELECT DISTINCT bundle, id FROM {agents} WHERE {merged} ORDER BY ALL")
    document.tables.rewrite(
        lambda _, table: (
            f"""
            SELECT * REPLACE (CASE WHEN {merged} THEN list_filter(attributes, lambda a: a.key <> 'prov:label')
                ELSE attributes END AS attributes) FROM {table}
        """
        ),
        [KIND["agent"]],
        unified=False,
    )
    key = _own(document, "name")
    document.extend(
        Statement(
            "agent",
            agent,
            (),
            (Attribute(key, names[agent]), Attribute("prov:label", names[agent])),
            bundle,
        )
        for bundle, agent in stated
    )


def _identifier(document: Document, person: str) -> str:
    """Name the merged agent: by the person's name alone, whatever the aliases are."""
    return _own(document, f"User.{identifier_digest(f'person:{person}')}")


def _own(document: Document, local: str) -> str:
    """Name what is ours in the default namespace; where there is none, in the product's own."""
    namespaces = document.namespaces
    return (
        local if "" in namespaces.declared else namespaces.name(MLFLOW2PROV, local, "mlflow2prov")
    )
