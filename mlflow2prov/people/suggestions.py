"""Suggestions: agents of a document that are probably one person, each with the reason.

Agents that share an address or a full name are one person. So are agents that share a user name: the user name of
MLflow, a name of a single word, the part of an address before the ``@``, or the login in an address of GitHub. A user
name may also be made of a full name (``alovelace``). User names that fit several people with different full names are
ignored, as are software agents, and names that mean a role or a thing (``root``).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mlflow2prov import engine
from mlflow2prov.arguments import checked
from mlflow2prov.engine import literal
from mlflow2prov.people.aliases import normalize_alias
from mlflow2prov.people.common_words import COMMON_WORDS
from mlflow2prov.people.merge import IDENTIFYING_KEYS
from mlflow2prov.people.substitution import IS_NAME
from mlflow2prov.prov import KIND, Document

_NO_REPLY = re.compile(r"(?:\d+\+)?([^@]+)@users\.noreply\.github\.com", re.I)
_SHARED_ADDRESS = re.compile(r"(?:(?:do[._-]?not|no)[._-]?reply|root|nobody|info)@.*", re.I)
_MIN_LENGTH = 3


@dataclass(frozen=True)
class SuggestedPerson:
    """Agents that are probably one person.

    Attributes:
        name: the name of the person.
        aliases: by name, address or user name of an agent, the reason why it belongs to the person.
    """

    name: str
    aliases: Mapping[str, str]


@checked
def suggest_aliases(document: Document) -> tuple[SuggestedPerson, ...]:
    """Return the people who probably have several agents in a document, by name. The document does not change.

    To merge them all, pass ``{person.name: list(person.aliases) for person in people}`` to
    :func:`~mlflow2prov.people.transform.transform`.
    """
    agents = _read_agents(document)
    groups = _Groups(agents)
    for reason, key_of in _SHARED_KEYS:
        _join_by_key(groups, agents, reason, key_of)
    _join_by_user_name(groups, agents)
    users = _users_of_aliases(agents)
    people = [
        _suggested_person(members, groups, users)
        for members in groups.members()
        if len(members) > 1
    ]
    return tuple(sorted(people, key=lambda person: person.name))


@dataclass(eq=False)
class _Agent:
    """An agent with the values that identify it."""

    identifier: str
    activities: int
    """The number of activities that it was associated with."""
    names: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    usernames: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The first of its names, user names and addresses."""
        return next(iter([*self.names, *self.usernames, *self.addresses]))

    @property
    def source(self) -> str:
        """The kind of account: of MLflow or of Git."""
        return "MLflow user" if self.usernames else "Git author"

    def full_names(self) -> Iterator[tuple[str, ...]]:
        """Yield the words of names with several words, in one order."""
        for name in self.names:
            words = _words(name)
            if len(words) > 1:
                yield tuple(sorted(words))

    def user_names(self) -> Iterator[tuple[str, str]]:
        """Yield each user name in a comparable form, and where it comes from."""
        for username in self.usernames:
            account = username.rpartition("\\")[2].partition("@")[0]
            yield from _user_name(account, f"the user name {username}")
        for name in self.names:
            if len(_words(name)) == 1 and not name.istitle():
                yield from _user_name(name, f"the name {name}")
        for address in self.addresses:
            no_reply = _NO_REPLY.fullmatch(address)
            local_part = no_reply[1] if no_reply else address.partition("@")[0]
            yield from _user_name(local_part.partition("+")[0], f"the address {address}")

    def possible_user_names(self) -> Iterator[tuple[str, str]]:
        """Yield the user names that people make of their names, and how."""
        for name in self.names:
            words = _words(name)
            if len(words) == 1:
                yield words[0], f"the name {name}"
            elif words:
                given, surname = words[0], words[-1]
                yield from (
                    (given + surname, f"the name {name}"),
                    (surname + given, f"the name {name}"),
                    (given[0] + surname, f"the initial and the surname of {name}"),
                    (surname + given[0], f"the initial and the surname of {name}"),
                    (given + surname[0], f"the given name and the initial of {name}"),
                    (given, f"the given name of {name}"),
                    (surname, f"the surname of {name}"),
                )


def _words(name: str) -> list[str]:
    """Return the words of a name in lower case, without accents, and without initials between names."""
    text = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(c for c in text if not unicodedata.combining(c))
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", plain)
    return [words[0], *(word for word in words[1:] if len(word) > 1)] if words else []


def _user_name(text: str, origin: str) -> Iterator[tuple[str, str]]:
    folded = text.casefold()
    key = re.sub(r"[\W_]", "", folded)
    if len(key) >= _MIN_LENGTH and not key.isdecimal() and folded not in COMMON_WORDS:
        yield key, origin


def _read_agents(document: Document) -> list[_Agent]:
    """Return the agents that are neither software nor nameless, ordered by identifier."""
    keys = ", ".join(map(literal, IDENTIFYING_KEYS))
    rows = engine.rows(
        f"""
        WITH people AS (
            SELECT id, attributes
            FROM {document.tables.of(KIND["agent"])}
            WHERE len(list_filter(
                attrs(attributes, 'prov:type'),
                lambda t: t.value IN ('prov:SoftwareAgent', 'prov:Organization')
            )) = 0
        ),
        activities AS (
            SELECT agent AS id, count(DISTINCT activity) AS number
            FROM {document.tables.of(KIND["wasAssociatedWith"])}
            GROUP BY agent
        ),
        agent_attributes AS (
            SELECT id, unnest(attributes) AS a FROM people
        )
        SELECT DISTINCT id, local_name(a.key) AS key, a.value, coalesce(activities.number, 0)
        FROM agent_attributes
        LEFT JOIN activities USING (id)
        WHERE local_name(a.key) IN ({keys}) AND NOT {IS_NAME} AND trim(a.value) <> ''
        ORDER BY ALL
        """
    )
    agents: dict[str, _Agent] = {}
    for identifier, key, value, activities in rows:
        agent = agents.setdefault(identifier, _Agent(identifier, activities))
        values = {"name": agent.names, "email": agent.addresses, "username": agent.usernames}
        values[key].append(value.strip())
    return list(agents.values())


class _Groups:
    """Agents in groups that grow together, with the reason of each join."""

    def __init__(self, agents: Iterable[_Agent]) -> None:
        self._group = {agent: [agent] for agent in agents}
        self.reasons: dict[_Agent, str] = {}
        """The reason why each agent was joined with another one."""

    def members(self) -> list[list[_Agent]]:
        """Return the groups."""
        return list({id(group): group for group in self._group.values()}.values())

    def of(self, agent: _Agent) -> list[_Agent]:
        """Return the group of an agent."""
        return self._group[agent]

    def join(self, agent: _Agent, other: _Agent, reason: str, other_reason: str) -> None:
        """Join the groups of two agents, with the reason of each."""
        group, other_group = self._group[agent], self._group[other]
        if group is other_group:
            return
        self.reasons.setdefault(agent, reason)
        self.reasons.setdefault(other, other_reason)
        other_group.extend(group)
        self._group.update(dict.fromkeys(group, other_group))


def _addresses(agent: _Agent) -> Iterator[object]:
    for address in agent.addresses:
        if not _SHARED_ADDRESS.fullmatch(address):
            yield address.casefold()
    for username in agent.usernames:
        if "@" in username:
            yield username.casefold()


_SHARED_KEYS: tuple[tuple[str, Callable[[_Agent], Iterator[object]]], ...] = (
    ("the same address as {}", _addresses),
    ("the same name as {}", _Agent.full_names),
)
"""The keys that only one person has, and the reason to report for each."""


def _join_by_key(
    groups: _Groups,
    agents: Iterable[_Agent],
    reason: str,
    keys: Callable[[_Agent], Iterator[object]],
) -> None:
    first: dict[object, _Agent] = {}
    for agent in agents:
        for key in keys(agent):
            other = first.setdefault(key, agent)
            groups.join(
                agent, other, reason.format(_described(other)), reason.format(_described(agent))
            )


def _join_by_user_name(groups: _Groups, agents: Iterable[_Agent]) -> None:
    """Join agents with one user name, and then those whose user name is made of the full name of another."""
    owners: dict[str, list[tuple[_Agent, str]]] = defaultdict(list)
    possible_owners: dict[str, list[tuple[_Agent, str]]] = defaultdict(list)
    # Reasons read from the user of MLflow to the author of Git.
    for agent in sorted(agents, key=lambda agent: not agent.usernames):
        for key, origin in agent.user_names():
            owners[key].append((agent, origin))
        for key, origin in agent.possible_user_names():
            possible_owners[key].append((agent, origin))
    for key in sorted(owners):
        _join_if_one_person(groups, owners[key], owners[key])
    for key in sorted(owners.keys() & possible_owners.keys()):
        is_unique = len({id(groups.of(agent)) for agent, _ in possible_owners[key]}) == 1
        if is_unique and not any(_full_names(groups.of(agent)) for agent, _ in owners[key]):
            _join_if_one_person(groups, owners[key], possible_owners[key])


def _join_if_one_person(
    groups: _Groups,
    agents: list[tuple[_Agent, str]],
    others: list[tuple[_Agent, str]],
) -> None:
    """Join agents, unless they have different full names."""
    full_names = [_full_names(groups.of(agent)) for agent, _ in (*agents, *others)]
    if len({frozenset(names) for names in full_names if names}) > 1:
        return
    first, first_origin = agents[0]
    for agent, origin in (*agents[1:], *others):
        reason = f"{first_origin} is like {origin}"
        groups.join(agent, first, reason, reason)


def _full_names(group: Iterable[_Agent]) -> set[tuple[str, ...]]:
    return {name for agent in group for name in agent.full_names()}


def _described(agent: _Agent) -> str:
    return f"the {agent.source} {agent.label}"


def _users_of_aliases(agents: Iterable[_Agent]) -> dict[str, set[_Agent]]:
    """Return the agents that each alias would merge."""
    users: dict[str, set[_Agent]] = defaultdict(set)
    for agent in agents:
        for value in (*agent.names, *agent.addresses, *agent.usernames):
            users[normalize_alias(value)].add(agent)
    return users


def _suggested_person(
    members: list[_Agent], groups: _Groups, users: Mapping[str, set[_Agent]]
) -> SuggestedPerson:
    """Return the person of a group. No alias, and not the name, belongs to an agent of another group."""
    ordered = sorted(members, key=lambda agent: (-agent.activities, agent.identifier))
    names = sorted(
        (name for agent in ordered for name in agent.names or agent.usernames or agent.addresses),
        key=lambda name: len(_words(name)) < 2,
    )
    own = set(members)
    name = names[0]
    if not users[normalize_alias(name)] <= own:
        address = next((address for agent in ordered for address in agent.addresses), "")
        name = f"{name} <{address}>"
    aliases: dict[str, str] = {}
    for agent in ordered:
        reason = groups.reasons.get(agent, "")
        for value in (*agent.names, *agent.addresses, *agent.usernames):
            is_new = normalize_alias(value) not in {
                *map(normalize_alias, aliases),
                normalize_alias(name),
            }
            if is_new and users[normalize_alias(value)] <= own:
                aliases[value] = f"{agent.source} {agent.label}: {reason}"
    return SuggestedPerson(name, aliases)
