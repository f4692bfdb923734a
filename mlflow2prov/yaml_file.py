"""YAML, hostile or mistaken, from users and from other programs: one loader, in time and memory linear in the text.

:func:`read_yaml` reads files that users write. It refuses aliases and repeated keys, and records the line of every
value, so that errors name the file and the line. :func:`load_yaml` loads text that other programs write.

Both build the value from libyaml's events, in one pass and without recursion. Three things differ from YAML 1.1
(https://yaml.org/type/). A date stays text, but must be a date. A number with a colon, such as ``12:30``, is text and
not a number to the base 60. Only mappings, lists and plain scalars have tags, not sets or binary data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import ScalarNode
from yaml.reader import Reader

from mlflow2prov.errors import ConfigurationError, one_line

MAX_BYTES = 1 << 20
"""The size of the largest file that is read, in bytes, unless a caller sets another limit."""

MAX_MESSAGE_LENGTH = 2000
"""The maximum number of characters of a message, which may quote the file and list choices."""

MAX_DEPTH = 20
"""How deeply lists and mappings may be nested in a file that a user writes."""

MAX_LOADED_DEPTH = 200
"""How deeply they may be nested in text that a program writes; libyaml crashes at some 100,000 levels."""

MAX_EXPANSION = 10
"""How many times longer a text may become by its aliases, each replaced by the value that it repeats."""

MAX_NUMBER_LENGTH = 1000
"""The maximum length of a number, in characters. Python converts long numbers in quadratic time, or not at all."""

_TAG_PREFIX = "tag:yaml.org,2002:"
_COLLECTION_TAGS = {None, "!", f"{_TAG_PREFIX}map", f"{_TAG_PREFIX}seq"}

_VARIABLE = re.compile(
    r"(?P<escape>\$\$\{)|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\})?"
)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CONSTRUCTORS: dict[str, Any] = {
    "null": _Loader.construct_yaml_null,
    "bool": _Loader.construct_yaml_bool,
    "int": _Loader.construct_yaml_int,
    "float": _Loader.construct_yaml_float,
    "timestamp": _Loader.construct_yaml_timestamp,
}
_TEXT_KINDS = {"str", "merge", "value"}
_CONSTRUCTION_ERRORS = (ValueError, OverflowError, LookupError, AttributeError)

Location = tuple[str | int, ...]
"""The path of a value in a file: the keys and list positions that lead to it."""


class YamlError(ValueError):
    """Text is not YAML, or not the YAML that is read. ``str(error)`` is one line."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {problem}" if line else problem)
        self.problem = problem
        self.line = line
        """Counted from 1."""


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
        place = f"{self.path}{f':{line}' if line else ''}"
        return ConfigurationError(f"{place}: {one_line(message, MAX_MESSAGE_LENGTH)}")


def read_yaml(
    path: str | Path, max_bytes: int = MAX_BYTES, *, variables: Mapping[str, str] | None = None
) -> YamlFile:
    """Read a YAML file in UTF-8 of at most ``max_bytes``.

    Args:
        path: the file.
        max_bytes: its maximum size.
        variables: replace ``${NAME}`` and ``${NAME:-default}`` in values by these variables, and ``$${`` by ``${``. The
            result is a value as if it were written in the file, but never a list, a mapping or null.

    Raises:
        ConfigurationError: the file cannot be read, is not YAML, uses aliases, tags or a key twice, or names an unknown
            variable; the message names the line.
    """
    file = YamlFile(path)
    content = _read_text(file, max_bytes)
    try:
        file.data = _Builder(content, MAX_DEPTH, file, variables).build()
    except YamlError as error:
        raise file.error(error.problem, error.line) from error
    return file


def load_yaml(text: str) -> Any:
    """Return the value of YAML text that a program wrote, which may have aliases. The last of equal keys counts.

    Raises:
        YamlError: the text is not YAML, is nested more than :data:`MAX_LOADED_DEPTH` levels deep, or grows more than
            :data:`MAX_EXPANSION` times by aliases.
    """
    return _Builder(text, MAX_LOADED_DEPTH).build()


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


@dataclass
class _Value:
    """A value, as large and as deep as it is with every alias replaced by the value that it repeats."""

    value: Any
    size: int
    """In characters, with one for each value."""
    depth: int = 0
    """How deeply lists and mappings are nested in it."""


class _Collection(_Value):
    """A list or mapping that is not complete."""

    def __init__(
        self, value: list[Any] | dict[Any, Any], anchor: str | None, location: Location
    ) -> None:
        super().__init__(value, size=1, depth=1)
        self.anchor = anchor
        self.location = location
        self.key: Any = None
        self.has_key = False
        """Whether the next value is that of :attr:`key`, and not itself a key."""
        self.is_merge = False
        """Whether the next value is that of a key ``<<`` (https://yaml.org/type/merge.html)."""
        self.merged: list[dict[Any, Any]] = []


class _Builder:
    """The value of one document, built from the events of its text.

    Without a ``file``, a program wrote the text. With one, a user did: the rules are stricter, and the file takes the
    lines and spellings.
    """

    def __init__(
        self,
        text: str,
        max_depth: int,
        file: YamlFile | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._text = text
        self._variables = variables
        self._max_depth = max_depth
        self._max_size = MAX_EXPANSION * len(text)
        self._size = 0
        self._file = file
        self._open: list[_Collection] = []
        self._anchors: dict[str, _Value | None] = {}
        self._root: Any = None
        self._resolver: Any = _Loader("")

    def build(self) -> Any:
        """Return the value, or None if the text has no document."""
        documents = 0
        for event in _events(self._text):
            line = event.start_mark.line + 1 if event.start_mark else 1
            match event:
                case yaml.ScalarEvent():
                    self._add_scalar(event, line)
                case yaml.AliasEvent():
                    self._add_alias(str(event.anchor), line)
                case yaml.CollectionStartEvent():
                    self._start_collection(event, line)
                case yaml.CollectionEndEvent():
                    self._end_collection(line)
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise YamlError("not YAML (expected a single document)", line)
        return self._root

    def _add_scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._resolver.resolve(ScalarNode, event.value, event.implicit)
        if self._is_key():
            key = self._construct(tag, event.value, line)
            self._set_key(event.value, _Value(key, 1 + len(event.value)), event.anchor, line)
            self._open[-1].is_merge = tag == f"{_TAG_PREFIX}merge" and self._file is None
            return
        location = self._record(line)
        text = event.value
        if self._variables is not None and "${" in text:
            text = _replace_variables(text, self._variables, line)
            is_plain = event.tag is None and text.strip()
            implicit = event.implicit if is_plain else (False, True)
            tag = self._resolver.resolve(ScalarNode, text, implicit)
        value = self._construct(tag, text, line)
        if self._file is not None:
            self._file.texts[location] = event.value
        self._add(_Value(value, 1 + len(event.value)), event.anchor, line)

    def _construct(self, tag: str, text: str, line: int) -> Any:
        """Return the value of a scalar."""
        kind = tag.removeprefix(_TAG_PREFIX)
        if kind == tag or not (kind in _TEXT_KINDS or kind in _CONSTRUCTORS):
            raise _unsupported_tag(tag, line)
        if kind in _TEXT_KINDS or (kind in ("int", "float") and ":" in text):
            return text
        try:
            if len(text) > MAX_NUMBER_LENGTH:
                raise ValueError(f"longer than {MAX_NUMBER_LENGTH} characters")
            value = _CONSTRUCTORS[kind](self._resolver, ScalarNode(tag, text))
        except _CONSTRUCTION_ERRORS as error:
            raise YamlError(
                f"{text[:40]!r} is not a valid {kind}; put text in quotes", line
            ) from error
        return text if kind == "timestamp" else value

    def _add_alias(self, anchor: str, line: int) -> None:
        if self._file is not None:
            raise YamlError(f"aliases (*{anchor}) are not supported; repeat the value", line)
        target = self._anchors.get(anchor)
        if target is None:
            problem = "contains itself" if anchor in self._anchors else "is not defined"
            raise YamlError(f"not YAML (the alias *{anchor[:40]} {problem})", line)
        if not self._is_key():
            self._add(target, None, line)
        elif target.depth:
            raise YamlError("a key is a list or a mapping; write a word", line)
        else:
            self._set_key(str(target.value), target, None, line)

    def _start_collection(self, event: yaml.CollectionStartEvent, line: int) -> None:
        self._grow(1, 1, line)
        if self._is_key():
            raise YamlError("a key is a list or a mapping; write a word", line)
        location = self._record(line)
        if event.tag not in _COLLECTION_TAGS:
            raise _unsupported_tag(str(event.tag), line)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Collection({} if is_mapping else [], event.anchor, location))
        if event.anchor is not None:
            self._anchors[event.anchor] = None

    def _end_collection(self, line: int) -> None:
        collection = self._open.pop()
        if collection.merged:
            merged: dict[Any, Any] = {}
            # The first mapping that has a key determines its value, and the collection's own keys come first.
            for mapping in (*reversed(collection.merged), collection.value):
                merged.update(mapping)
            collection.value = merged
        self._attach(collection, collection.anchor, line)

    def _is_key(self) -> bool:
        """Return whether the next value is a key."""
        return (
            bool(self._open)
            and isinstance(self._open[-1].value, dict)
            and not self._open[-1].has_key
        )

    def _set_key(self, text: str, key: _Value, anchor: str | None, line: int) -> None:
        """Set the key of the next value, which is spelled ``text``."""
        mapping = self._open[-1]
        mapping.key, mapping.has_key, mapping.is_merge = key.value, True, False
        mapping.size += key.size
        self._grow(key.size, 0, line)
        if anchor is not None:
            self._anchors[anchor] = key
        if self._file is not None:
            mapping.key = text.replace("_", "-")
            if mapping.key in mapping.value:
                raise YamlError(f"{mapping.key!r} occurs twice; keep one", line)
            self._file.lines[*mapping.location, mapping.key] = line

    def _record(self, line: int) -> Location:
        """Return the location of the next value, and record its line."""
        if self._file is None:
            return ()
        location: Location = ()
        if self._open:
            parent = self._open[-1]
            step = parent.key if parent.has_key else len(parent.value)
            location = (*parent.location, step)
        self._file.lines.setdefault(location, line)
        return location

    def _add(self, value: _Value, anchor: str | None, line: int) -> None:
        """Add a scalar, or the value that an alias repeats."""
        self._grow(value.size, value.depth, line)
        self._attach(value, anchor, line)

    def _attach(self, value: _Value, anchor: str | None, line: int) -> None:
        """Attach a complete value to the innermost open collection."""
        if anchor is not None:
            self._anchors[anchor] = value
        if not self._open:
            self._root = value.value
            return
        parent = self._open[-1]
        parent.size += value.size
        parent.depth = max(parent.depth, 1 + value.depth)
        parent.has_key = False
        if isinstance(parent.value, list):
            parent.value.append(value.value)
        elif parent.is_merge:
            parent.merged += _mappings(value.value, line)
        else:
            parent.value[parent.key] = value.value

    def _grow(self, size: int, depth: int, line: int) -> None:
        """Refuse a value of ``size`` and ``depth`` that makes the document too large or too deep."""
        self._size += size
        if len(self._open) + depth > self._max_depth:
            raise YamlError(f"nested more than {self._max_depth} levels deep", line)
        if self._size > self._max_size:
            raise YamlError(
                f"aliases repeat values to more than {MAX_EXPANSION} times the text", line
            )


def _replace_variables(text: str, variables: Mapping[str, str], line: int) -> str:
    """Return ``text`` with the values of its variables.

    Raises:
        YamlError: a variable is not set and has no default, or there is ``${`` without the name of a variable.
    """

    def replace(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        if match["escape"]:
            return "${"
        if name is None:
            raise YamlError(
                "a variable is ${NAME} or ${NAME:-default}; write $${ for these characters", line
            )
        value = variables.get(name)
        if value is None and default is None:
            raise YamlError(
                f"the environment variable {name[:80]} is not set; set it, or write ${{{name[:80]}:-default}}",
                line,
            )
        return value or default or ""

    return _VARIABLE.sub(replace, text)


def _events(text: str) -> Iterator[yaml.Event]:
    """Yield the events of a text.

    Raises:
        YamlError: the text is not YAML.
    """
    event_line = 1
    try:
        for event in yaml.parse(text, _Loader):
            mark: Any = event.end_mark
            event_line = mark.line + 1
            yield event
    except yaml.reader.ReaderError as error:
        match = Reader.NON_PRINTABLE.search(text)
        line = text.count("\n", 0, match.start()) + 1 if match else None
        raise YamlError("not YAML; remove the control character", line) from error
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise YamlError("not YAML; remove the character that is not Unicode", line) from error
    except UnicodeDecodeError as error:
        raise YamlError(
            "not YAML; remove the tag with bytes that are not UTF-8", event_line
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = " ".join((error.problem or error.context or "").split())
        # If no line feed ends the text, libyaml names the line after the last one.
        last_line = text.count("\n")
        line = min(mark.line, last_line) + 1 if mark else None
        raise YamlError(f"not YAML ({problem})", line) from error


def _mappings(value: Any, line: int) -> list[dict[Any, Any]]:
    """Return the mappings that a key ``<<`` merges."""
    mappings = value if isinstance(value, list) else [value]
    if not all(isinstance(mapping, dict) for mapping in mappings):
        raise YamlError("not YAML (<< does not name mappings)", line)
    return mappings


def _unsupported_tag(tag: str, line: int) -> YamlError:
    name = tag.replace(_TAG_PREFIX, "!!")[:80]
    return YamlError(f"the tag {name} is not supported; remove it", line)
