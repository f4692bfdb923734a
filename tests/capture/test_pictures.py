"""Pictures of lineage: which boxes and edges they have, and that no text breaks them."""

import re
import threading
from xml.etree import ElementTree

import pytest

import mlflow2prov.capture as p

SVG = "{http://www.w3.org/2000/svg}"


@p.provenance()
def add(a, b):
    return a + b


@p.provenance()
def total(values, *more):
    return sum(values) + sum(more)


@p.provenance(returns_composite=True)
def split(values):
    return {"train": values[:1], "test": values[1:]}


def texts(picture):
    """Return the texts of a picture, which must be well-formed."""
    return [element.text for element in ElementTree.fromstring(str(picture)).iter(f"{SVG}text")]


def titles(picture):
    return [element.text for element in ElementTree.fromstring(str(picture)).iter(f"{SVG}title")]


def edges(picture):
    return len(re.findall("marker-end", str(picture)))


def test_a_picture_shows_functions_arguments_and_results(repo):
    result = add(add(4, 3), 1)
    picture = p.visualize_lineage(result)
    assert sorted(texts(picture)) == sorted(
        ["add", "add", "a", "b", "a", "b", "4", "3", "1", "7", "8"]
        + [one.artifact.id.removeprefix("sha256:")[:7] for one in (result, add(4, 3))]
    )
    assert edges(picture) == 6


def test_a_file_is_shown_by_its_name(repo, tmp_path):
    file = tmp_path / "trees.csv"
    file.write_text("8.3\n")
    picture = p.visualize_lineage(p.archive_file(file))
    assert "trees.csv" in texts(picture)
    assert ".mlflow2prov" not in str(picture)


@pytest.mark.parametrize("reference", ["proxy", "artifact", "identifier"])
def test_a_picture_is_of_a_proxy_an_artifact_or_an_identifier(repo, reference):
    proxy = add(1, 2)
    target = {"proxy": proxy, "artifact": proxy.artifact, "identifier": proxy.artifact.id}
    assert "3" in texts(p.visualize_lineage(target[reference]))


def test_outside_of_a_notebook_the_picture_is_a_file(memory, tmp_path):
    picture = p.visualize_lineage(add(1, 2))
    assert (tmp_path / "lineage.svg").read_text("utf-8") == picture.svg == picture._repr_svg_()
    p.visualize_lineage(add(1, 2), tmp_path / "other.svg")
    assert (tmp_path / "other.svg").read_text("utf-8") == picture.svg


def test_a_file_that_cannot_be_written_is_an_error_of_capture(memory, tmp_path):
    with pytest.raises(p.CaptureError, match=r"cannot be written .* choose another path"):
        p.visualize_lineage(add(1, 2), tmp_path / "missing" / "lineage.svg")


def test_artifacts_within_an_argument_are_its_sources(repo):
    parts = [add(1, 2), add(3, 4)]
    picture = p.visualize_lineage(total(parts, add(5, 6)))
    assert texts(picture).count("add") == 3
    assert texts(picture).count("values") == 2
    assert texts(picture).count("*0") == 1


def test_an_artifact_that_is_two_arguments_has_both_names(repo):
    seven = add(4, 3)
    assert "a, b" in texts(p.visualize_lineage(add(seven, seven)))


def test_parts_of_a_composite_are_named_by_their_keys(repo):
    picture = p.visualize_lineage(split([1, 2]))
    assert {"train", "test", "['train', 'test']"} <= set(texts(picture))


def test_a_result_that_was_returned_as_a_plain_value_is_a_source(repo):
    numbers = p.provenance(proxies=False)(lambda n: list(range(n)))
    picture = p.visualize_lineage(total(numbers(30)))
    assert texts(picture).count("<lambda>") == 1


def test_long_texts_are_cut_and_shown_under_the_pointer(memory):
    query = "select * from wine where colour = 'red' and year = 2001"
    picture = p.visualize_lineage(add(query, ""))
    assert "select * from wine …" in texts(picture)
    assert f"a = {query}" in titles(picture)


HOSTILE = [
    "<script>alert(1)</script>",
    "]]>&\"'",
    "\0\x07\x1b[31m",
    "\u202eevil",
    "a\ud800b",
    "\n\t",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_escaped_and_cleaned(memory, text):
    captured = p.provenance(name=text)(lambda a, b: [a, b])
    svg = p.visualize_lineage(captured(text, {text: text})).svg
    ElementTree.fromstring(svg.encode("utf-8"))
    assert "<script" not in svg
    assert all(character.isprintable() or character == "\n" for character in svg)


def test_secret_arguments_are_masked(memory):
    connect = p.provenance()(lambda password: len(password))
    svg = p.visualize_lineage(connect("hunter2")).svg
    assert "password" in svg and "hunter2" not in svg


def test_a_value_that_cannot_be_hashed_has_a_box(repo):
    locked = p.provenance()(lambda lock, x: (x, lock.locked()))
    assert "_thread.lock" in texts(p.visualize_lineage(locked(threading.Lock(), 3)))


def test_a_deleted_value_is_shown_as_such(tmp_path):
    store = p.DiskStore(tmp_path / "blobs")
    p.set_default_repo(p.DbRepo("sqlite://", store))
    identifier = add(add(1, 2), 3).artifact.id
    for blob in (tmp_path / "blobs").glob("sha256*"):
        blob.unlink()
    assert texts(p.visualize_lineage(identifier)).count("(not stored)") == 2


def test_a_chain_of_thirty_calls_is_drawn(memory):
    value = add(1, 1)
    for number in range(1, 31):
        value = add(value, number)
    picture = p.visualize_lineage(value)
    assert texts(picture).count("add") == 31


def test_boxes_do_not_overlap(memory):
    parts = [add(number, number) for number in range(10)]
    root = ElementTree.fromstring(p.visualize_lineage(total(parts, *parts)).svg)
    boxes = [
        tuple(float(box.get(name)) for name in ("x", "y", "width", "height"))
        for box in root.iter(f"{SVG}rect")
    ]
    for position, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, *_ in boxes[:position]:
            assert abs(x - other_x) >= width or abs(y - other_y) >= height
