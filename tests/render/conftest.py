"""Fixtures for tests that open reports in a browser."""

import pytest

from tests import browser as chromium


@pytest.fixture(scope="module")
def page():
    with chromium.browser() as new_page:
        new_page.resize(1200, 1600)
        yield new_page


@pytest.fixture
def show(page, tmp_path):
    """Open a report in the browser; return the seconds that it took."""

    def show(text, **media):
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8")
        page.emulate(**media)
        return page.open(file.as_uri())

    return show
