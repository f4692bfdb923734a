"""Kinds of functions: each is captured, keeps its kind, and has results of its own."""

import asyncio
import contextlib
import contextvars
import functools
import inspect
import operator
import pickle
from fractions import Fraction

import click
import numpy as np
import pytest
from click.testing import CliRunner

import mlflow2prov.capture as p
from mlflow2prov.capture import signatures

pytestmark = pytest.mark.usefixtures("memory")


def statuses():
    return [(call.status, call.cached) for call in p.calls()]


HIT, MISS = ("FINISHED", True), ("FINISHED", False)


# --- coroutines


def test_a_coroutine_function_is_awaited_once_per_key():
    awaited = []

    @p.provenance()
    async def fetch(x):
        await asyncio.sleep(0)
        awaited.append(x)
        return x + 1

    assert inspect.iscoroutinefunction(fetch)
    assert asyncio.run(fetch(1)) == 2
    result = asyncio.run(fetch(1))
    assert result == 2
    assert result.artifact.inputs["kargs"] == {"x": 1}
    assert awaited == [1]
    assert statuses() == [MISS, HIT]


def test_a_coroutine_passes_its_lineage_on():
    @p.provenance()
    async def one():
        return [1]

    @p.provenance()
    async def two(values):
        return [*values, 2]

    async def main():
        return await two(await one())

    result = asyncio.run(main())
    assert [artifact.fn_name for artifact in p.dependencies(result)] == ["one", "two"]


def test_nested_coroutines_know_the_call_around_them():
    @p.provenance()
    async def inner(x):
        await asyncio.sleep(0)
        return x

    @p.provenance()
    async def outer():
        return sum(await asyncio.gather(inner(1), inner(2)))

    asyncio.run(outer())
    calls = {call.fn_name + str(len(call.arguments)): call for call in p.calls()}
    assert calls["outer0"].parent_id is None
    assert [call.parent_id for call in p.calls(fn_name="inner")] == [calls["outer0"].id] * 2


def test_a_cancelled_coroutine_is_recorded_as_killed():
    @p.provenance()
    async def wait():
        await asyncio.sleep(60)

    async def main():
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(wait(), 0.01)

    asyncio.run(main())
    (call,) = p.calls()
    assert (call.status, call.exception_type) == ("KILLED", "asyncio.exceptions.CancelledError")


# --- generators


def test_the_items_of_a_generator_are_replayed():
    computed = []

    @p.provenance()
    def count(n):
        for i in range(n):
            computed.append(i)
            yield i

    first = count(3)
    assert first.artifact is None, "the generator has not ended"
    assert list(first) == [0, 1, 2]
    again = count(3)
    assert list(again) == [0, 1, 2]
    assert computed == [0, 1, 2]
    assert again.artifact == first.artifact
    assert first.artifact.value == [0, 1, 2]


def test_a_generator_is_as_lazy_as_before():
    computed = []

    @p.provenance()
    def count():
        computed.append("begin")
        yield 1
        computed.append("end")

    generator = count()
    assert (computed, len(p.calls())) == ([], 0)
    assert next(generator) == 1
    assert computed == ["begin"]
    assert [call.status for call in p.calls()] == ["RUNNING"]
    assert next(generator, "over") == "over"
    assert [call.status for call in p.calls()] == ["FINISHED"]


def test_the_value_that_a_generator_returns_is_replayed():
    @p.provenance()
    def count():
        yield 1
        return "total"

    def delegate():
        returned = yield from count()
        yield returned

    assert list(delegate()) == list(delegate()) == [1, "total"]
    assert statuses() == [MISS, HIT]


def test_a_generator_that_is_closed_early_has_no_result():
    cleaned = []

    @p.provenance()
    def count():
        try:
            yield 1
            yield 2
        finally:
            cleaned.append(True)

    for _ in count():
        break
    generator = count()
    next(generator)
    generator.close()
    assert cleaned == [True, True]
    assert [call.status for call in p.calls()] == ["KILLED", "KILLED"]
    assert "closed before its end" in p.calls()[0].uncacheable


def test_a_generator_that_values_are_sent_to_has_no_result():
    @p.provenance()
    def echo():
        received = None
        while received != "stop":
            received = yield received

    for word in ("a", "b"):
        generator = echo()
        assert next(generator) is None
        assert generator.send(word) == word
        with pytest.raises(StopIteration):
            generator.send("stop")
    assert statuses() == [MISS, MISS]
    assert "a value was sent" in p.calls()[0].uncacheable


def test_an_exception_in_a_generator_is_recorded_and_comes_again():
    @p.provenance()
    def fail():
        yield 1
        raise LookupError("gone")

    for _ in range(2):
        with pytest.raises(LookupError, match="gone"):
            list(fail())
    assert [(call.status, call.exception_type) for call in p.calls()] == [
        ("FAILED", "builtins.LookupError")
    ] * 2


def test_an_exception_can_be_raised_in_a_generator():
    @p.provenance()
    def guard():
        try:
            yield 1
        except KeyError:
            yield "caught"

    generator = guard()
    next(generator)
    assert generator.throw(KeyError("k")) == "caught"
    assert list(generator) == []
    assert p.calls()[0].artifact_id is None


def test_a_generator_can_be_the_body_of_a_context_manager():
    @contextlib.contextmanager
    @p.provenance()
    def opened(name):
        yield name

    for _ in range(2):
        with opened("a") as name:
            assert name == "a"


def test_a_generator_that_is_used_in_two_threads_has_the_items_of_both(memory):
    @p.provenance()
    def count(n):
        yield from range(n)

    one, two = count(3), count(3)
    assert [next(one), next(two), *one, *two] == [0, 0, 1, 2, 1, 2]
    assert one.artifact == two.artifact


def test_the_items_of_an_asynchronous_generator_are_replayed():
    computed = []

    @p.provenance()
    async def count(n):
        for i in range(n):
            computed.append(i)
            yield i

    async def collect():
        return [item async for item in count(3)]

    assert asyncio.run(collect()) == asyncio.run(collect()) == [0, 1, 2]
    assert computed == [0, 1, 2]
    assert statuses() == [MISS, HIT]


def test_an_asynchronous_generator_that_is_closed_early_has_no_result():
    @p.provenance()
    async def count():
        yield 1
        yield 2

    async def take_one(close):
        generator = count()
        item = await anext(generator)
        if close:
            await generator.aclose()
        return item

    assert asyncio.run(take_one(close=True)) == 1
    assert asyncio.run(take_one(close=False)) == 1
    assert [call.status for call in p.calls()] == ["KILLED", "KILLED"]


# --- methods


class Scale:
    made = 0

    def __init__(self, factor):
        self.factor = factor

    @p.provenance()
    def times(self, x):
        return x * self.factor

    @p.provenance()
    @classmethod
    def of(cls, factor):
        cls.made += 1
        return factor

    @classmethod
    @p.provenance()
    def named(cls, x):
        return [cls.__name__, x]

    @p.provenance()
    @staticmethod
    def half(x):
        return x / 2

    @staticmethod
    @p.provenance()
    def third(x):
        return x / 3

    @property
    @p.provenance()
    def double(self):
        return self.factor * 2

    @p.provenance()
    async def later(self, x):
        return x * self.factor

    def __call__(self, x):
        return [x, self.factor]

    def plain(self, x):
        return (x, self.factor)


class Unit(Scale):
    pass


def test_the_object_is_an_argument_of_a_method():
    assert [Scale(2).times(3), Scale(4).times(3), Scale(2).times(x=3)] == [6, 12, 6]
    assert statuses() == [MISS, MISS, HIT]
    artifact = Scale(2).times(3).artifact
    assert artifact.name == f"{__name__}.Scale.times"
    assert sorted(artifact.inputs["kargs"]) == ["self", "x"]


def test_the_class_is_an_argument_of_a_class_method():
    results = [Scale.named(1), Unit.named(1), Scale.named(1)]
    assert results == [["Scale", 1], ["Unit", 1], ["Scale", 1]]
    assert statuses() == [MISS, MISS, HIT]
    before = Scale.made
    assert [Scale.of(5), Scale(1).of(5)] == [5, 5]
    assert Scale.made == before + 1


def test_static_methods_and_properties():
    assert [Scale.half(4), Scale(1).half(4), Scale.third(6)] == [2, 2, 2]
    assert [Scale(2).double, Scale(3).double, Scale(2).double] == [4, 6, 4]


def test_an_asynchronous_method():
    assert [asyncio.run(Scale(k).later(3)) for k in (2, 4, 2)] == [6, 12, 6]
    assert statuses() == [MISS, MISS, HIT]


@pytest.mark.parametrize("bind", [lambda scale: scale, lambda scale: scale.plain])
def test_the_object_behind_a_bound_method_or_a_callable_object_counts(bind):
    two, four = (p.provenance()(bind(Scale(factor))) for factor in (2, 4))
    assert [list(two(1)), list(four(1)), list(two(1))] == [[1, 2], [1, 4], [1, 2]]
    assert statuses() == [MISS, MISS, HIT]


def test_a_callable_object_has_the_name_of_its_class():
    assert p.provenance()(Scale(2))(1).artifact.fn_name == "Scale"


# --- partial functions and decorators


def join(*parts, sep=""):
    return sep.join(parts)


def test_partial_functions_bind_by_position_and_by_name():
    captured = p.provenance()(functools.partial(join, "a", sep="-"))
    assert captured("b") == "a-b"
    assert captured("b").artifact.inputs == {"kargs": {"sep": "-"}, "varargs": ("a", "b")}
    assert captured.__name__ == "join"


def test_a_positional_partial_of_a_lambda():
    captured = p.provenance()(functools.partial(lambda a, b: a - b, 5))
    assert captured(2) == 3


def test_a_partial_of_a_captured_function():
    captured = functools.partial(p.provenance()(join), "a")
    assert captured("b").artifact.inputs["varargs"] == ("a", "b")


def shout(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs).upper()

    return wrapper


def test_a_decorator_below_is_part_of_the_result():
    @p.provenance()
    @shout
    def greet(name):
        return f"hello {name}"

    assert greet("x") == "HELLO X"
    assert greet(name="x").artifact.inputs["kargs"] == {"name": "x"}
    assert greet("x").artifact.fn_name == "greet"


def test_a_decorator_above_changes_the_stored_result():
    @shout
    @p.provenance()
    def greet(name):
        return f"hello {name}"

    assert greet("x") == greet("x") == "HELLO X"
    assert statuses() == [MISS, HIT]
    assert p.load_artifact(p.calls()[0].artifact_id).value == "hello x"


def test_the_cache_of_functools_above_and_below():
    above = functools.cache(p.provenance(name="above")(join))
    below = p.provenance(name="below")(functools.lru_cache(join))
    assert [above("a"), above("a"), below("a"), below("a")] == ["a"] * 4
    assert statuses() == [MISS, MISS, HIT]


def test_a_click_command():
    @click.command()
    @click.option("--size", type=int, default=1)
    @p.provenance()
    def train(size):
        click.echo(f"training {size}")
        return size

    runner = CliRunner()
    outputs = [runner.invoke(train, ["--size", "3"]).output for _ in range(2)]
    assert outputs == ["training 3\n", ""]
    assert p.calls()[0].arguments[0].value == 3


def test_a_function_that_returns_a_coroutine_is_not_stored():
    @p.provenance()
    def start(x):
        async def later():
            return x

        return later()

    assert [asyncio.run(start(1)), asyncio.run(start(1))] == [1, 1]
    assert "coroutine" in p.calls()[0].uncacheable


def test_other_decorators_of_capture_keep_coroutines():
    @p.provenance()
    @p.ensure_proxies("x")
    @p.with_merged_defaults()
    async def f(x, options={"a": 1}):  # noqa: B006 - the point
        return [x, options]

    @p.provenance()
    def one():
        return 1

    assert asyncio.run(f(one())) == [1, {"a": 1}]
    assert statuses()[-1] == MISS
    assert asyncio.run(f(one(), {})) == [1, {"a": 1}]
    assert p.calls(fn_name=p.calls()[-1].fn_name)[-1].uncacheable is None


# --- pickles


@p.provenance()
def module_function(x):
    return x


def test_a_captured_function_is_pickled_by_its_name():
    assert pickle.loads(pickle.dumps(module_function)) is module_function


def test_a_method_is_pickled_with_its_object():
    assert pickle.loads(pickle.dumps(Scale(2).times))(3) == 6


@p.provenance_set("numbers")
async def numbers():
    return module_function(1)


def test_a_set_of_what_a_coroutine_makes():
    assert inspect.iscoroutinefunction(numbers)
    artifact_set = asyncio.run(numbers())
    assert list(artifact_set) == [module_function(1).artifact.id]


def test_functions_in_c_that_have_no_signature():
    assert p.provenance()(max)(1, 3, key=abs) == 3
    assert p.calls()[0].name == "builtins.max"


# --- items of generators that change


def test_items_that_change_before_the_generator_ends_are_not_stored():
    @p.provenance()
    def batches():
        buffer = [0]
        for i in range(3):
            buffer[0] = i
            yield buffer

    @p.provenance()
    def rows():
        yield [1]
        yield [2]

    for _ in range(2):
        assert [batch[0] for batch in batches()] == [0, 1, 2]
        for row in rows():
            row.append(0)
    assert statuses() == [MISS] * 4
    assert p.calls()[0].uncacheable.startswith("item 0 changed before the generator ended")


def test_items_that_cannot_be_hashed_are_yielded_and_not_stored():
    @p.provenance()
    def streams():
        yield iter("ab")
        yield iter("c")

    assert (
        [list(stream) for stream in streams()]
        == [list(stream) for stream in streams()]
        == [["a", "b"], ["c"]]
    )
    assert p.calls()[0].uncacheable.startswith("item 0: builtins.str")


def test_a_generator_that_ends_on_an_exception_from_outside_is_recorded():
    @p.provenance()
    def guard():
        try:
            yield 1
        except KeyError:
            return

    generator = guard()
    next(generator)
    with pytest.raises(StopIteration):
        generator.throw(KeyError("k"))
    (call,) = p.calls()
    assert (call.status, call.artifact_id) == ("FINISHED", None)


def test_generators_of_plain_values_have_their_artifact_too():
    @p.provenance(proxies=False)
    def items():
        yield 1

    first, second = items(), None
    list(first)
    second = items()
    assert first.artifact == second.artifact
    assert list(second) == [1]


class Endless:
    """An object that has every attribute."""

    def __getattr__(self, name):
        if name == "__wrapped__":
            return Endless()
        raise AttributeError(name)


ENDLESS = Endless()


def use_endless(x):
    return x if ENDLESS else None


def test_an_object_with_every_attribute_is_a_dependency_like_others():
    assert p.provenance(invalidate_on="dependencies")(use_endless)(1) == 1


@functools.singledispatch
def describe(value):
    return "object"


@describe.register
def _(value: int):
    return "integer"


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (str.upper, ("a",)),
        (" ".join, (["a", "b"],)),
        ((1).__add__, (2,)),
        (operator.itemgetter(1), ([1, 2],)),
        (operator.methodcaller("upper"), ("a",)),
        (np.add, (1, 2)),
        (np.mean, ([1.0, 2.0],)),
        (np.vectorize(abs), ([-1],)),
        (describe, (1,)),
        (dict, ([("a", 1)],)),
        (Fraction, (1, 2)),
        (functools.partial(int, base=2), ("11",)),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_callables_of_every_sort_are_captured(function, arguments):
    captured = p.provenance()(function)
    for _ in range(2):
        result = captured(*arguments)
        assert p.hash(result) == p.hash(function(*arguments))
    assert statuses() == [MISS, HIT]


def test_bound_methods_in_c_are_told_apart_by_their_objects():
    dash, comma = (p.provenance()(separator.join) for separator in "-,")
    assert [dash(["a", "b"]), comma(["a", "b"])] == ["a-b", "a,b"]
    first, second = (p.provenance()(operator.itemgetter(i)) for i in (0, 1))
    assert [first([1, 2]), second([1, 2])] == [1, 2]


def test_a_partial_function_may_leave_positions_to_its_caller(monkeypatch):
    place = object()
    monkeypatch.setattr(signatures, "PLACEHOLDER", getattr(functools, "Placeholder", place))

    class Partial:
        """As functools.partial of Python 3.14."""

        def __init__(self, func, *args):
            self.func, self.args, self.keywords = func, args, {}

        def __call__(self, value):
            return self.func(value, *self.args[1:])

    captured = p.provenance()(Partial(divmod.__call__, signatures.PLACEHOLDER, 3))
    assert captured(7) == (2, 1)
    assert captured(7).artifact.inputs["varargs"] == (7, 3)


class Single(type):
    def __call__(cls, *args):
        return super().__call__(*args)


class One(metaclass=Single):
    def __init__(self, x):
        self.x = x


def test_a_class_is_captured_as_a_function_that_makes_objects():
    made = p.provenance()(One)
    assert [made(1).x, made(2).x, made(1).x] == [1, 2, 1]
    assert made(1).artifact.fn_name == "One"
    assert statuses()[:3] == [MISS, MISS, HIT]


def test_values_that_cannot_be_called_are_refused():
    with pytest.raises(TypeError, match="5 is not a callable object"):
        p.provenance()(5)


# --- what a function relies on


def test_a_method_calls_that_of_its_base():
    class Base:
        def __init__(self, k):
            self.k = k

        @p.provenance()
        def add(self, x):
            return x + self.k

    class Child(Base):
        @p.provenance()
        def add(self, x):
            return super().add(x) * 10

    assert [Child(1).add(2), Base(1).add(2)] == [30, 3]
    assert [call.fn_name for call in p.calls()] == ["Child.add", "Base.add", "Base.add"]


def test_context_variables_are_set_as_before():
    variable = contextvars.ContextVar("variable", default=0)

    @p.provenance()
    def function():
        variable.set(7)

    @p.provenance()
    def generator():
        variable.set(8)
        yield variable.get()
        yield variable.get()

    function()
    assert variable.get() == 7
    assert list(generator()) == [8, 8]
    assert variable.get() == 8


def test_keywords_may_have_any_name():
    @p.provenance()
    def f(self=1, args=2, kwargs=3, **options):
        return [self, args, kwargs, options]

    assert f(self=5, function=1, execution=2) == [5, 2, 3, {"function": 1, "execution": 2}]


def test_a_group_of_exceptions_is_recorded():
    @p.provenance()
    async def fail():
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(60))
            raise ValueError("one")

    with pytest.raises(ExceptionGroup):
        asyncio.run(fail())
    assert (p.calls()[0].status, p.calls()[0].exception_type) == (
        "FAILED",
        "builtins.ExceptionGroup",
    )


def plain(a, b=2, c=3):
    """A function whose arguments are bound without inspect."""


def positional(a, /, b=2):
    """One with a parameter that has no name for callers."""


def variadic(a, *b, **c):
    """One with further arguments."""


def keyword(a, *, b=2):
    """One with a parameter that is passed by name only."""


@pytest.mark.parametrize("function", [plain, positional, variadic, keyword])
@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((1,), {}),
        ((1, 5), {}),
        ((1, 5, 6, 7), {}),
        ((1,), {"b": 5}),
        ((1,), {"a": 5}),
        ((1,), {"c": 5}),
        ((), {"c": 6, "a": 5}),
        ((), {"b": 6}),
        ((1,), {"x": 5}),
    ],
)
def test_arguments_are_bound_as_python_binds_them(function, args, kwargs):
    info = signatures.function_info(function)
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        with pytest.raises(TypeError):
            info.bind(args, kwargs)
        return
    bound.apply_defaults()
    arguments = dict(bound.arguments)
    varargs = arguments.pop("b") if function is variadic else ()
    named = arguments.pop("c") if function is variadic else {}
    expected = {"kargs": {**arguments, **named}, "varargs": varargs}
    assert info.bind(args, kwargs) == expected
    assert list(info.bind(args, kwargs)["kargs"]) == list(expected["kargs"])
