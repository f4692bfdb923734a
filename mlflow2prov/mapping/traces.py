"""MLflow's traces, and what people and programs said of them."""

from collections.abc import Iterator

from mlflow2prov.mapping.language import (
    Column,
    Name,
    Pattern,
    Row,
    entity,
    had_member,
    name,
    template,
    term,
    was_attributed_to,
    was_derived_from,
    was_generated_by,
)
from mlflow2prov.mapping.tracking import mlflow_user_of, run_creation_of, run_of


def trace_of(trace_id: Column) -> Name:
    """Name a trace: unique in the world by its id."""
    return name("Trace", trace_id)


@template(over="traces")
def trace(trace: Row) -> Iterator[Pattern]:
    """A trace: what a program did once, recorded; of a run, where it was made in one."""
    this = trace_of(trace.trace_id)
    yield entity(
        this,
        type=term("Trace"),
        trace_id=trace.trace_id,
        name=trace.name,
        state=trace.state,
        requested_at=trace.requested_at,
        label=trace.name,
    )
    yield had_member(run_of(trace.run_id), this)
    yield was_generated_by(this, run_creation_of(trace.run_id), trace.requested_at)
    yield was_attributed_to(this, mlflow_user_of(trace.user))


@template(over="assessments_of_traces")
def assessment(assessment: Row) -> Iterator[Pattern]:
    """An assessment of a trace, by a person or a program."""
    this = name("Assessment", assessment.assessment_id)
    yield entity(
        this,
        type=term("Assessment"),
        name=assessment.name,
        kind=assessment.kind,
        value=assessment.value,
        source_type=assessment.source_type,
        source_id=assessment.source_id,
        created_at=assessment.created_at,
        label=assessment.name,
    )
    yield was_derived_from(this, trace_of(assessment.trace_id))
    yield was_attributed_to(this, mlflow_user_of(assessment.person))


TEMPLATES = (trace, assessment)
