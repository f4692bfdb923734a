"""The file of waivers: a YAML list of accepted findings, each with a reason.

- finding: dirty-tree
  of: models:/fraud/2          # optional; * and ? match any characters, and without the key all versions match
  reason: the change was a comment, reviewed by the board
"""

from __future__ import annotations

from mlflow2prov.analysis.check import MEANINGS, Waiver
from mlflow2prov.arguments import require_text
from mlflow2prov.errors import unknown_choice
from mlflow2prov.yaml_file import YamlFile, read_yaml

_KEYS = ("finding", "of", "reason")
_REQUIRED_KEYS = ("finding", "reason")


def read_waivers(path: str) -> list[Waiver]:
    """Read a file of waivers.

    Raises:
        ConfigurationError: the file cannot be read or is not a list of waivers; the message names the line.
    """
    file = read_yaml(require_text("path", path))
    if file.data is None:
        return []
    if not isinstance(file.data, list):
        raise file.error("not a list; write a list of waivers", 1)
    return [_waiver(file, number, entry) for number, entry in enumerate(file.data)]


def _waiver(file: YamlFile, number: int, entry: object) -> Waiver:
    line = file.lines[number,]
    if not isinstance(entry, dict):
        raise file.error(f"not a waiver; write the keys {', '.join(_KEYS)}", line)
    for key in entry:
        if key not in _KEYS:
            raise file.error(unknown_choice("key", key, _KEYS), file.lines[number, key])
    texts = {key: _text(file, number, key) for key in entry}
    for key in _REQUIRED_KEYS:
        if key not in texts:
            raise file.error(f"the waiver has no {key}; add the key", line)
    if texts["finding"] not in MEANINGS:
        raise file.error(
            unknown_choice("finding", texts["finding"], MEANINGS), file.lines[number, "finding"]
        )
    return Waiver(texts["finding"], texts["reason"], texts.get("of", "*"))


def _text(file: YamlFile, number: int, key: str) -> str:
    """Return the value of a key as it is spelled in the file, so that numbers and booleans count as text too."""
    text = file.texts.get((number, key), "").strip()
    if not text or file.data[number][key] is None:
        raise file.error(f"{key!r} is empty or not text; write a text", file.lines[number, key])
    return text
