"""Links to the website that hosts a Git repository."""

import pytest

from mlflow2prov.errors import ConfigurationError
from mlflow2prov.render.report.links import check_repository_url, commit_url, file_url, web_page

SHA = "4428be644135e31c3d4e478ccb62b706fa51e1b2"


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://github.com/ada/wine.git", "https://github.com/ada/wine"),
        ("https://ada:secret@example.org/ada/wine", "https://example.org/ada/wine"),
        ("git@github.com:ada/wine.git", "https://github.com/ada/wine"),
        ("github.com:ada/wine.git", "https://github.com/ada/wine"),
        ("ssh://git@example.org:2222/ada/wine.git", "https://example.org/ada/wine"),
        ("http://localhost:3000/ada/wine/", "http://localhost:3000/ada/wine"),
        ("https://example.org/a b", None),
        ("https://exa)mple.org/x", None),
        ("https://example.org/x(y)<z>", "https://example.org/x%28y%29%3Cz%3E"),
        ("https://example.org:port/x", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///home/ada/wine", None),
        ("/home/ada/wine", None),
        ("https:///x", None),
        ("", None),
        (None, None),
    ],
)
def test_web_page_of_a_repository_url(url, page):
    assert web_page(url) == page


def test_commits_and_files_have_the_paths_of_their_host():
    page = "https://github.com/ada/wine"
    assert commit_url(page, SHA) == f"{page}/commit/{SHA}"
    assert file_url(page, SHA, "a b/train.py") == f"{page}/blob/{SHA}/a%20b/train.py"
    bitbucket_page = "https://bitbucket.org/ada/wine"
    assert commit_url(bitbucket_page, SHA) == f"{bitbucket_page}/commits/{SHA}"
    assert file_url(bitbucket_page, SHA, "train.py") == f"{bitbucket_page}/src/{SHA}/train.py"


@pytest.mark.parametrize("sha", ["", "main", "../../x", "4428be", f"{SHA}'"])
def test_only_hashes_are_linked(sha):
    assert commit_url("https://example.org/x", sha) is None
    assert file_url("https://example.org/x", sha, "train.py") is None


def test_there_are_no_links_without_a_page():
    assert commit_url(None, SHA) is None
    assert file_url(None, SHA, "train.py") is None


def test_the_error_for_a_url_does_not_repeat_it():
    with pytest.raises(ConfigurationError) as error:
        check_repository_url("ftp://me:secret@example.org")
    assert "secret" not in str(error.value)
