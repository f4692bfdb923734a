"""Inputs: files of the corpus with random changes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

MAX_BYTES = 1 << 17
"""Maximum size of an input."""
CHANGE_COUNTS = (1, 1, 1, 2, 3, 6)
"""How many changes inputs have. A file with one change is read more often than one with many."""

_TOKEN = re.compile(rb"[\w.-]+|\s+|.", re.DOTALL)
_ODD_TEXTS = tuple(
    text.encode("utf-8", "surrogatepass")
    for text in (
        # Characters
        *("", "\0", "\ud800", "\udcff\ud83d", "\ufeff", "\uffff", "\u202e", "\x1b[31m", "\x85"),
        *("e\u0301", "\U0010ffff", "\\", "\r", "\n", "\t"),
        # Characters as formats write them
        *("\\ud800", "\\u0000", "\\U0010FFFF", "&#xD800;", "&#0;", "&lt;", "%00", "%ED%A0%80"),
        # Numbers and times
        *("-0", "9" * 30, "1e400", "-inf", "NaN", "0x", "9223372036854775808", "1_0", "1.5.5"),
        *("00:60", "0000-00-00T00:00:00", "9999-12-31T23:59:60.999999999999+14:01"),
        *("-2024-02-30", "2024-01-31T24:00:00Z", "true", "null", "~"),
        # Names and addresses
        *("_:b", ":", "a:b:c", "http://[::1", "http://%zz/", "file:///dev/zero", "urn:", "//"),
        *("../..", "prov:type", "rdf:nil", "xsi:nil='true'", "xmlns='x'", "xml:lang='-'"),
        *("@base", "@context", "@graph", "@id", "@type"),
        # Syntax
        *("[", "]", "{", "}", "(", ")", "<", ">", "<!--", "-->", "<![CDATA[", "]]>", "<?x?>"),
        *(
            '"',
            "'",
            '"""',
            "''",
            ",",
            "#",
            "<>",
            "&a ",
            "*a",
            "<<: *a",
            "!!python/object:os.system",
        ),
        *("!!binary", "---", "...", "|", ">", "? ", "- ", "%YAML 9.9"),
    )
)


class Input(NamedTuple):
    """A file of the corpus by its name, with other content."""

    name: str
    content: bytes


def make_input(seeds: Mapping[str, bytes], key: str) -> Input:
    """Return the input that a key stands for.

    Args:
        seeds: the files of the corpus by their names.
        key: any text.
    """
    source = random.Random(key)
    name = source.choice(list(seeds))
    content = seeds[name]
    for _ in range(source.choice(CHANGE_COUNTS)):
        content = source.choice(_CHANGES)(content, source, list(seeds.values()))[:MAX_BYTES]
    return Input(name, content)


def _change_bytes(content: bytes, source: random.Random, _: Sequence[bytes]) -> bytes:
    changed = bytearray(content)
    for _ in range(source.choice((1, 1, 2, 8))):
        if changed:
            changed[source.randrange(len(changed))] = source.choice((0, 255, source.randrange(256)))
    return bytes(changed)


def _flip_bit(content: bytes, source: random.Random, _: Sequence[bytes]) -> bytes:
    changed = bytearray(content or b"\0")
    changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
    return bytes(changed)


def _cut_off(content: bytes, source: random.Random, _: Sequence[bytes]) -> bytes:
    return content[: source.randint(0, len(content))]


def _delete(content: bytes, source: random.Random, _: Sequence[bytes]) -> bytes:
    begin, end = _span(content, source)
    return content[:begin] + content[end:]


def _repeat(content: bytes, source: random.Random, _: Sequence[bytes]) -> bytes:
    begin, end = _span(content, source)
    times = source.choice((2, 2, 3, 10, 100, 10_000))
    return (
        content[:begin]
        + content[begin:end] * min(times, MAX_BYTES // (end - begin + 1))
        + content[end:]
    )


def _move(content: bytes, source: random.Random, _: Sequence[bytes]) -> bytes:
    begin, end = _span(content, source)
    rest = content[:begin] + content[end:]
    place = source.randint(0, len(rest))
    return rest[:place] + content[begin:end] + rest[place:]


def _insert(content: bytes, source: random.Random, _: Sequence[bytes]) -> bytes:
    place = source.randint(0, len(content))
    return content[:place] + source.choice(_ODD_TEXTS) + content[place:]


def _replace_token(content: bytes, source: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Replace a token, once or everywhere, by another one or by an odd text."""
    tokens = _TOKEN.findall(content) or [b""]
    others = source.choice((_ODD_TEXTS, tokens, _TOKEN.findall(source.choice(seeds)) or [b""]))
    position, other = source.randrange(len(tokens)), source.choice(others)
    if source.random() < 0.2 and tokens[position]:
        return content.replace(tokens[position], other)
    tokens[position] = other
    return b"".join(tokens)


def _swap_tokens(content: bytes, source: random.Random, _: Sequence[bytes]) -> bytes:
    tokens = _TOKEN.findall(content) or [b""]
    one, other = source.randrange(len(tokens)), source.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]
    return b"".join(tokens)


def _splice(content: bytes, source: random.Random, seeds: Sequence[bytes]) -> bytes:
    begin, end = _span(content, source)
    other = source.choice(seeds)
    other_begin, other_end = _span(other, source)
    return content[:begin] + other[other_begin:other_end] + content[end:]


def _span(content: bytes, source: random.Random) -> tuple[int, int]:
    """Return the begin and the end of a part, which is short most of the time."""
    begin = source.randint(0, len(content))
    length = source.choice((1, 4, 4, 30, 30, 300))
    return begin, min(len(content), begin + source.randint(0, length))


_CHANGES: tuple[Callable[[bytes, random.Random, Sequence[bytes]], bytes], ...] = (
    _change_bytes,
    _flip_bit,
    _cut_off,
    _delete,
    _repeat,
    _move,
    _insert,
    _replace_token,
    _replace_token,
    _swap_tokens,
    _splice,
)
