"""Git: commits, and their effects on files.

A commit is an activity. A file is an entity that persists through renames, and each of its states is a revision: an
entity that specializes the file. Generations, usages and invalidations happen at the committer date, because author
dates run backwards in real histories. ``docs/prov-model.md`` has a picture of each model.
"""

from mlflow2prov.mapping.language import (
    Column,
    QName,
    Row,
    Statements,
    activity,
    agent,
    digest,
    entity,
    if_else,
    prov,
    qname,
    rule,
    specialization_of,
    term,
    used,
    verbatim,
    was_associated_with,
    was_attributed_to,
    was_derived_from,
    was_generated_by,
    was_informed_by,
    was_invalidated_by,
    when,
)


def commit_of(sha: Column) -> QName:
    """Name a commit by its hash, which is the same in every clone."""
    return qname("Commit", verbatim(sha))


def user_of(name: Column, email: Column) -> QName:
    """Name a person by name and e-mail address."""
    return qname("User", digest(name, email))


def file_of(sha: Column, path: Column) -> QName:
    """Name a file by the commit that added it and its path there."""
    return qname("File", verbatim(sha), digest(path))


def revision_of(sha: Column, path: Column) -> QName:
    """Name a revision of a file by the commit that made it and its path."""
    return qname("FileRevision", verbatim(sha), digest(path))


@rule(table="git_users")
def git_user(user: Row) -> Statements:
    """Describe each author, committer and co-author once."""
    yield agent(
        user_of(user.name, user.email),
        type=[term("User"), if_else("is_bot", prov("SoftwareAgent"), prov("Person"))],
        name=user.name,
        email=user.email,
        label=user.label,
    )


@rule(table="selected_commits")
def commit(commit: Row) -> Statements:
    """Describe a commit and associate it with its author and its committer."""
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


@rule(table="selected_coauthors")
def commit_coauthor(trailer: Row) -> Statements:
    """Associate a commit with the person in a Co-authored-by trailer."""
    coauthor = user_of(trailer.name, trailer.email)
    yield was_associated_with(commit_of(trailer.sha), coauthor, role=term("CoAuthor"))


@rule(table="selected_parents")
def commit_parent(edge: Row) -> Statements:
    """Connect a commit to each parent, including parents that a shallow clone hides."""
    yield was_informed_by(commit_of(edge.sha), commit_of(edge.parent))


@rule(table="file_changes", where="is_start AND NOT is_repeat")
def file(change: Row) -> Statements:
    """Describe the file that an addition or a copy begins."""
    this = file_of(change.sha, change.path)
    yield entity(
        this,
        type=term("File"),
        name=change.name,
        path=change.path,
        commit=change.sha,
        label=change.path,
    )


@rule(table="file_changes", where="is_start AND NOT is_boundary AND NOT is_repeat")
def file_addition(change: Row) -> Statements:
    """FileAddition: the commit generates the file."""
    this = file_of(change.sha, change.path)
    author = user_of(change.author_name, change.author_email)
    yield was_generated_by(this, commit_of(change.sha), change.committed_at, role=term("AddedFile"))
    yield was_attributed_to(this, author)


@rule(table="file_changes", where="status <> 'D' AND NOT is_repeat")
def file_revision(change: Row) -> Statements:
    """Describe the state that a change gives to a file."""
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


@rule(table="file_changes", where="status <> 'D' AND NOT is_boundary AND NOT is_repeat")
def file_revision_origin(change: Row) -> Statements:
    """Connect a revision to its commit and its author, which are unknown at the boundary of a shallow clone."""
    revision = revision_of(change.sha, change.path)
    role = if_else("status = 'A'", term("AddedRevision"), term("ModifiedRevision"))
    yield was_generated_by(revision, commit_of(change.sha), change.committed_at, role=role)
    yield was_attributed_to(revision, user_of(change.author_name, change.author_email))


@rule(table="file_changes", where="status <> 'D'")
def file_modification(change: Row) -> Statements:
    """FileModification: a revision replaces the previous one, which a rename has at the old path."""
    commit = commit_of(change.sha)
    revision = revision_of(change.sha, change.path)
    previous = revision_of(change.previous_sha, change.previous_path)
    yield used(commit, previous, change.committed_at, role=term("PreviousRevision"))
    yield was_derived_from(revision, previous, commit, type=prov("Revision"))


@rule(table="file_changes", where="status = 'D'")
def file_deletion(change: Row) -> Statements:
    """FileDeletion: the commit invalidates the file and its last revision."""
    commit = commit_of(change.sha)
    file = file_of(change.file_sha, change.file_path)
    previous = revision_of(change.previous_sha, change.previous_path)
    for deleted in (previous, file):
        yield was_invalidated_by(deleted, commit, change.committed_at, role=term("DeletedRevision"))


RULES = (
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
