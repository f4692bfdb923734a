"""Revisions of random histories, compared with a slow and plain derivation."""

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
    """Yield rows of ``changes`` as git lists them: one for each parent where a path differs from all parents."""
    for ordinal, (parents, tree) in enumerate(commits):
        parent_trees = [commits[parent][1] for parent in parents] or [{}]
        for path in sorted(set(tree).union(*parent_trees)):
            blob = tree.get(path)
            if any(parent_tree.get(path) == blob for parent_tree in parent_trees):
                continue
            for position, parent_tree in enumerate(parent_trees):
                previous_blob = parent_tree.get(path)
                row = {"ordinal": ordinal, "position": position, "path": path}
                row["status"] = "A" if previous_blob is None else "D" if blob is None else "M"
                if blob is not None:
                    row |= {"mode": "100644", "blob": blob}
                if previous_blob is not None:
                    row |= {
                        "previous_path": path,
                        "previous_mode": "100644",
                        "previous_blob": previous_blob,
                    }
                yield row


def facts_of(commits, changes):
    """Return the facts of a history, with revisions; the hash of a commit is ``c<ordinal>``."""
    with Facts() as facts:
        for ordinal, (parents, _) in enumerate(commits):
            facts.add("commits", ordinal=ordinal, sha=f"c{ordinal}", is_selected=True)
            for position, parent in enumerate(parents):
                facts.add(
                    "parents",
                    ordinal=ordinal,
                    sha=f"c{ordinal}",
                    parent=f"c{parent}",
                    position=position,
                )
        for change in changes:
            facts.add("changes", sha=f"c{change['ordinal']}", is_boundary=False, **change)
    derive_revisions(facts)
    return facts


def ancestors(commits, ordinal):
    """Return a commit and all its ancestors."""
    result, pending = set(), [ordinal]
    while pending:
        commit = pending.pop()
        if commit not in result:
            result.add(commit)
            pending += commits[commit][0]
    return result


def previous_revision(commits, changes, change):
    """Return the latest ancestor of the changed parent that gave the path its previous blob."""
    if "previous_blob" not in change:
        return None
    parent = commits[change["ordinal"]][0][change["position"]]
    reachable = ancestors(commits, parent)
    candidates = [
        f"c{other['ordinal']}"
        for other in changes
        if other["ordinal"] in reachable
        and other["path"] == change["path"]
        and other["status"] != "D"
        and other["blob"] == change["previous_blob"]
    ]
    return candidates[-1] if candidates else None


@pytest.mark.parametrize("seed", range(40))
def test_a_change_replaces_the_latest_revision_with_its_previous_blob_among_the_ancestors(seed):
    commits = random_history(seed)
    changes = list(changes_of(commits))
    facts = facts_of(commits, changes)
    expected = [
        (
            change["ordinal"],
            change["position"],
            change["path"],
            previous_revision(commits, changes, change),
        )
        for change in changes
    ]
    revisions = facts.rows(
        "SELECT ordinal, position, path, previous_sha FROM revisions ORDER BY ALL"
    )
    assert revisions == sorted(expected, key=lambda row: row[:3])


@pytest.mark.parametrize("seed", range(40))
def test_all_rows_of_a_revision_but_one_are_repeats(seed):
    commits = random_history(seed)
    facts = facts_of(commits, changes_of(commits))
    counts = facts.rows(
        """
        SELECT count(*) FILTER (NOT is_repeat)
        FROM revisions
        WHERE status <> 'D'
        GROUP BY ordinal, path
        """
    )
    assert set(counts) == {(1,)}


@pytest.mark.parametrize("max_bits", [1, 7, 1 << 15])
@pytest.mark.parametrize("seed", range(20))
def test_the_latest_ancestor_is_the_one_that_following_all_parents_finds(
    seed, max_bits, monkeypatch
):
    monkeypatch.setattr(ancestry, "MAX_WALK_BITS", max_bits)
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
    answers = latest_ancestors(edges, groups, questions)
    assert [
        None if index is None else groups[group][index]
        for (_, group), index in zip(questions, answers, strict=True)
    ] == expected
