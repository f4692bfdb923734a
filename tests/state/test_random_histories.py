"""Random histories: a chain of updates gives the graph of an extraction, and exactly the changes that were made."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import extract, validate
from tests.property_tests import examples
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
        repository.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "rewritten")

    def rebase(self) -> None:
        repository = self.project.repository
        base = repository.git("rev-list", "--max-parents=0", "HEAD").split()[0]
        repository.git("reset", "--quiet", "--hard", base)
        repository.commit(rebased__py=f"{self.choices.random()}\n")

    def move_tag(self) -> None:
        commits = self.project.repository.git("rev-list", "--all").split()
        self.project.repository.git("tag", "--force", "release", self.choices.choice(commits))

    def add_branch(self) -> None:
        """Commit on a branch that began long ago, so that its commits come between older ones."""
        repository = self.project.repository
        current = repository.git("symbolic-ref", "--short", "HEAD")
        base = self.choices.choice(repository.git("rev-list", "HEAD").split())
        repository.git("checkout", "--quiet", "-B", "topic", base)
        repository.write("topic.py", f"{self.choices.random()}\n")
        repository.git("add", "--all")
        clock, repository._clock = (
            repository._clock,
            1_600_000_000 + 60 * self.choices.randrange(90),
        )
        repository.git("commit", "--quiet", "--message", "topic")
        repository._clock = clock
        repository.git("checkout", "--quiet", current)

    def merge_branch(self) -> None:
        repository = self.project.repository
        if "topic" in repository.git("branch", "--format", "%(refname:short)").split():
            repository.git("merge", "--quiet", "--strategy", "ours", "--message", "merge", "topic")

    def delete_branch(self) -> None:
        repository = self.project.repository
        if "topic" in repository.git("branch", "--format", "%(refname:short)").split():
            repository.git("branch", "--quiet", "--delete", "--force", "topic")

    def rename_branch(self) -> None:
        repository = self.project.repository
        current = repository.git("symbolic-ref", "--short", "HEAD")
        repository.git("branch", "--move", "trunk" if current == "main" else "main")

    def purge_or_restore_run(self) -> None:
        """Purge a run as ``mlflow gc`` does, or restore a backup that has it."""
        execute, rows = self.project.execute, self.project.rows
        execute("CREATE TABLE IF NOT EXISTS purged_runs AS SELECT * FROM runs WHERE false")
        # A run that no other move changes.
        ((run,),) = rows(
            """
            SELECT max(run_uuid)
            FROM (SELECT * FROM runs UNION SELECT * FROM purged_runs)
            WHERE status <> 'FINISHED' AND start_time > (SELECT min(start_time) FROM runs)
            """
        )
        is_present = bool(rows(f"SELECT 1 FROM runs WHERE run_uuid = '{run}'"))
        source, target = ("runs", "purged_runs") if is_present else ("purged_runs", "runs")
        execute(f"INSERT INTO {target} SELECT * FROM {source} WHERE run_uuid = ?", run)
        execute(f"DELETE FROM {source} WHERE run_uuid = ?", run)
        old, new = ("present", None) if is_present else (None, "present")
        self.note(f"runs:/{run}", "presence", old, new)


MOVES = (
    "commit",
    "move_alias",
    "change_stage",
    "tag_version",
    "delete_or_restore_run",
    "rename_run",
    "rewrite_history",
    "rebase",
    "move_tag",
    "add_branch",
    "merge_branch",
    "delete_branch",
    "rename_branch",
    "purge_or_restore_run",
)


# An example takes seconds, because it observes and extracts a project several times.
@examples(0.3)
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
    tips = refs_of(project)
    for moves in nights:
        for move in moves:
            getattr(player, move)()
        result = project.update()
        expected = player.expected()
        present = refs_of(project)
        for ref, tip in tips.items():
            if not is_advance(project, tip, present.get(ref)):
                expected.add((ref, "tip", None, tip, present.get(ref)))
        tips = present
        assert project.new_changes() == expected
        assert result.changes == len(expected)
        extracted = extract(project.repository.path, project.database)
        assert without_changes(result.document) == set(extracted.statements())
    assert not validate(result.document).violations


def refs_of(project: Project) -> dict[str, str]:
    """Return the commit of each ref."""
    lines = project.repository.git("for-each-ref", "--format=%(refname) %(objectname)")
    return dict(line.split() for line in lines.splitlines())


def is_advance(project: Project, old: str, new: str | None) -> bool:
    """Return whether Git finds a commit in the history of another one."""
    return new is not None and old in project.repository.git("rev-list", new).split()
