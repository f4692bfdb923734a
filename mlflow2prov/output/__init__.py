"""Output: files that appear together, each whole or not at all, and streams that receive complete content.

A file is written to a temporary folder beside it, flushed to the disk and then renamed. Streams (standard output,
descriptors, FIFOs and devices) stay, and are written to after all files have appeared.

    output          an Output: what a chain of commands writes
    replacements    files that take the places of others, all or none
    places          the paths that can be written to, and which of them are streams
    streams         content that is copied to a stream
"""

from mlflow2prov.output.output import Output, StagedFolder
from mlflow2prov.output.places import (
    STREAM,
    is_stream,
    refuse_node,
    require_writable,
    stream_name,
)

__all__ = [
    "STREAM",
    "Output",
    "StagedFolder",
    "is_stream",
    "refuse_node",
    "require_writable",
    "stream_name",
]
