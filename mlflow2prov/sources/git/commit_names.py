"""Names of commits besides the full hash: short hashes, tags, and the output of ``git describe``.

Only names that keep their meaning are resolved. A branch, ``HEAD`` or an expression (gitrevisions(7)) may have meant
another commit when it was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlflow2prov.git.repository import Repository

_HASH = re.compile(r"[0-9a-fA-F]{4,64}")
_DESCRIBED_HASH = re.compile(r".+-\d+-g([0-9a-f]{4,64})")
_DIRTY = re.compile(r"[-+](?:dirty|broken)$")
# The characters of expressions, and others that no ref has (git-check-ref-format(1)).
_NOT_IN_REFS = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")


def resolve_commit_names(repository: Repository, names: Iterable[str]) -> dict[str, str]:
    """Return the full hashes of the commits that ``names`` denote in ``repository``; other names are left out.

    A tag wins over a commit whose hash begins like its name, as in git.
    """
    expressions = [(name, expression) for name in names for expression in _expressions(name)]
    if not expressions:
        return {}
    stdin = "".join(f"{expression}\n" for _, expression in expressions)
    answers = repository.lines(
        "cat-file",
        "--batch-check=%(objecttype) %(objectname)",
        stdin=stdin.encode("utf-8", "surrogateescape"),
    )
    hashes: dict[str, str] = {}
    for (name, _), answer in zip(expressions, answers, strict=False):
        object_type, _, sha = answer.partition(" ")
        if object_type == "commit":
            hashes.setdefault(name, sha)
    return hashes


def _expressions(name: str) -> Iterator[str]:
    """Yield the expressions that may denote the commit of a recorded name, the preferred one first."""
    name = name.strip()
    for candidate in dict.fromkeys((name, _DIRTY.sub("", name))):
        if candidate and not _NOT_IN_REFS.search(candidate):
            yield f"refs/tags/{candidate.removeprefix('refs/').removeprefix('tags/')}^{{commit}}"
        described = _DESCRIBED_HASH.fullmatch(candidate)
        sha = described[1] if described else candidate
        if _HASH.fullmatch(sha):
            yield f"{sha.lower()}^{{commit}}"
