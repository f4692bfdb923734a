"""The identity of a result: the facts about a call whose digest is the identifier of its result."""

from __future__ import annotations

import types
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture import code
from mlflow2prov.capture.errors import UnhashableError
from mlflow2prov.capture.hashing import hash as digest

if TYPE_CHECKING:
    from mlflow2prov.capture.execution import Execution


def result_id(execution: Execution) -> str:
    """Return the identifier of the result of a call, and add the digests of code that count to the call.

    It is the digest of the function's name and version, of the arguments that count, of the constants that the
    function encloses, and of as much code as ``invalidate_on`` chooses. A name that was not chosen by the user may
    be that of several functions: then the place of the function counts as well. A function in C may have an object.
    """
    options, function, call = execution.options, execution.info.function, execution.call
    digests = execution.arguments.counting
    if options.input_hash_fn is not None:
        digests = options.input_hash_fn(digests)
    identity: dict[str, Any] = {**digests, "name": execution.name, "version": options.version}
    if options.name is None and execution.info.place is not None:
        identity["place"] = execution.info.place
    if constants := code.enclosed_constants(function):
        identity["enclosed"] = constants
    if not isinstance(function, types.FunctionType | type):
        with suppress(UnhashableError):
            identity["function"] = digest(function)
    if options.invalidate_on in ("source", "dependencies"):
        identity["source"] = call.source_digest = code.source_digest(function)
    if options.invalidate_on == "dependencies":
        identity["dependencies"] = call.dependencies = code.dependencies(function)
    return digest(identity)
