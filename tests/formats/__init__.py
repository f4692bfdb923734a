"""Tests of the formats, and the functions that they share."""

import io

from mlflow2prov import formats


def write(document, name):
    """Return the bytes of a document in the format ``name``."""
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    return stream.getvalue()


def differences(expected, actual):
    """Return the statements of two documents that differ, as the message of an assertion."""
    before, after = set(expected.statements()), set(actual.statements())
    return f"missing: {before - after}\nunexpected: {after - before}"
