"""The registered models of a server, its prompts (registered models with a tag), and their versions."""

from __future__ import annotations

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.entities import add_version
from mlflow2prov.sources.mlflow.rest import client as rest
from mlflow2prov.sources.mlflow.rest.client import API, Client
from mlflow2prov.sources.mlflow.rest.transport import (
    Json,
    RefusedError,
    UnusableServerError,
    json_objects,
)
from mlflow2prov.sources.mlflow.values import parse_text, parse_time, tag_value

_MODELS = f"{API}/registered-models/search"
_VERSIONS = f"{API}/model-versions/search"
_PROMPTS_ONLY = f"tags.`{values.PROMPT_TAG}` = 'true'"


def read_model_registry(client: Client, facts: Facts) -> None:
    """Read registered models and prompts, and their versions."""
    try:
        _read_registered_models(client, facts, is_prompt=False)
        prompts = _read_registered_models(client, facts, is_prompt=True)
        _read_versions(client, facts, prompts, is_prompt=False)
        if prompts:
            _read_versions(client, facts, prompts, is_prompt=True)
    except RefusedError as refusal:
        client.report.omissions.append(str(refusal))


def _request(*, is_prompt: bool) -> Json:
    """Return the parameters of a search. A search without a filter omits prompts."""
    return {"max_results": rest.PAGE_SIZE, "filter": _PROMPTS_ONLY if is_prompt else None}


def _read_registered_models(client: Client, facts: Facts, *, is_prompt: bool) -> set[str]:
    """Read registered models or prompts, and return their names."""
    names: set[str] = set()
    request = _request(is_prompt=is_prompt)
    try:
        for model in client.pages(_MODELS, "registered_models", request, post=False):
            name = parse_text(model.get("name"))
            tags = {
                parse_text(tag.get("key")): tag_value(tag.get("value"))
                for tag in json_objects(model.get("tags"))
            }
            has_prompt_tag = values.is_true(tags.get(values.PROMPT_TAG))
            if name is not None and name not in names and has_prompt_tag is is_prompt:
                names.add(name)
                _add_registered_model(facts, name, tags, model, is_prompt=is_prompt)
    except UnusableServerError:
        raise
    except TrackingStoreError:
        # A server without prompts may not know the filter either.
        if not is_prompt:
            raise
    return names


def _add_registered_model(
    facts: Facts, name: str, tags: dict[str | None, str], model: Json, *, is_prompt: bool
) -> None:
    """Add a registered model or prompt with its tags and aliases."""
    facts.add(
        "registered_models",
        name=name,
        is_prompt=is_prompt,
        description=parse_text(model.get("description")),
        created_at=parse_time(model.get("creation_timestamp")),
        last_updated_at=parse_time(model.get("last_updated_timestamp")),
    )
    for key, value in tags.items():
        facts.add("registered_model_tags", name=name, key=key, value=value)
    for alias in json_objects(model.get("aliases")):
        facts.add(
            "registered_model_aliases",
            name=name,
            alias=parse_text(alias.get("alias")),
            version=parse_text(alias.get("version")),
        )


def _read_versions(client: Client, facts: Facts, prompts: set[str], *, is_prompt: bool) -> None:
    """Read the versions of registered models, or those of prompts, with their tags.

    Args:
        client: the client of the server.
        facts: the tables to fill.
        prompts: the names of all prompts. Not every server applies the filter.
        is_prompt: whether to read the versions of prompts.
    """
    keys: set[tuple[str, str]] = set()
    request = _request(is_prompt=is_prompt)
    for version in client.pages(_VERSIONS, "model_versions", request, post=False):
        name, number = parse_text(version.get("name")), parse_text(version.get("version"))
        if name is None or number is None or (name, number) in keys:
            continue
        if (name in prompts) is not is_prompt:
            continue
        keys.add((name, number))
        # As a database names them.
        times = {
            "creation_time": version.get("creation_timestamp"),
            "last_updated_time": version.get("last_updated_timestamp"),
        }
        add_version(
            facts,
            version | times,
            is_prompt=is_prompt,
            restore_redacted=client.options.restore_redacted,
        )
        for tag in json_objects(version.get("tags")):
            facts.add(
                "registered_model_version_tags",
                name=name,
                version=number,
                key=parse_text(tag.get("key")),
                value=tag_value(tag.get("value")),
            )
