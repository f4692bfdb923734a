"""Seals: which files this user's programs have written, so that loading them runs no code of others.

A seal is a keyed digest (HMAC, RFC 2104) of a file's digest. Its key lies in the user's state folder, so that a file
that came with a clone or an archive has no valid seal.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

_KEY_BYTES = 32


def seal(digest: str) -> str | None:
    """Return the seal of a digest, or None if this user can keep no key."""
    key = _key()
    return None if key is None else hmac.new(key, digest.encode(), hashlib.sha256).hexdigest()


def is_sealed(digest: str, seal_of_digest: object) -> bool:
    """Return whether this user has sealed a digest."""
    expected = seal(digest)
    return (
        expected is not None
        and isinstance(seal_of_digest, str)
        and hmac.compare_digest(expected.encode(), seal_of_digest.encode("utf-8", "replace"))
    )


def _key() -> bytes | None:
    base = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    return _read_key(Path(base) / "mlflow2prov" / "seal.key")


@cache
def _read_key(path: Path) -> bytes | None:
    """Return the key in a file, which is created if necessary."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        if not path.exists():
            with open(
                temporary, "xb", opener=lambda name, _: os.open(name, flags, 0o600)
            ) as stream:
                stream.write(secrets.token_bytes(_KEY_BYTES))
            with suppress(FileExistsError):
                os.link(temporary, path)
            temporary.unlink()
        key = path.read_bytes()
        return key if len(key) == _KEY_BYTES else None
    return None
