"""A server's registry: models and prompts, which MLflow keeps as models with a tag, and their versions."""

from __future__ import annotations

from typing import Any

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.rest.client import RefusedError, objects
from mlflow2prov.sources.mlflow.rest.requests import API, PAGE, Server
from mlflow2prov.sources.mlflow.values import said, text, time


def read_registry(server: Server) -> None:
    """Read registered models and prompts, and their versions."""
    path, versions_path = f"{API}/registered-models/search", f"{API}/model-versions/search"
    prompts_only = f"tags.`{values.PROMPT_TAG}` = 'true'"
    try:
        models = _registered_models(server, path, None, is_prompt=False)
        prompts = _registered_models(server, path, prompts_only, is_prompt=True)
        _versions(server, versions_path, None, models | prompts)
        if prompts:
            _versions(server, versions_path, prompts_only, models | prompts)
    except RefusedError as refusal:
        server.info.left_out.append(str(refusal))


def _registered_models(
    server: Server, path: str, condition: str | None, *, is_prompt: bool
) -> dict[str, bool]:
    found: dict[str, bool] = {}
    body: dict[str, Any] = {"max_results": PAGE, "filter": condition}
    try:
        for model in server.client.pages(path, "registered_models", body, post=False):
            name = text(model.get("name"))
            tags = {text(t.get("key")): said(t.get("value")) for t in objects(model.get("tags"))}
            marked = tags.get(values.PROMPT_TAG, "").lower() == "true"
            if name is None or name in found or marked is not is_prompt:
                continue
            found[name] = is_prompt
            server.facts.add(
                "registered_models",
                name,
                is_prompt,
                text(model.get("description")),
                time(model.get("creation_timestamp")),
                time(model.get("last_updated_timestamp")),
            )
            for key, value in tags.items():
                server.facts.add("registered_model_tags", name, key, value)
            for alias in objects(model.get("aliases")):
                server.facts.add(
                    "registered_model_aliases",
                    name,
                    text(alias.get("alias")),
                    text(alias.get("version")),
                )
    except TrackingStoreError as error:
        # A server that knows no prompts may not know the filter either.
        if not is_prompt or error.__cause__ is not None:
            raise
    return found


def _versions(server: Server, path: str, condition: str | None, models: dict[str, bool]) -> None:
    seen: set[tuple[str, str]] = set()
    body: dict[str, Any] = {"max_results": PAGE, "filter": condition}
    for version in server.client.pages(path, "model_versions", body, post=False):
        name, number_ = text(version.get("name")), text(version.get("version"))
        is_prompt = condition is not None
        if name is None or number_ is None or (name, number_) in seen:
            continue
        if models.get(name, False) is not is_prompt:
            continue
        seen.add((name, number_))
        times = {
            "creation_time": version.get("creation_timestamp"),
            "last_updated_time": version.get("last_updated_timestamp"),
        }
        values.add_version(
            server.facts,
            version | times,
            is_prompt=is_prompt,
            restores=server.wishes.restore_redacted,
        )
        for tag in objects(version.get("tags")):
            server.facts.add(
                "registered_model_version_tags",
                name,
                number_,
                text(tag.get("key")),
                said(tag.get("value")),
            )
