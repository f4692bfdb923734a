"""Transform: a document, with its people merged or hidden and its repetitions gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mlflow2prov.prov import Document
from mlflow2prov.prov.unify import unify


def transform(
    document: Document,
    *,
    use_pseudonyms: bool = False,
    pseudonym_key: bytes | None = None,
    eliminate_duplicates: bool = False,
    merge_aliased_agents: str | Path | Mapping[str, Iterable[str]] | None = None,
) -> Document:
    """Return a changed copy of ``document``; people are merged first, then hidden.

    Args:
        document: left as it is.
        use_pseudonyms: replace names, e-mail addresses and user names by keyed digests, everywhere
            (:mod:`mlflow2prov.people.pseudonyms`).
        pseudonym_key: the digests' key; by default a random one, which nobody gets to know.
        eliminate_duplicates: say once what is said twice (PROV-CONSTRAINTS section 6.1).
        merge_aliased_agents: a YAML file of people and their aliases, or a mapping of the same.

    Raises:
        ConfigurationError: the aliases are not what they should be.
    """
    changed = document.copy()
    if merge_aliased_agents is not None:
        from mlflow2prov.people.merge import merge_aliased_agents as merge_agents

        merge_agents(changed, merge_aliased_agents)
        unify(changed)
    if use_pseudonyms:
        from mlflow2prov.people.pseudonyms import use_pseudonyms as hide

        hide(changed, pseudonym_key)
        unify(changed)
    if eliminate_duplicates:
        unify(changed)
    return changed
