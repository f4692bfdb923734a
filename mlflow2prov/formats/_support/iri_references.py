"""Relative IRIs (RFC 3986, section 5)."""

import re
from urllib.parse import urljoin

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def resolve(reference: str, base: str) -> str:
    """Return a reference as an absolute IRI, whatever the scheme of ``base`` (RFC 3986, section 5)."""
    scheme, colon, rest = base.partition(":")
    if not colon or _SCHEME.match(reference):
        return reference
    # urljoin resolves references for the schemes that it knows only.
    iri = f"{scheme}{urljoin(f'http:{rest}', reference).removeprefix('http')}"
    return f"{iri}#" if reference.endswith("#") and not iri.endswith("#") else iri
