"""Revisions on random histories, against a reading of the same that is slow and plain."""

import random

import pytest

from mlflow2prov.facts import Facts, ancestry
from mlflow2prov.facts.ancestry import latest_ancestors
from mlflow2prov.facts.revisions import derive_revisions


def random_history(seed):
    """Return commits as (parents, {path: blob}) with branches, merges, reverts and deletions."""
    chance = random.Random(seed)
    trees: list[dict[str, str]] = []
    commits = []
    for ordinal in range(40):
        others = chance.sample(range(ordinal), min(ordinal, chance.choice([1, 1, 1, 2])))
        parents = sorted(others, reverse=chance.random() < 0.5) if ordinal else []
        tree = dict(trees[parents[0]]) if parents else {}
        if len(parents) == 2:
            for path, blob in trees[parents[1]].items():
                if chance.random() < 0.5:
                    tree[path] = blob
        for path in chance.sample("abcd", chance.choice([0, 1, 2])):
            if path in tree and chance.random() < 0.3:
                del tree[path]
            else:
                tree[path] = chance.choice("123")
        trees.append(tree)
        commits.append((parents, tree))
    return commits


def changes_of(commits):
    """Return what git would list: a row a parent for the paths that differ from all parents."""
    rows = []
    for ordinal, (parents, tree) in enumerate(commits):
        before = [commits[parent][1] for parent in parents] or [{}]
        paths = set(tree).union(*before)
        for path in sorted(paths):
            now = tree.get(path)
            if any(old.get(path) == now for old in before):
                continue
            for position, old in enumerate(before):
                was = old.get(path)
                status = "A" if was is None else "D" if now is None else "M"
                rows.append((ordinal, position, status, path, now, was))
    return rows


def ancestors(commits, ordinal):
    found, open_ends = set(), [ordinal]
    while open_ends:
        at = open_ends.pop()
        if at not in found:
            found.add(at)
            open_ends += commits[at][0]
    return found


@pytest.mark.parametrize("seed", range(40))
def test_previous_is_the_latest_revision_with_the_blob_among_the_ancestors(seed):
    commits = random_history(seed)
    rows = changes_of(commits)
    facts = Facts()
    with facts:
        for ordinal, (parents, _) in enumerate(commits):
            who = ("n", "e", None, 0)
            facts.add("commits", ordinal, f"c{ordinal}", *who, *who, "t", "t", True)
            for position, parent in enumerate(parents):
                facts.add("parents", ordinal, f"c{ordinal}", f"c{parent}", position)
        for ordinal, position, status, path, now, was in rows:
            new, old = ("100644", now) if now else (None, None), ("100644", was)
            old = (path, *old) if was else (None, None, None)
            facts.add("changes", ordinal, f"c{ordinal}", position, status, path, *new, *old, False)
    derive_revisions(facts)
    found = facts.query(
        "SELECT ordinal, position, path, previous_sha FROM {revisions} ORDER BY ALL"
    )
    expected = []
    for ordinal, position, _, path, _, was in rows:
        previous = None
        if was is not None:
            reach = ancestors(commits, commits[ordinal][0][position])
            previous = max(
                (
                    o
                    for o, _, s, p, b, _ in rows
                    if o in reach and p == path and b == was and s != "D"
                ),
                default=None,
            )
        expected.append((ordinal, position, path, None if previous is None else f"c{previous}"))
    assert found == sorted(expected, key=lambda row: row[:3])
    # What a merge made of a path is told by one of its rows, and the others say that they repeat it.
    told = facts.query(
        "SELECT count(*) FILTER (NOT is_repeat) FROM {revisions} "
        "WHERE status <> 'D' GROUP BY ordinal, path"
    )
    assert set(told) == {(1,)}


@pytest.mark.parametrize("bits", [1, 7, 1 << 15])
@pytest.mark.parametrize("seed", range(20))
def test_ancestry_is_what_walking_the_parents_finds(seed, bits, monkeypatch):
    monkeypatch.setattr(ancestry, "MAX_WALK_BITS", bits)
    commits = random_history(seed)
    chance = random.Random(seed)
    edges = [
        (ordinal, parent) for ordinal, (parents, _) in enumerate(commits) for parent in parents
    ]
    groups = [sorted(chance.sample(range(40), chance.randint(0, 5))) for _ in range(12)]
    questions = [(chance.randrange(40), chance.randrange(12)) for _ in range(200)]
    expected = [
        max(set(groups[group]) & ancestors(commits, commit), default=None)
        for commit, group in questions
    ]
    found = latest_ancestors(edges, groups, questions)
    assert [
        None if at is None else groups[group][at]
        for (_, group), at in zip(questions, found, strict=True)
    ] == expected
