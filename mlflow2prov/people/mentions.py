"""Mentions: the people that a text names, recognised by the form of the text around them.

They occur in trailers of commit messages, mailboxes, JSON, command lines, environment variables and paths.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from mlflow2prov.people.common_words import COMMON_WORDS, FOLDER_NAMES, PLACEHOLDERS
from mlflow2prov.people.person_keys import (
    KEY_WORDS,
    is_person_key,
    is_person_trailer,
    is_weak_trailer,
)

MAX_NAME_LENGTH = 120

MAY_MENTION = (
    rf"(?i)({KEY_WORDS})[a-z()_\"'\\ \t-]{{0,20}}[:=：]"
    rf"|-({KEY_WORDS})|<[^<>]*@|home|users|documents and settings|~|/user|[/\\](u|repos|afs)[/\\]|[ \t]-[lu][ \t]"
)
"""A cheap test for texts that may mention a person, as a regular expression of DuckDB (RE2)."""


MAY_BE_MOUNTED = r"(?i)[/\\](mnt|media|scratch|lustre|gpfs|nfs)[/\\]"
"""A cheap test for texts with a path below a mounted disk, as a regular expression of DuckDB (RE2)."""


def mentions(text: str) -> Iterator[str]:
    """Yield the names, addresses and user names of the people in a text."""
    if any(sign in text for sign in ":：=<"):
        yield from _trailers(text)
        yield from _mailboxes(text)
    if ":" in text and ('"' in text or "'" in text):
        yield from _json_members(text)
    if any(sign in text for sign in ("=", "-", "/u", "/U")):
        yield from _arguments(text)
    if "/" in text or "\\" in text:
        yield from _homes(text)


_CAPITALIZED = r"[^\W\d_a-z][\w.'’-]{0,40}"
_PARTICLE = r"(?:van|von|vom|zu|der|den|de|del|da|dos|di|du|la|le|bin|al|el|ter)"

# Trailers (git-interpret-trailers(1)): "Signed-off-by: Ada <ada@x.org>", "Reviewers: Ada, Bob and Cy"

_TRAILER = re.compile(
    r"^[ \t>|*#-]{0,20}"
    r"([^\W\d_][\w.()-]{0,40}(?: (?:off )?(?:by|to|with|from)| (?:lead|name|owner|person))?)"
    r"[ \t]{0,3}([:=：])[ \t]*+([^\n]{1,1000})$",
    re.M | re.I,
)
_ADDRESS = re.compile(r"<([^\n<>]{1,254})>")
_BETWEEN_PEOPLE = re.compile(r"[,;&+|]|[ \t](?:and|und|et|y|with)[ \t]", re.I)
_REMARK = re.compile(r"\([^()\n]*\)?|(?<!\S)\[[^\[\]\n]*\]?|#[^\n]*|https?://\S+")
_NAME = re.compile(r"[^\W\d_][\w.'’@ \t\[\]-]{0,80}")
_FULL_NAME = re.compile(
    rf"{_CAPITALIZED}(?:[ \t]+(?:{_PARTICLE}[ \t]+){{0,2}}{_CAPITALIZED}){{0,4}}"
)


def _trailers(text: str) -> Iterator[str]:
    """Yield the people in lines whose key means a person."""
    for key, sign, value in _TRAILER.findall(text):
        if not (is_person_key(key) or (sign != "=" and is_person_trailer(key))):
            continue
        yield from _ADDRESS.findall(value)
        for part in _BETWEEN_PEOPLE.split(_REMARK.sub(" ", _ADDRESS.sub(",", value))):
            name = part.strip(" \t\"'`*_.@“”„‘’«»")
            if _is_name(name, is_weak=is_weak_trailer(key)) and not _is_ordinary(name):
                yield name


def _is_name(text: str, *, is_weak: bool) -> bool:
    """Return whether the value of a trailer looks like a name: capitalized if the key is also used for other things."""
    if is_weak and not (_FULL_NAME.fullmatch(text) or re.fullmatch(r"[\w.-]+", text)):
        return False
    return bool(_NAME.fullmatch(text)) and len(text.split()) <= 6


def _is_ordinary(name: str) -> bool:
    """Return whether a name in a text means a role, a thing or no person."""
    return name.casefold() in COMMON_WORDS or name.casefold() in PLACEHOLDERS


# Mailboxes (RFC 5322, section 3.4): "Ada van der Love <ada@x.org>", with capitalized words, or one word
# that the address contains

_MAILBOX = re.compile(
    rf"({_CAPITALIZED}(?:[ \t](?:{_PARTICLE}[ \t]){{0,2}}{_CAPITALIZED}){{0,3}})[ \t]*<[^\s<>@]{{1,64}}@"
)
_LOWER_MAILBOX = re.compile(r"([^\W\d_][\w.-]{1,40})[ \t]*<([^\s<>@]{1,64})@")


def _mailboxes(text: str) -> Iterator[str]:
    lines = "\n".join(line for line in text.split("\n") if "<" in line)
    yield from _MAILBOX.findall(lines)
    for word, local_part in _LOWER_MAILBOX.findall(lines):
        if word.lower() in local_part.lower():
            yield word


# JSON (RFC 8259), also within a text or within a JSON string, and the literals of Python

_MEMBER = re.compile(
    r"""\\{0,8}["']([\w.:-]{1,60})\\{0,8}["']\s{0,5}:\s{0,5}(\[[^\[\]\n]{1,2000}\]|\\{0,8}["'][^"'\\\n]{1,120}\\{0,8}["'])"""
)
_STRING = re.compile(r"""["']([^"'\\\n]{1,120})\\{0,8}["']""")
_NAME_KEYS = frozenset(
    (
        "name email username login nick nickname fullname givenname familyname firstname lastname displayname "
        "surname mail account value"
    ).split()
)


def _json_members(text: str) -> Iterator[str]:
    """Yield the people in the members of JSON objects whose key means a person."""
    value = _parse(text)
    if value is None:
        for key, member in _MEMBER.findall(text):
            if is_person_key(key):
                yield from _STRING.findall(member)
        return
    pending: list[tuple[Any, bool]] = [(value, False)]
    while pending:
        value, is_person = pending.pop()
        if isinstance(value, dict):
            pending += [
                (member, is_person_key(key) or (is_person and _is_name_key(key)))
                for key, member in value.items()
            ]
        elif isinstance(value, list):
            pending += [(member, is_person) for member in value]
        elif isinstance(value, str) and is_person and "\n" not in value:
            if 0 < len(value) <= MAX_NAME_LENGTH:
                yield value
        elif isinstance(value, str) and (inner := _parse(value)) is not None:
            pending.append((inner, False))


def _is_name_key(key: str) -> bool:
    return re.sub(r"[\W_]", "", key).lower() in _NAME_KEYS


def _parse(text: str) -> Any:
    """Return the JSON object or list that a text consists of, or None."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


# Command lines and environment variables: "--user ada", "--reviewer='Ada L.'", "USER=ada", "sudo -u ada"

_ESCAPES = r"\\{0,8}"
_VALUE = (
    rf"""({_ESCAPES}"[^"\\\n]{{1,120}}|{_ESCAPES}'[^'\\\n]{{1,120}}|"""
    r"""[^\s"'\\,;&|<>()\[\]{}$%-][^\s"'\\,;&|<>()\[\]{}]{0,120})"""
)
_OPTION = re.compile(
    rf"""(?<![\w-])--?([A-Za-z][\w.-]{{1,40}})(?:{_ESCAPES}["']?[ \t]*,[ \t]*|[ \t]*=[ \t]*|[ \t]+){_VALUE}"""
)
_VARIABLE = re.compile(rf"(?<![\w.-])([A-Za-z][\w.]{{1,60}})={_VALUE}")
_SHORT_OPTION = re.compile(
    r"\b(?:sudo|runuser|su|mysql|mysqldump|mariadb|curl|docker|podman|ssh|scp|psql|pg_dump)\b[^\n|;&]{0,80}?"
    rf"[ \t]-[ulU][ \t]*{_VALUE}"
)
_WINDOWS_OPTION = re.compile(rf"(?i)(?<!\S)/user(?:name)?:(?:[\w.-]{{1,60}}\\+)?{_VALUE}")
_NO_NAME = re.compile(r"[\d.:+-]*|true|false", re.I)


def _arguments(text: str) -> Iterator[str]:
    """Yield the people in options of commands and in assignments."""
    pairs = [
        pair
        for pattern in (_OPTION, _VARIABLE)
        for pair in pattern.findall(text)
        if is_person_key(pair[0])
    ]
    values = [value for _, value in pairs]
    values += _WINDOWS_OPTION.findall(text)
    values += (value.partition(":")[0] for value in _SHORT_OPTION.findall(text))
    for value in values:
        name = _ADDRESS.sub("", value.lstrip("\\").strip("\"'")).strip()
        if name and not _NO_NAME.fullmatch(name) and not _is_ordinary(name):
            yield name


# Home folders in absolute paths and in URLs that name a file, at any depth: "/mnt/c/Users/ada", "~ada/"

_SCHEMES = "file|dbfs|hdfs|sftp|ssh|nfs|smb|abfss?|s3a?|gs"
_ROOT = (
    rf"(?<![\w.~%/\\-])(?:(?:{_SCHEMES}):(?:[/\\]{{2}}[^/\\\s\"'<>]{{0,100}})?(?:[/\\][A-Za-z]:)?|[A-Za-z]:|"
    r"(?!(?<=:)//))"
)
_PATH = re.compile(rf"{_ROOT}([/\\][^\s\"'<>|*?,;:)]{{1,2000}})", re.I)
_WINDOWS_HOME = re.compile(
    r"[A-Za-z]:[/\\]{1,4}(?:users|documents and settings)[/\\]{1,4}([^/\\\n\"'<>:|*?]{1,60})(?=[/\\])",
    re.I,
)
_SHORT_HOME = re.compile(r"(?<![\w.~\\])~([A-Za-z_][\w.-]{1,40})(?=/)")
_SEPARATORS = re.compile(r"[/\\]+")
_HOMES = frozenset(("home", "homes", "users"))
_GROUPS = frozenset(("people", "staff", "students", *_HOMES))
# Beginnings of paths below which each user has a folder: of HDFS, Databricks, and large computers.
_BEGINNINGS = {("u",), ("user",), ("repos",), ("workspace", "repos")}
_SHARED_HOMES = frozenset(
    ("public", "shared", "default", "all users", "default user", "linuxbrew", "", ".", "..")
)
_MOUNTS = {"media": 0, "scratch": 0, "lustre": 0, "gpfs": 0, "nfs": 0, "mnt": 1}
_LOGIN = re.compile(r"[a-z][a-z._-]{2,30}\d{0,3}")


def _homes(text: str) -> Iterator[str]:
    """Yield the owners of home folders."""
    yield from _SHORT_HOME.findall(text)
    owners = [*map(_owner, _paths(text)), *_WINDOWS_HOME.findall(text)]
    yield from (owner.strip(" .") for owner in owners if owner.lower() not in _SHARED_HOMES)


def _owner(path: list[str]) -> str:
    """Return the owner of the first home folder in a path, or an empty text."""
    folders = [part.lower() for part in path]
    is_home = False
    for position, (part, folder) in enumerate(zip(path, folders, strict=True)):
        if is_home and folder not in _GROUPS and len(part) > 1:
            return part
        is_home = (
            is_home
            or folder in _HOMES
            or tuple(folders[: position + 1]) in _BEGINNINGS
            or (folder == "user" and folders[0] == "afs")
        )
    return ""


def _paths(text: str) -> Iterator[list[str]]:
    """Yield the absolute paths in a text, split at their separators."""
    for path in _PATH.findall(text):
        yield [part for part in _SEPARATORS.split(path) if part]


def mounted_folders(text: str) -> Iterator[str]:
    """Yield the folders that may be named for a user: ``/mnt/<volume>/<user>/``, ``/media/<user>/``, and the like."""
    for path in _paths(text):
        folders = path[:-1]
        skipped = _MOUNTS.get(folders[0].lower()) if folders else None
        if skipped is None or any(part.lower() in _HOMES for part in path):
            continue
        for folder in folders[1 + skipped :]:
            if folder in FOLDER_NAMES or folder in PLACEHOLDERS or folder in _GROUPS:
                continue
            if _LOGIN.fullmatch(folder) and folder not in COMMON_WORDS:
                yield folder
            break
