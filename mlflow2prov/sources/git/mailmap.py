"""The mailmap (gitmailmap(5)), which maps names and addresses of people."""

from __future__ import annotations

from mlflow2prov.facts import Facts
from mlflow2prov.git.repository import Repository
from mlflow2prov.git.text import line_text


def mailmap_contents(repository: Repository) -> list[str]:
    """Return the names of the contents that git reads as the mailmap: a file of the working tree, and a blob."""
    file = repository.lines("hash-object", "--no-filters", "--", ".mailmap")
    configured = repository.lines("config", "--get", "mailmap.blob")
    if not configured and repository.lines("rev-parse", "--is-bare-repository") == ["true"]:
        configured = ["HEAD:.mailmap"]
    options = ("--verify", "--quiet", "--end-of-options")
    blob = repository.lines("rev-parse", *options, configured[0]) if configured else []
    return [*file, "", *blob]


def map_coauthors(repository: Repository, facts: Facts) -> None:
    """Apply the mailmap to co-authors, which git does not do."""
    people = facts.rows("SELECT DISTINCT name, email FROM coauthors ORDER BY ALL")
    if not people:
        return
    contacts = [f"{name or ''} <{email or ''}>" for name, email in people]
    stdin = "".join(f"{contact}\n" for contact in contacts).encode()
    mapped = repository.lines("check-mailmap", "--stdin", stdin=stdin)
    if len(mapped) != len(contacts):
        return
    for (name, email), before, after in zip(people, contacts, mapped, strict=True):
        if before == after:
            continue
        new_name, _, new_email = line_text(after).rpartition("<")
        new_email = new_email.rstrip(">").strip().lower()
        facts.execute(
            """
            UPDATE coauthors SET name = ?, email = ?
            WHERE name IS NOT DISTINCT FROM ? AND email IS NOT DISTINCT FROM ?
            """,
            [new_name.strip() or None, new_email or None, name, email],
        )
