"""YAML, hostile or mistaken, from users and from other programs.

:func:`read_yaml` reads files that users write. It limits their size and their depth before any value is built, refuses
aliases, tags and repeated keys, and records the line of every value, so that errors name the file and the line.
:func:`load_yaml` loads text that other programs write, with libyaml's speed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mlflow2prov.errors import ConfigurationError

MAX_BYTES = 1 << 20
"""The size of the largest file that is read, in bytes, unless a caller sets another limit."""

MAX_DEPTH = 20
"""How deeply lists and mappings may be nested in a file that a user writes."""

MAX_LOADED_DEPTH = 200
"""How deeply they may be nested in text that a program writes; libyaml crashes at some 100,000 levels."""

MAX_UNCHECKED_LENGTH = 10_000
"""The longest text, in characters, that cannot be nested too deeply for libyaml, and whose depth is not checked."""

_TAG_PREFIX = "tag:yaml.org,2002:"
_STANDARD_TAGS = {
    _TAG_PREFIX + kind for kind in ("map", "seq", "str", "bool", "int", "float", "null")
}

_FastLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Location = tuple[str | int, ...]
"""The path of a value in a file: the keys and list positions that lead to it."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, without timestamps: a date stays text."""


_Loader.yaml_implicit_resolvers = {
    first_letter: [(tag, pattern) for tag, pattern in resolvers if tag != f"{_TAG_PREFIX}timestamp"]
    for first_letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass
class YamlFile:
    """The content of a YAML file, and the line of each value."""

    path: str | Path
    data: Any = None
    """Mappings, lists, text, numbers, booleans and None; ``_`` in keys is replaced by ``-``."""
    lines: dict[Location, int] = field(default_factory=dict)
    """The line of each value, counted from 1; for a value with a key, the line of the key."""
    texts: dict[Location, str] = field(default_factory=dict)
    """Each scalar as it is spelled in the file."""

    def error(self, message: str, line: int | None = None) -> ConfigurationError:
        """Return an error whose message begins with the file and, if it is known, the ``line``."""
        return ConfigurationError(f"{self.path}{f':{line}' if line else ''}: {message}")


def read_yaml(path: str | Path, max_bytes: int = MAX_BYTES) -> YamlFile:
    """Read a YAML file in UTF-8 of at most ``max_bytes``.

    Raises:
        ConfigurationError: the file cannot be read, is not YAML, or uses aliases, tags or a key twice; the message
            names the line.
    """
    file = YamlFile(path)
    content = _read_text(file, max_bytes)
    try:
        _refuse_expansion(content, file)
        loader = _Loader(content)
        node = loader.get_single_node()
        if node is not None:
            file.data = _value(node, (), file, loader)
    except yaml.reader.ReaderError as error:
        line = content.count("\n", 0, error.position) + 1
        raise file.error("not YAML; remove the control character", line) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = error.problem or error.context
        raise file.error(f"not YAML ({problem})", mark.line + 1 if mark else None) from error
    return file


def load_yaml(text: str) -> Any:
    """Return the value of YAML text, in which aliases and timestamps are allowed.

    Raises:
        ValueError: the text is not YAML, or nested more than :data:`MAX_LOADED_DEPTH` levels deep.
    """
    try:
        if len(text) > MAX_UNCHECKED_LENGTH:
            depth = 0
            for event in yaml.parse(text, _FastLoader):
                depth += isinstance(event, yaml.CollectionStartEvent)
                depth -= isinstance(event, yaml.CollectionEndEvent)
                if depth > MAX_LOADED_DEPTH:
                    raise ValueError(f"nested more than {MAX_LOADED_DEPTH} levels deep")
        return yaml.load(text, _FastLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("not YAML") from error


def _read_text(file: YamlFile, max_bytes: int) -> str:
    try:
        with Path(file.path).open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise file.error(f"cannot be read ({error.strerror})") from error
    if len(content) > max_bytes:
        raise file.error(f"larger than {max_bytes:,} bytes; split the file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise file.error("not UTF-8; save the file as UTF-8", line) from error


def _refuse_expansion(content: str, file: YamlFile) -> None:
    """Refuse aliases and deep nesting, by which a short file can grow huge, before any value is built."""
    depth = 0
    for event in yaml.parse(content, _Loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise file.error(f"aliases (*{event.anchor}) are not supported; repeat the value", line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise file.error(f"nested more than {MAX_DEPTH} levels deep", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _value(node: Node, location: Location, file: YamlFile, loader: _Loader) -> Any:
    """Return the value of ``node``, and record its line and its spelling in ``file``."""
    line = file.lines.setdefault(location, node.start_mark.line + 1)
    if node.tag not in _STANDARD_TAGS:
        tag = node.tag.replace(_TAG_PREFIX, "!!")
        raise file.error(f"the tag {tag} is not supported; remove it", line)
    if isinstance(node, SequenceNode):
        return [
            _value(item, (*location, position), file, loader)
            for position, item in enumerate(node.value)
        ]
    if isinstance(node, MappingNode):
        return _mapping(node, location, file, loader)
    file.texts[location] = str(node.value)
    try:
        return loader.construct_object(node)
    except (ValueError, OverflowError) as error:
        raise file.error(f"{node.value!r} does not match its tag", line) from error


def _mapping(
    node: MappingNode, location: Location, file: YamlFile, loader: _Loader
) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            raise file.error("a key is a list or a mapping; write a word", line)
        key = str(key_node.value).replace("_", "-")
        if key in mapping:
            raise file.error(f"{key!r} occurs twice; keep one", line)
        file.lines[*location, key] = line
        mapping[key] = _value(value_node, (*location, key), file, loader)
    return mapping
