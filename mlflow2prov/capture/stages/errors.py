"""The errors of stages."""

from __future__ import annotations

from mlflow2prov.capture.errors import CaptureError, InvalidOptionError


class InputSignatureError(CaptureError, TypeError):
    """A stage names an input that its function does not take, or needs one that nothing provides."""


class OutputSignatureError(CaptureError, TypeError):
    """A function returned another number of values than its stage has outputs, or a lazy output has no cacher."""


class EmptyCachersError(InvalidOptionError):
    """A stage has an empty list of cachers."""


class CachersMismatchError(InvalidOptionError):
    """A stage has another number of cachers than of outputs."""


class NoArtifactManagerError(CaptureError, RuntimeError):
    """A procedure has no manager, neither of its own nor for a run."""


class MissingInputError(CaptureError, KeyError):
    """The state of a record lacks an input of a stage."""

    def __str__(self) -> str:
        return str(self.args[0])


class WrongPathError(CaptureError, AssertionError):
    """A stage returned another path than the one that its cacher gave it."""
