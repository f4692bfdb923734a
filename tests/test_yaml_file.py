"""YAML from users is read with lines and limits; YAML from other programs is loaded without crashes."""

import pytest

from mlflow2prov import yaml_file
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.yaml_file import load_yaml, read_yaml


@pytest.fixture
def read(tmp_path):
    """Return a function that reads YAML text from the file ``c.yaml``."""

    def read(text, **options):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "c.yaml").write_bytes(content)
        return read_yaml(tmp_path / "c.yaml", **options)

    return read


def test_each_value_has_its_line_and_each_scalar_its_spelling(read):
    file = read("- a_b: 0x10\n  c:\n  - 2024-01-31\n  - ~\n")
    assert file.data == [{"a-b": 16, "c": ["2024-01-31", None]}]
    assert file.lines == {
        (): 1,
        (0,): 1,
        (0, "a-b"): 1,
        (0, "c"): 2,
        (0, "c", 0): 3,
        (0, "c", 1): 4,
    }
    assert file.texts == {(0, "a-b"): "0x10", (0, "c", 0): "2024-01-31", (0, "c", 1): "~"}


def test_an_empty_file_has_no_data(read):
    assert read("# nothing\n").data is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: b\nc: \x07", "c.yaml:2: not YAML; remove the control character"),
        ("a: [\n", "c.yaml:2: not YAML ("),
        (b"a: b\nc: \xff", "c.yaml:2: not UTF-8"),
        ("a: &x b\nc: *x", "c.yaml:2: aliases (*x) are not supported"),
        ("a: !!set {b}", "c.yaml:1: the tag !!set is not supported"),
        ("a: b\n[c]: d", "c.yaml:2: a key is a list or a mapping"),
        ("a-b: c\na_b: d", "c.yaml:2: 'a-b' occurs twice"),
        ("a: !!int b", "c.yaml:1: 'b' does not match its tag"),
    ],
)
def test_an_error_names_the_file_and_the_line(read, content, message):
    with pytest.raises(ConfigurationError) as error:
        read(content)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_large_file_is_refused(read):
    assert read("- merge:\n", max_bytes=9).data == [{"merge": None}]
    with pytest.raises(ConfigurationError, match=r"c\.yaml: larger than 8 bytes"):
        read("- merge:\n", max_bytes=8)


def test_a_deep_file_is_refused(read, monkeypatch):
    monkeypatch.setattr(yaml_file, "MAX_DEPTH", 2)
    assert read("[[a], [b]]").data == [["a"], ["b"]]
    with pytest.raises(ConfigurationError, match=r"c\.yaml:1: nested more than 2 levels deep"):
        read("[[a], [[b]]]")


def test_text_of_other_programs_may_have_aliases_and_timestamps():
    value = load_yaml("a: &x [1]\nb: *x\nc: 2024-01-31\nd: 'e'")
    assert value["a"] == value["b"] == [1]
    assert value["c"].year == 2024 and value["d"] == "e"


@pytest.mark.parametrize(
    "text", ["a: [", "a: 2024-13-45", "? [a]\n: b", "\x00", "!!python/name:os"]
)
def test_text_that_is_not_yaml_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"not YAML|month"):
        load_yaml(text)


def test_the_depth_of_long_text_is_checked_before_libyaml_builds_it(monkeypatch):
    with pytest.raises(ValueError, match="nested more than 200 levels deep"):
        load_yaml("[" * 1_000_000)
    monkeypatch.setattr(yaml_file, "MAX_LOADED_DEPTH", 2)
    assert load_yaml("[[[a]]]") == [[["a"]]]
    monkeypatch.setattr(yaml_file, "MAX_UNCHECKED_LENGTH", 4)
    assert load_yaml("[[a], [b]]") == [["a"], ["b"]]
    with pytest.raises(ValueError, match="nested more than 2 levels deep"):
        load_yaml("[[[a]]]")
