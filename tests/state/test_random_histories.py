"""Random histories: a chain of updates gives the graph of an extraction, and exactly the changes that were made."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlflow2prov import extract, validate
from tests.state.projects import Project
from tests.state.test_update import without_changes

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


class Player:
    """Makes random changes to a project, and notes those that an observation must see."""

    def __init__(self, project: Project, choices: random.Random) -> None:
        self.project = project
        self.choices = choices
        self.before: dict[tuple, str | None] = {}
        self.after: dict[tuple, str | None] = {}

    def note(self, subject: str, prop: str, old: str | None, new: str | None, key=None) -> None:
        """Note a change. Several changes of one property between two observations are seen as one."""
        self.before.setdefault((subject, prop, key), old)
        self.after[subject, prop, key] = new

    def expected(self) -> set[tuple]:
        """Return the changes since the last call."""
        changes = {
            (*prop, old, self.after[prop])
            for prop, old in self.before.items()
            if old != self.after[prop]
        }
        self.before, self.after = {}, {}
        return changes

    def commit(self) -> None:
        number = self.choices.randrange(5)
        self.project.repository.commit(**{f"file{number}__py": f"{self.choices.random()}\n"})

    def move_alias(self) -> None:
        alias = self.choices.choice(["production", "candidate", "fresh"])
        where = f"WHERE name = 'fraud' AND alias = '{alias}'"
        rows = self.project.rows(f"SELECT version FROM registered_model_aliases {where}")
        old = str(rows[0][0]) if rows else None
        new = self.choices.choice(["1", "2", None])
        self.project.execute(f"DELETE FROM registered_model_aliases {where}")
        if new:
            self.project.execute(
                "INSERT INTO registered_model_aliases (alias, version, name) VALUES (?, ?, 'fraud')",
                alias,
                int(new),
            )
        self.note(f"models:/fraud@{alias}", "version", old, new)

    def change_stage(self) -> None:
        version = self.choices.choice([1, 2])
        where = f"WHERE name = 'fraud' AND version = {version}"
        ((old,),) = self.project.rows(f"SELECT current_stage FROM model_versions {where}")
        new = self.choices.choice(["None", "Staging", "Production", "Archived"])
        self.project.execute(f"UPDATE model_versions SET current_stage = ? {where}", new)
        self.note(f"models:/fraud/{version}", "stage", old, new)

    def tag_version(self) -> None:
        where = "WHERE name = 'fraud' AND version = 2 AND key = 'approved'"
        rows = self.project.rows(f"SELECT value FROM model_version_tags {where}")
        old = rows[0][0] if rows else None
        new = self.choices.choice(["yes", "no", "", None])
        self.project.execute(f"DELETE FROM model_version_tags {where}")
        if new is not None:
            self.project.execute(
                "INSERT INTO model_version_tags (name, version, key, value) VALUES ('fraud', 2, 'approved', ?)",
                new,
            )
        self.note("models:/fraud/2", "tag", old, new, "approved")

    def delete_or_restore_run(self) -> None:
        ((run, old),) = self.project.rows(
            "SELECT run_uuid, lifecycle_stage FROM runs ORDER BY start_time, run_uuid LIMIT 1"
        )
        new = "deleted" if old == "active" else "active"
        self.project.execute(
            "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE run_uuid = ?",
            new,
            1_700_000_000_000 if new == "deleted" else None,
            run,
        )
        self.note(f"runs:/{run}", "lifecycle_stage", old, new)

    def rename_run(self) -> None:
        ((run, old),) = self.project.rows(
            "SELECT run_uuid, name FROM runs WHERE status = 'FINISHED' ORDER BY run_uuid LIMIT 1"
        )
        new = self.choices.choice(["first", "second", "third"])
        self.project.execute("UPDATE runs SET name = ? WHERE run_uuid = ?", new, run)
        self.note(f"runs:/{run}", "name", old, new)

    def rewrite_history(self) -> None:
        repository = self.project.repository
        old = repository.head()
        repository.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "rewritten")
        self.note("refs/heads/main", "tip", old, repository.head())


MOVES = (
    "commit",
    "move_alias",
    "change_stage",
    "tag_version",
    "delete_or_restore_run",
    "rename_run",
    "rewrite_history",
)


# An example takes seconds, because it observes and extracts a project several times.
@settings(max_examples=max(3, settings().max_examples // 5))
@given(
    nights=st.lists(st.lists(st.sampled_from(MOVES), max_size=4), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
def test_a_chain_of_updates_sees_every_change_and_ends_with_the_graph_of_an_extraction(
    nights, seed, sqlite_store, tmp_path_factory
):
    project = Project(tmp_path_factory.mktemp("random"), sqlite_store)
    player = Player(project, random.Random(seed))
    project.repository.commit(train__py="1\n")
    project.update()
    tip = project.repository.head()
    for moves in nights:
        for move in moves:
            getattr(player, move)()
        result = project.update()
        expected = {change for change in player.expected() if change[1] != "tip"}
        if not is_ancestor(project, tip):
            expected.add(("refs/heads/main", "tip", None, tip, project.repository.head()))
        tip = project.repository.head()
        assert project.new_changes() == expected
        assert result.changes == len(expected)
        extracted = extract(project.repository.path, project.database)
        assert without_changes(result.document) == set(extracted.statements())
    assert not validate(result.document).violations


def is_ancestor(project: Project, commit: str) -> bool:
    """Return whether Git finds a commit in the history of the current one."""
    return commit in project.repository.git("rev-list", "HEAD").split()
