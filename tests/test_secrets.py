"""Credentials in URLs never reach a fact, a message or an address."""

import doctest
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import secrets
from mlflow2prov.secrets import (
    Secrets,
    mask_secrets,
    split_user_info,
    urls_without_credentials,
    without_credentials,
)

SECRET_NAMES = [
    "token",
    "access_token",
    "X-Amz-Security-Token",
    "X-Amz-Credential",
    "X-Goog-Signature",
    "AWSAccessKeyId",
    "api_key",
    "apikey",
    "key",
    "client_secret",
    "password",
    "PASSWD",
    "pwd",
    "auth",
    "sig",
    "%74oken",
]
PUBLIC_NAMES = ["a", "branch", "path", "design", "page"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:secret@example.org/x?token=1&a=2", "https://example.org/x?a=2"),
        ("https://example.org/x#access_token=1", "https://example.org/x"),
        ("https://example.org/x#usage", "https://example.org/x#usage"),
        ("git@example.org:team/x.git", "git@example.org:team/x.git"),
        ("me:secret@example.org:x.git", "me@example.org:x.git"),
        ("postgresql://me:p%40ss@db/mlflow", "postgresql://db/mlflow"),
        ("https://me:p@ss@example.org", "https://example.org"),
        ("https://me:pa ss@example.org", "https://example.org"),
        ("https://me:pa'ss\"@example.org", "https://example.org"),
        ("jdbc:mysql://me:secret@db/x?password=1", "jdbc:mysql://db/x?password=..."),
        ("://me:secret@example.org", "://example.org"),
        ("sqlite:////tmp/mlflow.db", "sqlite:////tmp/mlflow.db"),
        ("/a/folder", "/a/folder"),
        ("http://[broken", "http://[broken"),
        ("http://me:secret@[broken?token=1", "http://[broken?token=..."),
    ],
)
def test_a_url_loses_its_user_information_and_its_secret_parameters(url, expected):
    assert without_credentials(url) == expected


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_parameter_whose_name_suggests_a_secret_is_removed_and_masked(name):
    url = f"https://example.org/x?a=1&{name}=s3cret"
    assert without_credentials(url) == "https://example.org/x?a=1"
    assert urls_without_credentials(f"see {url} there") == "see https://example.org/x?a=1 there"
    assert mask_secrets(url) == f"https://example.org/x?a=1&{name}=..."


@pytest.mark.parametrize("name", PUBLIC_NAMES)
def test_other_parameters_are_kept(name):
    url = f"https://example.org/x?{name}=1#{name}"
    assert without_credentials(url) == urls_without_credentials(url) == mask_secrets(url) == url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cannot reach https://me:secret@example.org: refused", "cannot reach https://example.org: refused"),
        ("/api?token=1&b=2", "/api?token=...&b=2"),
        ("'https://example.org/?token=1', 'x'", "'https://example.org/?token=...', 'x'"),
        ("https://example.org#access_token=1", "https://example.org#access_token=..."),
        ("https://example.org and ada@example.org", "https://example.org and ada@example.org"),
        ("('https://me:a@one.org','https://me:b@two.org')", "('https://one.org','https://two.org')"),
        ("  indented\tand = spaced  ", "  indented\tand = spaced  "),
    ],
)  # fmt: skip
def test_a_message_keeps_the_names_of_its_secrets_and_loses_their_values(text, expected):
    assert mask_secrets(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"url": "https://me:secret@example.org/data.csv"}', '{"url": "https://example.org/data.csv"}'),
        ("https://me:pa'ss@example.org", "https://example.org"),
        ("https://example.org/x#access_token=1", "https://example.org/x"),
        ("https://example.org/a?b=%7E c", "https://example.org/a?b=%7E c"),
        ("no URL: token=1, ada@example.org", "no URL: token=1, ada@example.org"),
    ],
)  # fmt: skip
def test_text_keeps_everything_but_the_credentials_of_its_urls(text, expected):
    assert urls_without_credentials(text) == expected


@pytest.mark.parametrize(
    ("url", "user_info", "rest"),
    [
        ("bolt://ada:pw@example.org:7687", "ada:pw", "bolt://example.org:7687"),
        ("bolt://ada@example.org", "ada", "bolt://example.org"),
        ("bolt://@example.org", "", "bolt://example.org"),
        ("bolt://example.org/a@b", None, "bolt://example.org/a@b"),
        ("ada@example.org", None, "ada@example.org"),
    ],
)
def test_user_information_is_split_from_a_url(url, user_info, rest):
    assert split_user_info(url) == (user_info, rest)


@given(st.text(st.characters(exclude_characters="/?#@", codec="utf-8"), min_size=1))
def test_no_password_survives_in_a_url(password):
    password = f"s3cret{password}"
    url = f"https://me:{password}@example.org/x"
    assert without_credentials(url) == "https://example.org/x"
    if not any(character.isspace() for character in password):
        assert mask_secrets(f"a {url} b") == "a https://example.org/x b"
        assert urls_without_credentials(f"a {url} b") == "a https://example.org/x b"


@pytest.mark.parametrize(
    "spelling",
    [
        'pa"s/s&é',
        "pa%22s%2Fs%26%C3%A9",
        "pa&quot;s/s&amp;é",
        'pa\\"s/s&é',
        'pa\\"s/s&\\u00e9',
        "cGEicy9zJsOp",
        'pa\\"s\\/s&é',
        'pa\\"s/s\\u0026é',
        "pa&#34;s/s&amp;é",
    ],
)
def test_a_message_does_not_quote_a_credential_in_any_spelling(spelling):
    secrets = Secrets(("ada", 'pa"s/s&é'))
    assert secrets.mask(f"no {spelling}.") == "no ...."
    assert secrets.mask_content(f"no {spelling}.".encode()) == b"no ...."


@pytest.mark.parametrize("secret", ["PÄss-W0rd/1", "pass/W0RD?é"])
def test_the_case_of_a_spelling_may_change(secret):
    spellings = (secret, quote(secret, safe=""), quote(secret, safe="").lower())
    for spelling in spellings:
        assert Secrets(tokens=[secret]).mask(spelling) == "..."
        assert Secrets(tokens=[secret]).mask_content(spelling.encode()) == b"..."


def test_the_padding_of_a_credential_in_base64_may_be_cut_off():
    assert Secrets(("ada", "pw")).mask("Basic YWRhOnB3, YWRhOnB3==") == "Basic ..., ...=="
    assert Secrets(("ada", "pw1")).mask("Basic YWRhOnB3MQ==, YWRhOnB3MQ") == "Basic ...==, ..."


def test_a_message_also_loses_the_credentials_of_urls():
    assert Secrets().mask("https://me:pw@example.org/?token=1") == "https://example.org/?token=..."


def test_a_user_is_secret_only_without_a_password():
    content = b"ada.lovelace1"
    assert Secrets(("ada.lovelace1", "pa55word")).mask_content(content) == content
    assert Secrets(("ada.lovelace1", None)).mask_content(content) == b"..."
    assert Secrets(("ada.lovelace1", "")).mask("ada.lovelace1 ") == "... "


def test_no_account_and_no_token_is_no_secret():
    secrets = Secrets((None, None), ("", ""), tokens=["", None])
    assert secrets.mask("a") == "a" and secrets.mask_content(b"a") == b"a"


@pytest.mark.parametrize(
    "secret", ["password", "experiment_id", "a1", "20240131", "2024-01-31", "0.12345", "abc123def"]
)
def test_content_keeps_what_may_be_there_by_chance(secret):
    content = f'{{"{secret}": "x{secret}y"}}'.encode()
    assert Secrets(tokens=[secret]).mask_content(content) == content
    assert Secrets(tokens=[secret]).mask(f"no {secret}") == "no ..."


def test_the_examples_in_the_documentation_are_true():
    results = doctest.testmod(secrets)
    assert results.attempted and not results.failed
