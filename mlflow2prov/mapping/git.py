"""Git: which PROV a commit and what it does to files become.

A commit is an activity; a file is an entity that lasts through renames; each of its states is a
revision, an entity that specializes the file. ``t`` is the committer date, as author dates run
backwards in real histories. The picture of each model is in ``docs/prov-model.md``.
"""

from collections.abc import Iterator

from mlflow2prov.mapping.language import (
    Column,
    Name,
    Pattern,
    Row,
    activity,
    agent,
    digest,
    either,
    entity,
    fit,
    name,
    prov,
    specialization_of,
    template,
    term,
    used,
    was_associated_with,
    was_attributed_to,
    was_derived_from,
    was_generated_by,
    was_informed_by,
    was_invalidated_by,
    when,
)


def commit_of(sha: Column) -> Name:
    """Name the commit activity: unique in the world by its hash."""
    return name("Commit", fit(sha))


def user_of(name_: Column, email: Column) -> Name:
    """Name the person behind a name and an e-mail address."""
    return name("User", digest(name_, email))


def file_of(sha: Column, path: Column) -> Name:
    """Name a file: by the commit that added it and the path it had there."""
    return name("File", fit(sha), digest(path))


def revision_of(sha: Column, path: Column) -> Name:
    """Name a revision of a file: by the commit that made it and its path."""
    return name("FileRevision", fit(sha), digest(path))


@template(over="git_users")
def git_user(person: Row) -> Iterator[Pattern]:
    """Authors, committers and co-authors, each once."""
    yield agent(
        user_of(person.name, person.email),
        type=[term("User"), either("is_bot", prov("SoftwareAgent"), prov("Person"))],
        name=person.name,
        email=person.email,
        label=person.label,
    )


@template(over="selected_commits")
def commit(commit: Row) -> Iterator[Pattern]:
    """A commit, and who stands behind it."""
    this = commit_of(commit.sha)
    yield activity(
        this,
        commit.started_at,
        commit.ended_at,
        type=term("Commit"),
        sha=commit.sha,
        title=commit.title,
        message=commit.message,
        authored_at=commit.authored_at,
        committed_at=commit.committed_at,
        swhid=when("length(sha) = 40", "swh:1:rev:" + commit.sha),
        pushed=commit.pushed,
        label=commit.title,
    )
    author = user_of(commit.author_name, commit.author_email)
    committer = user_of(commit.committer_name, commit.committer_email)
    yield was_associated_with(this, author, role=term("Author"))
    yield was_associated_with(this, committer, role=term("Committer"))


@template(over="selected_coauthors")
def commit_coauthor(trailer: Row) -> Iterator[Pattern]:
    """Who a Co-authored-by trailer names."""
    coauthor = user_of(trailer.name, trailer.email)
    yield was_associated_with(commit_of(trailer.sha), coauthor, role=term("CoAuthor"))


@template(over="selected_parents")
def commit_parent(edge: Row) -> Iterator[Pattern]:
    """A commit builds on its parents, also on one that a shallow clone lacks."""
    yield was_informed_by(commit_of(edge.sha), commit_of(edge.parent))


@template(over="file_changes", where="is_start AND NOT is_repeat")
def file(change: Row) -> Iterator[Pattern]:
    """The file that begins with an addition or a copy."""
    this = file_of(change.sha, change.path)
    yield entity(
        this,
        type=term("File"),
        name=change.name,
        path=change.path,
        commit=change.sha,
        label=change.path,
    )


@template(over="file_changes", where="is_start AND NOT is_boundary AND NOT is_repeat")
def file_addition(change: Row) -> Iterator[Pattern]:
    """FileAddition: the commit brings the file into being."""
    this = file_of(change.sha, change.path)
    author = user_of(change.author_name, change.author_email)
    yield was_generated_by(this, commit_of(change.sha), change.committed_at, role=term("AddedFile"))
    yield was_attributed_to(this, author)


@template(over="file_changes", where="status <> 'D' AND NOT is_repeat")
def file_revision(change: Row) -> Iterator[Pattern]:
    """The state that a change gives to a file."""
    revision = revision_of(change.sha, change.path)
    yield entity(
        revision,
        type=term("FileRevision"),
        name=change.name,
        path=change.path,
        status=change.status,
        blob=change.swhid,
        mode=change.mode,
        commit=change.sha,
        previous_path=change.renamed_from,
        label=change.path,
    )
    yield specialization_of(revision, file_of(change.file_sha, change.file_path))


@template(over="file_changes", where="status <> 'D' AND NOT is_boundary AND NOT is_repeat")
def file_revision_origin(change: Row) -> Iterator[Pattern]:
    """Who and what made a revision; of the state that a shallow clone starts with, nobody knows."""
    revision = revision_of(change.sha, change.path)
    role = either("status = 'A'", term("AddedRevision"), term("ModifiedRevision"))
    yield was_generated_by(revision, commit_of(change.sha), change.committed_at, role=role)
    yield was_attributed_to(revision, user_of(change.author_name, change.author_email))


@template(over="file_changes", where="status <> 'D'")
def file_modification(change: Row) -> Iterator[Pattern]:
    """FileModification: a revision replaces the one that stood there (of a rename: at the old path)."""
    commit = commit_of(change.sha)
    revision = revision_of(change.sha, change.path)
    previous = revision_of(change.previous_sha, change.previous_path)
    yield used(commit, previous, change.committed_at, role=term("PreviousRevision"))
    yield was_derived_from(revision, previous, commit, type=prov("Revision"))


@template(over="file_changes", where="status = 'D'")
def file_deletion(change: Row) -> Iterator[Pattern]:
    """FileDeletion: the file ends, and with it its last revision."""
    commit = commit_of(change.sha)
    previous = revision_of(change.previous_sha, change.previous_path)
    role = term("DeletedRevision")
    yield was_invalidated_by(previous, commit, change.committed_at, role=role)
    yield was_invalidated_by(
        file_of(change.file_sha, change.file_path), commit, change.committed_at, role=role
    )


TEMPLATES = (
    git_user,
    commit,
    commit_coauthor,
    commit_parent,
    file,
    file_addition,
    file_revision,
    file_revision_origin,
    file_modification,
    file_deletion,
)
