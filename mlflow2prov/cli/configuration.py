"""Configuration files: a chain written as YAML, and turned into the command line that it stands for.

- extract:
    repository_path: ./project
- save: {output: result, format: [json, rdf]}
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mlflow2prov.cli.schema import commands as all_commands
from mlflow2prov.cli.schema import options, schema
from mlflow2prov.errors import ConfigurationError

_LONGEST = 1 << 20

_TAGS = {
    f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "bool", "int", "float", "null")
}

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Configuration:
    """A chain that was read from a file."""

    count: int
    """How many commands it has."""
    command_line: list[str]
    """The arguments that say the same."""


class _Loader(yaml.SafeLoader):
    """YAML's safe loader; a date stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_configuration(path: str | Path) -> Configuration:
    """Read a configuration file and check it against the schema.

    Relative paths in it are relative to the current folder, as on the command line.

    Raises:
        ConfigurationError: the file cannot be read, is not YAML, or does not say what the commands
            take; the message names the line, the key and what was expected.
    """
    try:
        content = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not a text in UTF-8") from error
    if len(content) > _LONGEST:
        raise ConfigurationError(f"{path}: too long to be a configuration")
    data, lines = _parse(content, path)
    _check(data, lines, path)
    return Configuration(len(data), _command_line(data))


def _parse(content: str, path: str | Path) -> tuple[Any, dict[Place, int]]:
    """Return the data of a YAML file, and the line of every value in it."""
    lines: dict[Place, int] = {}
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(content, _Loader)):
            raise ConfigurationError(f"{path}: aliases (*name) are not taken; write it out")
        loader = _Loader(content)
        node = loader.get_single_node()
        return (_value(node, (), lines, loader, path) if node is not None else None), lines
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not YAML"
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{path}{line}: not YAML: {problem}") from error
    except RecursionError as error:
        raise ConfigurationError(f"{path}: nested too deeply") from error


def _value(
    node: Node, place: Place, lines: dict[Place, int], loader: _Loader, path: str | Path
) -> Any:
    lines[place] = node.start_mark.line + 1
    if node.tag not in _TAGS:
        raise ConfigurationError(
            f"{path}:{lines[place]}: not YAML that is taken: the tag {node.tag}"
        )
    if isinstance(node, SequenceNode):
        return [_value(item, (*place, n), lines, loader, path) for n, item in enumerate(node.value)]
    if isinstance(node, MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                raise ConfigurationError(f"{path}:{line}: a key must be a word")
            key = str(key_node.value).replace("-", "_")
            if key in mapping:
                raise ConfigurationError(f"{path}:{line}: {key!r} is given twice")
            mapping[key] = _value(value_node, (*place, key), lines, loader, path)
            lines[*place, key] = line
        return mapping
    return loader.construct_object(node)


def _check(data: Any, lines: dict[Place, int], path: str | Path) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    errors = sorted(
        validator.iter_errors(data), key=lambda error: len(error.absolute_path), reverse=True
    )
    if not errors:
        return
    error: Any = errors[0]
    place = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        place = (*place, _unknown(error))
    raise ConfigurationError(f"{path}:{lines.get(place, 1)}: {_explanation(error)}")


def _unknown(error: Any) -> str:
    """Return the first key that the schema does not know."""
    return str(next(name for name in error.instance if name not in error.schema["properties"]))


def _explanation(error: Any) -> str:
    """Say in words what a schema's complaint means, and what was expected."""
    place = tuple(error.absolute_path)
    key = next((str(part) for part in reversed(place) if isinstance(part, str)), "the file")
    found = error.instance
    match error.validator:
        case "additionalProperties":
            known = sorted(error.schema["properties"])
            unknown = _unknown(error)
            near = difflib.get_close_matches(unknown, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
            what = "option of " + key if place and isinstance(place[-1], str) else "command"
            return f"{unknown!r} is no {what}; {hint}"
        case "enum":
            return f"{key}: {found!r}; expected one of {', '.join(error.schema['enum'])}"
        case "required":
            missing = next(name for name in error.validator_value if name not in found)
            return f"{key}: {missing!r} is missing"
        case "type" if len(place) == 0:
            return "expected a list of commands, each `- command: {option: value}`"
        case "anyOf":
            return _explanation(max(error.context, key=lambda inner: len(inner.absolute_path)))
        case "minItems" | "minProperties":
            return f"{key}: expected at least one {'command' if len(place) < 2 else 'value'}"
        case "maxProperties":
            return f"{', '.join(found)}: expected one command an entry; begin each with a dash"
        case "minimum" | "maximum":
            schema_ = error.schema
            return f"{key}: {found!r}; expected {schema_['minimum']} to {schema_['maximum']}"
    expected = error.schema.get("type", "something else")
    names = expected if isinstance(expected, str) else " or ".join(expected)
    return f"{key}: {found!r}; expected {names}"


def _command_line(data: list[dict[str, Any]]) -> list[str]:
    known = all_commands()
    arguments: list[str] = []
    for entry in data:
        ((name, given),) = entry.items()
        arguments.append(name)
        for key, option in options(known[name]).items():
            value = (given or {}).get(key)
            if value is None or value is False:
                continue
            if value is True:
                arguments.append(option.opts[0])
            else:
                for one in value if isinstance(value, list) else [value]:
                    arguments.append(f"{option.opts[0]}={one}")
    return arguments
