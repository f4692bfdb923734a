"""Pathspecs: patterns of files as git takes them (gitglossary(7), "pathspec")."""

from __future__ import annotations

import re

from mlflow2prov.errors import ConfigurationError

MAGIC_WORDS = ("top", "literal", "icase", "glob", "attr", "exclude", "prefix")

_LONG_FORM = re.compile(r":\(([^)]*)\)(.*)", re.S)


def exclusion(pathspec: str) -> str:
    """Return the pathspec that excludes the files that ``pathspec`` matches, relative to the root of the repository.

    >>> exclusion("mlruns"), exclusion("*.csv"), exclusion(":(icase)data"), exclusion(":/data")
    (':(top,exclude)mlruns', ':(top,exclude)*.csv', ':(top,exclude,icase)data', ':(top,exclude)data')

    Raises:
        ConfigurationError: it is no pathspec, or it already excludes files.
    """
    words, pattern = [], pathspec
    if match := _LONG_FORM.fullmatch(pathspec):
        words = [word.strip() for word in match[1].split(",") if word.strip()]
        pattern = match[2]
    elif pathspec.startswith(":/"):
        pattern = pathspec[2:]
    elif pathspec.startswith(":"):
        words = ["exclude"]
    names = [word.partition(":")[0] for word in words]
    if "exclude" in names or "prefix" in names or "\0" in pathspec:
        raise ConfigurationError(
            f"{pathspec[:80]!r} is not a pattern of files to leave out; give one like data or '*.csv'"
        )
    if unknown := sorted(set(names) - set(MAGIC_WORDS)):
        raise ConfigurationError(
            f"{pathspec[:80]!r} has the unknown word {unknown[0][:40]!r}; give a pattern like data or '*.csv'"
        )
    if not pattern.strip("./"):
        raise ConfigurationError(
            f"{pathspec[:80]!r} matches every file; leave files of the repository in"
        )
    kept = [word for word in words if word != "top"]
    return f":({','.join(['top', 'exclude', *kept])}){pattern.removeprefix('./')}"


def literal_exclusion(path: str) -> str:
    """Return the pathspec that excludes a file, or a folder with all its files."""
    return f":(top,exclude,literal){path}"
