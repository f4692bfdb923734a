"""Types: decorated functions keep their signatures for mypy and editors."""

import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
api = pytest.importorskip("mypy.api")

TOP = Path(__file__).parents[2]

SNIPPET = """
from collections.abc import AsyncIterator, Iterator
import mlflow2prov.capture as p

@p.provenance(version=1, tags=["a"])
def add(a: int, b: int = 2, *, scale: float = 1.0) -> float:
    return (a + b) * scale

@p.provenance()
async def fetch(url: str) -> bytes:
    return b""

@p.provenance()
def count(n: int) -> Iterator[int]:
    yield from range(n)

@p.provenance()
async def stream(n: int) -> AsyncIterator[int]:
    yield n

class Model:
    @p.provenance()
    def predict(self, x: list[float]) -> float:
        return x[0]

    @p.provenance()
    async def later(self, x: int) -> str:
        return str(x)

    @classmethod
    @p.provenance()
    def make(cls, size: int) -> int:
        return size

    @staticmethod
    @p.provenance()
    def half(x: int) -> float:
        return x / 2

@p.ensure_proxies("a")
def checked(a: int) -> str:
    return str(a)

@p.with_merged_defaults()
def merged(options: dict[str, int] = {}) -> int:
    return 1

@p.provenance_set("build")
def build(n: int) -> str:
    return ""

async def main() -> None:
    reveal_type(add)
    reveal_type(add(1, scale=2.0))
    reveal_type(await fetch("u"))
    reveal_type(count(3))
    reveal_type(stream(3))
    reveal_type(Model().predict)
    reveal_type(await Model().later(1))
    reveal_type(Model.make(1))
    reveal_type(Model.half(1))
    reveal_type(checked)
    reveal_type(merged)
    reveal_type(build)
    reveal_type(p.explain_miss(add, 1))
    reveal_type(p.calls()[0].status)

add("x")
add(1, scale="big")
add(1, depth=2)
coroutine = fetch(1)
Model().predict("x")
Model.make("x")
build("x")
p.provenance(invalidate_on="sauce")
p.provenance(returns_composite="yes")
"""

REVEALED = [
    "def (a: int, b: int =, *, scale: float =) -> float",
    "float",
    "bytes",
    "typing.Iterator[int]",
    "typing.AsyncIterator[int]",
    "def (x: list[float]) -> float",
    "str",
    "int",
    "float",
    "def (a: int) -> str",
    "def (options: dict[str, int] =) -> int",
    "def (n: int) -> mlflow2prov.capture.sets.ArtifactSet",
    "mlflow2prov.capture.misses.MissExplanation",
    "Literal['RUNNING'] | Literal['FINISHED'] | Literal['FAILED'] | Literal['KILLED']",
]

REFUSED = [
    'Argument 1 to "add" has incompatible type "str"; expected "int"',
    'Argument "scale" to "add" has incompatible type "str"; expected "float"',
    'Unexpected keyword argument "depth" for "add"',
    'Argument 1 to "fetch" has incompatible type "int"; expected "str"',
    'Argument 1 to "predict" of "Model" has incompatible type "str"; expected "list[float]"',
    'Argument 1 to "make" of "Model" has incompatible type "str"; expected "int"',
    'Argument 1 to "build" has incompatible type "str"; expected "int"',
    'Argument "invalidate_on" to "provenance" has incompatible type',
    'Argument "returns_composite" to "provenance" has incompatible type "str"; expected "bool"',
]


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    path = tmp_path_factory.mktemp("typing") / "snippet.py"
    path.write_text(textwrap.dedent(SNIPPET))
    arguments = [
        "--config-file",
        str(TOP / "pyproject.toml"),
        "--cache-dir",
        str(TOP / ".mypy_cache"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYPYPATH", str(TOP))
        output, errors, _ = api.run([*arguments, "--no-error-summary", str(path)])
    assert not errors
    return [line.partition(": ")[2] for line in output.splitlines()]


def test_the_types_of_captured_functions_are_those_of_the_functions(messages):
    notes = [line for line in messages if line.startswith("note: Revealed type is")]
    revealed = [line.partition('"')[2].rstrip('"').replace("builtins.", "") for line in notes]
    assert revealed == REVEALED


def test_wrong_arguments_are_refused(messages):
    errors = [line for line in messages if line.startswith("error: ")]
    assert len(errors) == len(REFUSED)
    for error, wanted in zip(errors, REFUSED, strict=True):
        assert error.startswith(f"error: {wanted}")
