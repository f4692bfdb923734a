"""The statements and the words that mapping rules write."""

import re

from mlflow2prov import engine
from mlflow2prov.facts.schema import TABLES
from mlflow2prov.facts.views import VIEWS
from mlflow2prov.mapping import RULES
from mlflow2prov.mapping.language import Row
from mlflow2prov.vocabulary import PROV_KEYS

_WORD = re.compile(r"'([A-Za-z]+)'")


def patterns():
    """Yield every statement pattern of every rule."""
    for rule in RULES:
        yield from rule.statements(Row({**TABLES, **VIEWS}[rule.table].columns))


def written_words():
    """Return the types, roles and attribute keys that rules write, without PROV's own."""
    words = set()
    for pattern in patterns():
        for key, values in pattern.attributes.items():
            if key not in PROV_KEYS:
                words.add(key)
            if key in ("role", "type"):
                for term in values if isinstance(values, list) else [values]:
                    words.update(_words_of(term.sql))
    return words


def _words_of(sql):
    """Return the words that an SQL expression may return, for registered models and for prompts."""
    if '"kind"' not in sql:
        results = re.sub(r"WHEN .*? THEN|'prov:[A-Za-z]+'", "", sql)
        return set(_WORD.findall(results))
    return {
        engine.scalar(f"SELECT {sql} FROM (SELECT '{kind}' AS kind)")
        for kind in ("RegisteredModel", "Prompt")
    }
