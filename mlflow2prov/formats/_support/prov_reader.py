"""Reading through the ``prov`` library, whatever it says of what it reads."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from mlflow2prov.errors import FormatError

if TYPE_CHECKING:
    from prov.model import ProvDocument


def deserialized(content: str | bytes, format: str, title: str) -> ProvDocument:  # noqa: A002
    """Return the document that ``prov`` reads from ``content``.

    Args:
        content: the file.
        format: what ``prov`` calls the format.
        title: what to call it in an error.

    Raises:
        FormatError: it is not of the format.
    """
    from prov import Error
    from prov.model import ProvDocument, ProvException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
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
        raise FormatError(f"not {title}: {' '.join(str(error).split())[:300]}") from error
