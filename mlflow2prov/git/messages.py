"""Git's own messages: the reason why a command failed, and what the user can do about it.

A repository chooses parts of these messages, such as paths. They become one line without control characters.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

MAX_REASON_LENGTH = 600
"""Longer reasons are cut to this many characters, in the middle: the last line is usually the fatal one."""

_LEVEL = re.compile(r"^(?:fatal|error|warning): ")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_COMMAND = re.compile(r"^git config --global --add safe\.directory .+")
_ADVICE = (
    (r"repository extension|Expected git repo version", "install a later git"),
    (
        r"alternate object path|object directory .* does not exist",
        "restore the folder that objects/info/alternates names there, or correct that file",
    ),
    (
        r"not a git repository: .*[\\/]worktrees[\\/]",
        "run `git worktree repair {folder}` in the repository that the worktree belongs to",
    ),
    (
        r"not a git repository: .*[\\/]modules[\\/]",
        "run `git submodule update --init` in the repository that the submodule belongs to",
    ),
    (r"not a git repository: |gitfile", "correct the path in the file .git there"),
    (r"Permission denied", "get permission to read it"),
    (r"bad config|bad numeric config|bad boolean config", "correct that file"),
)
_LAST_ADVICE = "run `git fsck` there"


def failure(messages: bytes, folder: Path) -> str:
    """Return the reason that git gives for a failure in ``folder``, and what to do: ``<reason>; <advice>``."""
    text = messages.decode("utf-8", "replace")
    lines = [_CONTROL.sub("\ufffd", line.strip()) for line in text.split("\n")]
    reason = _reason(lines)
    return f"{reason}; {_advice(reason, lines, folder)}"


def _reason(lines: Iterable[str]) -> str:
    """Return git's statements in their order, each once, without their levels and without its advice."""
    statements: list[str] = []
    is_list = False
    for line in lines:
        if level := _LEVEL.match(line):
            statements.append(line[level.end() :])
            is_list = line.endswith(":")
        elif is_list and line:
            # The names of unknown extensions are on lines of their own.
            statements[-1] += f" {line}"
        else:
            is_list = False
    reason = ", ".join(dict.fromkeys(statements)) or next(filter(None, lines), "no reason given")
    half = MAX_REASON_LENGTH // 2
    return reason if len(reason) <= 2 * half else f"{reason[:half]}...{reason[-half:]}"


def _advice(reason: str, lines: Iterable[str], folder: Path) -> str:
    if command := next(filter(_COMMAND.match, lines), None):
        return f"if you trust its owner, run `{command}`"
    advice = next((text for cause, text in _ADVICE if re.search(cause, reason)), _LAST_ADVICE)
    return advice.replace("{folder}", shlex.quote(str(folder)))
