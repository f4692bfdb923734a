"""Retention: what an incomplete reading of captured calls did not see remains."""

from mlflow2prov.facts import Facts
from mlflow2prov.sources.report import SourceReport
from mlflow2prov.state.retention import retain_unseen_rows


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
