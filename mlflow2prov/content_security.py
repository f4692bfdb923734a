"""Content Security Policies of pages: what an inline element must be for a browser to accept it."""

from __future__ import annotations

import base64
import hashlib


def hash_source(content: str) -> str:
    """Return the source by which a policy allows an inline script or style with this content.

    It has the form of a ``hash-source`` (Content Security Policy 3, section 2.3.1), with its quotes.

    >>> hash_source("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
