"""The file of a check's allowances: a YAML list of what is found and accepted, each with its reason.

- finding: dirty-tree
  of: models:/fraud/2          # all versions, unless said; * and ? stand for anything
  reason: the change was a comment; seen by the review board
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from mlflow2prov.analysis.check import MEANINGS, Waiver, unknown_code
from mlflow2prov.yaml_file import YamlFile, read_yaml

_KEYS = ("finding", "of", "reason")


def read_waivers(path: str) -> list[Waiver]:
    """Read a file of allowances.

    Raises:
        ConfigurationError: it cannot be read, or says something else; the message names the line.
    """
    found = read_yaml(path)
    if found.data is None:
        return []
    if not isinstance(found.data, list):
        raise found.error("a list of allowances is expected", 1)
    return [_allowance(found, number, entry) for number, entry in enumerate(found.data)]


def _allowance(found: YamlFile, number: int, entry: object) -> Waiver:
    line = found.lines[number,]
    if not isinstance(entry, dict):
        raise found.error(f"an allowance has the keys {', '.join(_KEYS)}", line)
    for key in entry:
        if key not in _KEYS:
            raise found.error(
                f"there is no key {key!r}{_near(key, _KEYS)}", found.lines[number, key]
            )
    said = {key: _text(found, number, key) for key in entry}
    for key in ("finding", "reason"):
        if key not in said:
            raise found.error(f"an allowance needs its {key}", line)
    if said["finding"] not in MEANINGS:
        code = said["finding"]
        raise found.error(
            unknown_code(code) + _near(code, tuple(MEANINGS)), found.lines[number, "finding"]
        )
    return Waiver(said["finding"], said["reason"], said.get("of", "*"))


def _text(found: YamlFile, number: int, key: str) -> str:
    value = found.texts.get((number, key), "").strip()
    if not value or found.data[number][key] is None:
        raise found.error(f"{key!r} has to be some text", found.lines[number, key])
    return value


def _near(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {near[0]}?" if near else ""
