"""Software environments: the files in which MLflow records the packages that a model needs.

They lie beside the ``MLmodel`` file of the model (MLflow documentation, "Models", "Storage format").
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.entities import Artifact
from mlflow2prov.sources.mlflow.values import parse_text
from mlflow2prov.yaml_file import YamlError, load_yaml

FILE_NAMES = ("requirements.txt", "conda.yaml", "python_env.yaml")
MAX_BYTES = 1 << 20
"""Maximum size of such a file; those that MLflow writes have some hundred bytes."""

MAX_REQUIREMENT_LENGTH = 4096
"""Maximum length of a requirement, in characters."""

_CONDA = re.compile(r"(?:[\w.-]+::)?([\w.-]+)\s*(.*)", re.ASCII)
_PINNED = re.compile(r"={1,3}([^=,<>!~]+)")

Package = tuple[str, str | None]
"""A name, and a version or version specifier if there is one."""


def environment_paths(artifacts: Iterable[Artifact]) -> list[str]:
    """Return the paths of the environment files among the artifacts of a run or logged model."""
    paths = {artifact.path for artifact in artifacts if not artifact.is_dir}
    folders = {path.removesuffix("MLmodel") for path in paths if path.split("/")[-1] == "MLmodel"}
    return sorted(
        folder + name for folder in folders for name in FILE_NAMES if folder + name in paths
    )


def add_environment(
    facts: Facts, owner_id: str, path: str, content: bytes, malformed: list[str]
) -> None:
    """Add the environment that a file describes.

    A malformed file is an environment without packages.

    Args:
        facts: the tables to fill.
        owner_id: the run or logged model whose artifact the file is.
        path: the path of the file, relative to the artifact root.
        content: the content of the file.
        malformed: takes a line if the file is malformed.
    """
    digest = hashlib.sha256(content).hexdigest()
    folder, _, name = path.rpartition("/")
    facts.add("environments", owner_id=owner_id, path=folder, name=name, digest=digest)
    try:
        packages = set(parse_packages(name, content))
    except YamlError as error:
        malformed.append(f"{path} of {owner_id}: {error}")
        return
    for package, version in sorted(packages, key=_sort_key):
        facts.add("environment_packages", digest=digest, name=package, version=version)


def _sort_key(package: Package) -> tuple[str, bool, str]:
    name, version = package
    return name, version is not None, version or ""


def parse_packages(name: str, content: bytes) -> Iterator[Package]:
    """Yield the packages in an environment file called ``name``.

    Raises:
        YamlError: the file is malformed.
    """
    text = content.decode("utf-8", "replace")
    if name == "requirements.txt":
        yield from _parse_requirements(text.splitlines())
        return
    document = load_yaml(text)
    if isinstance(document, dict):
        yield from _parse_conda(document) if name == "conda.yaml" else _parse_python_env(document)


def _parse_requirements(lines: Iterable[Any]) -> Iterator[Package]:
    """Yield the packages in lines of pip's requirements (PEP 508). Options and paths are not packages."""
    for line in lines:
        text = (parse_text(line) or "").partition(" #")[0].strip()
        if len(text) > MAX_REQUIREMENT_LENGTH:
            continue
        try:
            requirement = Requirement(text)
        except (InvalidRequirement, RecursionError):
            continue
        yield requirement.name, _parse_version(str(requirement.specifier))


def _parse_conda(document: dict[Any, Any]) -> Iterator[Package]:
    """Yield the packages in a Conda environment: ``name=version``, and pip's requirements."""
    for dependency in _as_list(document.get("dependencies")):
        if isinstance(dependency, dict):
            yield from _parse_requirements(_as_list(dependency.get("pip")))
            continue
        text = (parse_text(dependency) or "").strip()
        if len(text) <= MAX_REQUIREMENT_LENGTH and (match := _CONDA.fullmatch(text)):
            yield match[1], _parse_version(match[2].replace(" ", ""))


def _parse_python_env(document: dict[Any, Any]) -> Iterator[Package]:
    """Yield the packages in MLflow's environment for virtualenv: Python, and pip's requirements."""
    if version := parse_text(document.get("python")):
        yield "python", version
    for key in ("build_dependencies", "dependencies"):
        yield from _parse_requirements(_as_list(document.get(key)))


def _parse_version(specifier: str) -> str | None:
    """Return the pinned version, or the whole specifier, such as ``<2,>=1.5``."""
    match = _PINNED.fullmatch(specifier)
    return parse_text(match[1] if match else specifier)


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
