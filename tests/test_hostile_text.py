"""Long texts from servers, repositories and files: the time to search them is not quadratic in their length."""

import itertools
import time
from contextlib import suppress

import pytest

from mlflow2prov import secrets
from mlflow2prov.errors import NamespaceError
from mlflow2prov.formats._support.iri_names import IriNames
from mlflow2prov.git import special_files
from mlflow2prov.people.mentions import mentions
from mlflow2prov.sources.git.log_parser import _COAUTHOR
from mlflow2prov.sources.mlflow.environments import parse_packages

LENGTH = 20_000
MAX_SECONDS = 0.5
"""A search that is quadratic takes more than twice as long."""

UNITS = (
    *("a", "A", "1", ".", "-", "_", " ", "\t", "\n", " \n", "\\", "/", "?", "&", "#", "=", "@", ":", "://"),
    *("a ", "A. ", "a.", "a-", "a://", "b@", "?a", "?a=", "--a ", "-a=", "a: ", "<a", "[a", "(a", '"', '"a', "{", "a,"),
    *("Co-authored-by: ", "Signed-off-by: A ", "path=", "[x] ", "/home/a", "~a", "C:\\", "\\\\", "%41", "&#65;"),
)  # fmt: skip
BEGINNINGS = (
    "",
    "co-authored-by:",
    "Reviewer:",
    "path =",
    "https://",
    "a@",
    "--user ",
    "runs:/",
    "x==",
)
ENDS = ("", "\n", "x\ny!")


def read_configuration_file(text, folder):
    (folder / "config").write_text(text)
    list(special_files._paths_in(folder / "config"))


READERS = {
    "credentials in URLs": lambda text, _: secrets.urls_without_credentials(text),
    "credentials in messages": lambda text, _: secrets.mask_secrets(text),
    "credentials in an address": lambda text, _: secrets.without_credentials(text),
    "authors in messages": lambda text, _: _COAUTHOR.findall(text.encode()),
    "configuration of Git": read_configuration_file,
    "Conda": lambda text, _: list(
        parse_packages("conda.yaml", b"dependencies: ['%s']" % text.encode())
    ),
    "people": lambda text, _: list(mentions(text)),
    "names of IRIs": lambda text, _: IriNames({}).name(f"{text}/"),
}


@pytest.mark.parametrize("name", READERS)
def test_the_time_is_not_quadratic(name, tmp_path):
    for beginning, unit, end in itertools.product(BEGINNINGS, UNITS, ENDS):
        start = time.process_time()
        with suppress(NamespaceError):
            READERS[name](beginning + unit * (LENGTH // len(unit)) + end, tmp_path)
        assert time.process_time() - start < MAX_SECONDS, (beginning, unit, end)
