"""The YAML file of people and their aliases:

- name: Ada Lovelace
  aliases: [ada@example.org, alovelace, Ada L.]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from mlflow2prov.errors import ConfigurationError
from mlflow2prov.yaml_file import Location, YamlFile, read_yaml

_PLAIN = re.compile(r"[^\W\d_][\w.@+-]*(?: [\w.@+-]+)*")

MAX_BYTES = 16 << 20
"""The maximum size of a file of people, in bytes."""


def read_aliases(path: str | Path) -> dict[str, list[str]]:
    """Read a file of people. Return the aliases of each person by name; an empty file has none.

    Raises:
        ConfigurationError: the file cannot be read or has another structure; the message names the line.
    """
    file = read_yaml(path, MAX_BYTES)
    if file.data is None:
        return {}
    if not isinstance(file.data, list):
        raise file.error("expected a list of `- name: …` with `aliases: […]`", file.lines[()])
    people: dict[str, list[str]] = {}
    for number in range(len(file.data)):
        name, aliases = _entry(file, number)
        people.setdefault(name, []).extend(aliases)
    return people


def format_aliases(people: Iterable[tuple[str, Mapping[str, str]]]) -> str:
    """Return the text of a file of people, with the reason for each alias as a comment.

    Args:
        people: names, each with its aliases and their reasons.
    """
    lines = [
        "# Agents that are probably one person. Check each line, delete those that are wrong, and merge the",
        "# agents with --merge-aliased-agents.",
    ]
    for name, aliases in people:
        lines += [f"- name: {_scalar(name)}", "  aliases:" if aliases else "  aliases: []"]
        lines += [f"    - {_scalar(alias)}  # {_comment(aliases[alias])}" for alias in aliases]
    return "".join(f"{line}\n" for line in (lines if len(lines) > 2 else [*lines, "[]"]))


def _scalar(text: str) -> str:
    """Return a text as a YAML scalar in one line, in quotes unless YAML takes it for text anyway."""
    if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    quoted = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=len(text) * 20 + 80)
    return quoted.removesuffix("\n")


def _comment(text: str) -> str:
    """Return a text in one line that YAML accepts."""
    return "".join(c if c.isprintable() else "?" for c in text)


def people_by_alias(people: Mapping[str, Iterable[str]], where: str = "aliases") -> dict[str, str]:
    """Return the person that each normalized name and alias belongs to.

    Raises:
        ConfigurationError: an alias belongs to two people.
    """
    person_of_alias: dict[str, str] = {}
    for person, aliases in people.items():
        for alias in (person, *aliases):
            other = person_of_alias.setdefault(normalize_alias(alias), person)
            if other != person:
                raise ConfigurationError(
                    f"{where}: {alias!r} belongs to {other!r} and to {person!r}; list it once"
                )
    return person_of_alias


def normalize_alias(name: str) -> str:
    """Return a name, address or user name in lower case, without surrounding space."""
    return name.strip().casefold()


def _entry(file: YamlFile, number: int) -> tuple[str, list[str]]:
    """Return the name and the aliases of an entry."""
    entry, line = file.data[number], file.lines[number,]
    if not isinstance(entry, dict):
        raise file.error("expected `name: …` with `aliases: […]`", line)
    for key in entry:
        if key not in ("name", "aliases"):
            raise file.error(
                f"expected the keys `name` and `aliases`, not {key!r}", file.lines[number, key]
            )
    if "name" not in entry:
        raise file.error("expected a `name` in each entry", line)
    aliases = entry.get("aliases")
    if aliases is None:
        aliases = []
    elif not isinstance(aliases, list):
        raise file.error(
            "expected a list after `aliases`: `aliases: [first, second]`",
            file.lines[number, "aliases"],
        )
    name = _text(file, entry["name"], (number, "name"), "name")
    return name, [
        _text(file, alias, (number, "aliases", position), "aliases")
        for position, alias in enumerate(aliases)
    ]


def _text(file: YamlFile, value: object, location: Location, key: str) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    if isinstance(value, list | dict):
        description = "a list" if isinstance(value, list) else "keys and values"
    else:
        description = repr(file.texts[location])
    raise file.error(
        f"expected text in `{key}`, not {description}; put it in quotes", file.lines[location]
    )
