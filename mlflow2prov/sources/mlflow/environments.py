"""Software environments: the files in which MLflow keeps what a model was made with.

They lie beside the model's ``MLmodel`` file (MLflow documentation, "Models", "Storage format").
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.values import Entry, text

FILES = ("requirements.txt", "conda.yaml", "python_env.yaml")
LARGEST = 1 << 20
"""How many bytes such a file may have; MLflow's have some hundred."""

_CONDA = re.compile(r"(?:[\w.-]+::)?([\w.-]+)\s*(.*)", re.ASCII)


def files(entries: Iterable[Entry]) -> list[str]:
    """Return the paths of environment files among a run's or logged model's artifacts."""
    paths = {path for path, is_dir, _ in entries if not is_dir}
    models = {path.removesuffix("MLmodel") for path in paths if path.split("/")[-1] == "MLmodel"}
    return sorted(model + name for model in models for name in FILES if model + name in paths)


def add(facts: Facts, owner: str, path: str, content: bytes) -> None:
    """Add the environment that a file says: ``owner`` is the run or logged model that it belongs to."""
    digest = hashlib.sha256(content).hexdigest()
    model, _, name = path.rpartition("/")
    facts.add("environments", owner, model, name, digest)
    for package, version in sorted(set(packages(name, content))):
        facts.add("environment_packages", digest, package, version)


def packages(name: str, content: bytes) -> Iterator[tuple[str, str | None]]:
    """Yield the packages and their versions that a file names; of what is no such file, none."""
    written = content.decode("utf-8", "replace")
    if name == "requirements.txt":
        yield from _requirements(written.splitlines())
        return
    try:
        loaded = yaml.safe_load(written)
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    if isinstance(loaded, dict):
        yield from _conda(loaded) if name == "conda.yaml" else _python_env(loaded)


def _requirements(lines: Iterable[Any]) -> Iterator[tuple[str, str | None]]:
    """Yield what lines of pip's requirements name (PEP 508); options and paths name nothing."""
    for line in lines:
        try:
            requirement = Requirement(str(line).partition(" #")[0].strip())
        except InvalidRequirement:
            continue
        yield requirement.name, _version(str(requirement.specifier))


def _conda(loaded: dict[Any, Any]) -> Iterator[tuple[str, str | None]]:
    """Yield what a conda environment names: ``name=version`` and pip's requirements."""
    for dependency in _list(loaded.get("dependencies")):
        if isinstance(dependency, dict):
            yield from _requirements(_list(dependency.get("pip")))
        elif found := _CONDA.fullmatch(str(dependency).strip()):
            yield found[1], _version(found[2].replace(" ", ""))


def _python_env(loaded: dict[Any, Any]) -> Iterator[tuple[str, str | None]]:
    """Yield what MLflow's environment of a virtualenv names: Python, and pip's requirements."""
    if version := text(loaded.get("python")):
        yield "python", version
    for key in ("build_dependencies", "dependencies"):
        yield from _requirements(_list(loaded.get(key)))


def _version(specifier: str) -> str | None:
    """Return the version that is pinned; else the whole specifier, as ``<2,>=1.5``."""
    pinned = re.fullmatch(r"={1,3}([^=,<>!~]+)", specifier)
    return text(pinned[1] if pinned else specifier)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
