"""Calls as facts: one shape for those of databases and of files, whichever program recorded them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import isfinite
from typing import Any, NamedTuple

from mlflow2prov.capture.records import Call, Output
from mlflow2prov.facts import Facts
from mlflow2prov.secrets import without_credentials
from mlflow2prov.sources.capture.annotations import name_and_labels, split_tags

MAX_VALUE_LENGTH = 1000
"""Longer values of arguments are cut to this many characters."""

_INTEGERS = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Packages:
    """Installed packages, which calls may share."""

    versions: Mapping[str, str | None]
    """The versions by name, None for one that is unknown."""

    @cached_property
    def digest(self) -> str:
        """The digest that identifies the list, in whatever order."""
        lines = (
            f"{name}\n" if version is None else f"{name}=={version}\n"
            for name, version in sorted(self.versions.items())
        )
        return hashlib.sha256("".join(lines).encode("utf-8", "replace")).hexdigest()


class UsedArtifact(NamedTuple):
    """An artifact that a call used."""

    name: str | None
    """The argument that is or contains the artifact, if it is known."""
    artifact_id: str
    is_ignored: bool = False
    """Whether the results do not derive from it."""


class CallFacts:
    """The tables of calls and of sets of their results.

    Args:
        facts: the facts. Calls and lists of packages that are there already are not added again.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known = {
            name
            for (name,) in facts.rows(
                "SELECT call_id FROM calls UNION ALL SELECT DISTINCT digest FROM environment_packages"
            )
        }

    def add(
        self,
        call: Call,
        process: Mapping[str, Any],
        packages: Packages | None = None,
        *,
        has_start: bool = True,
        artifacts: Iterable[UsedArtifact] = (),
    ) -> None:
        """Add a call, unless it is known.

        Args:
            call: the call.
            process: the process that made it, with the keys ``user``, ``host``, ``cwd``, ``argv``,
                ``python_version`` and ``platform``.
            packages: the installed packages.
            has_start: whether the start of the call is known.
            artifacts: the artifacts that the call used besides those of its arguments.
        """
        if call.id in self._known:
            return
        self._known.add(call.id)
        tags, custom_fields = split_tags(call.custom_fields)
        self._facts.add(
            "calls",
            call_id=call.id,
            parent_id=_word(call.parent_id),
            name=_word(call.name),
            module=_word(call.fn_module or None),
            function=_word(call.fn_name),
            version=None if call.version in (None, 0) else _text(call.version),
            status=_word(call.status),
            cached=bool(call.cached),
            uncacheable=_word(call.uncacheable),
            exception=_exception(call),
            started_at=call.started_at.isoformat() if has_start else None,
            ended_at=None if call.ended_at is None else call.ended_at.isoformat(),
            artifact_id=_word(call.artifact_id),
            source_digest=_word(call.source_digest),
            source_path=_word(call.source_path),
            source_line=_integer(call.source_line),
            source_blob=_word(call.source_blob),
            source_tracked=_flag(call.source_tracked),
            repository_url=_url(call.repository_url),
            commit=_word(call.git_commit),
            branch=_word(call.git_branch),
            dirty=_flag(call.git_dirty),
            run_id=_word(call.mlflow_run_id),
            seed=_integer(call.seed),
            environment_digest=self._add_packages(packages),
            custom_fields=custom_fields,
            **{name: _word(value) for name, value in process.items()},
        )
        for tag in tags:
            self._facts.add("call_tags", call_id=call.id, tag=tag)
        self._add_arguments(call)
        for artifact in artifacts:
            self._add_artifact(call.id, artifact)
        self._add_results(call)

    def add_set(self, set_id: str, labels: Mapping[str, Any], created_at: datetime | None) -> None:
        """Add a set of artifacts, as it was stored at a time with labels."""
        name, text = name_and_labels(labels)
        self._facts.add(
            "result_sets",
            set_id=_word(set_id),
            name=name,
            labels=text,
            created_at=None if created_at is None else created_at.isoformat(),
        )

    def add_member(self, set_id: Any, artifact_id: Any) -> None:
        """Add an artifact to a set."""
        self._facts.add("result_set_members", set_id=_word(set_id), artifact_id=_word(artifact_id))

    def _add_arguments(self, call: Call) -> None:
        arguments = call.arguments
        self._facts.extend(
            "call_arguments",
            len(arguments),
            call_id=[call.id] * len(arguments),
            position=range(len(arguments)),
            name=[_word(argument.name) for argument in arguments],
            type=[_word(argument.type or None) for argument in arguments],
            value=[_text(argument.value) for argument in arguments],
            digest=[_word(argument.digest) for argument in arguments],
            content=[_word(argument.content) for argument in arguments],
            is_ignored=[True if argument.ignored else None for argument in arguments],
        )
        for argument in arguments:
            for artifact_id in argument.artifacts:
                used = UsedArtifact(argument.name, artifact_id, bool(argument.ignored))
                self._add_artifact(call.id, used)

    def _add_artifact(self, call_id: str, artifact: UsedArtifact) -> None:
        self._facts.add(
            "call_argument_artifacts",
            call_id=call_id,
            name=_word(artifact.name),
            artifact_id=_word(artifact.artifact_id),
            is_ignored=artifact.is_ignored,
        )

    def _add_results(self, call: Call) -> None:
        outputs = list(call.outputs)
        is_composite = any(output.key is not None and output.artifact_id for output in outputs)
        if is_composite and call.artifact_id is not None:
            # The whole, whose parts are the other results.
            outputs.append(Output(artifact_id=call.artifact_id))
        for position, output in enumerate(outputs):
            self._facts.add(
                "call_results",
                call_id=call.id,
                position=position,
                key=_word(output.key),
                artifact_id=_word(output.artifact_id),
                digest=_word(output.digest),
                size=_integer(output.size),
                path=_word(output.path),
                serializer=_word(output.serializer),
            )

    def _add_packages(self, packages: Packages | None) -> str | None:
        """Add installed packages, and return the digest of their list."""
        if packages is None or not packages.versions:
            return None
        if packages.digest not in self._known:
            self._known.add(packages.digest)
            for name, version in sorted(packages.versions.items()):
                self._facts.add(
                    "environment_packages",
                    digest=packages.digest,
                    name=_word(name),
                    version=_word(version),
                )
        return packages.digest


def _exception(call: Call) -> str | None:
    if call.exception_type is None:
        return None
    return f"{call.exception_type}: {call.exception_message or ''}".rstrip(": ")


def _word(value: Any) -> str | None:
    """Return a value that should be text, whatever it is: anything may stand in a record."""
    if value is None or (type(value) is str and value.isascii()):
        return value
    text = value if isinstance(value, str) else str(value)
    return text.encode("utf-8", "replace").decode()


def _url(value: Any) -> str | None:
    word = _word(value)
    return None if word is None else without_credentials(word)


def _text(value: Any) -> str | None:
    """Return a value as text: a text as it is, others as JSON."""
    if value is None:
        return None
    if type(value) is float and isfinite(value):
        return repr(value)  # as JSON has it
    text = value if isinstance(value, str) else _encode(value)
    return _word(text[:MAX_VALUE_LENGTH])


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _integer(value: Any) -> int | None:
    is_integer = isinstance(value, int) and not isinstance(value, bool) and value in _INTEGERS
    return value if is_integer else None
