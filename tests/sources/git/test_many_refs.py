"""Repositories with so many refs that git's input does not fit into a pipe."""

import shutil

from mlflow2prov.git import idleness
from mlflow2prov.git.repository import Repository
from mlflow2prov.sources.git.refs import read_refs
from tests.repositories import Repository as History

REFS = 2000


def test_all_input_reaches_a_git_that_begins_to_read_late(tmp_path, monkeypatch):
    history = History(tmp_path / "repository")
    sha = history.commit(a="1\n")
    refs = history.path / ".git" / "packed-refs"
    refs.write_text("".join(f"{sha} refs/tags/v{number:05}\n" for number in range(REFS)))
    # As on a busy machine, git is looked at before it has read anything.
    late_git = tmp_path / "git"
    late_git.write_text(
        f'#!/bin/sh\ncase "$*" in *cat-file*) sleep 0.5;; esac\nexec {shutil.which("git")} "$@"\n'
    )
    late_git.chmod(0o755)
    monkeypatch.setattr(idleness, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(idleness, "MAX_IDLE_SECONDS", 3.0)
    repository = Repository(history.path)
    monkeypatch.setattr(repository, "_executable", str(late_git))
    assert len(read_refs(repository, ())) == REFS + 1
