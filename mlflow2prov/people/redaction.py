"""Redaction: names of people, and all e-mail addresses, in texts are replaced by pseudonyms.

A repository may have thousands of people and millions of texts, so a text is not searched for every name.
Each name is indexed under the rarest of its words. The words of a text select the names that it may
contain, and only those are searched for. Words recur, so the selection for a word is cached.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from mlflow2prov.people.common_words import COMMON_WORDS

PSEUDONYM_LENGTH = 16
"""The length of a pseudonym in hexadecimal digits (64 bits)."""

_WORD = re.compile(r"[^\W_]+")
_TAIL = re.compile(r"[\W_]+\Z")
_HASH = re.compile(r"(?=[a-f]*[0-9])[0-9a-f]{7,}")
_LONG_HASH = re.compile(r"[0-9a-f]{16,}")

# The characters between the words of a name: spaces, a dot, an underscore, also escaped as in URLs, JSON and XML.
_GAP = r"(?:[\W_]|%[0-9a-f]{2}|\\u[0-9a-f]{4}|&#?\w{1,6};)"

_AT = re.compile(r"@|%40|\\u0040|&#0*64;|&#x0*40;", re.I)
_LOCAL = re.compile(r"[\w.+%'!#$&*^`{|}~-]")
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_][\w-]{1,62}|\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"
)
# Accounts on sites that host code: in pull requests, in repository URLs, and in mentions.
_ACCOUNTS = (
    re.compile(r"\bpull request \S{1,12} from ([\w.-]{1,60})[/:]", re.I),
    re.compile(
        r"\b(?:git(?:hub|lab|ea)|bitbucket|codeberg)\.[\w.-]{2,60}[/:]{1,2}([\w.-]{1,60})(?=[/)\s\"']|$)",
        re.I,
    ),
    re.compile(r"(?<![\w@/.])@([A-Za-z][\w-]{1,38})(?![\w./(@-])"),
)
_MAX_LOCAL_PART = 64
_MAX_CACHED_WORD = 30

_Span = tuple[int, int, str]


@dataclass(frozen=True, eq=False)
class NamePattern:
    """One spelling of a name: its words, and the conditions under which an occurrence is the name.

    Attributes:
        person: the name.
        words: the words of the spelling in lower case; empty if it has none.
        pseudonym: the pseudonym of the person.
        end: the characters after the last word, as in ``dependabot[bot]``.
    """

    person: str
    words: tuple[str, ...]
    pseudonym: str
    end: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The regular expression for the name in lower-case text."""
        min_gap = 0 if len(self.joined) >= 8 else 1
        gap = f"{_GAP}{{{min_gap},6}}"
        end = f"(?:{re.escape(self.end)})?" if self.end else ""
        return re.compile(gap.join(map(re.escape, self.words)) + end)

    @cached_property
    def joined(self) -> str:
        """The words without the characters between them."""
        return "".join(self.words)

    @cached_property
    def is_ideographic(self) -> bool:
        """Whether the name has letters of a script without case."""
        return any(unicodedata.category(letter) == "Lo" for letter in self.joined)

    def spans(self, value: str, lower: str) -> Iterator[_Span]:
        """Yield the spans of the name in a text.

        Args:
            value: the text.
            lower: the text in lower case, of the same length.
        """
        if not self.words:
            signs = re.escape(_fold(self.person))
            for match in re.finditer(signs, lower):
                yield (match.start(), match.end(), self.pseudonym)
            return
        if not all(word in lower for word in self.words):
            return
        for match in self.pattern.finditer(lower):
            span = self._span_to_replace(value, lower, *match.span())
            if span:
                yield (*span, self.pseudonym)

    def _span_to_replace(
        self, value: str, lower: str, start: int, end: int
    ) -> tuple[int, int] | None:
        """Return the span to replace, which may extend beyond the name, or None if this is not the name."""
        before, after = _letters_before(lower, start), _letters_after(lower, end)
        if len(self.words) == 1:
            word = lower[_word_start(lower, start) : _word_end(lower, end)]
            if word != self.joined and _HASH.fullmatch(word):
                return None
            if self.joined in COMMON_WORDS:
                is_name = value[start:end] == self.person and _is_separate(value, start, end)
                return (start, end) if is_name else None
        if self.is_ideographic or not (before < start or after > end):
            if len(self.joined) <= 2 and not self.is_ideographic:
                is_name = value[start:end] == self.person and _is_isolated(value, start, end)
                return (start, end) if is_name else None
            return start, end
        if len(self.joined) >= 5:
            return before, after
        return (start, end) if _is_camel_case_boundary(value, start, end) else None


class Redactor:
    """Replaces the names of people and machines, and all e-mail addresses, in texts by digests under a key.

    Args:
        key: the key.
        names: the names of people.
        hosts: the names under which texts mention machines, each with the name of the machine.
    """

    def __init__(
        self, key: bytes, names: Iterable[str], hosts: Mapping[str, str] | None = None
    ) -> None:
        self._key = key
        pseudonyms = {name: self.host_pseudonym(host) for name, host in (hosts or {}).items()}
        pseudonyms |= {name: self.pseudonym(name) for name in names}
        patterns = [
            pattern
            for name, pseudonym in sorted(pseudonyms.items())
            for pattern in _spellings(name, pseudonym)
        ]
        frequency = Counter(word for pattern in patterns for word in set(pattern.words))
        self._by_word: dict[str, list[NamePattern]] = {}
        self._without_words = [pattern for pattern in patterns if not pattern.words]
        for pattern in patterns:
            if pattern.words:
                rarest = min(
                    pattern.words,
                    key=lambda word: (len(word) < 3, frequency[word], -len(word), word),
                )
                self._by_word.setdefault(rarest, []).append(pattern)
        # Words of one or two ASCII letters are looked up as whole words only.
        self._part_lengths = sorted(
            {len(word) for word in self._by_word if len(word) > 2 or not word.isascii()}
        )
        self._cache: dict[str, tuple[NamePattern, ...]] = {}

    def pseudonym(self, name: str) -> str:
        """Return the pseudonym of a name, address or user name; case and surrounding space do not count."""
        return f"person-{self.digest(_fold(name.strip()), PSEUDONYM_LENGTH)}"

    def host_pseudonym(self, name: str) -> str:
        """Return the pseudonym of the name of a machine; case does not count."""
        return f"host-{self.digest(_fold(name.strip()), PSEUDONYM_LENGTH)}"

    def path_pseudonym(self, path: str) -> str:
        """Return the pseudonym of a path."""
        return f"path-{self.digest(path, PSEUDONYM_LENGTH)}"

    def digest(self, text: str, digits: int) -> str:
        """Return the first ``digits`` hexadecimal digits of HMAC-SHA-256 (RFC 2104) over ``text``."""
        return hmac.new(
            self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()[:digits]

    def redact(self, value: str) -> str:
        """Return ``value`` with pseudonyms in place of people."""
        lower = _fold(value)
        spans = [
            span for pattern in self._candidates(lower) for span in pattern.spans(value, lower)
        ]
        spans += self._address_spans(value, lower)
        spans += (
            (*match.span(1), self.pseudonym(match[1]))
            for account in _ACCOUNTS
            for match in account.finditer(value)
        )
        if not spans:
            return value
        spans.sort(key=lambda span: (span[0], -span[1], span[2]))
        parts: list[str] = []
        position = 0
        for start, end, pseudonym in spans:
            if start < position:
                continue
            parts += value[position:start], pseudonym
            position = end
        return "".join([*parts, value[position:]])

    def _candidates(self, lower: str) -> set[NamePattern]:
        """Return the patterns that a text may match, selected by its words."""
        candidates = {pattern for pattern in self._without_words if _fold(pattern.person) in lower}
        for word in set(_WORD.findall(lower)):
            patterns = self._cache.get(word)
            if patterns is None:
                patterns = self._patterns_in(word)
                if len(word) < _MAX_CACHED_WORD:
                    self._cache[word] = patterns
            candidates.update(patterns)
        return candidates

    def _patterns_in(self, word: str) -> tuple[NamePattern, ...]:
        """Return the patterns that are indexed under a word or under a part of it."""
        parts = {word}
        if not _LONG_HASH.fullmatch(word):
            parts.update(self._parts(word))
        return tuple(
            pattern for part in parts & self._by_word.keys() for pattern in self._by_word[part]
        )

    def _parts(self, word: str) -> Iterator[str]:
        for length in self._part_lengths:
            yield from (word[start : start + length] for start in range(len(word) - length + 1))

    def _address_spans(self, value: str, lower: str) -> Iterator[_Span]:
        """Yield the spans of e-mail addresses (RFC 5322, section 3.4.1). For a quoted one, it is the unquoted end."""
        if not any(sign in lower for sign in ("@", "%40", "u0040", "64;", "40;")):
            return
        for at in _AT.finditer(lower):
            domain = _DOMAIN.match(lower, at.end())
            if domain is None:
                continue
            start = at.start()
            first = max(0, start - _MAX_LOCAL_PART)
            while start > first and _LOCAL.match(lower[start - 1]):
                start -= 1
            while start < at.start() and not value[start].isalnum():
                start += 1
            if start < at.start():
                address = f"{value[start : at.start()]}@{domain[0]}"
                yield start, domain.end(), self.pseudonym(address)


def _fold(text: str) -> str:
    """Return ``text`` in lower case with its length unchanged, so that positions are the same in both."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


_ENCODINGS: tuple[Callable[[str], str], ...] = (
    lambda name: unicodedata.normalize("NFC", name),
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: quote(name, errors="replace"),
    lambda name: quote(unicodedata.normalize("NFD", name), errors="replace"),
    lambda name: "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in name),
    lambda name: "".join(c if c.isascii() else f"&#{ord(c)};" for c in name),
    lambda name: "".join(c if c.isascii() else f"&#x{ord(c):x};" for c in name),
    # Git's quoting of paths.
    lambda name: "".join(
        c if c.isascii() else "".join(f"\\{byte:03o}" for byte in c.encode("utf-8", "replace"))
        for c in name
    ),
)
"""Encodings of names that are not ASCII: composed, decomposed, and escaped as in URLs, JSON, XML and by git."""


def _spellings(name: str, pseudonym: str) -> Iterator[NamePattern]:
    """Yield the spellings of a name that is long enough to be recognised in a text."""
    folded = _fold(name)
    min_length = 3 if not _WORD.search(folded) else 2 if folded.isascii() else 1
    if len(folded) < min_length or folded.isdigit():
        return
    spellings = {folded}
    if not name.isascii():
        spellings.update(_fold(spell(case)) for spell in _ENCODINGS for case in (name, folded))
    for spelling in sorted(spellings):
        end = _TAIL.search(spelling)
        words = tuple(_WORD.findall(spelling))
        yield NamePattern(name, words, pseudonym, end[0] if end else "")


def _letters_before(text: str, position: int) -> int:
    while position > 0 and text[position - 1].isalpha():
        position -= 1
    return position


def _letters_after(text: str, position: int) -> int:
    while position < len(text) and text[position].isalpha():
        position += 1
    return position


def _word_start(text: str, position: int) -> int:
    while position > 0 and text[position - 1].isalnum():
        position -= 1
    return position


def _word_end(text: str, position: int) -> int:
    while position < len(text) and text[position].isalnum():
        position += 1
    return position


def _neighbors(text: str, start: int, end: int) -> tuple[str, str]:
    return text[start - 1 : start], text[end : end + 1]


def _is_isolated(value: str, start: int, end: int) -> bool:
    """Return whether the characters beside the span are neither letters nor digits."""
    return not any(c.isalnum() for c in _neighbors(value, start, end))


def _is_separate(value: str, start: int, end: int) -> bool:
    """Return whether the characters beside the span are neither letters, digits nor underscores."""
    return not any(c.isalnum() or c == "_" for c in _neighbors(value, start, end))


def _is_camel_case_boundary(value: str, start: int, end: int) -> bool:
    """Return whether the span is a part of a camel-case word, as in ``runAda`` and ``adaRun``, or separate."""
    before, after = _neighbors(value, start, end)
    begins = not before.isalpha() or (value[start].isupper() and before.islower())
    ends = not after.isalpha() or (after.isupper() and value[end - 1].islower())
    return begins and ends
