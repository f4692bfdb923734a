"""``provenance.utils``."""

from mlflow2prov.capture.signatures import function_info, with_merged_defaults  # noqa: F401


def fn_info(function):
    info = function_info(function)
    bound = info.signature.bind_partial(*info.varargs, **info.kargs).arguments
    varargs = next((bound.pop(p.name, ()) for p in info.parameters if p.kind == 2), ())
    return {
        "name": info.name,
        "module": info.module,
        "varargs": varargs,
        "kargs": {**info.defaults(), **bound},
    }
