"""Reports in headless Chromium: drawing, printing, requests and loading time."""

import re
import zlib
from collections import Counter

import pytest

from mlflow2prov import load
from mlflow2prov.render.report import report
from tests import browser as chromium
from tests.analysis.graphs import STATEMENTS, document, relation, run, thing
from tests.analysis.graphs import version as version_of
from tests.golden import HERE as GOLDEN

pytestmark = chromium.REQUIRED


@pytest.fixture(scope="module")
def demo_report():
    return report(load(GOLDEN / "result.json"), repository_url="https://example.org/wine.git")


def pixel_colors(png):
    """Return the colors of a PNG with eight bits a channel, as (red, green, blue), with their numbers of pixels."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(png[n : n + 4], "big") for n in (16, 20))
    assert png[24] == 8
    channels = {2: 3, 6: 4}[png[25]]
    lines = unfilter(zlib.decompress(image_data(png)), width * channels, height, channels)
    return Counter(tuple(line[n : n + 3]) for line in lines for n in range(0, len(line), channels))


def image_data(png):
    """Return the joined IDAT chunks of a PNG (PNG Specification, section 11.2.4)."""
    data, offset = b"", 8
    while offset < len(png):
        length = int.from_bytes(png[offset : offset + 4], "big")
        if png[offset + 4 : offset + 8] == b"IDAT":
            data += png[offset + 8 : offset + 8 + length]
        offset += length + 12
    return data


def unfilter(data, width, height, channels):
    """Yield the lines of an image, ``width`` bytes each, with their filters undone (PNG Specification, section 9)."""
    previous = bytearray(width)
    for row in range(height):
        start = row * (width + 1)
        filter_type, line = data[start], bytearray(data[start + 1 : start + 1 + width])
        for n in range(width):
            left = line[n - channels] if n >= channels else 0
            above = previous[n]
            above_left = previous[n - channels] if n >= channels else 0
            line[n] = (line[n] + predict(filter_type, left, above, above_left)) & 255
        yield line
        previous = line


def predict(filter_type, left, above, above_left):
    """Return the value that a filter type predicts from the neighbouring bytes."""
    match filter_type:
        case 0:
            return 0
        case 1:
            return left
        case 2:
            return above
        case 3:
            return (left + above) // 2
        case 4:
            estimate = left + above - above_left
            return min((left, above, above_left), key=lambda value: abs(estimate - value))
    raise ValueError(filter_type)


UNFOLD = "document.querySelectorAll('details').forEach(details => details.open = true)"


def test_a_report_is_complete_and_requests_nothing(show, page, demo_report):
    show(demo_report)
    assert page.errors == []
    assert page.requests == [page.evaluate("location.href")]
    assert page.evaluate("document.querySelectorAll('article.version').length") == 4
    assert page.evaluate("document.querySelectorAll('svg.lineage').length") == 3
    # Neither text nor drawings are wider than the window.
    assert page.evaluate("document.documentElement.scrollWidth") <= 1200


def test_every_internal_link_has_a_target(show, page, demo_report):
    show(demo_report)
    count_broken_links = (
        "[...document.querySelectorAll('a[href^=\"#\"]')]"
        ".filter(a => !document.getElementById(a.getAttribute('href').slice(1))).length"
    )
    assert page.evaluate(count_broken_links) == 0
    assert page.evaluate("document.querySelectorAll('a[href^=\"#\"]').length") >= 6


def test_nodes_do_not_overlap_and_contain_their_labels(show, page, demo_report):
    show(demo_report)
    page.evaluate(UNFOLD)
    script = """
    [...document.querySelectorAll('svg.lineage')].map(svg => {
        const boxes = [...svg.querySelectorAll('g > :is(ellipse, rect, path)')].map(e => e.getBoundingClientRect());
        const apart = boxes.every((a, n) => boxes.slice(n + 1).every(b =>
            a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top));
        const inside = [...svg.querySelectorAll('g')].every(g => {
            const box = g.querySelector('ellipse, rect, path').getBoundingClientRect();
            return [...g.querySelectorAll('text')].every(t => {
                const word = t.getBoundingClientRect();
                return word.width <= box.width + 14 && word.top >= box.top && word.bottom <= box.bottom + 1;
            });
        });
        return [boxes.length, apart, inside];
    })
    """
    drawings = page.evaluate(script)
    assert [count > 7 for count, _, _ in drawings] == [True] * 3
    assert all(are_apart and are_inside for _, are_apart, are_inside in drawings), drawings


def test_labels_of_relations_are_large_and_hide_neither_boxes_nor_each_other(
    show, page, demo_report
):
    show(demo_report)
    page.evaluate(UNFOLD)
    script = """
    [...document.querySelectorAll('svg.lineage')].map(svg => {
        const labels = [...svg.querySelectorAll('.relation')];
        const boxes = [...svg.querySelectorAll('g > :is(ellipse, rect, path)')];
        const places = [...labels, ...boxes].map(e => e.getBoundingClientRect());
        const overlaps = labels.filter((_, n) => places.some((b, m) => m > n && places[n].right > b.left
            && b.right > places[n].left && places[n].bottom > b.top && b.bottom > places[n].top));
        const size = Math.min(...labels.map(e => parseFloat(getComputedStyle(e).fontSize)));
        return [labels.length, overlaps.length, size, svg.getBoundingClientRect().width];
    })
    """
    drawings = page.evaluate(script)
    assert len(drawings) == 3
    for count, overlap_count, font_size, width in drawings:
        assert count > 7 and overlap_count == 0 and font_size >= 11
        assert width <= 1100, "the drawing is wider than the page"


def test_an_element_of_a_drawing_shows_its_attributes_and_statements(show, page, demo_report):
    show(demo_report)
    page.evaluate("document.querySelector('svg.lineage').scrollIntoView()")
    shown = "[...document.querySelectorAll('.element')].filter(e => e.checkVisibility())"
    assert page.evaluate(f"{shown}.length") == 0
    position = page.evaluate("scrollY")
    follow = "document.querySelector('{}').dispatchEvent(new MouseEvent('click', {{bubbles: true, cancelable: true}}))"
    page.evaluate(follow.format("svg.lineage a[href]"))
    title = page.evaluate("document.querySelector('svg.lineage a title').textContent").partition(
        ": "
    )[2]
    assert page.evaluate(f"{shown}.map(e => e.querySelector('h3').textContent)") == [title]
    text = page.evaluate(f"{shown}[0].textContent")
    assert "Effects" in text and "wasAssociatedWith" in text and "identifier" in text
    # From statement to statement
    page.evaluate(f"{shown}[0].querySelector('li a').click()")
    assert page.evaluate(f"{shown}.length") == 1
    assert title not in page.evaluate(f"{shown}[0].querySelector('h3').textContent")
    assert page.evaluate(f"{shown}[0].textContent.includes({title!r})")
    page.evaluate(f"{shown}[0].querySelector('a.right').click()")
    assert page.evaluate(f"{shown}.length") == 0
    assert page.evaluate("scrollY") == position
    assert page.errors == []


def test_an_element_of_a_drawing_is_reached_by_keys(show, page, demo_report):
    show(demo_report)
    page.evaluate("document.querySelector('svg.lineage a').focus()")
    page.press("Enter")
    name = page.evaluate("document.querySelector('.element:target h3').textContent")
    title = page.evaluate("document.querySelector('svg.lineage a title').textContent")
    assert title.endswith(f": {name}")
    page.press("Tab")  # The next stop is within the element.
    assert page.evaluate("document.activeElement.closest('.element:target') !== null")


def test_an_element_covers_at_most_half_of_a_narrow_screen(show, page, demo_report):
    page.resize(420, 800)
    try:
        show(demo_report)
        page.evaluate(
            "location.hash = document.querySelector('svg.lineage a').getAttribute('href')"
        )
        top, left, right = page.evaluate(
            "(b => [b.top, b.left, b.right])(document.querySelector('.element:target').getBoundingClientRect())"
        )
        assert top >= 400 and 0 <= left < right <= 420
        assert page.evaluate("document.documentElement.scrollWidth") <= 420
    finally:
        page.resize(1200, 1600)


def test_the_page_is_light_or_dark_as_the_reader_prefers(show, page, demo_report):
    page.resize(600, 400)
    try:
        background = {}
        for scheme in ("light", "dark"):
            show(demo_report, scheme=scheme)
            colors = pixel_colors(page.screenshot())
            background[scheme] = max(colors, key=colors.get)
            assert len(colors) > 20, "the page is almost empty"
    finally:
        page.resize(1200, 1600)
    assert background["light"] == (255, 255, 255)
    assert sum(background["dark"]) < 120


def test_a_report_prints_in_black_on_white(show, page, demo_report):
    show(demo_report, media="print", scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate(scheme="dark")
    assert page.pdf()[:5] == b"%PDF-"


def test_the_headings_of_a_printed_report_are_its_bookmarks(show, page, demo_report):
    show(demo_report)
    titles = {title.decode() for title in re.findall(rb"/Title \(([^)]*)\)", page.pdf())}
    assert {
        "Registry",
        "wine 2",
        "wine 1",
        "LINEAGE",
        "wine-kernel 1",
        "Runs",
        "first steps",
    } <= titles
    # What is folded is open while the page is printed, and folded again afterwards.
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") > 0


def test_a_link_to_a_folded_version_unfolds_it(show, page, demo_report):
    show(demo_report)
    folded = "document.querySelector('.others article:last-of-type')"
    assert not page.evaluate(f"{folded}.checkVisibility()")
    page.evaluate(f"location.hash = {folded}.id")
    assert page.evaluate(f"{folded}.checkVisibility()")


def test_a_link_leads_to_a_run_in_two_folds(show, page, demo_report):
    show(demo_report)
    # Chromium scrolls too, but sometimes too early; this is what the page does itself.
    page.evaluate("history.replaceState(null, '', '#run-4')")
    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    box = "document.getElementById('run-4').getBoundingClientRect()"
    assert 0 < page.evaluate(f"{box}.top") < page.evaluate(f"{box}.bottom") < 1601


def test_a_printed_report_contains_what_the_page_folds(show, page, demo_report):
    text = "document.querySelector('.others dl').checkVisibility({contentVisibilityAuto: true})"
    show(demo_report)
    assert not page.evaluate(text)
    show(demo_report, media="print")
    assert page.evaluate(text)


def test_two_hundred_versions_load_in_less_than_a_second(show, page):
    runs = [s for n in range(100, 300) for s in run(f"r{n}", "c2", "c1", "Dataset.a")]
    versions = [s for n in range(100, 300) for s in version_of(f"{n}", f"r{n}")]
    large_report = report(document(*STATEMENTS, *runs, *versions))
    assert min(show(large_report) for _ in range(3)) < 1
    assert page.evaluate("document.querySelectorAll('article.version').length") == 203


def test_hostile_text_has_no_effect_in_a_browser(show, page):
    evil = '"><script>document.title = "broken in"</script><img src="http://example.org/x" onerror="alert(1)">'
    hostile = document(
        *STATEMENTS,
        thing("entity", "Param.evil", "Param", name=evil, value=evil),
        relation("hadMember", "Run.r1", "Param.evil"),
        thing("entity", "Version.1", "RegisteredModelVersion", description=evil),
        thing("activity", "Creation.Run.r1", repository_url="javascript:alert(1)"),
        thing("activity", "Commit.c2", arguments=("2024-01-02T00:00:00+00:00",) * 2, message=evil),
    )
    show(report(hostile))
    assert page.evaluate("document.title") == "Provenance of registered models"
    # The script is that of the page.
    assert page.evaluate("document.querySelectorAll('script, img, iframe, object').length") == 1
    # The parameter's name and value, the version's description and the message; the last two in the lineage too.
    assert page.evaluate("document.body.textContent").count(evil) == 6
    assert page.requests == [page.evaluate("location.href")]
