"""The site of the documentation: complete, and readable from disk without a network."""

import re
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

import mlflow2prov
from tests import browser

TOP = Path(__file__).parents[1]
SEARCH_SECONDS = 30


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site and return its folder."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", folder / "doctrees"]
    subprocess.run([*command, TOP / "docs", folder / "html"], check=True, capture_output=True)
    return folder / "html"


def test_every_public_name_is_documented(site):
    page = (site / "api.html").read_text(encoding="utf-8")
    documented = set(re.findall(r'id="mlflow2prov\.(\w+)"', page))
    assert documented == {name for name in mlflow2prov.__all__ if not name.startswith("_")}


@pytest.mark.parametrize(
    ("page", "package"),
    [("capture", "mlflow2prov.capture"), ("stages", "mlflow2prov.capture.stages")],
)
def test_every_public_name_of_capture_is_documented(site, page, package):
    content = (site / f"{page}.html").read_text(encoding="utf-8")
    documented = set(re.findall(rf'id="{re.escape(package)}\.(\w+)"', content))
    module = import_module(package)
    assert documented == {
        name
        for name in module.__all__
        if not name.startswith("_")
        and getattr(module, name) is not getattr(mlflow2prov, name, None)
    }


def test_every_page_of_the_documentation_is_on_the_site(site):
    pages = {path.with_suffix(".html").name for path in (TOP / "docs").glob("*.md")}
    assert pages <= {path.name for path in site.iterdir()}


@pytest.fixture(scope="module")
def page():
    if browser.COMMAND is None:
        pytest.skip("Chromium is not installed")
    with browser.browser() as page:
        yield page


def test_pages_load_nothing_from_elsewhere(site, page):
    for path in sorted(site.glob("*.html")):
        page.open(path.as_uri())
        assert page.requests and all(url.startswith(("file:", "data:")) for url in page.requests)
    assert page.errors == []


def test_search_works_on_files(site, page):
    page.open(f"{(site / 'search.html').as_uri()}?q=lineage")
    deadline = time.monotonic() + SEARCH_SECONDS
    links = "[...document.querySelectorAll('#search-results li a')].map(a => a.href).join()"
    while "/lineage.html" not in (results := page.evaluate(links)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "/lineage.html" in results
    assert page.errors == []
