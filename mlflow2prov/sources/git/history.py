"""The history of a Git repository, read into the fact tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.errors import RepositoryError
from mlflow2prov.facts import Facts
from mlflow2prov.facts.ordinals import number_commits
from mlflow2prov.facts.renames import find_exact_renames
from mlflow2prov.git.repository import Repository
from mlflow2prov.progress import Progress
from mlflow2prov.quantity import quantity
from mlflow2prov.sources.git import dates, refs, shallow
from mlflow2prov.sources.git.commit_names import resolve_commit_names
from mlflow2prov.sources.git.known_history import (
    add_known_commits,
    digest_circumstances,
    heads,
    select_known_commits,
    unknown_commits,
    update_selection,
)
from mlflow2prov.sources.git.log import Detail, list_commits, read_commits
from mlflow2prov.sources.git.mailmap import map_coauthors
from mlflow2prov.sources.git.notebooks import read_notebook_names
from mlflow2prov.sources.git.pathspecs import exclusion, literal_exclusion
from mlflow2prov.sources.git.trees import excluded_base_names, read_tree_files
from mlflow2prov.sources.options import Renames
from mlflow2prov.sources.report import SourceReport

MAX_NAMES = 5
"""Maximum number of refs in one message."""

_TABLES = ("commits", "parents", "coauthors", "changes")


@dataclass(frozen=True)
class HistoryOptions:
    """How much of a history is read, and how."""

    since: str | None = None
    """A date as git takes it (git-log(1)); earlier commits are not selected."""
    until: str | None = None
    """A date as git takes it; later commits are not selected."""
    branches: tuple[str, ...] = ()
    """The refs whose history is read; by default all refs."""
    exclude: tuple[str, ...] = ()
    """Pathspecs (gitglossary(7)) of files that are left out, relative to the root of the repository."""
    mailmap: bool = True
    """Map names and addresses by ``.mailmap`` (gitmailmap(5))."""
    renames: Renames = "similar"
    """How renames and copies are detected."""
    progress: Progress | None = None
    """Called with ``("commits", done, total)`` now and then."""


@dataclass(frozen=True)
class GitHistory:
    """The history of a Git repository."""

    path: str | Path
    """A repository, bare or not, a linked worktree, or a folder within one."""
    options: HistoryOptions = field(default_factory=HistoryOptions)

    def read(self, facts: Facts, previous: Facts | None = None) -> SourceReport:
        """Fill ``commits``, ``refs``, ``unpushed_commits``, ``parents``, ``coauthors``, ``changes`` and ``histories``.

        Args:
            facts: the tables to fill.
            previous: the facts of an earlier reading with the same options, from which known commits are taken. Then
                ``changes`` are those of new commits only, and ``revisions`` those of the others.

        Raises:
            RepositoryError: there is no repository, a branch or a date is unknown, or git failed.
        """
        report = SourceReport("git", str(self.path))
        renames = self._possible_renames(report)
        boundary = shallow.shallow_boundary(self._repository)
        tips = self._tips(report)
        circumstances = digest_circumstances(
            self._repository,
            [renames, *self.options.exclude],
            boundary,
            mailmap=self.options.mailmap,
        )
        detail = None
        if previous is not None and self._is_known(previous, circumstances, renames):
            detail = self._read_new_commits(facts, previous, tips, boundary, renames, report)
        if detail is None:
            commits = list_commits(self._repository, tips)
            detail = self._read_commits(facts, commits, boundary, renames, report)
            number_commits(facts)
        facts.add(
            "histories",
            circumstances=circumstances,
            detail=detail,
            has_skipped_renames=self._repository.has_skipped_renames,
            is_shallow=bool(boundary),
        )
        self._read_refs(facts, tips)
        if boundary:
            report.notices.append(
                f"{self.path}: a shallow clone, so the history before its "
                f"{quantity(len(boundary), 'oldest commit')} is unknown; run `git fetch --unshallow` there"
            )
        self._select_commits(facts)
        if facts.is_empty("commits"):
            report.notices.append(f"{self.path}: the repository has no commits")
        elif not facts.rows("SELECT 1 FROM commits WHERE is_selected LIMIT 1"):
            report.notices.append(f"{self.path}: no commit is between --since and --until")
        return report

    def read_again(self, facts: Facts) -> SourceReport:
        """Read the whole history in place of one that was partly taken from an earlier reading."""
        facts.discard((*_TABLES, "histories", "refs", "revisions", "unpushed_commits"))
        return self.read(facts)

    def read_tree_files(self, facts: Facts, candidates: Iterable[tuple[str, str]]) -> None:
        """Fill ``tree_files`` with the (commit, path) pairs of ``candidates`` that exist."""
        read_tree_files(self._repository, facts, candidates)

    def drop_excluded_scripts(self, facts: Facts) -> None:
        """Delete the ``missing_scripts`` that may be files which :attr:`HistoryOptions.exclude` leaves out."""
        if not self.options.exclude:
            return
        missing = facts.rows(
            """
            SELECT DISTINCT runs.linked_commit, missing_scripts.run_id, missing_scripts.path
            FROM missing_scripts
            JOIN runs_of_experiments AS runs USING (run_id)
            ORDER BY ALL
            """
        )
        paths = {path for (path,) in facts.rows("SELECT DISTINCT path FROM changes")}
        commits = dict.fromkeys(commit for commit, _, _ in missing)
        names = set(excluded_base_names(self._repository, commits, paths))
        for commit, run_id, path in missing:
            if (commit, path.rpartition("/")[2]) in names:
                facts.execute(
                    "DELETE FROM missing_scripts WHERE run_id = ? AND path = ?", [run_id, path]
                )

    def read_notebook_names(self, facts: Facts, blobs: Iterable[str], names: Iterable[str]) -> None:
        """Fill ``notebook_names`` with the ``blobs`` whose code names MLflow and one of ``names``."""
        read_notebook_names(self._repository, facts, blobs, names)

    @property
    def has_all_trees(self) -> bool:
        """Whether the files of every commit can be looked up; a partial clone may lack their folders."""
        return not self._repository.is_partial

    def path_in_tree(self, path: Path) -> str | None:
        """Return a path relative to the root of the working tree, or None if it is not below it."""
        return self._repository.path_in_tree(path)

    def exclude(self, facts: Facts, paths: Sequence[str]) -> None:
        """Remove files, and folders with all their files, from ``changes``.

        Git reads the commits that changed them once more, without them: no other file is then a rename or a copy of
        one of them.
        """
        with engine.registered(pa.table({"path": pa.array(paths, pa.string())})) as excluded:
            is_excluded, was_excluded = (
                f"""
                EXISTS (
                    SELECT 1
                    FROM {excluded} AS excluded
                    WHERE {path} = excluded.path OR starts_with({path}, excluded.path || '/')
                )
                """
                for path in ("changes.path", "changes.previous_path")
            )
            commits = facts.rows(
                f"""
                SELECT DISTINCT ordinal, sha
                FROM changes
                WHERE {is_excluded} OR {was_excluded}
                ORDER BY ordinal DESC
                """
            )
            if commits:
                self._read_changes_again(facts, [sha for _, sha in commits], paths)
            # Git cannot exclude a path that is not UTF-8.
            facts.execute(f"DELETE FROM changes WHERE {is_excluded}")
        facts.add_columns("excluded_paths", path=paths)

    def _read_changes_again(
        self, facts: Facts, commits: list[str], excluded: Sequence[str]
    ) -> None:
        """Replace the changes of ``commits`` by those of files that are not ``excluded``."""
        changes = Facts()
        report = SourceReport("git", str(self.path))
        boundary = shallow.shallow_boundary(self._repository)
        renames = self._possible_renames(report)
        self._read_commits(changes, commits, boundary, renames, report, excluded)
        with engine.registered(pa.table({"sha": commits})) as selection:
            facts.execute(f"DELETE FROM changes WHERE sha IN (SELECT sha FROM {selection})")
        facts.execute(
            f"""
            INSERT INTO changes
            SELECT changes.* REPLACE (commits.ordinal AS ordinal)
            FROM {changes.table("changes")} AS changes
            JOIN commits ON commits.sha = changes.sha
            """
        )

    def resolve_commit_names(self, facts: Facts) -> None:
        """Fill ``commit_names`` with the names in MLflow's tags and in calls that denote a commit of the repository.

        Some programs abbreviate the commits of calls.
        """
        names = facts.rows(
            """
            SELECT commit FROM runs_of_experiments WHERE commit IS NOT NULL AND linked_commit IS NULL
            UNION
            SELECT commit FROM logged_models_of_runs WHERE commit IS NOT NULL AND linked_commit IS NULL
            UNION
            SELECT commit FROM calls_of_functions
            WHERE linked_commit IS NULL AND regexp_full_match(commit, '[0-9a-f]{7,63}')
            ORDER BY commit
            """
        )
        hashes = resolve_commit_names(self._repository, [name for (name,) in names])
        for name, sha in hashes.items():
            facts.add("commit_names", name=name, sha=sha)
        facts.flush()

    @cached_property
    def _repository(self) -> Repository:
        return Repository(self.path)

    def _is_known(self, previous: Facts, circumstances: str, renames: Renames) -> bool:
        """Return whether ``previous`` has all facts of the commits that it knows, and they are still right."""
        best_detail: Detail = "renames" if renames == "similar" else "changes"
        # A pattern may depend on the attributes of files.
        depends_on_attributes = any("attr" in pathspec for pathspec in self.options.exclude)
        readings = previous.rows("SELECT circumstances, detail FROM histories")
        return readings == [(circumstances, best_detail)] and not depends_on_attributes

    def _read_new_commits(
        self,
        facts: Facts,
        previous: Facts,
        tips: list[str],
        boundary: set[str],
        renames: Renames,
        report: SourceReport,
    ) -> Detail | None:
        """Read the commits that ``previous`` lacks, and take the others from it.

        Returns:
            How much was read of each commit, or None, and no facts, if that is not as much as of the others.
        """
        try:
            all_tips = refs.tip_commits(self._repository, tips)
            new_tips = unknown_commits(previous, all_tips)
            commits = list_commits(self._repository, new_tips, heads(previous)) if new_tips else []
        except RepositoryError:
            # Git may have pruned a commit that no ref reaches any more.
            return None
        ((known_detail, has_skipped_renames),) = previous.rows(
            "SELECT detail, has_skipped_renames FROM histories"
        )
        self._repository.has_skipped_renames = has_skipped_renames
        attempt = SourceReport(report.kind, report.location)
        detail = self._read_commits(facts, commits, boundary, renames, attempt)
        if detail != known_detail:
            facts.discard(_TABLES)
            return None
        report.notices += attempt.notices
        add_known_commits(facts, previous, all_tips)
        if self._selects_by_date:
            select_known_commits(facts)
        return detail

    def _read_refs(self, facts: Facts, tips: list[str]) -> None:
        commits = refs.read_refs(self._repository, self.options.branches)
        facts.add_columns("refs", name=list(commits), sha=list(commits.values()))
        unpushed = refs.list_unpushed_commits(self._repository, tips)
        facts.add_columns("unpushed_commits", sha=unpushed)
        facts.flush()

    def _possible_renames(self, report: SourceReport) -> Renames:
        """Return how renames can be detected: a partial clone lacks the contents to compare."""
        if self.options.renames != "similar" or not self._repository.is_partial:
            return self.options.renames
        report.notices.append(
            f"{self.path}: a partial clone lacks file contents, so only exact renames are detected; run "
            "`git fetch --refetch` without a filter there"
        )
        return "exact"

    def _tips(self, report: SourceReport) -> list[str]:
        """Return the arguments by which ``git rev-list`` starts from the selected branches."""
        if branches := refs.resolve_branches(self._repository, self.options.branches):
            return branches
        broken = refs.broken_refs(self._repository)
        if broken:
            names = ", ".join(broken[:MAX_NAMES]) + (" and more" if broken[MAX_NAMES:] else "")
            report.omissions.append(f"{self.path}: refs to missing objects: {names}")
        return refs.all_refs(broken)

    def _read_commits(
        self,
        facts: Facts,
        commits: list[str],
        boundary: set[str],
        renames: Renames,
        report: SourceReport,
        excluded: Sequence[str] = (),
    ) -> Detail:
        """Read the commits with their parents, co-authors and changes, and return in how much detail."""
        detail = self._describe_commits(facts, commits, boundary, renames, report, excluded)
        facts.flush()
        if detail == "changes" and renames != "none":
            find_exact_renames(facts)
        if boundary:
            shallow.add_hidden_parents(self._repository, facts, boundary)
        if self.options.mailmap:
            map_coauthors(self._repository, facts)
        return detail

    def _describe_commits(
        self,
        facts: Facts,
        commits: list[str],
        boundary: set[str],
        renames: Renames,
        report: SourceReport,
        excluded: Sequence[str],
    ) -> Detail:
        """Read the commits in as much detail as the repository's objects allow, and return that detail.

        Git needs the contents of files to compare them, and their folders (trees) to list them.
        """

        def report_progress(done: int) -> None:
            if self.options.progress:
                self.options.progress("commits", done, len(commits))

        details: list[Detail] = ["changes", "commits"]
        if renames == "similar":
            details.insert(0, "renames")
        failures: list[RepositoryError] = []
        for detail in details:
            try:
                read_commits(
                    self._repository,
                    commits,
                    facts,
                    boundary=boundary,
                    # The mailmap of a bare repository is in a tree, too.
                    mailmap=self.options.mailmap and detail != "commits",
                    detail=detail,
                    excluded=[
                        *map(exclusion, self.options.exclude),
                        *map(literal_exclusion, excluded),
                    ],
                    progress=report_progress,
                )
            except RepositoryError as error:
                failures.append(error)
                facts.discard(_TABLES)
            else:
                self._report_lost_detail(detail, failures, report)
                return detail
        raise failures[-1]

    def _report_lost_detail(
        self, detail: Detail, failures: list[RepositoryError], report: SourceReport
    ) -> None:
        """Report the facts that are unknown because git failed to read more than ``detail``, or to compare files."""
        if failures and detail == "changes":
            report.notices.append(f"{failures[-1]}; until then only exact renames are detected")
        elif failures:
            messages = report.notices if self._repository.is_partial else report.omissions
            messages.append(f"{failures[-1]}; until then the files of all commits are unknown")
        if self._repository.has_skipped_renames:
            report.notices.append(
                f"{self.path}: some commits move too many files for git to compare them all, so only "
                "their exact renames are detected"
            )

    @property
    def _selects_by_date(self) -> bool:
        return self.options.since is not None or self.options.until is not None

    def _select_commits(self, facts: Facts) -> None:
        """Deselect the commits outside the dates. They stay known, so that files keep their identity."""
        if not self._selects_by_date:
            return
        if self.options.since is not None:
            epoch = dates.parse_since(self._repository, self.options.since)
            facts.execute(
                "UPDATE commits SET is_selected = false WHERE committed_epoch < ?", [epoch]
            )
        if self.options.until is not None:
            epoch = dates.parse_until(self._repository, self.options.until)
            facts.execute(
                "UPDATE commits SET is_selected = false WHERE committed_epoch > ?", [epoch]
            )
        update_selection(facts)
