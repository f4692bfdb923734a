"""The runs of a server that an earlier reading knows, so that only some of them are read again.

A server has no time at which a run was modified. What can be searched for is read at once: runs that started or ended
since the earlier reading, those that had not ended, and those that were deleted or restored since then. Of the others,
some are read again each time, in the order of their start, so that an edited name, tag or metric is seen after some
readings.

The other runs are there if the number of runs before a time, and the last of them, are as in the earlier reading. If
not, runs were purged or imported, the server was reset, or a backup was restored. Then all runs are read.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.mlflow.rest import client as rest
from mlflow2prov.sources.mlflow.rest.client import API, Client, groups
from mlflow2prov.sources.mlflow.rest.transport import Json, UnusableServerError, json_object
from mlflow2prov.sources.mlflow.values import parse_integer, parse_run_status, parse_text

MARGIN = 3_600_000
"""How many milliseconds before the earlier reading a run counts as new, because clocks differ."""
MAX_IDS = 500
"""Maximum number of runs that one search names."""

_RUN_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_FINAL_STATUSES = ("finished", "failed", "killed")


class KnownRun(NamedTuple):
    """A run of an earlier reading. Times are milliseconds since 1970-01-01 UTC."""

    start: int
    run_id: str
    experiment_id: str
    end: int | None
    status: str
    is_deleted: bool

    @property
    def has_ended(self) -> bool:
        """Whether the run had ended."""
        return self.status in _FINAL_STATUSES


@dataclass(frozen=True)
class KnownRuns:
    """The runs of an earlier reading that are likely to be as they were."""

    since: int
    """Later runs are read again. Milliseconds since 1970-01-01 UTC."""
    runs: dict[str, KnownRun]
    """The runs that started before, by id, in the order of their start."""
    begin: int | None
    """The start of the first run that is read again in turn, None for the beginning."""
    end: int
    """The start of the first run that is not read again in turn; it may be :attr:`since`."""

    @property
    def next_begin(self) -> int | None:
        """Where the next reading goes on with the runs that are read again in turn."""
        return self.end if self.end < self.since else None

    def is_in_turn(self, run: KnownRun) -> bool:
        """Return whether it is the turn of a run to be read again."""
        return (self.begin is None or run.start >= self.begin) and run.start < self.end

    def may_have_new_artifacts(self, run: Json) -> bool:
        """Return whether artifacts may have been added to a run, which is in the form of the server's answer."""
        info = json_object(run, "info")
        run_before = self.runs.get(parse_text(info.get("run_id")) or "")
        end = parse_integer(info.get("end_time"))
        return (
            run_before is None
            or not run_before.has_ended
            or parse_run_status(info.get("status")) != run_before.status
            or end is None
            or end != run_before.end
            or end >= self.since
        )


class _UnknownRunsError(Exception):
    """The server has other runs than the earlier reading, besides later ones."""


def find_known_runs(
    facts: Facts, previous: Facts, experiments: list[str], options: ReadOptions
) -> KnownRuns | None:
    """Return the runs of ``previous`` that a server probably still has as they were; None if all are to be read.

    Args:
        facts: the experiments of the server.
        previous: the facts of an earlier reading of the server.
        experiments: the ids of the experiments that are read.
        options: how many of the runs are read again.
    """
    if options.reread is None or options.runs_since is not None:
        return None
    facts.flush()
    readings = previous.rows(
        """
        SELECT epoch_ms(TRY_CAST(read_at AS TIMESTAMPTZ)), reread_from
        FROM stores
        WHERE kind = 'http' AND is_complete AND read_at IS NOT NULL
        """
    )
    if not readings or _has_other_experiments(facts, previous):
        return None
    ((read_at, begin),) = readings
    since, selected = read_at - MARGIN, set(experiments)
    rows = [
        run for row in previous.rows(_RUNS) if (run := KnownRun(*row)).experiment_id in selected
    ]
    early_runs = {run.run_id: run for run in rows if run.start is not None and run.start < since}
    is_usual = all(
        run.start is not None and run.status and _RUN_ID.fullmatch(run.run_id) for run in rows
    )
    if not is_usual or len(early_runs) <= max(options.reread, 1):
        return None
    starts = [run.start for run in early_runs.values() if begin is None or run.start >= begin]
    later = (start for start in starts[options.reread :] if start > starts[0])
    return KnownRuns(since, early_runs, begin, next(later, since))


_RUNS = """
    SELECT
        epoch_ms(TRY_CAST(started_at AS TIMESTAMPTZ)) AS start,
        run_id,
        experiment_id,
        epoch_ms(TRY_CAST(ended_at AS TIMESTAMPTZ)),
        status,
        lifecycle_stage = 'deleted'
    FROM runs
    ORDER BY start, run_id
"""


def _has_other_experiments(facts: Facts, previous: Facts) -> bool:
    """Return whether an experiment is another one under the same id, as after a reset, or has no time of creation."""
    return bool(
        facts.rows(
            f"""
            SELECT 1
            FROM {previous.table("experiments")} AS known
            LEFT JOIN experiments USING (experiment_id)
            WHERE known.created_at IS NULL OR experiments.created_at IS DISTINCT FROM known.created_at
            LIMIT 1
            """
        )
    )


def read_changed_runs(
    client: Client, experiments: list[str], known_runs: KnownRuns
) -> dict[str, Json] | None:
    """Return the runs that are new or may have changed, by id; None if all runs are to be read.

    Args:
        client: the client of the server.
        experiments: the ids of all experiments that are read.
        known_runs: the runs of an earlier reading.
    """
    changed: dict[str, Json] = {}
    try:
        for group in groups(experiments, rest.EXPERIMENTS_PER_SEARCH):
            search = _Search(client, group, known_runs.since)
            runs = [run for run in known_runs.runs.values() if run.experiment_id in group]
            _require_known_runs(search, runs)
            changed |= _read_group(search, known_runs, runs)
    except UnusableServerError:
        raise
    except (TrackingStoreError, _UnknownRunsError):
        # Not every server knows these searches.
        return None
    if any(
        _start(run) < known_runs.since and run_id not in known_runs.runs
        for run_id, run in changed.items()
    ):
        return None
    return changed


def _read_group(search: _Search, known_runs: KnownRuns, runs: list[KnownRun]) -> dict[str, Json]:
    """Return the runs of some experiments that are new or may have changed, by id."""
    since = known_runs.since
    changed = search.runs(f"attributes.start_time >= {since}")
    changed |= search.early_runs(f"attributes.end_time >= {since}")
    changed |= search.early_runs("attributes.status = 'RUNNING'")
    changed |= search.named_runs(run.run_id for run in runs if not run.has_ended)
    turn = [run.run_id for run in runs if known_runs.is_in_turn(run)]
    if turn:
        begin = [] if known_runs.begin is None else [f"attributes.start_time >= {known_runs.begin}"]
        in_turn = search.runs(*begin, f"attributes.start_time < {known_runs.end}")
        if in_turn.keys() != set(turn):
            raise _UnknownRunsError
        changed |= in_turn
    return changed | _read_deleted(search, [run.run_id for run in runs if run.is_deleted])


def _read_deleted(search: _Search, deleted_ids: list[str]) -> dict[str, Json]:
    """Return the runs that were deleted or restored since the earlier reading, which knew some deleted ones."""
    if len(deleted_ids) <= MAX_IDS:
        others = [_are(deleted_ids, "NOT IN")] if deleted_ids else []
        deleted = search.early_runs(*others, view_type="DELETED_ONLY")
        return deleted | search.named_runs(deleted_ids, view_type="ACTIVE_ONLY")
    deleted = search.early_runs(view_type="DELETED_ONLY")
    return deleted | search.named_runs(run_id for run_id in deleted_ids if run_id not in deleted)


def _require_known_runs(search: _Search, runs: list[KnownRun]) -> None:
    """Require that the server has as many early runs as ``runs``, and the last one of them.

    Raises:
        _UnknownRunsError: it has not, or its pages cannot be counted.
    """
    first, token = search.page(None)
    if not runs:
        if first and _start(first[0]) < search.since:
            raise _UnknownRunsError
        return
    if token is not None and _offset(token) != 1:
        raise _UnknownRunsError
    count = len(runs)
    last, _ = (first, None) if count == 1 else search.page(count - 1)
    following, _ = search.page(count)
    ids = {run.run_id for run in runs if run.start == runs[-1].start}
    is_last = bool(last) and parse_text(json_object(last[0], "info").get("run_id")) in ids
    if not is_last or (following and _start(following[0]) < search.since):
        raise _UnknownRunsError


@dataclass(frozen=True)
class _Search:
    """Searches for runs of some experiments."""

    client: Client
    experiments: list[str]
    since: int
    """Runs that started before are early ones. Milliseconds since 1970-01-01 UTC."""

    def runs(self, *conditions: str, view_type: str = "ALL") -> dict[str, Json]:
        """Return the runs that meet all conditions, by id."""
        body = {**self._body(view_type), "filter": " AND ".join(conditions)}
        runs = self.client.pages(f"{API}/runs/search", "runs", body, post=True)
        return {run_id: run for run in runs if (run_id := _id(run)) is not None}

    def early_runs(self, *conditions: str, view_type: str = "ALL") -> dict[str, Json]:
        """Return the early runs that meet all conditions, by id."""
        return self.runs(f"attributes.start_time < {self.since}", *conditions, view_type=view_type)

    def named_runs(self, run_ids: Iterable[str], view_type: str = "ALL") -> dict[str, Json]:
        """Return the runs with some ids."""
        matches: dict[str, Json] = {}
        for group in groups(list(run_ids), MAX_IDS):
            matches |= self.runs(_are(group, "IN"), view_type=view_type)
        return matches

    def page(self, offset: int | None) -> tuple[list[Json], str | None]:
        """Return the run at an offset, in the order of their start, and the token of the next page."""
        body = {**self._body("ALL"), "max_results": 1}
        if offset is not None:
            position = json.dumps({"offset": offset}).encode("ascii")
            body["page_token"] = base64.b64encode(position).decode("ascii")
        answer = self.client.transport.post(f"{API}/runs/search", body)
        runs = answer.get("runs")
        token = answer.get("next_page_token")
        return (
            [run for run in runs if isinstance(run, dict)] if isinstance(runs, list) else [],
            token if isinstance(token, str) and token else None,
        )

    def _body(self, view_type: str) -> Json:
        return {
            "experiment_ids": self.experiments,
            "run_view_type": view_type,
            "max_results": rest.PAGE_SIZE,
            "order_by": ["attributes.start_time ASC"],
        }


def _are(run_ids: Collection[str], comparator: str) -> str:
    names = ", ".join(f"'{run_id}'" for run_id in run_ids)
    return f"attributes.run_id {comparator} ({names})"


def _id(run: Json) -> str | None:
    return parse_text(json_object(run, "info").get("run_id"))


def _start(run: Json) -> int:
    """Return the start of a run. A run without one is an early run that no reading knows."""
    start = parse_integer(json_object(run, "info").get("start_time"))
    return -1 if start is None else start


def _offset(token: str) -> int | None:
    """Return the offset in a token of MLflow's database store."""
    try:
        content = json.loads(base64.b64decode(token))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return parse_integer(content.get("offset")) if isinstance(content, dict) else None
