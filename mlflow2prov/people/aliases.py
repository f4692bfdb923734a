"""The YAML file that says which names are one person's:

- name: Ada Lovelace
  aliases: [ada@example.org, alovelace, Ada L.]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from mlflow2prov.errors import ConfigurationError

_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"


def read_aliases(path: str | Path) -> dict[str, list[str]]:
    """Return who is in the file ``path``, and under which aliases; an empty file has nobody.

    Raises:
        ConfigurationError: it cannot be read, or says something else; with the line and the key.
    """
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: the aliases cannot be read ({error.strerror})"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8; save it as UTF-8") from error
    except RecursionError as error:
        raise ConfigurationError(
            f"{path}: not YAML of people, but lists in lists in lists"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", "")
        raise ConfigurationError(f"{path}{line}: not YAML ({problem})") from error
    if root is None or root.tag == _NULL:
        return {}
    if not isinstance(root, yaml.SequenceNode):
        raise _unexpected(path, root, "a list of `- name: …` with `aliases: […]`")
    people: dict[str, list[str]] = {}
    for entry in root.value:
        name, aliases = _entry(path, entry)
        people.setdefault(name, []).extend(aliases)
    return people


def claims(people: Mapping[str, Iterable[str]], where: str = "the aliases") -> dict[str, str]:
    """Return whose each name is, in the form that :func:`compared` gives it.

    Raises:
        ConfigurationError: two people claim one.
    """
    claimed: dict[str, str] = {}
    for person, aliases in people.items():
        for alias in (person, *aliases):
            other = claimed.setdefault(compared(alias), person)
            if other != person:
                raise ConfigurationError(
                    f"{where}: {alias!r} is claimed by {other!r} and by {person!r}; leave it to one"
                )
    return claimed


def compared(name: str) -> str:
    """Return a name, address or user name as it is compared: neither case nor outer space counts."""
    return name.strip().casefold()


def _entry(path: str | Path, entry: yaml.Node) -> tuple[str, list[str]]:
    """Return the name and the aliases of an entry."""
    if not isinstance(entry, yaml.MappingNode):
        raise _unexpected(path, entry, "`name: …` with `aliases: […]`")
    found: dict[str, yaml.Node] = {}
    for key, value in entry.value:
        if key.value not in ("name", "aliases"):
            raise _unexpected(path, key, f"the keys `name` and `aliases`, not {_shown(key)}")
        if key.value in found:
            raise _unexpected(path, key, f"`{key.value}` once in an entry")
        found[key.value] = value
    if "name" not in found:
        raise _unexpected(path, entry, "a `name` in each entry")
    aliases = found.get("aliases")
    if aliases is None or aliases.tag == _NULL:
        return _text(path, found["name"], "name"), []
    if not isinstance(aliases, yaml.SequenceNode):
        raise _unexpected(path, aliases, "a list after `aliases`: `aliases: [one, other]`")
    name = _text(path, found["name"], "name")
    return name, [_text(path, alias, "aliases") for alias in aliases.value]


def _text(path: str | Path, node: yaml.Node, key: str) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag != _TEXT or not node.value.strip():
        raise _unexpected(path, node, f"text in `{key}`, not {_shown(node)}; put it in quotes")
    return str(node.value).strip()


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value)
    return "a list" if isinstance(node, yaml.SequenceNode) else "keys and values"


def _unexpected(path: str | Path, node: yaml.Node, expected: str) -> ConfigurationError:
    return ConfigurationError(f"{path}:{node.start_mark.line + 1}: expected {expected}")
