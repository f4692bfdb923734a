"""The options of a captured function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mlflow2prov.capture.code import Invalidation


@dataclass(frozen=True)
class Options:
    """The options of :func:`mlflow2prov.capture.provenance`, which describes them."""

    version: Any = 0
    repo: Any = None
    name: str | None = None
    ignore: frozenset[str] = frozenset()
    input_hash_fn: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    remove: frozenset[str] = frozenset()
    input_process_fn: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    archive_file: bool = False
    delete_original_file: bool = False
    preserve_file_ext: bool = False
    returns_composite: bool = False
    custom_fields: Mapping[str, Any] | None = None
    serializer: str | Mapping[str, str] | None = None
    load_kwargs: Mapping[str, Any] | None = None
    dump_kwargs: Mapping[str, Any] | None = None
    use_cache: bool | None = None
    read_only: bool | None = None
    invalidate_on: Invalidation | None = None
    proxies: bool | None = None
