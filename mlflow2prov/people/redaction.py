"""Finding known people, and any e-mail address, in texts, and putting pseudonyms in their place.

A repository may know thousands of people and hold millions of texts, so no text is searched for everybody.
Each name is filed under one of its words, its rarest; the words of a text tell which names it may
hold, and only those are sought. Words repeat, so what a word may hold is worked out once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from mlflow2prov.people.common_words import COMMON

DIGITS = 16
"""Hexadecimal digits of a pseudonym (64 bits)."""

_WORD = re.compile(r"[^\W_]+")
_TAIL = re.compile(r"[\W_]+\Z")
_HASH = re.compile(r"(?=[a-f]*[0-9])[0-9a-f]{7,}")
_LONG_HASH = re.compile(r"[0-9a-f]{16,}")

# What may stand between the words of a name: spaces, a dot, an underscore, or one of them in a URL, in JSON, in XML.
_GAP = r"(?:[\W_]|%[0-9a-f]{2}|\\u[0-9a-f]{4}|&#?\w{1,6};)"

_AT = re.compile(r"@|%40|\\u0040|&#0*64;|&#x0*40;", re.I)
_LOCAL = re.compile(r"[\w.+%'!#$&*^`{|}~-]")
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_][\w-]{1,62}|\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"
)
# Somebody's account where code is kept: of who asks for a pull, who owns a repository, who is mentioned.
_ACCOUNTS = (
    re.compile(r"\bpull request \S{1,12} from ([\w.-]{1,60})[/:]", re.I),
    re.compile(
        r"\b(?:git(?:hub|lab|ea)|bitbucket|codeberg)\.[\w.-]{2,60}[/:]{1,2}([\w.-]{1,60})(?=[/)\s\"']|$)",
        re.I,
    ),
    re.compile(r"(?<![\w@/.])@([A-Za-z][\w-]{1,38})(?![\w./(@-])"),
)
_LONGEST_LOCAL = 64
_LONG_WORD = 30

_Span = tuple[int, int, str]


@dataclass(frozen=True, eq=False)
class _Sought:
    """A name as it may be written: the words it has, and under which conditions it counts."""

    person: str
    words: tuple[str, ...]
    pseudonym: str
    end: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern for it in lower-case texts."""
        least = 0 if len(self.joined) >= 8 else 1
        gap = f"{_GAP}{{{least},6}}"
        end = f"(?:{re.escape(self.end)})?" if self.end else ""
        return re.compile(gap.join(map(re.escape, self.words)) + end)

    @cached_property
    def joined(self) -> str:
        return "".join(self.words)

    @cached_property
    def is_ideographic(self) -> bool:
        return any(unicodedata.category(letter) == "Lo" for letter in self.joined)

    def spans(self, value: str, lower: str) -> Iterator[_Span]:
        """Yield where it stands in a text, given in lower case too."""
        if not self.words:
            sign = _folded(self.person)
            yield from (
                (f.start(), f.end(), self.pseudonym) for f in re.finditer(re.escape(sign), lower)
            )
            return
        if not all(word in lower for word in self.words):
            return
        for found in self.pattern.finditer(lower):
            span = self._accepted(value, lower, *found.span())
            if span:
                yield (*span, self.pseudonym)

    def _accepted(self, value: str, lower: str, start: int, end: int) -> tuple[int, int] | None:
        """Return the span to replace, which may be more than the name, or None where this is not it."""
        before, after = _letters_before(lower, start), _letters_after(lower, end)
        if len(self.words) == 1:
            word = lower[_word_start(lower, start) : _word_end(lower, end)]
            if word != self.joined and _HASH.fullmatch(word):
                return None
            if self.joined in COMMON:
                is_it = value[start:end] == self.person and _apart(value, start, end)
                return (start, end) if is_it else None
        if self.is_ideographic or not (before < start or after > end):
            if len(self.joined) <= 2 and not self.is_ideographic:
                is_it = value[start:end] == self.person and _alone(value, start, end)
                return (start, end) if is_it else None
            return start, end
        if len(self.joined) >= 5:
            return before, after
        return (start, end) if _humps(value, start, end) else None


class Redactor:
    """Replaces what is known of people in texts by digests under ``key``."""

    def __init__(self, key: bytes, names: Iterable[str]) -> None:
        self._key = key
        sought = [s for name in sorted(names) for s in self._ways(name)]
        frequency = Counter(word for s in sought for word in set(s.words))
        self._filed: dict[str, list[_Sought]] = {}
        self._wordless = [s for s in sought if not s.words]
        for s in sought:
            if s.words:
                rarest = min(s.words, key=lambda w: (len(w) < 3, frequency[w], -len(w), w))
                self._filed.setdefault(rarest, []).append(s)
        within = {len(word) for word in self._filed if len(word) > 2 or not word.isascii()}
        self._lengths = sorted(within)
        self._seen: dict[str, tuple[_Sought, ...]] = {}

    def pseudonym(self, name: str) -> str:
        """Return the pseudonym of a name, an address or a user name; case and outer space do not matter."""
        return f"person-{self.digest(_folded(name.strip()), DIGITS)}"

    def digest(self, text: str, digits: int) -> str:
        """Return ``digits`` hexadecimal digits of HMAC-SHA-256 (RFC 2104) over ``text``."""
        return hmac.new(
            self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()[:digits]

    def text(self, value: str) -> str:
        """Return ``value`` without anybody in it."""
        lower = _folded(value)
        spans = [span for s in self._candidates(lower) for span in s.spans(value, lower)]
        spans += self._addresses(value, lower)
        spans += (
            (*found.span(1), self.pseudonym(found[1]))
            for pattern in _ACCOUNTS
            for found in pattern.finditer(value)
        )
        if not spans:
            return value
        spans.sort(key=lambda span: (span[0], -span[1], span[2]))
        parts: list[str] = []
        at = 0
        for start, end, pseudonym in spans:
            if start < at:
                continue
            parts += value[at:start], pseudonym
            at = end
        return "".join([*parts, value[at:]])

    def _ways(self, name: str) -> Iterator[_Sought]:
        """Yield the ways in which a name may be written in a text."""
        folded = _folded(name)
        least = 3 if not _WORD.search(folded) else 2 if folded.isascii() else 1
        if len(folded) < least or folded.isdigit():
            return
        written = {folded}
        if not name.isascii():
            written.update(_folded(way(case)) for way in _WAYS for case in (name, folded))
        for form in sorted(written):
            # What follows the last word, as in "dependabot[bot]", goes along where it is there.
            end = _TAIL.search(form)
            words = tuple(_WORD.findall(form))
            yield _Sought(name, words, self.pseudonym(name), end[0] if end else "")

    def _candidates(self, lower: str) -> set[_Sought]:
        """Return what may stand in a text, by the words that it has."""
        found: set[_Sought] = {s for s in self._wordless if _folded(s.person) in lower}
        for word in set(_WORD.findall(lower)):
            known = self._seen.get(word)
            if known is None:
                known = self._held_by(word)
                if len(word) < _LONG_WORD:
                    self._seen[word] = known
            found.update(known)
        return found

    def _held_by(self, word: str) -> tuple[_Sought, ...]:
        """Return what is filed under the word, or under a part of it."""
        parts = {word}
        if not _LONG_HASH.fullmatch(word):
            parts.update(self._parts(word))
        return tuple(s for part in parts & self._filed.keys() for s in self._filed[part])

    def _parts(self, word: str) -> Iterator[str]:
        for length in self._lengths:
            yield from (word[at : at + length] for at in range(len(word) - length + 1))

    def _addresses(self, value: str, lower: str) -> Iterator[_Span]:
        """Yield where anything like an e-mail address stands (RFC 5322, 3.4.1; quoted ones by their end)."""
        if not any(sign in lower for sign in ("@", "%40", "u0040", "64;", "40;")):
            return
        for at in _AT.finditer(lower):
            domain = _DOMAIN.match(lower, at.end())
            if domain is None:
                continue
            start = at.start()
            first = max(0, start - _LONGEST_LOCAL)
            while start > first and _LOCAL.match(lower[start - 1]):
                start -= 1
            while start < at.start() and not value[start].isalnum():
                start += 1
            if start < at.start():
                address = f"{value[start : at.start()]}@{domain[0]}"
                yield start, domain.end(), self.pseudonym(address)


def _folded(text: str) -> str:
    """Return ``text`` in lower case and of the same length, so that what is found in one stands in both."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


_WAYS: tuple[Callable[[str], str], ...] = (
    lambda name: unicodedata.normalize("NFC", name),
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: quote(name, errors="replace"),
    lambda name: quote(unicodedata.normalize("NFD", name), errors="replace"),
    lambda name: "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in name),
    lambda name: "".join(c if c.isascii() else f"&#{ord(c)};" for c in name),
    lambda name: "".join(c if c.isascii() else f"&#x{ord(c):x};" for c in name),
    # Git's own quoting of paths.
    lambda name: "".join(
        c if c.isascii() else "".join(f"\\{byte:03o}" for byte in c.encode("utf-8", "replace"))
        for c in name
    ),
)
"""How a name that is not ASCII is written in other places: composed, decomposed, in URLs, JSON, XML, by git."""


def _letters_before(text: str, at: int) -> int:
    while at > 0 and text[at - 1].isalpha():
        at -= 1
    return at


def _letters_after(text: str, at: int) -> int:
    while at < len(text) and text[at].isalpha():
        at += 1
    return at


def _word_start(text: str, at: int) -> int:
    while at > 0 and text[at - 1].isalnum():
        at -= 1
    return at


def _word_end(text: str, at: int) -> int:
    while at < len(text) and text[at].isalnum():
        at += 1
    return at


def _neighbours(text: str, start: int, end: int) -> tuple[str, str]:
    return text[start - 1 : start], text[end : end + 1]


def _alone(value: str, start: int, end: int) -> bool:
    """Return whether no letter or digit adjoins."""
    return not any(c.isalnum() for c in _neighbours(value, start, end))


def _apart(value: str, start: int, end: int) -> bool:
    """Return whether nothing adjoins that is part of a word of prose or of a program."""
    return not any(c.isalnum() or c == "_" for c in _neighbours(value, start, end))


def _humps(value: str, start: int, end: int) -> bool:
    """Return whether letters adjoin only as other humps do in ``runAda`` and ``adaRun``."""
    before, after = _neighbours(value, start, end)
    begins = not before.isalpha() or (value[start].isupper() and before.islower())
    ends = not after.isalpha() or (after.isupper() and value[end - 1].islower())
    return begins and ends
