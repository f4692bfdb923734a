"""Retention: what an incomplete reading of captured calls did not see remains."""

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.sources.report import SourceReport
from mlflow2prov.state.retention import retain_unseen_rows
from tests.state.projects import Project
from tests.state.test_update import facts_equal_those_of_an_extraction

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def facts_of(**tables):
    with Facts() as facts:
        for table, rows in tables.items():
            for row in rows:
                facts.add(table, **row)
    return facts


def test_tags_and_sets_that_were_not_seen_remain():
    previous = facts_of(
        calls=[{"call_id": "a"}],
        call_tags=[{"call_id": "a", "tag": "raw"}],
        result_sets=[{"set_id": "s", "name": "wine"}, {"set_id": "t", "name": "old"}],
        result_set_members=[{"set_id": "s", "artifact_id": "x"}],
    )
    seen = facts_of(result_sets=[{"set_id": "t", "name": "new"}])
    complete, incomplete = SourceReport("calls", "calls.db"), SourceReport("calls", "calls.db")
    incomplete.omissions.append("calls.db: a call")
    retain_unseen_rows(seen, previous, [complete])
    assert seen.rows("SELECT set_id FROM result_sets") == [("t",)]
    retain_unseen_rows(seen, previous, [incomplete])
    assert seen.rows("SELECT * FROM call_tags") == [("a", "raw")]
    assert sorted(seen.rows("SELECT set_id, name FROM result_sets")) == [
        ("s", "wine"),
        ("t", "new"),
    ]
    assert seen.rows("SELECT * FROM result_set_members") == [("s", "x")]


def test_commits_of_a_ref_that_cannot_be_read_remain_between_the_others(tmp_path, sqlite_store):
    project = Project(tmp_path, sqlite_store)
    repository = project.repository
    repository.commit(train__py="1\n")
    repository.git("checkout", "--quiet", "-b", "topic")
    topic = repository.commit(train__py="topic\n")
    repository.git("checkout", "--quiet", "main")
    project.update()
    loose = repository.path / ".git" / "objects" / topic[:2] / topic[2:]
    content = loose.read_bytes()
    loose.unlink()
    before = repository.commit(train__py="2\n")
    assert project.update().omissions
    # The branch that moved is there once.
    assert project.new_changes() == set()
    loose.write_bytes(content)
    repository.commit(train__py="3\n")
    result = project.update()
    assert facts_equal_those_of_an_extraction(project, result.document)
    assert project.changes() == set()
    repository.git("reset", "--quiet", "--hard", f"{before}~1")
    repository.commit(train__py="4\n")
    result = project.update()
    assert {new for _, _, _, _, new in project.new_changes()} == {repository.head()}
    assert facts_equal_those_of_an_extraction(project, result.document)
