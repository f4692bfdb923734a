"""What the templates write, as words."""

import re

from mlflow2prov import engine
from mlflow2prov.facts.schema import TABLES
from mlflow2prov.facts.views import VIEWS
from mlflow2prov.mapping import TEMPLATES
from mlflow2prov.mapping.language import Name, Row
from mlflow2prov.prov import KIND

_WORD = re.compile(r"'([A-Za-z]+)'")
_PROV = ("type", "role", "label", "location")


def patterns():
    """Yield every statement pattern of every template."""
    for template in TEMPLATES:
        yield from template.statements(Row({**TABLES, **VIEWS}[template.over].columns))


def written_words():
    """Return the types, roles and keys that the templates write, PROV's own left out."""
    words = set()
    for pattern in patterns():
        assert pattern.kind in KIND
        for key, value in pattern.attributes.items():
            if key not in _PROV:
                words.add(key)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, Name):
                    words.update(_words(one.sql))
    return words - {"A"}


def _words(sql):
    """Return the words that an SQL expression may give, of models and of prompts."""
    if '"kind"' not in sql:
        return set(_WORD.findall(re.sub(r"'prov:[A-Za-z]+'", "", sql)))
    return {
        engine.scalar(f"SELECT {sql} FROM (SELECT '{kind}' AS kind)")
        for kind in ("RegisteredModel", "Prompt")
    }
