"""Relative IRIs (RFC 3986, section 5)."""

import re
from urllib.parse import urljoin

from mlflow2prov.errors import FormatError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def resolve(reference: str, base: str) -> str:
    """Return a reference as an absolute IRI, whatever the scheme of ``base`` (RFC 3986, section 5).

    Raises:
        FormatError: the reference or the base is not valid.
    """
    scheme, colon, rest = base.partition(":")
    if not colon or _SCHEME.match(reference):
        return reference
    try:
        # urljoin resolves references for the schemes that it knows only.
        iri = f"{scheme}{urljoin(f'http:{rest}', reference).removeprefix('http')}"
    except ValueError as error:
        raise FormatError(
            f"the relative IRI {reference[:80]!r} or its base {base[:80]!r} is not valid"
        ) from error
    return f"{iri}#" if reference.endswith("#") and not iri.endswith("#") else iri
