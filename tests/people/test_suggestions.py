"""Suggested aliases: agents in, people with the reasons out; nothing is merged unasked."""

import pytest

from mlflow2prov import suggest_aliases, transform
from mlflow2prov.people.aliases import format_aliases, read_aliases
from tests.prov.statements import agent, document, entity


def git(number, name, email):
    return agent(f"User.{number:024x}", "User", "prov:Person", name=name, email=email)


def mlflow(username):
    return agent(f"User.{username}", "User", username=username)


def suggested(*agents):
    """Return the aliases of each suggested person."""
    return {p.name: set(p.aliases) for p in suggest_aliases(document(*agents))}


@pytest.mark.parametrize(
    ("username", "reason"),
    [
        ("ada.lovelace", "the user name ada.lovelace is like the name Ada Lovelace"),
        ("alovelace", "the user name alovelace is like the initial and the surname of Ada Lovelace"),
        ("adal", "the user name adal is like the given name and the initial of Ada Lovelace"),
        ("CORP\\lovelacea", "the user name CORP\\lovelacea is like the initial and the surname of Ada Lovelace"),
        ("Ada", "the user name Ada is like the given name of Ada Lovelace"),
        ("countess", "the user name countess is like the address countess@x.org"),
    ],
)  # fmt: skip
def test_a_user_of_mlflow_is_a_git_author_of_a_like_name_or_address(username, reason):
    (person,) = suggest_aliases(
        document(git(1, "Ada Lovelace", "countess@x.org"), mlflow(username))
    )
    assert person.name == "Ada Lovelace"
    assert set(person.aliases) == {username, "countess@x.org"}
    assert person.aliases[username] == f"MLflow user {username}: {reason}"


def test_a_user_name_of_mlflow_may_be_an_address():
    agents = (git(1, "Ada Lovelace", "countess@x.org"), mlflow("Countess@x.org"))
    (person,) = suggest_aliases(document(*agents))
    reason = "Git author Ada Lovelace: the same address as the MLflow user Countess@x.org"
    assert dict(person.aliases) == {"countess@x.org": reason}


def test_authors_with_one_name_or_one_address_are_one_person():
    assert suggested(
        git(1, "Ada Lovelace", "ada@home.org"), git(2, "Lovelace, Adá", "al@work.org"), git(3, "al", "AL@work.org"),
    ) == {"Ada Lovelace": {"ada@home.org", "al@work.org", "Lovelace, Adá", "al"}}  # fmt: skip


def test_a_login_of_github_is_a_user_name():
    agents = (git(1, "Ada Lovelace", "7+countess@users.noreply.github.com"), mlflow("countess"))
    assert list(suggested(*agents)) == ["Ada Lovelace"]


@pytest.mark.parametrize(
    "agents",
    [
        (git(1, "Ada Lovelace", "ada@x.org"), mlflow("grace")),
        (git(1, "Ada Lovelace", "a@x.org"), git(2, "Ada Byron", "b@x.org"), mlflow("ada")),
        (git(1, "Ada", "a@x.org"), git(2, "Ada", "b@x.org"), mlflow("ada")),
        (git(1, "John Smith", "john@x.org"), git(2, "John Doe", "john@y.org"), mlflow("john")),
        (git(1, "Root Admin", "root@localhost"), git(2, "Bob B", "root@localhost"), mlflow("root")),
        (git(1, "GitHub", "noreply@github.com"), git(2, "Bob", "noreply@github.com")),
        (git(1, "One Model", "no-reply@x.org"), git(2, "Other Model", "no-reply@x.org")),
        (git(1, "Info Desk", "info@x.org"), git(2, "Bob", "info@y.org")),
        (agent("b", "prov:SoftwareAgent", name="dependabot"), mlflow("dependabot")),
        (mlflow("7"), git(1, "7", "7@x.org")),
    ],
)
def test_doubtful_agents_are_not_suggested(agents):
    assert suggested(*agents) == {}


def test_no_alias_belongs_to_an_agent_of_another_person():
    agents = (
        git(1, "Ada Lovelace", "a@x.org"), git(2, "Max", "a@x.org"), git(3, "Max", "max.m@y.org"),
    )  # fmt: skip
    assert suggested(*agents) == {"Ada Lovelace": {"a@x.org"}}
    people = {person.name: list(person.aliases) for person in suggest_aliases(document(*agents))}
    merged = transform(document(*agents), merge_aliased_agents=people)
    assert sum(s.kind == "agent" for s in merged.statements()) == 2


HOSTILE = ("a\nb: [c", "# x", "'\"\\", "yes", "1.0", "- y", "\x07\u2028\ufeff\U0001f600", "Å B")


def test_the_file_is_one_that_merges_agents(tmp_path):
    aliases = {alias: f"reason\nof {alias}" for alias in HOSTILE}
    text = format_aliases([("Ada: L", aliases), ("B", {}), ("C D", {"c": "x"})])
    (tmp_path / "people.yaml").write_text(text, encoding="utf-8")
    assert read_aliases(tmp_path / "people.yaml") == {
        "Ada: L": [alias.strip() for alias in HOSTILE],
        "B": [],
        "C D": ["c"],
    }
    assert "    - c  # x\n" in text


def test_a_file_without_suggestions_merges_nobody(tmp_path):
    (tmp_path / "people.yaml").write_text(format_aliases([]))
    assert read_aliases(tmp_path / "people.yaml") == {}


def test_suggesting_does_not_merge():
    before = document(git(1, "Ada Lovelace", "ada@x.org"), mlflow("ada"), entity("e"))
    statements = list(before.statements())
    assert len(suggest_aliases(before)) == 1
    assert list(before.statements()) == statements
