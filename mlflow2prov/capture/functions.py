"""The first face of capture: ``@provenance()``, functions whose results are looked up and carry their lineage."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar, cast

from mlflow2prov.capture.calling import call_asynchronously, call_synchronously
from mlflow2prov.capture.code import Invalidation, check_invalidation, has_lasting_name
from mlflow2prov.capture.errors import InvalidOptionError, UnsupportedError
from mlflow2prov.capture.execution import Execution
from mlflow2prov.capture.generators import CapturedAsyncGenerator, CapturedGenerator
from mlflow2prov.capture.options import Options
from mlflow2prov.capture.serializers import get_serializer
from mlflow2prov.capture.signatures import function_info, merged_parameters

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

Inputs = dict[str, Any]


def provenance(
    version: Any = 0,
    repo: Any = None,
    name: str | None = None,
    merge_defaults: bool | Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    input_hash_fn: Callable[[Inputs], Inputs] | None = None,
    remove: Sequence[str] | None = None,
    input_process_fn: Callable[[Inputs], Inputs] | None = None,
    archive_file: bool = False,
    delete_original_file: bool = False,
    preserve_file_ext: bool = False,
    returns_composite: bool = False,
    custom_fields: Mapping[str, Any] | None = None,
    serializer: str | Mapping[str, str] | None = None,
    load_kwargs: Mapping[str, Any] | None = None,
    dump_kwargs: Mapping[str, Any] | None = None,
    use_cache: bool | None = None,
    read_only: bool | None = None,
    tags: Sequence[str] | None = None,
    invalidate_on: Invalidation | None = None,
    proxies: bool | None = None,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Capture the calls of a function: results are looked up by the inputs, stored, and returned with their lineage.

    The result is a proxy of the value, with the property ``artifact``. Pass it on as it is to other captured
    functions. Coroutines, generators, methods and partial functions can be decorated too.

    Args:
        version: increment it when the function, or something that it uses, has changed.
        repo: the repository, or its name in the configuration; the default one if none is given.
        name: the name of the artifacts; module and function by default.
        merge_defaults: parameters whose default is a dictionary that is merged with the argument; True: all such.
        ignore: parameters that do not count for the identity of the result; they are still recorded.
        input_hash_fn: gets and returns ``{"kargs": {name: digest}, "varargs": (digest, ...)}``.
        remove: parameters that neither count nor are recorded.
        input_process_fn: gets the arguments, ``{"kargs": {name: value}, "varargs": (value, ...)}``, and returns
            those that count and are recorded; the function itself gets the original ones.
        archive_file: the function returns the path of a file, whose content is the result.
        delete_original_file: delete the file when it is archived.
        preserve_file_ext: keep the extension of the file in the name of its blob.
        returns_composite: the function returns a dictionary, of which each value becomes an artifact.
        custom_fields: further facts for searching, as JSON.
        serializer: the name of the serializer; for composites a dictionary of names by key. By default it follows
            from the value.
        load_kwargs: options of the serializer for loading; for composites by key.
        dump_kwargs: options of the serializer for storing; for composites by key.
        use_cache: False: compute every call, and record it. None: as configured.
        read_only: True: look up results, and store none. None: as configured.
        tags: words, which are stored as the custom field ``tags``.
        invalidate_on: what counts as a change of code: the ``version`` only, the function's ``source`` too, or also
            the functions, classes and constants that it uses (``dependencies``). By default the version, and for
            functions that have no name in a file, such as lambdas and those of a notebook, the source.
        proxies: whether results are proxies; if not, they are plain values, whose lineage is known by identity.

    Raises:
        InvalidOptionError: options exclude each other, or have unknown values.
    """
    if callable(version):
        raise InvalidOptionError("version: is a function; write @provenance() with parentheses")
    if ignore and input_hash_fn:
        raise InvalidOptionError("ignore: excludes input_hash_fn; use one of them")
    if remove and input_process_fn:
        raise InvalidOptionError("remove: excludes input_process_fn; use one of them")
    options = Options(
        version=version,
        repo=repo,
        name=name,
        ignore=frozenset(_names(ignore)),
        input_hash_fn=input_hash_fn,
        remove=frozenset(_names(remove)),
        input_process_fn=input_process_fn,
        archive_file=archive_file,
        delete_original_file=delete_original_file,
        preserve_file_ext=preserve_file_ext,
        returns_composite=returns_composite,
        custom_fields={**(custom_fields or {}), **({"tags": _names(tags)} if tags else {})},
        serializer=serializer,
        load_kwargs=load_kwargs,
        dump_kwargs=dump_kwargs,
        use_cache=use_cache,
        read_only=read_only,
        invalidate_on=invalidate_on,
        proxies=proxies,
    )

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        _check(options)
        if isinstance(function, classmethod | staticmethod):
            captured = _capture(function.__func__, options, merge_defaults)
            return cast("Callable[Parameters, Result]", type(function)(captured))
        return cast("Callable[Parameters, Result]", _capture(function, options, merge_defaults))

    return decorate


def _names(names: Sequence[str] | None) -> list[str]:
    """Return names as a list; a text is one name."""
    return [names] if isinstance(names, str) else list(names or ())


def _check(options: Options) -> None:
    """Check the options that exclude each other."""
    if options.invalidate_on is not None:
        check_invalidation(options.invalidate_on)
    names = options.serializer
    for name in names.values() if isinstance(names, Mapping) else [names]:
        if name not in (None, "auto"):
            get_serializer(name)
    if not options.archive_file:
        return
    if options.returns_composite:
        raise UnsupportedError("returns_composite: excludes archive_file; archive the files apart")
    if options.serializer not in (None, "auto", "file"):
        raise InvalidOptionError("serializer: archived files are stored as they are; leave it out")
    if options.load_kwargs or options.dump_kwargs:
        raise InvalidOptionError("load_kwargs, dump_kwargs: archived files have none; leave it out")


def _capture(
    function: Callable[..., Any],
    options: Options,
    merge_defaults: bool | Sequence[str] | None,
) -> Any:
    """Return a function with the signature of ``function`` that captures its calls."""
    info = function_info(function)
    if (
        options.invalidate_on is None
        and options.name is None
        and not has_lasting_name(info.function)
    ):
        options = replace(options, invalidate_on="source")
    names = [] if isinstance(merge_defaults, bool) else _names(merge_defaults)
    info.check_names(ignore=options.ignore, remove=options.remove, merge_defaults=names)
    merged = merged_parameters(info, merge_defaults is True or names)
    new = functools.partial(Execution, function, info, options, merged)
    captured: Any = functools.update_wrapper(_caller(info.function, new), function)
    if not hasattr(function, "__name__"):
        captured.__name__ = info.name.rpartition(".")[2]
        captured.__qualname__, captured.__module__ = info.name, info.module
    captured._provenance_metadata = {
        "name": options.name or f"{info.module}.{info.name}",
        "version": options.version,
        "options": options,
        "new_execution": new,
    }
    return captured


def _caller(function: Callable[..., Any], new: Callable[..., Execution]) -> Any:
    """Return a function of the same kind that captures its calls: a coroutine function stays one."""
    if inspect.iscoroutinefunction(function):

        async def captured_coroutine(*args: Any, **kwargs: Any) -> Any:
            return await call_asynchronously(new(args, kwargs))

        return captured_coroutine

    call: Callable[[Execution], Any] = call_synchronously
    if inspect.isasyncgenfunction(function):
        call = CapturedAsyncGenerator
    elif inspect.isgeneratorfunction(function):
        call = CapturedGenerator

    def captured(*args: Any, **kwargs: Any) -> Any:
        return call(new(args, kwargs))

    return captured
