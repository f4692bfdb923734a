"""Pointers of Git LFS, which a clone without ``git-lfs`` has in place of files (git-lfs, ``docs/spec.md``)."""

from __future__ import annotations

MAX_BYTES = 1024
"""Maximum size of a pointer."""

REASON = "a pointer of Git LFS, not the file itself; run `git lfs pull` there"

_FIRST_LINES = (
    b"version https://git-lfs.github.com/spec/v1\n",
    b"version https://hawser.github.com/spec/v1\n",
)


def is_pointer(content: bytes) -> bool:
    """Return whether a file with this content, or this beginning of it, is a pointer."""
    return content[:MAX_BYTES].replace(b"\r\n", b"\n").startswith(_FIRST_LINES)
