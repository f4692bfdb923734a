"""Reports in a real browser: headless Chromium, which draws, prints and times them."""

import os
import zlib

import pytest

from mlflow2prov import load
from mlflow2prov.render.report import report
from tests import browser as chromium
from tests.analysis.graphs import STATEMENTS, document, relation, run, thing
from tests.analysis.graphs import version as version_of
from tests.golden import HERE as GOLDEN

pytestmark = pytest.mark.skipif(
    chromium.COMMAND is None and not os.environ.get("MLFLOW2PROV_TEST_ALL"),
    reason="Chromium is not installed (Debian: chromium)",
)


@pytest.fixture(scope="module")
def page():
    with chromium.browser() as opened:
        opened.resize(1200, 1600)
        yield opened


@pytest.fixture
def show(page, tmp_path):
    def opened(text, **media):
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8")
        page.emulate(**media)
        return page.open(file.as_uri())

    return opened


@pytest.fixture(scope="module")
def demo():
    return report(load(GOLDEN / "result.json"), repository_url="https://example.org/wine.git")


def colours(png):
    """The colours of a PNG of eight bits a channel, by how many pixels have them; filters undone (PNG, section 9)."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(png[n : n + 4], "big") for n in (16, 20))
    assert png[24] == 8
    size = {2: 3, 6: 4}[png[25]]
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    raw, line = zlib.decompress(data), width * size
    before, found = bytearray(line), {}
    for row in range(height):
        kind = raw[row * (line + 1)]
        now = bytearray(raw[row * (line + 1) + 1 : (row + 1) * (line + 1)])
        for n in range(line):
            left = now[n - size] if n >= size else 0
            up, corner = before[n], before[n - size] if n >= size else 0
            if kind == 1:
                add = left
            elif kind == 2:
                add = up
            elif kind == 3:
                add = (left + up) // 2
            elif kind == 4:
                guess = left + up - corner
                away = [abs(guess - c) for c in (left, up, corner)]
                add = (left, up, corner)[away.index(min(away))]
            else:
                add = 0
            now[n] = (now[n] + add) & 255
        for n in range(0, line, size):
            colour = tuple(now[n : n + 3])
            found[colour] = found.get(colour, 0) + 1
        before = now
    return found


def test_a_report_opens_whole_and_asks_for_nothing(show, page, demo):
    show(demo)
    assert page.complaints == []
    assert page.requests == [page.evaluate("location.href")]
    assert page.evaluate("document.querySelectorAll('article.version').length") == 4
    assert page.evaluate("document.querySelectorAll('svg.lineage').length") == 3
    # No text or picture is wider than the window.
    assert page.evaluate("document.documentElement.scrollWidth") <= 1200


def test_every_link_within_a_report_leads_somewhere(show, page, demo):
    show(demo)
    script = (
        "[...document.querySelectorAll('a[href^=\"#\"]')]"
        ".filter(a => !document.getElementById(a.getAttribute('href').slice(1))).length"
    )
    assert page.evaluate(script) == 0
    assert page.evaluate("document.querySelectorAll('a[href^=\"#\"]').length") >= 6


def test_a_lineage_is_drawn_with_its_nodes_apart_and_its_words_inside(show, page, demo):
    show(demo)
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
    drawn = page.evaluate(script)
    assert [count > 7 for count, _, _ in drawn] == [True] * 3
    assert all(apart and inside for _, apart, inside in drawn), drawn


def test_light_and_dark_are_what_the_reader_has_chosen(show, page, demo):
    page.resize(600, 400)
    try:
        seen = {}
        for scheme in ("light", "dark"):
            show(demo, scheme=scheme)
            found = colours(page.picture())
            seen[scheme] = max(found, key=found.get)
            assert len(found) > 20, "hardly anything is drawn"
    finally:
        page.resize(1200, 1600)
    assert seen["light"] == (255, 255, 255)
    assert sum(seen["dark"]) < 120


def test_a_report_prints_in_black_on_white_with_all_of_it(show, page, demo):
    show(demo, media="print", scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate(scheme="dark")
    assert page.pdf()[:5] == b"%PDF-"


def test_two_hundred_versions_load_in_less_than_a_second(show, page):
    runs = [s for n in range(100, 300) for s in run(f"r{n}", "c2", "c1", "Dataset.a")]
    more = [s for n in range(100, 300) for s in version_of(f"{n}", f"r{n}")]
    assert min(show(report(document(*STATEMENTS, *runs, *more))) for _ in range(3)) < 1
    assert page.evaluate("document.querySelectorAll('article.version').length") == 203


def test_what_a_document_says_does_nothing_in_a_browser(show, page):
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
    assert page.evaluate("document.querySelectorAll('script, img, iframe, object').length") == 0
    assert page.evaluate("document.body.textContent").count(evil) == 4
    assert page.requests == [page.evaluate("location.href")]
