"""An MLflow server, read by its REST API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

from mlflow2prov.errors import StoreError
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.rest import Client, Json, RefusedError, inner, objects
from mlflow2prov.sources.mlflow.store import StoreInfo, Wishes
from mlflow2prov.sources.mlflow.values import Entry, integer, number, said, state, text, time

_API = "/api/2.0/mlflow"
_PAGE = 1000
_EXPERIMENTS_AT_ONCE = 200
_POINTS = 25_000
_DEEPEST = 64
_NAMED = 3

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def read(url: str, facts: Facts, wishes: Wishes) -> StoreInfo:
    """Read all that the server at ``url`` shows to us."""
    with Client(url, wishes.workers) as client, ThreadPoolExecutor(max(wishes.workers, 1)) as pool:
        info = StoreInfo("http", client.shown)
        return _Reader(client, pool, facts, info, wishes).read()


class _Reader:
    """The server's answers on their way into the fact tables.

    Requests go side by side, bounded by the workers; their answers are taken in order.
    """

    def __init__(
        self,
        client: Client,
        pool: ThreadPoolExecutor,
        facts: Facts,
        info: StoreInfo,
        wishes: Wishes,
    ) -> None:
        self._client = client
        self._pool = pool
        self._facts = facts
        self._info = info
        self._wishes = wishes

    def read(self) -> StoreInfo:
        """Read everything; returns what is to be said of it."""
        self._info.version = self._client.version()
        experiments = self._experiments()
        runs = self._runs(experiments)
        models = self._logged_models(experiments)
        if models:
            self._model_inputs(runs)
        if self._wishes.metric_history:
            self._metric_history(runs)
        self._artifacts(list(runs), self._run_artifacts, values.add_artifacts, "runs")
        self._artifacts(models, self._model_artifacts, values.add_model_artifacts, "logged models")
        self._registry()
        return self._info

    def _experiments(self) -> list[str]:
        path = f"{_API}/experiments/search"
        body = {"view_type": "ALL", "max_results": _PAGE}
        first = self._client.post(path, {**body, "max_results": 1})
        if "experiments" not in first and self._info.version is None:
            # Any service may answer {}: an MLflow that shows nothing at least has a version.
            raise StoreError(f"{self._client.shown}: answers, but is no MLflow server")
        found: dict[str, None] = {}
        for experiment in self._client.pages(path, "experiments", body, post=True):
            identifier = text(experiment.get("experiment_id"))
            if identifier is None or identifier in found:
                continue
            found[identifier] = None
            self._facts.add(
                "experiments",
                identifier,
                text(experiment.get("name")),
                text(experiment.get("artifact_location")),
                state(experiment.get("lifecycle_stage")),
                time(experiment.get("creation_time")),
                time(experiment.get("last_update_time")),
                values.workspace(experiment.get("workspace")),
            )
            for tag in objects(experiment.get("tags")):
                self._facts.add(
                    "experiment_tags", identifier, text(tag.get("key")), said(tag.get("value"))
                )
        if not found:
            self._info.notices.append(
                f"{self._client.shown}: the server shows no experiment to these credentials"
            )
        return list(found)

    def _runs(self, experiments: list[str]) -> dict[str, list[str]]:
        """Read all runs; returns the keys of each one's metrics, by run id."""
        found: dict[str, list[str]] = {}
        for some in _groups(experiments, _EXPERIMENTS_AT_ONCE):
            body = {
                "experiment_ids": some,
                "run_view_type": "ALL",
                "max_results": _PAGE,
                "order_by": ["attributes.start_time ASC"],
            }
            for run in self._client.pages(f"{_API}/runs/search", "runs", body, post=True):
                identifier = text(inner(run, "info").get("run_id"))
                # Runs that are made while we read shift the pages.
                if identifier is None or identifier in found:
                    continue
                found[identifier] = self._run(identifier, run)
                self._wishes.report("runs", len(found))
        return found

    def _run(self, identifier: str, run: Json) -> list[str]:
        info, data = inner(run, "info"), inner(run, "data")
        tags = {text(t.get("key")): said(t.get("value")) for t in objects(data.get("tags"))}
        self._facts.add(
            "runs",
            identifier,
            text(info.get("experiment_id")),
            text(info.get("run_name")) or text(tags.get("mlflow.runName")),
            text(tags.get("mlflow.user")) or text(info.get("user_id")),
            values.run_status(info.get("status")),
            state(info.get("lifecycle_stage")),
            time(info.get("start_time")),
            time(info.get("end_time")),
            None,
            text(info.get("artifact_uri")),
        )
        for key, value in tags.items():
            self._facts.add("run_tags", identifier, key, value)
        for param in objects(data.get("params")):
            self._facts.add("params", identifier, text(param.get("key")), said(param.get("value")))
        metrics = list(objects(data.get("metrics")))
        if not self._wishes.metric_history:
            self._points(identifier, metrics)
        for link in objects(inner(run, "inputs").get("dataset_inputs")):
            self._dataset_input(identifier, link)
        for link in objects(inner(run, "outputs").get("model_outputs")):
            self._facts.add(
                "run_models",
                identifier,
                text(link.get("model_id")),
                "output",
                integer(link.get("step", 0)),
            )
        return [key for metric in metrics if (key := text(metric.get("key")))]

    def _points(self, run: str, metrics: Iterable[Json]) -> None:
        for metric in metrics:
            self._facts.add(
                "metrics",
                run,
                text(metric.get("key")),
                number(metric.get("value")),
                integer(metric.get("step", 0)),
                time(metric.get("timestamp")),
            )

    def _dataset_input(self, run: str, link: Json) -> None:
        tags = {t.get("key"): t.get("value") for t in objects(link.get("tags"))}
        dataset = inner(link, "dataset")
        keys = ("name", "digest", "source_type", "source", "schema", "profile")
        self._facts.add(
            "dataset_inputs",
            run,
            *(text(dataset.get(key)) for key in keys),
            text(tags.get(values.CONTEXT_TAG)),
        )

    def _model_inputs(self, runs: Iterable[str]) -> None:
        """Read which models runs took in: a search for runs leaves that out."""

        def links(run: str) -> list[Json]:
            answer = self._client.get(f"{_API}/runs/get", {"run_id": run})
            return list(objects(inner(answer, "run", "inputs").get("model_inputs")))

        for run, found in self._ask(runs, links, "model inputs"):
            for link in found:
                self._facts.add("run_models", run, text(link.get("model_id")), "input", None)

    def _metric_history(self, runs: dict[str, list[str]]) -> None:
        """Read every step of every metric, a request a metric: the bulk ways cut off silently."""

        def history(asked: tuple[str, str]) -> list[Json]:
            run, key = asked
            body = {"run_id": run, "metric_key": key, "max_results": _POINTS}
            path = f"{_API}/metrics/get-history"
            return list(self._client.pages(path, "metrics", body, post=False))

        asked = [(run, key) for run, keys in runs.items() for key in dict.fromkeys(keys)]
        for (run, key), points in self._ask(asked, history, "metric histories"):
            self._points(run, ({**point, "key": key} for point in points))

    def _logged_models(self, experiments: list[str]) -> list[str]:
        found: dict[str, None] = {}
        path = f"{_API}/logged-models/search"
        for some in _groups(experiments, _EXPERIMENTS_AT_ONCE):
            try:
                for model in self._client.pages(
                    path, "models", {"experiment_ids": some}, post=True
                ):
                    identifier = text(inner(model, "info").get("model_id"))
                    if identifier and identifier not in found:
                        found[identifier] = None
                        self._logged_model(identifier, model)
            except RefusedError as refusal:
                if refusal.status != 404:  # MLflow 2 has none
                    self._info.left_out.append(str(refusal))
                break
        return list(found)

    def _logged_model(self, identifier: str, model: Json) -> None:
        info, data = inner(model, "info"), inner(model, "data")
        self._facts.add(
            "logged_models",
            identifier,
            text(info.get("experiment_id")),
            text(info.get("name")),
            text(info.get("model_type")),
            text(info.get("source_run_id")),
            values.model_status(info.get("status")),
            state(info.get("lifecycle_stage") or "active"),
            time(info.get("creation_timestamp_ms")),
            time(info.get("last_updated_timestamp_ms")),
            text(info.get("artifact_uri")),
        )
        for tag in objects(info.get("tags")):
            self._facts.add(
                "logged_model_tags", identifier, text(tag.get("key")), said(tag.get("value"))
            )
        for param in objects(data.get("params")):
            self._facts.add(
                "logged_model_params", identifier, text(param.get("key")), said(param.get("value"))
            )
        for metric in objects(data.get("metrics")):
            self._facts.add(
                "logged_model_metrics",
                identifier,
                text(metric.get("run_id")),
                text(metric.get("key")),
                number(metric.get("value")),
                integer(metric.get("step", 0)),
                time(metric.get("timestamp")),
            )

    def _run_artifacts(self, run: str) -> list[Entry]:
        return list(self._tree(f"{_API}/artifacts/list", {"run_id": run}, "path"))

    def _model_artifacts(self, model: str) -> list[Entry]:
        path = f"{_API}/logged-models/{quote(model, safe='')}/artifacts/directories"
        return list(self._tree(path, {}, "artifact_directory_path"))

    def _tree(self, path: str, owner: Json, folder_parameter: str) -> Iterator[Entry]:
        """List all folders below a root; an entry that is not where it says is left out."""
        folders, seen = [""], {""}
        while folders:
            folder = folders.pop(0)
            token: str | None = None
            while True:
                asked = {**owner, folder_parameter: folder or None, "page_token": token}
                answer = self._client.get(path, asked)
                for file in objects(answer.get("files")):
                    entry = text(file.get("path")) or ""
                    parent, _, name = entry.rpartition("/")
                    if parent != folder or name in ("", ".", "..") or entry in seen:
                        continue
                    seen.add(entry)
                    is_dir = file.get("is_dir") is True
                    if is_dir and entry.count("/") < _DEEPEST:
                        folders.append(entry)
                    yield entry, is_dir, None if is_dir else integer(file.get("file_size"))
                following = answer.get("next_page_token")
                if not isinstance(following, str) or not following or following == token:
                    break
                token = following

    def _artifacts(
        self,
        owners: list[str],
        listing: Callable[[str], list[Entry]],
        add: Callable[[Facts, str, Iterable[Entry]], None],
        what: str,
    ) -> None:
        for done, (owner, entries) in enumerate(self._ask(owners, listing, f"artifacts of {what}")):
            add(self._facts, owner, sorted(entries))
            self._wishes.report(f"artifacts of {what}", done + 1, len(owners))

    def _ask(
        self, items: Iterable[_Item], question: Callable[[_Item], _Result], what: str
    ) -> Iterator[tuple[_Item, _Result]]:
        """Ask a question about each item, several at once, answers in order.

        What the server refuses or fails to answer for one item is left out and said once; a server
        that is gone is an error.
        """

        def attempt(item: _Item) -> tuple[_Item, _Result | None, StoreError | None]:
            try:
                return item, question(item), None
            except StoreError as error:
                if error.__cause__ is not None:
                    raise
                return item, None, error

        failures: list[StoreError] = []
        for item, result, failure in self._pool.map(attempt, items):
            if failure is None and result is not None:
                yield item, result
            elif failure is not None and getattr(failure, "status", None) != 404:
                failures.append(failure)
        if failures:
            examples = "; ".join(str(failure) for failure in failures[:_NAMED])
            self._info.left_out.append(f"{what}: {len(failures)} could not be read ({examples})")

    def _registry(self) -> None:
        path, versions_path = f"{_API}/registered-models/search", f"{_API}/model-versions/search"
        prompts_only = f"tags.`{values.PROMPT_TAG}` = 'true'"
        try:
            models = self._registered_models(path, None, is_prompt=False)
            prompts = self._registered_models(path, prompts_only, is_prompt=True)
            self._versions(versions_path, None, models | prompts)
            if prompts:
                self._versions(versions_path, prompts_only, models | prompts)
        except RefusedError as refusal:
            self._info.left_out.append(str(refusal))

    def _registered_models(
        self, path: str, condition: str | None, *, is_prompt: bool
    ) -> dict[str, bool]:
        found: dict[str, bool] = {}
        body: dict[str, Any] = {"max_results": _PAGE, "filter": condition}
        try:
            for model in self._client.pages(path, "registered_models", body, post=False):
                name = text(model.get("name"))
                tags = {
                    text(t.get("key")): said(t.get("value")) for t in objects(model.get("tags"))
                }
                marked = tags.get(values.PROMPT_TAG, "").lower() == "true"
                if name is None or name in found or marked is not is_prompt:
                    continue
                found[name] = is_prompt
                self._facts.add(
                    "registered_models",
                    name,
                    is_prompt,
                    text(model.get("description")),
                    time(model.get("creation_timestamp")),
                    time(model.get("last_updated_timestamp")),
                )
                for key, value in tags.items():
                    self._facts.add("registered_model_tags", name, key, value)
                for alias in objects(model.get("aliases")):
                    self._facts.add(
                        "registered_model_aliases",
                        name,
                        text(alias.get("alias")),
                        text(alias.get("version")),
                    )
        except StoreError as error:
            # A server that knows no prompts may not know the filter either.
            if not is_prompt or error.__cause__ is not None:
                raise
        return found

    def _versions(self, path: str, condition: str | None, models: dict[str, bool]) -> None:
        seen: set[tuple[str, str]] = set()
        body: dict[str, Any] = {"max_results": _PAGE, "filter": condition}
        for version in self._client.pages(path, "model_versions", body, post=False):
            name, number_ = text(version.get("name")), text(version.get("version"))
            is_prompt = condition is not None
            if name is None or number_ is None or (name, number_) in seen:
                continue
            if models.get(name, False) is not is_prompt:
                continue
            seen.add((name, number_))
            times = {
                "creation_time": version.get("creation_timestamp"),
                "last_updated_time": version.get("last_updated_timestamp"),
            }
            values.add_version(self._facts, version | times, is_prompt=is_prompt)
            for tag in objects(version.get("tags")):
                self._facts.add(
                    "registered_model_version_tags",
                    name,
                    number_,
                    text(tag.get("key")),
                    said(tag.get("value")),
                )


def _groups(items: list[str], size: int) -> Iterator[list[str]]:
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group
