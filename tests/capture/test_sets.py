"""Sets of artifacts: made, captured, labelled, stored and found."""

import asyncio
import threading

import pytest

import mlflow2prov.capture as p


@p.provenance()
def load(name):
    return [name]


@p.provenance()
def double(value):
    return value * 2


def ids(*results):
    return {result.artifact.id for result in results}


# --- sets as values


def test_a_set_is_identified_by_its_members(repo):
    a, b = load("a"), load("b")
    one = p.create_set([a, b.artifact], labels="one")
    two = p.create_set([b.artifact.id, a.artifact.id], labels={"stage": "two"})
    assert one.id == two.id
    assert set(one) == ids(a, b)
    assert (one.name, one.labels, two.name) == ("one", {"name": "one"}, None)
    assert p.create_set([a]).id != one.id


def test_members_are_looked_up_as_artifacts_proxies_or_identifiers(repo):
    a, b = load("a"), load("b")
    made = p.create_set([a])
    assert a in made
    assert a.artifact in made
    assert a.artifact.id in made
    assert b not in made
    assert len(made) == 1
    assert {made: 1}[p.ArtifactSet([a])] == 1


def test_operations_return_new_sets(memory):
    a, b, c = (load(name).artifact.id for name in "abc")
    ab, bc = p.ArtifactSet([a, b], "ab"), p.ArtifactSet([b, c], "bc")
    assert set(ab | bc) == {a, b, c}
    assert set(ab & bc) == {b}
    assert set(ab - bc) == {a}
    assert set(ab.add(c)) == {a, b, c}
    assert set(ab.remove(b)) == {a}
    assert set(ab.union(bc, p.ArtifactSet([]), labels="all")) == {a, b, c}
    assert ab.union(bc, labels="all").name == "all"
    assert ab.add(c).labels is None
    assert set(ab) == {a, b}


def test_labels_change_without_changing_the_set(memory):
    made = p.ArtifactSet([load("a")], {"name": "old", "stage": "x"})
    assert made.rename("new").labels == {"name": "new", "stage": "x"}
    assert made.relabel("only").labels == {"name": "only"}
    assert made.rename("new").id == made.id
    assert made != made.rename("new")


def test_the_members_of_a_set_as_proxies(repo):
    made = p.create_set([load("a"), double([1])])
    proxies = made.proxy_dict()
    assert proxies[f"{__name__}.load"] == ["a"]
    grouped = p.create_set([load("a"), load("b")]).proxy_dict(group_artifacts_of_same_name=True)
    assert sorted(grouped[f"{__name__}.load"]) == [["a"], ["b"]]


# --- loading


def test_sets_are_loaded_by_identifier_name_and_labels(repo):
    a, b = load("a"), load("b")
    first = p.create_set([a], labels="build")
    second = p.create_set([b], labels="build")
    other = p.create_set([a, b], labels={"name": "build", "day": 1})
    assert p.load_set_by_id(first.id) == first
    assert p.load_set_by_name("build") == second, "the newest"
    assert p.load_set_by_labels("build") == second
    assert p.load_set_by_labels({"day": 1, "name": "build"}) == other, "exactly these labels"
    for function, key in [
        (p.load_set_by_id, "x"),
        (p.load_set_by_name, "x"),
        (p.load_set_by_labels, {"day": 2}),
    ]:
        with pytest.raises(p.MissingKeyError):
            function(key)


def test_an_empty_set_can_be_stored(repo):
    made = p.create_set([], labels="empty")
    assert list(p.load_set_by_name("empty")) == []
    assert p.load_set_by_id(made.id).labels == {"name": "empty"}


def test_a_relabelled_set_keeps_its_old_label(repo):
    made = p.create_set([load("a")], labels="old")
    made.rename("new").put()
    assert p.load_set_by_name("old").id == p.load_set_by_name("new").id == made.id


# --- captured sets


def test_a_block_is_captured_with_all_it_makes_and_looks_up(repo):
    before = load("known")
    with p.capture_set("build") as result:
        looked_up = load("known")
        made = double(load("a"))
        loaded = p.load_proxy(before.artifact.id)
        assert result == []
    assert set(result[0]) == ids(looked_up, made, load("a"), loaded)
    assert p.load_set_by_name("build") == result[0]


def test_an_initial_set_is_part_of_the_captured_one(repo):
    a, b = load("a"), load("b")
    with p.capture_set("x", initial_set=p.create_set([a])) as result:
        load("c")
    assert set(result[0]) == ids(a, load("c"))
    with p.capture_set("y", initial_set=[b, a.artifact.id]) as result:
        pass
    assert set(result[0]) == ids(a, b)


def test_nested_blocks_each_have_a_set(memory):
    with p.capture_set("outer") as outer:
        a = load("a")
        with p.capture_set("inner") as inner:
            b = load("b")
    assert (set(outer[0]), set(inner[0])) == (ids(a, b), ids(b))


def test_parts_of_composites_and_archived_files_are_captured(repo, tmp_path):
    (tmp_path / "file").write_text("x")

    @p.provenance(returns_composite=True)
    def split():
        return {"x": 1, "y": 2}

    with p.capture_set("x") as result:
        parts = split()
        file = p.archive_file(tmp_path / "file")
    assert set(result[0]) == ids(parts, file, parts["x"], parts["y"])


def test_a_composite_is_captured_with_its_parts_whether_it_is_computed_or_looked_up(repo):
    @p.provenance(returns_composite=True)
    def split():
        return {"x": 1, "y": 2}

    with p.capture_set("computed") as computed:
        parts = split()
    with p.capture_set("looked up") as looked_up:
        split()
    with p.capture_set("loaded") as loaded:
        p.load_proxy(parts.artifact.id)
    assert len(computed[0]) == 3
    assert set(computed[0]) == set(looked_up[0]) == set(loaded[0])


def test_functions_with_a_repository_of_their_own_are_captured(repo):
    other = p.MemoryRepo()

    @p.provenance(repo=other)
    def elsewhere():
        return 1

    with p.capture_set("x") as result:
        made = elsewhere()
    assert set(result[0]) == ids(made)
    assert p.load_set_by_name("x").id == result[0].id


def test_calls_of_coroutines_and_generators_are_captured(memory):
    @p.provenance()
    async def later(x):
        return x

    @p.provenance()
    def items():
        yield 1

    with p.capture_set("x") as result:
        made = asyncio.run(later(1))
        generator = items()
        list(generator)
    assert set(result[0]) == ids(made) | {generator.artifact.id}


def test_other_threads_and_tasks_are_not_captured(memory):
    inside, done = threading.Event(), threading.Event()

    def other():
        inside.wait(10)
        load("thread")
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with p.capture_set("x") as result:
        inside.set()
        assert done.wait(10)
        mine = load("mine")
    thread.join()
    assert set(result[0]) == ids(mine)

    @p.provenance()
    async def fetch(x):
        await asyncio.sleep(0.001)
        return x

    async def captured(x):
        with p.capture_set(str(x)) as result:
            made = await fetch(x)
            await asyncio.sleep(0.001)
        return set(result[0]) == ids(made)

    async def main():
        return await asyncio.gather(*(captured(x) for x in range(5)))

    assert asyncio.run(main()) == [True] * 5


def test_tasks_that_a_block_starts_are_captured(memory):
    @p.provenance()
    async def fetch(x):
        return x

    async def main():
        with p.capture_set("x") as result:
            made = await asyncio.gather(fetch(1), fetch(2))
        return set(result[0]) == ids(*made)

    assert asyncio.run(main())


def test_the_set_of_a_block_that_fails_is_stored_with_its_status(repo):
    with pytest.raises(ZeroDivisionError), p.capture_set("build") as result:
        made = load("a")
        _ = 1 / 0
    assert result == []
    stored = p.load_set_by_labels({"name": "build", "status": "FAILED"})
    assert set(stored) == ids(made)
    with pytest.raises(p.MissingKeyError):
        p.load_set_by_name("build")


def test_an_interrupted_block_is_stored_too(memory):
    with pytest.raises(KeyboardInterrupt), p.capture_set() as _:
        made = load("a")
        raise KeyboardInterrupt
    assert set(p.load_set_by_labels({"status": "FAILED"})) == ids(made)


def test_the_exception_of_a_block_comes_before_that_of_the_repository(memory, monkeypatch):
    def fail(*_):
        raise p.CaptureError("db: lost")

    monkeypatch.setattr(memory, "_put_set", fail)
    with (
        pytest.warns(p.CaptureWarning, match="lost"),
        pytest.raises(ZeroDivisionError),
        p.capture_set("x"),
    ):
        load("a")
        _ = 1 / 0


# --- functions that return sets


def test_a_function_returns_the_set_of_what_it_makes(repo):
    @p.provenance_set("numbers", initial_set=[load("z")])
    def make(n):
        """Make numbers."""
        for i in range(n):
            load(str(i))
        return "not returned"

    result = make(2)
    assert set(result) == ids(load("0"), load("1"), load("z"))
    assert (result.name, make.__name__, make.__doc__) == ("numbers", "make", "Make numbers.")


def test_labels_can_follow_from_the_arguments(repo):
    @p.provenance_set(
        set_labels_fn=lambda n, kind="x", *rest: {"n": n, "kind": kind, "rest": len(rest)}
    )
    def make(n, kind="x", *rest):
        return load(str(n))

    assert make(1).labels == {"n": 1, "kind": "x", "rest": 0}
    assert make(1, "y", 3, 4).labels == {"n": 1, "kind": "y", "rest": 2}

    @p.provenance_set(set_labels_fn=lambda n: f"set {n}")
    def named(n):
        return load(str(n))

    assert named(3).name == "set 3"


def test_labels_and_a_function_for_them_exclude_each_other():
    with pytest.raises(ValueError, match="set_labels: excludes set_labels_fn"):
        p.provenance_set("x", set_labels_fn=str)


def test_a_captured_function_can_make_a_set(repo):
    @p.provenance_set("x")
    @p.provenance()
    def make(n):
        return n

    result = make(1)
    assert len(result) == 1
