"""The report on a run of an experiment: parameter sets side by side, its stages and their map, its reportables.

Reportables are HTML of the experiment itself and are not escaped; everything else is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mlflow2prov.capture.previews import preview
from mlflow2prov.layout import Curve, arrange
from mlflow2prov.secrets import MASK, is_secret_name

if TYPE_CHECKING:
    from mlflow2prov.capture.stages.experiments import ExperimentRun
    from mlflow2prov.capture.stages.records import Record
    from mlflow2prov.capture.stages.reportables import Reportable

_OWN_FIELDS = ("hash", "overwrite", "hash_representations")


@dataclass(frozen=True)
class StageBox:
    """A stage of a record at its place in the map; ``x`` and ``y`` are the center, in pixels."""

    x: float
    y: float
    stage: str
    record: str
    result: str


@dataclass(frozen=True)
class StageMap:
    """The stages of all records, with an arrow from each stage to those whose outputs it takes."""

    width: float
    height: float
    boxes: tuple[StageBox, ...]
    arrows: tuple[Curve, ...]


@dataclass(frozen=True)
class ParameterRow:
    """A parameter and its value in each set."""

    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the sets have different values."""
        return len(set(self.values)) > 1


def render_experiment(run: ExperimentRun) -> str:
    """Return the report on a run of an experiment, as one HTML file that needs no network."""
    from mlflow2prov.render.report.templating import render_page

    return render_page(
        "experiment.html",
        run=run,
        info=run.manager.run_info,
        names=[str(getattr(item, "name", "")) for item in run.param_sets],
        parameters=list(parameter_rows(run.param_sets)),
        map=stage_map(run.manager.records, run),
        groups=_groups(run.manager.reportables),
        content=_content,
    )


def parameter_rows(param_sets: list[Any]) -> Iterator[ParameterRow]:
    """Yield the parameters of all sets, in the order of their fields."""
    shown = [dict(_parameters(item)) for item in param_sets]
    for name in dict.fromkeys(name for values in shown for name in values):
        yield ParameterRow(name, tuple(values.get(name, "–") for values in shown))


def _parameters(params: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(params):
        if field.name in _OWN_FIELDS or (field.name == "name" and not prefix):
            continue
        value = getattr(params, field.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield from _parameters(value, f"{prefix}{field.name}.")
        else:
            text = MASK if is_secret_name(field.name) else str(preview(value))
            yield f"{prefix}{field.name}", text


def stage_map(records: list[Record], run: ExperimentRun) -> StageMap:
    """Return the map of the stages of records."""
    results = {(id(one.record), one.stage): one.result for one in run.outcomes}
    makers: dict[int, str] = {}
    boxes: dict[str, tuple[Record, str]] = {}
    edges = []
    for number, record in enumerate(records):
        for position, stage in enumerate(record.stages):
            name = f"{number}.{position}"
            boxes[name] = record, stage
            inputs = record.stage_inputs[position] if position < len(record.stage_inputs) else []
            causes = {makers[artifact] for artifact in inputs if artifact in makers}
            edges += [(name, cause) for cause in sorted(causes) if cause != name]
            outputs = record.stage_outputs[position] if position < len(record.stage_outputs) else []
            makers |= dict.fromkeys(outputs, name)
    layout = arrange(list(boxes), edges)
    return StageMap(
        layout.width,
        layout.height,
        tuple(
            StageBox(
                *layout.centers[name],
                stage=stage,
                record=record.get_reference_name(),
                result=results.get((id(record), stage), ""),
            )
            for name, (record, stage) in boxes.items()
        ),
        layout.curves,
    )


def _groups(reportables: list[Reportable]) -> dict[str, list[Reportable]]:
    groups: dict[str, list[Reportable]] = {}
    for reportable in reportables:
        groups.setdefault(reportable.group or "", []).append(reportable)
    return groups


def _content(reportable: Reportable) -> Markup:
    rendered = reportable.render()
    return Markup(rendered if isinstance(rendered, str) else "\n".join(rendered))
