"""Capture: functions whose results are looked up, stored, and carry their lineage.

    import mlflow2prov.capture as p

    @p.provenance()
    def expensive_add(a, b): ...

    result = expensive_add(4, 3)
    result.artifact.inputs, result.artifact.id, result.artifact.run_info
    p.visualize_lineage(result)

Without configuration, calls are recorded in the folder ``.mlflow2prov`` at the root of the Git repository.
All names are imported when they are first used: this package is imported by programs that do other work.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow2prov.capture.artifacts import ArchivedFile, Artifact, LazyDict, lazy_dict
    from mlflow2prov.capture.blobstores import (
        BlobStore,
        ChainedStore,
        DiskStore,
        FsspecStore,
        GSStore,
        MemoryStore,
        S3Store,
        SFTPStore,
    )
    from mlflow2prov.capture.captured_sets import capture_set, provenance_set
    from mlflow2prov.capture.code import Invalidation
    from mlflow2prov.capture.config_reader import from_config, load_config, load_yaml_config
    from mlflow2prov.capture.configuration import (
        CaptureWarning,
        Config,
        current_config,
        get_check_mutations,
        get_default_repo,
        get_read_only,
        get_repo_by_name,
        get_use_cache,
        set_check_mutations,
        set_default_repo,
        set_read_only,
        set_use_cache,
        using_repo,
    )
    from mlflow2prov.capture.environment import set_run_info_fn
    from mlflow2prov.capture.errors import (
        CaptureError,
        DamagedBlobError,
        FolderExistsError,
        ImpureFunctionError,
        InvalidArgumentError,
        InvalidOptionError,
        InvalidRecordError,
        KeyExistsError,
        MissingFolderError,
        MissingKeyError,
        MutatedArtifactValueError,
        OptionCombinationError,
        PermissionDeniedError,
        UnhashableError,
        UnsupportedError,
        UntrackedCodeError,
        UntrustedBlobError,
        WriteError,
    )
    from mlflow2prov.capture.files import archive_file
    from mlflow2prov.capture.functions import provenance
    from mlflow2prov.capture.hashing import digest, file_hash, hash, value_repr  # noqa: A004
    from mlflow2prov.capture.lineage import (
        dependencies,
        ensure_proxies,
        lazy_proxy_dict,
        load_artifact,
        load_proxy,
        promote,
    )
    from mlflow2prov.capture.locks import Claim, ProcessLock
    from mlflow2prov.capture.misses import Difference, MissExplanation, explain_miss
    from mlflow2prov.capture.packages import get_installed_packages
    from mlflow2prov.capture.permissions import Permissions
    from mlflow2prov.capture.pictures import Picture, visualize_lineage
    from mlflow2prov.capture.proxies import ArtifactProxy, CallableArtifactProxy, is_proxy
    from mlflow2prov.capture.queries import Calls, calls
    from mlflow2prov.capture.record_files import (
        Change,
        RecordedCall,
        RerunCheck,
        check_rerun,
        get_environment_info,
        get_git_info,
        read_records,
        rerun_script,
        seed_tasks,
        tracked,
        write_record,
    )
    from mlflow2prov.capture.records import Argument, ArtifactRecord, Blob, Call, Output
    from mlflow2prov.capture.repos import (
        ChainedRepo,
        DbRepo,
        MemoryRepo,
        PostgresRepo,
        Repository,
    )
    from mlflow2prov.capture.serializers import Serializer, register_serializer
    from mlflow2prov.capture.sets import (
        ArtifactSet,
        create_set,
        load_set_by_id,
        load_set_by_labels,
        load_set_by_name,
    )
    from mlflow2prov.capture.signatures import with_merged_defaults

_NAMES = {
    "artifacts": ("ArchivedFile", "Artifact", "LazyDict", "lazy_dict"),
    "blobstores": (
        "BlobStore",
        "ChainedStore",
        "DiskStore",
        "FsspecStore",
        "GSStore",
        "MemoryStore",
        "S3Store",
        "SFTPStore",
    ),
    "captured_sets": ("capture_set", "provenance_set"),
    "code": ("Invalidation",),
    "config_reader": ("from_config", "load_config", "load_yaml_config"),
    "configuration": (
        "CaptureWarning",
        "Config",
        "current_config",
        "get_check_mutations",
        "get_default_repo",
        "get_read_only",
        "get_repo_by_name",
        "get_use_cache",
        "set_check_mutations",
        "set_default_repo",
        "set_read_only",
        "set_use_cache",
        "using_repo",
    ),
    "environment": ("set_run_info_fn",),
    "errors": (
        "CaptureError",
        "DamagedBlobError",
        "FolderExistsError",
        "ImpureFunctionError",
        "InvalidArgumentError",
        "InvalidOptionError",
        "InvalidRecordError",
        "KeyExistsError",
        "MissingFolderError",
        "MissingKeyError",
        "MutatedArtifactValueError",
        "OptionCombinationError",
        "PermissionDeniedError",
        "UnhashableError",
        "UnsupportedError",
        "UntrackedCodeError",
        "UntrustedBlobError",
        "WriteError",
    ),
    "files": ("archive_file",),
    "functions": ("provenance",),
    "hashing": ("digest", "file_hash", "hash", "value_repr"),
    "lineage": (
        "dependencies",
        "ensure_proxies",
        "lazy_proxy_dict",
        "load_artifact",
        "load_proxy",
        "promote",
    ),
    "locks": ("Claim", "ProcessLock"),
    "misses": ("Difference", "MissExplanation", "explain_miss"),
    "packages": ("get_installed_packages",),
    "permissions": ("Permissions",),
    "pictures": ("Picture", "visualize_lineage"),
    "proxies": ("ArtifactProxy", "CallableArtifactProxy", "is_proxy"),
    "queries": ("Calls", "calls"),
    "record_files": (
        "Change",
        "RecordedCall",
        "RerunCheck",
        "check_rerun",
        "get_environment_info",
        "get_git_info",
        "read_records",
        "rerun_script",
        "seed_tasks",
        "tracked",
        "write_record",
    ),
    "records": ("Argument", "ArtifactRecord", "Blob", "Call", "Output"),
    "repos": ("ChainedRepo", "DbRepo", "MemoryRepo", "PostgresRepo", "Repository"),
    "serializers": ("Serializer", "register_serializer"),
    "sets": (
        "ArtifactSet",
        "create_set",
        "load_set_by_id",
        "load_set_by_labels",
        "load_set_by_name",
    ),
    "signatures": ("with_merged_defaults",),
}
"""The public names of each module."""

_MODULES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "ArchivedFile",
    "Argument",
    "Artifact",
    "ArtifactProxy",
    "ArtifactRecord",
    "ArtifactSet",
    "Blob",
    "BlobStore",
    "Call",
    "CallableArtifactProxy",
    "Calls",
    "CaptureError",
    "CaptureWarning",
    "ChainedRepo",
    "ChainedStore",
    "Change",
    "Claim",
    "Config",
    "DamagedBlobError",
    "DbRepo",
    "Difference",
    "DiskStore",
    "FolderExistsError",
    "FsspecStore",
    "GSStore",
    "ImpureFunctionError",
    "InvalidArgumentError",
    "InvalidOptionError",
    "InvalidRecordError",
    "Invalidation",
    "KeyExistsError",
    "LazyDict",
    "MemoryRepo",
    "MemoryStore",
    "MissExplanation",
    "MissingFolderError",
    "MissingKeyError",
    "MutatedArtifactValueError",
    "OptionCombinationError",
    "Output",
    "PermissionDeniedError",
    "Permissions",
    "Picture",
    "PostgresRepo",
    "ProcessLock",
    "RecordedCall",
    "Repository",
    "RerunCheck",
    "S3Store",
    "SFTPStore",
    "Serializer",
    "UnhashableError",
    "UnsupportedError",
    "UntrackedCodeError",
    "UntrustedBlobError",
    "WriteError",
    "__version__",
    "archive_file",
    "calls",
    "capture_set",
    "check_rerun",
    "create_set",
    "current_config",
    "dependencies",
    "digest",
    "ensure_proxies",
    "explain_miss",
    "file_hash",
    "from_config",
    "get_check_mutations",
    "get_default_repo",
    "get_environment_info",
    "get_git_info",
    "get_installed_packages",
    "get_read_only",
    "get_repo_by_name",
    "get_use_cache",
    "hash",
    "is_proxy",
    "lazy_dict",
    "lazy_proxy_dict",
    "load_artifact",
    "load_config",
    "load_proxy",
    "load_set_by_id",
    "load_set_by_labels",
    "load_set_by_name",
    "load_yaml_config",
    "promote",
    "provenance",
    "provenance_set",
    "read_records",
    "register_serializer",
    "rerun_script",
    "seed_tasks",
    "set_check_mutations",
    "set_default_repo",
    "set_read_only",
    "set_run_info_fn",
    "set_use_cache",
    "tracked",
    "using_repo",
    "value_repr",
    "visualize_lineage",
    "with_merged_defaults",
    "write_record",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name == "__version__":
        from mlflow2prov import __version__

        return __version__
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
