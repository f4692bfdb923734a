"""YAML from users is read with lines and limits; YAML from other programs is loaded without crashes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import yaml_file
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.yaml_file import YamlError, load_yaml, read_yaml


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
        ("a: b\n!!binary c: d", "c.yaml:2: the tag !!binary is not supported"),
        ("a: !!int b", "c.yaml:1: 'b' is not a valid int; put text in quotes"),
        ("a: !!bool b", "c.yaml:1: 'b' is not a valid bool; put text in quotes"),
        ("a: b\nc: 2024-02-30", "c.yaml:2: '2024-02-30' is not a valid timestamp"),
        (f"a: {'1' * 5000}", "is not a valid int"),
        ("a: b\n---\nc: d", "c.yaml:2: not YAML (expected a single document)"),
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


def test_text_of_other_programs_may_have_aliases_and_repeated_keys():
    assert load_yaml("a: &x [1]\nb: *x\na: 2") == {"a": 2, "b": [1]}
    assert load_yaml("- &x a\n- {*x : b}") == ["a", {"a": "b"}]


def test_merge_keys_add_the_keys_that_a_mapping_lacks():
    text = "- &a {x: 1, y: 1}\n- &b {y: 2, z: 2}\n- {<<: [*a, *b], x: 3}\n- {<<: *b}\n- '<<': 4\n"
    assert load_yaml(text)[2:] == [{"x": 3, "y": 1, "z": 2}, {"y": 2, "z": 2}, {"<<": 4}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T12:00:00Z", "2024-01-31T12:00:00Z"),
        ("12:30:45", "12:30:45"),
        ("1e999", "1e999"),
        ("1.0e+999", float("inf")),
        ("0x10", 16),
        ("'1'", "1"),
        ("=", "="),
        ("<<", "<<"),
        ("on", True),
        ("~", None),
        ("", None),
    ],
)
def test_a_scalar_has_the_type_of_yaml_1_1_unless_it_is_a_date_or_has_a_colon(text, value):
    assert load_yaml(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: 2024-13-45",
        "a: 2024-01-01 99:99:99",
        "a: 2024-01-01 00:00:00 +99:99",
        "a: " + "1" * 5000,
        "a: 0x" + "f" * 5000,
        "a: !!int ''",
        "a: !!float -",
        "a: !!timestamp b",
        "a: !!set {b}",
        "a: !!binary Yg==",
        "a: !!omap []",
        "a: !!python/object/apply:os.system [b]",
        "!!python/name:os",
        "? [a]\n: b",
        "- &a [b]\n- {*a : c}",
        "<<: a",
        "*a",
        "&a [*a]",
        "&a {<<: *a}",
        "a: b\n---\nc: d",
        "\x00",
        "\ud800",
        "a: !%ED%A0%80 b",
        "%TAG !e! %ED%BF%BF\n--- !e!a b",
        "a: !<%ED%A0%80> [b]",
    ],
)
def test_text_that_is_not_yaml_is_an_error_in_one_line(text):
    with pytest.raises(YamlError) as error:
        load_yaml(text)
    assert len(str(error.value).splitlines()) == 1


def test_an_error_in_text_of_other_programs_names_the_line():
    with pytest.raises(YamlError, match="line 2: '2024-99-99' is not a valid timestamp"):
        load_yaml("a: b\nc: 2024-99-99\n")


def test_the_depth_is_limited_with_aliases_expanded(monkeypatch):
    with pytest.raises(YamlError, match="line 1: nested more than 200 levels deep"):
        load_yaml("[" * 1_000_000)
    monkeypatch.setattr(yaml_file, "MAX_LOADED_DEPTH", 2)
    assert load_yaml("[[a], [b]]") == [["a"], ["b"]]
    with pytest.raises(YamlError, match="nested more than 2 levels deep"):
        load_yaml("[[[a]]]")
    with pytest.raises(YamlError, match="line 2: nested more than 2 levels deep"):
        load_yaml("- &a [b]\n- [*a]")


def nested_aliases(collection):
    """Return ten lines, each of which repeats the one before ten times: 10^9 values in 500 characters."""
    lines = ["a0: &a0 {x: y}"]
    for number in range(1, 10):
        aliases = ",".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} {collection.format(aliases)}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        nested_aliases("[{}]"),
        nested_aliases("{{<<: [{}]}}"),
        nested_aliases("{{b: [{}]}}"),
        f"a: &a {'x' * 10_000}\nb: [{'*a,' * 10_000}]",
        f"a: &a {{{','.join(f'k{n}: 1' for n in range(1000))}}}\n"
        + "\n".join(f"b{n}: {{<<: *a}}" for n in range(1000)),
    ],
    ids=["lists", "merge keys", "mappings", "one long text", "one wide mapping"],
)
def test_aliases_cannot_make_a_text_much_longer(text):
    start = time.monotonic()
    with pytest.raises(YamlError, match="aliases repeat values to more than 10 times the text"):
        load_yaml(text)
    assert time.monotonic() - start < 2


@given(st.text("ab:-[]{},&*<!'\"|>#?%@ \n\t0129.~=xe", max_size=60))
def test_any_text_has_a_value_or_is_an_error(text):
    try:
        load_yaml(text)
    except YamlError as error:
        assert len(str(error).splitlines()) == 1
