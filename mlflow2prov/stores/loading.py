"""Loading a document from wherever it is: a file, standard input, or a store."""

from __future__ import annotations

from pathlib import Path

from mlflow2prov.arguments import checked
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.formats import HEAD_BYTES, ReadableFormat, files
from mlflow2prov.prov import Document
from mlflow2prov.state.signature import is_state
from mlflow2prov.stores import is_address, pull


@checked
def load(
    input: str | Path,  # noqa: A002
    *,
    format: ReadableFormat | None = None,  # noqa: A002
    graph: str | None = None,
) -> Document:
    """Read a document from a file, from standard input, or from a store.

    Args:
        input: the path of a file in a format of PROV, or of a state file (:func:`mlflow2prov.update`); ``-`` for
            standard input; or the URL of a store, as for :func:`mlflow2prov.export`.
        format: the format of a file; by default the content decides, then the extension.
        graph: the IRI of the named graph, for SPARQL 1.1 stores.

    Raises:
        FormatError: the file cannot be read, its format is unknown, or its content is not valid.
        StateError: a state file cannot be read.
        DocumentStoreError: the driver is not installed, the store does not answer or refuses a request, or it has no
            document.
        ConfigurationError: an argument is not valid, or applies to the other kind of input only.
    """
    if isinstance(input, str) and is_address(input):
        if format is not None:
            raise ConfigurationError("format: applies to files, not to stores; leave it out")
        return pull(input, graph=graph)
    if graph is not None:
        raise ConfigurationError("graph: applies to stores, not to files; leave it out")
    if format is None and _is_state_file(input):
        from mlflow2prov.state.file import load_state

        return load_state(Path(input))
    return files.load(input, format=format)


def _is_state_file(input: str | Path) -> bool:  # noqa: A002
    """Return whether a regular file begins like a state file. What cannot be read here is reported by its reader."""
    try:
        if not Path(input).is_file():
            return False
        with Path(input).open("rb") as stream:
            return is_state(stream.read(HEAD_BYTES))
    except (OSError, ValueError):
        return False
