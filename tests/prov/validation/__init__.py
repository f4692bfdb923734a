"""Tests of validation, on documents in PROV-N."""

from mlflow2prov import formats, validate


def document(statements):
    """Return the document with statements in PROV-N, whose names are in the default namespace."""
    return formats.read(
        f"document\ndefault <http://x/>\n{statements}\nendDocument\n".encode(), format="provn"
    )


def broken(statements):
    """Return the numbers of the rules that statements break."""
    return [violation.rule.number for violation in validate(document(statements)).violations]
