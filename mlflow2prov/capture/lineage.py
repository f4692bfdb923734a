"""Functions on artifacts: loading, the artifacts they depend on, and copying them to another repository."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar, cast

from mlflow2prov.capture.artifacts import Artifact, LazyDict
from mlflow2prov.capture.configuration import find_repo
from mlflow2prov.capture.errors import (
    CaptureError,
    InvalidOptionError,
    KeyExistsError,
    UnhashableError,
)
from mlflow2prov.capture.hashing import hash_with_artifacts
from mlflow2prov.capture.proxies import artifact_of, is_proxy
from mlflow2prov.capture.repos.chained import full_record
from mlflow2prov.capture.signatures import function_info, wrap

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def load_artifact(artifact_id: str) -> Artifact:
    """Return an artifact of the default repository.

    Raises:
        MissingKeyError: it is not there.
    """
    return find_repo(None).get_by_id(artifact_id)


def load_proxy(artifact_id: str) -> Any:
    """Return a proxy of the value of an artifact of the default repository.

    Raises:
        MissingKeyError: it is not there.
    """
    return load_artifact(artifact_id).proxy()


def _as_artifact(artifact_or_id: Any, repo: Any = None) -> Artifact:
    artifact = artifact_of(artifact_or_id)
    if artifact is not None:
        return artifact  # type: ignore[no-any-return]
    return find_repo(repo).get_by_id(artifact_or_id)


def dependencies(artifact_or_id: Any) -> list[Artifact]:
    """Return the artifacts that an artifact depends on, through inputs and values, and itself.

    Sources come first, the artifact itself last; those of one call in the order of its arguments.

    Args:
        artifact_or_id: the artifact, a proxy of it, or its identifier in the default repository.

    Raises:
        MissingKeyError: the default repository does not have the artifact.
    """
    ordered: dict[str, Artifact] = {}
    expanded: set[str] = set()
    pending = [_as_artifact(artifact_or_id)]
    while pending:
        artifact = pending[-1]
        if artifact.id in expanded:
            pending.pop()
            ordered.setdefault(artifact.id, artifact)
            continue
        expanded.add(artifact.id)
        pending += [one for one in reversed(_references(artifact)) if one.id not in expanded]
    return list(ordered.values())


def _references(artifact: Artifact) -> list[Artifact]:
    """Return the artifacts in the inputs and in the value of an artifact."""
    inputs = inputs_of(artifact)
    arguments = (*inputs.get("kargs", {}).values(), *inputs.get("varargs", ()))
    found = {one.id: one for value in arguments for one in artifacts_in(value)}
    with suppress(CaptureError, OSError):  # a value that was deleted, or that is not trusted
        found |= {one.id: one for one in artifacts_in(artifact.value)}
    for identifier in artifact.record.input_artifact_ids or ():
        if identifier not in found and (known := artifact.repo.find(identifier)) is not None:
            found[identifier] = known
    return list(found.values())


def inputs_of(artifact: Artifact) -> dict[str, Any]:
    """Return the inputs of an artifact; none if they cannot be loaded."""
    with suppress(CaptureError, OSError):
        return artifact.inputs
    return {}


def artifacts_in(value: Any) -> list[Artifact]:
    """Return the artifacts that a value is or contains; none of a value that cannot be hashed."""
    try:
        return hash_with_artifacts(value)[1]
    except UnhashableError:
        return []


def promote(artifact_or_id: Any, to_repo: Any, from_repo: Any = None) -> None:
    """Copy an artifact and all that it depends on to another repository.

    Args:
        artifact_or_id: the artifact, a proxy of it, or its identifier.
        to_repo: the repository, or its name, that gets those that it does not have.
        from_repo: the repository, or its name, that has them; the default one if none is given.

    Raises:
        MissingKeyError: the artifact, or a value that it needs, is not there.
        PermissionDeniedError: the other repository is not configured for writing.
    """
    target = find_repo(to_repo)
    for artifact in dependencies(_as_artifact(artifact_or_id, from_repo)):
        if not target.has(artifact.id):
            try:
                target.put(full_record(artifact))
            except KeyExistsError:
                continue


def ensure_proxies(
    *parameters: str,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Check that arguments are proxies, so that no lineage is lost.

    Args:
        *parameters: the names of the parameters; all, if none is named.

    Raises:
        InvalidOptionError: from a call: an argument is not a proxy.
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        info = function_info(function)
        info.check_names(ensure_proxies=parameters)

        def checked(*args: Any, **kwargs: Any) -> Any:
            inputs = info.bind(args, kwargs)
            plain = [
                name
                for name, value in inputs["kargs"].items()
                if (not parameters or name in parameters) and not is_proxy(value)
            ]
            if not parameters and not all(map(is_proxy, inputs["varargs"])):
                plain.append("varargs")
            if plain:
                raise InvalidOptionError(
                    f"Arguments must be `ArtifactProxy`s but were not: [{', '.join(plain)}]"
                )
            return function(*args, **kwargs)

        return cast("Callable[Parameters, Result]", wrap(function, checked))

    return decorate


def lazy_proxy_dict(
    artifacts_or_ids: Mapping[str, Any] | Iterable[Any],
    group_artifacts_of_same_name: bool = False,
) -> LazyDict:
    """Return proxies of artifacts by their names, or by the keys that are given, loaded when they are first used.

    Args:
        artifacts_or_ids: artifacts or identifiers, or a dictionary of them.
        group_artifacts_of_same_name: whether several artifacts of one name become a list.

    Raises:
        InvalidOptionError: several artifacts have one name, and are not to be grouped.
    """
    if isinstance(artifacts_or_ids, Mapping):
        return LazyDict({key: _as_artifact(value).proxy for key, value in artifacts_or_ids.items()})
    artifacts = sorted(map(_as_artifact, artifacts_or_ids), key=lambda artifact: artifact.id)
    counts = Counter(artifact.name for artifact in artifacts)
    repeated = {name: count for name, count in counts.items() if count > 1}
    if repeated and not group_artifacts_of_same_name:
        names = ", ".join(f"{name} ({count})" for name, count in sorted(repeated.items()))
        raise InvalidOptionError(
            f"several artifacts have one name: {names}; use group_artifacts_of_same_name=True"
        )
    grouped: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        grouped.setdefault(artifact.name, []).append(artifact)
    return LazyDict({name: _loader(group) for name, group in grouped.items()})


def _loader(group: list[Artifact]) -> Callable[[], Any]:
    if len(group) == 1:
        return group[0].proxy
    return lambda: [artifact.proxy() for artifact in group]
