"""YAML that may be hostile or mistaken, read with the line of every value in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mlflow2prov.errors import ConfigurationError

_LONGEST = 1 << 20
_DEEPEST = 20

_TAG = "tag:yaml.org,2002:"
_TAGS = {_TAG + kind for kind in ("map", "seq", "str", "bool", "int", "float", "null")}

Place = tuple[str | int, ...]
"""Where a value stands: the keys and numbers on the way to it."""


class _Loader(yaml.SafeLoader):
    """YAML's safe loader; a date stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != f"{_TAG}timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass
class Yaml:
    """What a YAML file says, and where."""

    path: str | Path
    data: Any = None
    """Mappings (their keys with ``_`` for ``-``), lists, texts, numbers, truth values and nothing."""
    lines: dict[Place, int] = field(default_factory=dict)
    """The line of each value, from 1; that of its key, if it has one."""
    words: dict[Place, str] = field(default_factory=dict)
    """How each text, number and truth value is written."""

    def wrong(self, what: str, line: int | None = None) -> ConfigurationError:
        """Return the error that says ``what`` is wrong in a ``line``."""
        return ConfigurationError(f"{self.path}{f':{line}' if line else ''}: {what}")


def read_yaml(path: str | Path) -> Yaml:
    """Read a YAML file of at most a megabyte; no aliases, no tags, no key twice.

    Raises:
        ConfigurationError: it cannot be read or is something else; the message names the line.
    """
    found = Yaml(path)
    content = _text(found)
    try:
        _look_through(content, found)
        loader = _Loader(content)
        node = loader.get_single_node()
        if node is not None:
            found.data = _value(node, (), found, loader)
    except yaml.reader.ReaderError as error:
        before = content.count("\n", 0, error.position)
        raise found.wrong("not YAML: a control character", before + 1) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        raise found.wrong(f"not YAML: {error.problem or error.context}", line) from error
    return found


def _text(found: Yaml) -> str:
    try:
        with Path(found.path).open("rb") as stream:
            content = stream.read(_LONGEST + 1)
    except OSError as error:
        raise found.wrong(f"cannot be read ({error.strerror})") from error
    if len(content) > _LONGEST:
        raise found.wrong("too long to be a configuration")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise found.wrong("not a text in UTF-8", line) from error


def _look_through(content: str, found: Yaml) -> None:
    """Refuse what a few letters can make huge, before any of it is made."""
    depth = 0
    for event in yaml.parse(content, _Loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise found.wrong(f"aliases (*{event.anchor}) are not taken; write it out", line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise found.wrong("nested too deeply", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _value(node: Node, place: Place, found: Yaml, loader: _Loader) -> Any:
    line = found.lines.setdefault(place, node.start_mark.line + 1)
    if node.tag not in _TAGS:
        raise found.wrong(f"the tag {node.tag.replace(_TAG, '!!')} is not taken", line)
    if isinstance(node, SequenceNode):
        return [_value(item, (*place, n), found, loader) for n, item in enumerate(node.value)]
    if isinstance(node, MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                raise found.wrong("a key must be a word", line)
            key = str(key_node.value).replace("-", "_")
            if key in mapping:
                raise found.wrong(f"{key!r} is given twice", line)
            found.lines[*place, key] = line
            mapping[key] = _value(value_node, (*place, key), found, loader)
        return mapping
    found.words[place] = str(node.value)
    try:
        return loader.construct_object(node)
    except (ValueError, OverflowError) as error:
        raise found.wrong(f"{node.value!r} is not what its tag says", line) from error
