"""Transformation: a document with its people merged or hidden, and its statements unified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mlflow2prov.arguments import checked
from mlflow2prov.prov import Document
from mlflow2prov.prov.unify import unify


@checked
def transform(
    document: Document,
    *,
    use_pseudonyms: bool = False,
    pseudonym_key: bytes | None = None,
    eliminate_duplicates: bool = False,
    merge_aliased_agents: str | Path | Mapping[str, Iterable[str]] | None = None,
) -> Document:
    """Return a changed copy of a document. People are merged before they are hidden.

    Args:
        document: the document, which does not change.
        use_pseudonyms: replace names, e-mail addresses and user names everywhere by keyed digests
            (:mod:`mlflow2prov.people.pseudonyms`).
        pseudonym_key: the key of the digests; by default a random key that is not kept.
        eliminate_duplicates: unify statements that are the same (PROV-CONSTRAINTS section 6.1).
        merge_aliased_agents: a YAML file of people and their aliases, or a mapping from names to aliases.

    Raises:
        ConfigurationError: an argument, the file or the mapping is not valid.
    """
    result = document.copy()
    if merge_aliased_agents is not None:
        from mlflow2prov.people.merge import merge_aliased_agents as merge_agents

        merge_agents(result, merge_aliased_agents)
        unify(result)
    if use_pseudonyms:
        from mlflow2prov.people.pseudonyms import use_pseudonyms as replace_people

        replace_people(result, pseudonym_key)
        unify(result)
    if eliminate_duplicates:
        unify(result)
    return result
