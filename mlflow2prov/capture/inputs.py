"""The inputs of artifacts as JSON: for searching with SQL and, if JSON represents all of them, for loading."""

from __future__ import annotations

from typing import Any

from mlflow2prov.capture.errors import MissingKeyError
from mlflow2prov.capture.previews import MAX_MEMBERS, MAX_TEXT, preview
from mlflow2prov.capture.proxies import artifact_of
from mlflow2prov.capture.redaction import is_secret
from mlflow2prov.capture.serializers import is_json
from mlflow2prov.secrets import MASK

VARARGS = "__varargs"


def inputs_to_json(inputs: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return inputs as JSON, abbreviated and without secrets, and whether they can be restored from it."""
    kargs, varargs = inputs.get("kargs", {}), inputs.get("varargs", ())
    previews = {
        name: MASK if is_secret(name, value) else preview(value) for name, value in kargs.items()
    }
    previews[VARARGS] = [preview(value) for value in varargs]
    is_whole = all(_is_whole(value, previews[name]) for name, value in kargs.items()) and all(
        map(_is_whole, varargs, previews[VARARGS])
    )
    return previews, is_whole


def inputs_from_json(previews: dict[str, Any], repo: Any) -> dict[str, Any]:
    """Return inputs from their JSON; an artifact that the repository does not have remains a dictionary."""
    varargs = tuple(_restore(value, repo) for value in previews.get(VARARGS, ()))
    kargs = {name: _restore(value, repo) for name, value in previews.items() if name != VARARGS}
    return {"kargs": kargs, "varargs": varargs}


def _is_whole(value: Any, shown: Any) -> bool:
    if artifact_of(value) is not None or shown == MASK:
        return True
    if type(value) is str and len(value) > MAX_TEXT:
        return False
    if type(value) in (list, dict) and len(value) > MAX_MEMBERS:
        return False
    # A dictionary could be taken for a reference to an artifact.
    return is_json(value) and bool(value == shown) and not _is_reference(value)


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"id", "type", "name"}


def _restore(value: Any, repo: Any) -> Any:
    if not _is_reference(value):
        return value
    try:
        artifact = repo.get_by_id(value["id"])
    except MissingKeyError:
        return value
    return artifact if value["type"] == "Artifact" else artifact.proxy()
