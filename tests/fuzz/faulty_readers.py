"""Readers with the faults that a campaign must find."""

import ctypes

from mlflow2prov.errors import FormatError, InternalError
from tests.fuzz.readers import Reader


class _Faulty(Reader):
    def seeds(self):
        return {"a.txt": b"a"}


def _every_third(fault, max_cpu_seconds=60):
    count = 0

    def read(_):
        nonlocal count
        count += 1
        if count % 3 == 0:
            fault()

    return _Faulty(read, (), max_cpu_seconds, max_bytes=1 << 26)


def _raise(error):
    raise error


def _compute():
    while True:
        pass


READERS = {
    "crash": _every_third(lambda: ctypes.string_at(0)),
    "hang": _every_third(_compute, max_cpu_seconds=1),
    "exit": _every_third(lambda: _raise(SystemExit(3))),
    "foreign error": _every_third(lambda: _raise(KeyError("x"))),
    "internal error": _every_third(lambda: _raise(InternalError("x"))),
    "error of two lines": _every_third(lambda: _raise(FormatError("a\nb"))),
    "memory": _every_third(lambda: b"x" * (1 << 27)),
    "own error": _every_third(lambda: _raise(FormatError("x"))),
}
