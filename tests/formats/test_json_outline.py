"""Outlines of JSON files: the parts of a member have its members, wherever blocks and parts end."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.formats._support import json_outline
from mlflow2prov.formats._support.json_outline import Content, NotAnOutlineError, outline

TEXTS = st.text(alphabet='ab"\\{}[],: \n\u00e9', max_size=6)
VALUES = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(TEXTS, st.dictionaries(TEXTS, VALUES, max_size=6), max_size=4)


@pytest.fixture(scope="module")
def file_of(tmp_path_factory):
    path = tmp_path_factory.mktemp("outline") / "file.json"

    def open_file(content):
        path.write_bytes(content)
        return path.open("rb")

    return open_file


@pytest.mark.parametrize("block_bytes", [1, 7, 1 << 23])
@pytest.mark.parametrize("part_bytes", [1, 10, 1 << 24])
@given(data=OBJECTS, indent=st.none() | st.just(1))
def test_the_parts_have_all_members(file_of, block_bytes, part_bytes, data, indent):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_outline, "BLOCK_BYTES", block_bytes)
        patch.setattr(json_outline, "PART_BYTES", part_bytes)
        text = json.dumps(data, indent=indent, ensure_ascii=False)
        with file_of(text.encode()) as file:
            content = Content.of(file)
            members = outline(content).objects()
            assert [member.name for member in members] == list(data)
            for member in members:
                merged = {}
                for part in member.parts(content):
                    merged |= orjson.loads(part)
                assert merged == orjson.loads(text)[member.name]


def test_a_member_is_cut_after_items_that_are_objects_or_lists(file_of, monkeypatch):
    monkeypatch.setattr(json_outline, "PART_BYTES", 1)
    with file_of(b'{"entity": {"a": {}, "b": [{}], "c": {"d": {}}}}') as file:
        content = Content.of(file)
        (member,) = outline(content).objects()
        assert [orjson.loads(part) for part in member.parts(content)] == [
            {"a": {}},
            {"b": [{}]},
            {"c": {"d": {}}},
            {},
        ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"}",
        b"{}}",
        b"{} x",
        b"x {}",
        b'{"a": 1}',
        b'{"a": []}',
        b'{"a": {}, "b": 1}',
        b'{"a": {} "b": {}}',
        b'{"a": {}, "a": {}}',
        b"{a: {}}",
        b'{"a": {"}}',
        b'{"a": {}\\',
    ],
)
def test_other_content_has_no_outline(file_of, content):
    with file_of(content) as file, pytest.raises(NotAnOutlineError):
        outline(Content.of(file)).objects()


def test_arrays_and_scalars_are_members_too(file_of, monkeypatch):
    monkeypatch.setattr(json_outline, "PART_BYTES", 1)
    text = b'{"@id": "a, {", "n": 1, "list": [{"b": [1]}, {"c": {}}], "is": true}'
    with file_of(text) as file:
        content = Content.of(file)
        whole = outline(content)
        (member,) = whole.members
        assert whole.scalars == {"@id": "a, {", "n": 1, "is": True}
        assert member.is_array
        assert [orjson.loads(part) for part in member.parts(content)] == [
            [{"b": [1]}],
            [{"c": {}}],
            [],
        ]


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": 1, "a": {}}',
        b'{"a": {}, "a": 1}',
        b'{"a": [}}',
        b'{"a": {}, }',
        b'{"a": [] "b": 1}',
        b'[{"a": {}}]',
    ],
)
def test_objects_that_are_not_valid_have_no_outline(file_of, content):
    with file_of(content) as file, pytest.raises(NotAnOutlineError):
        outline(Content.of(file))
