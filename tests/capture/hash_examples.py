"""Values of Python's own types, whose digests must not depend on the process or on the version of Python."""

import dataclasses
import datetime
import decimal
import enum
import pathlib
import uuid
from collections import Counter, OrderedDict, defaultdict, deque
from fractions import Fraction


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


@dataclasses.dataclass
class Point:
    x: float
    y: float


class Node:
    def __init__(self, name, parent=None):
        self.name = name
        self.parent = parent
        self.children = []


def tree():
    root = Node("root")
    root.children = [Node("left", root), Node("right", root)]
    return root


def scale(value, factor=2):
    return value * factor


def cycle():
    values = [1, 2]
    values.append(values)
    return values


UTC = datetime.timezone.utc  # noqa: UP017 - the test also runs where there is no datetime.UTC

EXAMPLES = {
    "none": None,
    "true": True,
    "one": 1,
    "one as float": 1.0,
    "one as text": "1",
    "one as bytes": b"1",
    "one as complex": 1 + 0j,
    "big": 2**200,
    "negative": -(2**31) - 1,
    "zero": 0.0,
    "negative zero": -0.0,
    "nan": float("nan"),
    "infinity": float("inf"),
    "text": "Käse 🧀",
    "surrogate": "\udc80",
    "list": [1, 2, 3],
    "tuple": (1, 2, 3),
    "set": {"b", "a", "c", 1, (2, 3)},
    "frozenset": frozenset("xyz"),
    "nested": {"b": [1, {"c": (None,)}], "a": {frozenset([1]): {2}}},
    "integer keys": {2: "b", 1: "a"},
    "mixed keys": {"1": 1, 1: "1", None: 0, (1, 2): 3},
    "bytes within": [b"#", "x", [b"="]],
    "ordered": OrderedDict(b=1, a=2),
    "counter": Counter("hello"),
    "defaultdict": defaultdict(list, a=[1]),
    "deque": deque([1, 2], maxlen=5),
    "range": range(3),
    "enum": Colour.RED,
    "dataclass": Point(1.0, 2.0),
    "date": datetime.date(2026, 1, 2),
    "datetime": datetime.datetime(2026, 1, 2, 3, 4, 5, 6),
    "aware datetime": datetime.datetime(2026, 1, 2, tzinfo=UTC),
    "timedelta": datetime.timedelta(1, 2, 3),
    "decimal": decimal.Decimal("1.10"),
    "fraction": Fraction(1, 3),
    "uuid": uuid.UUID(int=7),
    "path": pathlib.Path("a/b"),
    "function": scale,
    "cycle": cycle(),
    "tree with parents": tree(),
    "class": Point,
    "built-in": len,
}
