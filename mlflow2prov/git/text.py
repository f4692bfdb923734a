"""Git's bytes as text: names and messages, and paths."""

_ESCAPES = {
    7: "\\a",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    11: "\\v",
    12: "\\f",
    13: "\\r",
    34: '\\"',
    92: "\\\\",
}


def decode_text(content: bytes) -> str:
    """Decode a name or a message as UTF-8, or else as Latin-1, which accepts any bytes."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def decode_path(content: bytes) -> str:
    """Decode a path as UTF-8, or else return it as git quotes it.

    Git's quoted form (git-config(1), ``core.quotePath``) begins with a double quote. A path that itself begins with a
    double quote is quoted too, so different paths stay different.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return _quote(content)
    return _quote(content) if text[:1] == '"' else text


def line_text(line: str) -> str:
    """Return a line of :meth:`~mlflow2prov.git.repository.Repository.lines` as :func:`decode_text` does."""
    return decode_text(line.encode("utf-8", "surrogateescape"))


def line_path(line: str) -> str:
    """Return a line of :meth:`~mlflow2prov.git.repository.Repository.lines` as :func:`decode_path` does."""
    return decode_path(line.encode("utf-8", "surrogateescape"))


def _quote(content: bytes) -> str:
    escaped = (
        _ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")
        for byte in content
    )
    return f'"{"".join(escaped)}"'
