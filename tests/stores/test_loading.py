"""Loading from a file or from a store, by the form of the input."""

import pytest

from mlflow2prov import ConfigurationError, DocumentStoreError, load
from mlflow2prov.stores import loading


def test_a_path_is_a_file(tmp_path):
    (tmp_path / "a.json").write_text('{"prefix": {"ex": "urn:x:"}, "entity": {"ex:e": {}}}')
    assert len(load(tmp_path / "a.json")) == len(load(str(tmp_path / "a.json"))) == 1


def test_a_url_is_a_store(monkeypatch):
    calls = []
    monkeypatch.setattr(loading, "pull", lambda url, *, graph: calls.append((url, graph)))
    load("http://127.0.0.1:1/dataset", graph="urn:x")
    assert calls == [("http://127.0.0.1:1/dataset", "urn:x")]


def test_a_store_that_does_not_answer_is_an_error():
    with pytest.raises(DocumentStoreError):
        load("http://127.0.0.1:1/dataset")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input": "bolt://127.0.0.1", "format": "json"}, "format: applies to files"),
        ({"input": "a.json", "graph": "urn:x"}, "graph: applies to stores"),
    ],
)
def test_options_of_the_other_kind_of_input_are_refused(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        load(**arguments)
