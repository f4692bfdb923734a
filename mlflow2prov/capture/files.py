"""Archived files: files as values of artifacts."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow2prov.capture import recording
from mlflow2prov.capture.artifacts import ArchivedFile, Artifact
from mlflow2prov.capture.collection import collect
from mlflow2prov.capture.configuration import find_repo, setting
from mlflow2prov.capture.environment import GitState, run_info
from mlflow2prov.capture.errors import KeyExistsError
from mlflow2prov.capture.hashing import file_hash
from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.records import Argument, ArtifactRecord, Call, Output

_EXTENSIONS = {"jpeg": "jpg", "mpeg": "mpg"}


def archived(path: str | os.PathLike[str], keeps_extension: bool) -> ArchivedFile:
    """Return a file as the value of an artifact, which is not stored yet.

    Raises:
        FileNotFoundError: there is no such file.
    """
    path = Path(path)
    content = file_hash(path)
    blob_id = content
    if keeps_extension and path.suffix:
        extension = path.suffix[1:].lower()
        blob_id = f"{content}.{_EXTENSIONS.get(extension, extension)}"
    file = ArchivedFile(blob_id, path.name, digest=content)
    file.original_path = str(path)
    return file


def archive_file(
    filename: str | os.PathLike[str],
    name: str | None = None,
    delete_original: bool = False,
    custom_fields: Mapping[str, Any] | None = None,
    preserve_ext: bool = False,
) -> Any:
    """Store a file, and return a proxy of it, which can be opened and passed to captured functions.

    Files of the same content are one artifact, whatever their names, unless their custom fields differ.

    Args:
        filename: the path of the file.
        name: the name of the artifact.
        delete_original: whether to delete the file afterwards.
        custom_fields: further facts for searching, as JSON.
        preserve_ext: whether to keep the extension of the file in the name of its blob.

    Raises:
        FileNotFoundError: there is no such file.
    """
    repo = find_repo(None)
    started = time.perf_counter()
    file = archived(filename, preserve_ext)
    duration = time.perf_counter() - started
    fields = dict(custom_fields or {})
    module, function = archive_file.__module__, archive_file.__name__
    artifact_name = name or f"{module}.{function}"
    identifier = digest([artifact_name, file.blob_id, fields])
    call = Call(artifact_name, module, function, artifact_id=identifier, hash_duration=duration)
    call.arguments = [
        Argument("filename", file.digest, os.fspath(filename), "file", content=file.digest)
    ]
    call.custom_fields = fields
    call.outputs = [file_output(identifier, file.blob_id, filename)]
    artifact = repo.find(identifier)
    writes = not setting("read_only")
    if artifact is None:
        # The function is not the program's: the state of Git would be that of this package.
        recording.describe(call, archive_file, GitState())
        record = ArtifactRecord(
            id=identifier,
            value_id=file.blob_id,
            inputs={"kargs": {"filename": file.original_filename}, "varargs": ()},
            fn_module=module,
            fn_name=function,
            value=file,
            name=artifact_name,
            composite=False,
            value_id_duration=duration,
            serializer="file",
            hash_duration=duration,
            computed_at=call.started_at,
            custom_fields=fields,
            input_artifact_ids=[],
            run_info=run_info(),
            call_id=call.id,
        )
        artifact = _put(repo, record) if writes else Artifact(repo, record)
    else:
        call.cached = True
        call.run_id = run_info()["id"]
    call.end("FINISHED")
    collect(artifact)
    if writes:
        recording.end(call, repo)
        if delete_original:
            Path(filename).unlink()
    return artifact.proxy()


def file_output(artifact_id: str, blob_id: str, path: str | os.PathLike[str]) -> Output:
    """Return a file that was archived as the call records it, with its path and its size.

    Raises:
        OSError: the file is gone.
    """
    size = Path(path).stat().st_size
    return Output(None, artifact_id, blob_id, size, path=str(path), serializer="file")


def _put(repo: Any, record: ArtifactRecord) -> Artifact:
    try:
        artifact: Artifact = repo.put(record)
    except KeyExistsError:  # of another thread or process, meanwhile
        artifact = repo.get_by_id(record.id)
    return artifact
