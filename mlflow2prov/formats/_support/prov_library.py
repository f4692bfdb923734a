"""Reading files with the ``prov`` library."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from mlflow2prov.errors import FormatError

if TYPE_CHECKING:
    from prov.model import ProvDocument

MAX_REASON_LENGTH = 300
"""The maximum number of characters of the library's message in an error."""


def deserialize(content: str | bytes, format: str, title: str) -> ProvDocument:  # noqa: A002
    """Return the document that ``prov`` reads from ``content``.

    Args:
        content: the file.
        format: the library's name of the format.
        title: the name of the format in an error.

    Raises:
        FormatError: the content is not of the format.
    """
    from prov import Error
    from prov.model import ProvDocument, ProvException

    try:
        with _without_warnings():
            return ProvDocument.deserialize(content=content, format=format)
    except (
        ProvException,
        Error,
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
        RecursionError,
    ) as error:
        reason = " ".join(str(error).split())[:MAX_REASON_LENGTH]
        raise FormatError(f"not {title}: {reason}") from error


def _without_warnings() -> Any:
    """Return a context in which the library collects its warnings instead of emitting them.

    The filters of the module ``warnings`` belong to the process, so a thread that changes them disturbs the others.
    """
    try:
        from prov._warnings import collect_warnings
    except ImportError:  # before prov 3.2.3
        return nullcontext()
    return collect_warnings()
