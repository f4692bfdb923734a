"""MLflow Tracing: traces, and their assessments by people and programs."""

from mlflow2prov.mapping.language import (
    Column,
    QName,
    Row,
    Statements,
    entity,
    had_member,
    qname,
    rule,
    term,
    was_attributed_to,
    was_derived_from,
    was_generated_by,
)
from mlflow2prov.mapping.mlflow import mlflow_user_of
from mlflow2prov.mapping.tracking import run_creation_of, run_of


def trace_of(trace_id: Column) -> QName:
    """Name a trace by its id, which is unique across stores."""
    return qname("Trace", trace_id)


@rule(table="traces")
def trace(trace: Row) -> Statements:
    """Describe a trace, the record of one execution of a program, as a member of its run if it has one."""
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


@rule(table="assessments_of_traces")
def assessment(assessment: Row) -> Statements:
    """Describe an assessment of a trace, by a person or a program."""
    this = qname("Assessment", assessment.assessment_id)
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


RULES = (trace, assessment)
