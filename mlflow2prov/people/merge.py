"""Merging the agents of one person, as listed in a file of people and their aliases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.people.aliases import normalize_alias, people_by_alias, read_aliases
from mlflow2prov.people.substitution import IS_NAME, replace
from mlflow2prov.prov import KIND, Attribute, Document, Statement
from mlflow2prov.prov.namespaces import MLFLOW2PROV
from mlflow2prov.vocabulary import identifier_digest

IDENTIFYING_KEYS = ("name", "email", "username")
"""The attributes of an agent, in any namespace, that are compared with aliases."""


def merge_aliased_agents(
    document: Document, aliases: str | Path | Mapping[str, Iterable[str]]
) -> None:
    """Merge the agents of one person into one agent, in place.

    An agent belongs to a person if one of its names, addresses or user names (:data:`IDENTIFYING_KEYS`)
    is the name of the person or one of the aliases; case and surrounding space do not count. Users of
    Git and of MLflow, persons and software agents are treated alike. The merged agent has the attributes
    of all, the name of the person, and only that name as its label; statements about the agents become
    statements about it. Agents that match no person do not change.

    Args:
        document: the document, which is to be unified afterwards.
        aliases: the YAML file (:func:`~mlflow2prov.people.aliases.read_aliases`), or a mapping from names
            to aliases.

    Raises:
        ConfigurationError: the file is not valid, or an alias or an agent belongs to two people.
    """
    if isinstance(aliases, Mapping):
        people, where = aliases, "aliases"
    else:
        people, where = read_aliases(aliases), str(aliases)
    person_of_agent = _people_by_agent(document, people_by_alias(people, where), where)
    if not person_of_agent:
        return
    merged_agents = {
        person: _identifier(document, person) for person in sorted(set(person_of_agent.values()))
    }
    replace(document, {agent: merged_agents[person] for agent, person in person_of_agent.items()})
    _set_names(document, {identifier: person for person, identifier in merged_agents.items()})


def _people_by_agent(
    document: Document, person_of_alias: Mapping[str, str], where: str
) -> dict[str, str]:
    """Return the person of each agent that matches one."""
    keys = ", ".join(literal(key) for key in IDENTIFYING_KEYS)
    rows = engine.rows(
        f"""
        WITH agent_attributes AS (
            SELECT id, unnest(attributes) AS a
            FROM {document.tables.of(KIND["agent"])}
        )
        SELECT DISTINCT id, a.value
        FROM agent_attributes
        WHERE local_name(a.key) IN ({keys}) AND NOT {IS_NAME}
        ORDER BY ALL
        """
    )
    person_of_agent: dict[str, str] = {}
    for agent, value in rows:
        person = person_of_alias.get(normalize_alias(value))
        if person is not None and person_of_agent.setdefault(agent, person) != person:
            raise ConfigurationError(
                f"{where}: the agent {agent} belongs to {person_of_agent[agent]!r} and, by its {value!r}, "
                f"to {person!r}; list the alias once"
            )
    return person_of_agent


def _set_names(document: Document, names: Mapping[str, str]) -> None:
    """Give each merged agent the name and the label of its person, in every bundle that states it."""
    is_merged = f"id IN ({', '.join(map(literal, names))})"
    agents = document.tables.of(KIND["agent"])
    statements = engine.rows(
        f"SELECT DISTINCT bundle, id FROM {agents} WHERE {is_merged} ORDER BY ALL"
    )
    document.tables.rewrite(
        lambda _, table: (
            f"""
            SELECT * REPLACE (
                CASE
                    WHEN {is_merged}
                    THEN list_filter(attributes, lambda attribute: attribute.key <> 'prov:label')
                    ELSE attributes
                END AS attributes
            )
            FROM {table}
        """
        ),
        [KIND["agent"]],
        unified=False,
    )
    key = _own_name(document, "name")
    document.extend(
        Statement(
            "agent",
            agent,
            (),
            (Attribute(key, names[agent]), Attribute("prov:label", names[agent])),
            bundle,
        )
        for bundle, agent in statements
    )


def _identifier(document: Document, person: str) -> str:
    """Return the identifier of the merged agent, which depends on the name of the person only."""
    return _own_name(document, f"User.{identifier_digest(f'person:{person}')}")


def _own_name(document: Document, local: str) -> str:
    """Return a name in the default namespace, or in the namespace of MLflow2PROV if there is none."""
    namespaces = document.namespaces
    if "" in namespaces.declared:
        return local
    return namespaces.name(MLFLOW2PROV, local, "mlflow2prov")
