"""The library in threads: eight of them work on shared and on separate documents, and every answer is right."""

import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mlflow2prov import Document, engine, explain, extract, formats, lineage, statistics
from tests.golden import rebuild
from tests.property_tests import IS_FULL

THREADS = 8
CALLS = 1000 if IS_FULL else 24
SELECTOR = "models:/wine@champion"


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return rebuild(tmp_path_factory.mktemp("wine"))


@pytest.fixture(scope="module")
def document(sources):
    return extract(*sources)


def answer(document):
    return explain(document, SELECTOR)


def reach(document):
    return saved(lineage(document, SELECTOR))


def table(document):
    return statistics(document, "fine")


def by_agent(document):
    return statistics(document, by="agent")


def saved(document):
    stream = io.BytesIO()
    formats.get("json").write(document, stream)
    return stream.getvalue()


def as_turtle(document):
    stream = io.BytesIO()
    formats.get("turtle").write(document, stream)
    return stream.getvalue()


# The calls that take longest come less often.
WORK = (answer, reach, *(table, by_agent, saved, as_turtle) * 5)


def schemas():
    """Return the number of schemas of the engine."""
    return engine.scalar("SELECT count(*) FROM duckdb_schemas() WHERE schema_name ~ '_[0-9]+$'")


def test_calls_from_eight_threads_on_shared_and_separate_documents_are_all_right(document, sources):
    expected = {work: work(document) for work in set(WORK)}
    original = saved(document)
    environment = dict(os.environ)
    before = schemas()
    own: dict[int, Document] = {}

    def call(number):
        # Every fourth thread's call has a document of its own, and a few calls extract it anew.
        if number % (CALLS // 4) == 0:
            return saved(extract(*sources)) == original
        if number % 4 == 0:
            thread = threading.get_ident()
            if thread not in own:
                own[thread] = document.copy()
            shared = own[thread]
        else:
            shared = document
        work = WORK[number % len(WORK)]
        return work(shared) == expected[work]

    with ThreadPoolExecutor(THREADS) as threads:
        results = list(threads.map(call, range(CALLS)))
    own.clear()
    assert results.count(True) == CALLS
    assert schemas() == before
    assert dict(os.environ) == environment
