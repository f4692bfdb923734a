"""Links of captured calls against a plain program that decides them one by one, for random calls and runs.

The document of the same calls is valid, whatever they recorded: calls within each other, results made from each other,
times that run backwards.
"""

from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import validate
from mlflow2prov.facts import Facts
from mlflow2prov.facts.circular_derivations import (
    find_circular_derivations,
    simultaneous_derivations,
)
from mlflow2prov.mapping import RULES, expand
from mlflow2prov.prov import Document
from mlflow2prov.prov.unify import unify
from tests.property_tests import examples

RUNS = ("r1", "r2")
CALLS = ("c1", "c2", "c3", "c4")
PATHS = ("m.bin", "out/m.bin", "/srv/out/m.bin", "other")
DIGESTS = tuple(f"sha256:{digit * 64}" for digit in "ab")
ARTIFACTS = ("x", "y")


def time(second):
    return f"2024-01-01T10:00:0{second}+00:00"


def optional(values):
    return st.sampled_from([None, *values])


SECONDS = st.integers(0, 9)
RUN_ROWS = st.fixed_dictionaries(dict.fromkeys(RUNS, SECONDS))
CALL_ROW = st.fixed_dictionaries(
    {
        "start": SECONDS,
        "duration": st.integers(-1, 3),
        "run_id": optional([*RUNS, "elsewhere"]),
        "parent_id": optional([*CALLS, "elsewhere"]),
        "status": st.sampled_from(["FINISHED", "FAILED", "RUNNING"]),
        "cached": st.booleans(),
        "artifact_id": optional(ARTIFACTS),
    }
)
RESULT_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "call_id": st.sampled_from(CALLS),
            "path": optional(PATHS),
            "digest": optional([*DIGESTS, f"{DIGESTS[0]}.csv"]),
            "size": optional([0, 5]),
            "artifact_id": optional(ARTIFACTS),
        }
    ),
    max_size=5,
    unique_by=lambda row: (row["call_id"], row["path"]),
)
ARGUMENT_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "call_id": st.sampled_from(CALLS),
            "name": st.sampled_from(["a", "b"]),
            "value": st.sampled_from(PATHS),
            "content": optional(DIGESTS),
        }
    ),
    max_size=5,
    unique_by=lambda row: (row["call_id"], row["name"]),
)
USE_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "call_id": st.sampled_from(CALLS),
            "name": st.sampled_from(["a", "b"]),
            "artifact_id": st.sampled_from(ARTIFACTS),
            "is_ignored": st.booleans(),
        }
    ),
    max_size=4,
)
FILE_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "run_id": st.sampled_from(RUNS),
            "path": st.sampled_from(["m.bin", "out/m.bin", "best/out/m.bin", "renamed"]),
            "file_size": optional([0, 5]),
            "is_dir": st.booleans(),
            "digest": optional(DIGESTS),
        }
    ),
    max_size=5,
    unique_by=lambda row: (row["run_id"], row["path"]),
)


@st.composite
def projects(draw):
    """Draw the rows of fact tables by table."""
    runs, calls = draw(RUN_ROWS), []
    for call_id in CALLS:
        row = draw(CALL_ROW)
        start, duration = row.pop("start"), row.pop("duration")
        calls.append(
            row
            | {
                "call_id": call_id,
                "function": "f",
                "started_at": time(start),
                "ended_at": None if duration < 0 else time(min(start + duration, 9)),
            }
        )
    return {
        "runs": [{"run_id": run, "started_at": time(start)} for run, start in runs.items()],
        "calls": calls,
        "call_results": draw(RESULT_ROWS),
        "call_arguments": draw(ARGUMENT_ROWS),
        "call_argument_artifacts": draw(USE_ROWS),
        "artifacts": draw(FILE_ROWS),
    }


def facts_of(project):
    facts = Facts()
    with facts:
        for table, rows in project.items():
            for row in rows:
                if table == "artifacts" and row["digest"]:
                    owner = {"owner_id": row["run_id"], "path": row["path"]}
                    facts.add("artifact_digests", **owner, digest=row["digest"])
                facts.add(
                    table,
                    **{
                        key: value
                        for key, value in row.items()
                        if table != "artifacts" or key != "digest"
                    },
                )
    return facts


# The plain program.


def computed_results(project):
    """Yield each result of a call that was not looked up, with its call."""
    calls = {call["call_id"]: call for call in project["calls"]}
    for result in project["call_results"]:
        call = calls[result["call_id"]]
        if not call["cached"]:
            digest = result["digest"] and result["digest"].removesuffix(".csv")
            made_at = call["ended_at"] or call["started_at"]
            yield result | {"digest": digest, "made_at": made_at, "run_id": call["run_id"]}


def last_part(path):
    return path.rsplit("/", 1)[-1] if path else path


def may_be(result, file):
    """Return whether a file of a run may be a result by its content, or else by name and size."""
    if result["run_id"] != file["run_id"] or result["digest"] is None or file["is_dir"]:
        return False
    if file["digest"] is not None:
        return file["digest"] == result["digest"]
    if result["path"] is None or file["file_size"] is None or file["file_size"] != result["size"]:
        return False
    if last_part(file["path"]) != last_part(result["path"]):
        return False
    return "/" not in file["path"] or f"/{file['path']}".endswith(f"/{result['path']}")


def expected_logged(project):
    links = set()
    for file in project["artifacts"]:
        results = [result for result in computed_results(project) if may_be(result, file)]
        if len({result["digest"] for result in results}) != 1:
            continue
        has_name = [r for r in results if last_part(r["path"]) == last_part(file["path"])]
        candidates = has_name or results
        latest = max(result["made_at"] for result in candidates)
        first = min((r["call_id"], r["path"] or "") for r in candidates if r["made_at"] == latest)
        links.add((file["run_id"], file["path"], *first))
    return links


def expected_files(project):
    starts = {call["call_id"]: call["started_at"] for call in project["calls"]}
    links = set()
    for argument in project["call_arguments"]:
        writers = [
            (result["made_at"], result["call_id"], result["path"])
            for result in computed_results(project)
            if result["digest"] is not None
            and result["digest"] == argument["content"]
            and last_part(result["path"]) == last_part(argument["value"])
            and result["made_at"] <= starts[argument["call_id"]]
            and result["call_id"] != argument["call_id"]
        ]
        if writers:
            _, call_id, path = max((at, call, path or "") for at, call, path in writers)
            links.add((argument["call_id"], argument["name"], call_id, path))
    return links


@given(projects())
def test_links_are_those_of_the_plain_program(project):
    facts = facts_of(project)
    logged = facts.rows("SELECT owner_id, path, call_id, result FROM results_in_runs")
    assert len(logged) == len(set(logged))
    assert set(logged) == expected_logged(project)
    files = facts.rows("SELECT call_id, name, maker_id, result FROM files_used_by_calls")
    assert len(files) == len(set(files))
    assert set(files) == expected_files(project)


@given(projects())
def test_simultaneous_derivations_are_the_possible_ones_of_one_time(project):
    facts = facts_of(project)
    possible = facts.rows(
        "SELECT DISTINCT call_id, maker_id FROM possible_derivations WHERE used_at = made_at ORDER BY ALL"
    )
    assert simultaneous_derivations(facts) == possible


def document_of(project):
    facts = facts_of(project)
    find_circular_derivations(facts)
    document = Document()
    expand(RULES, facts, document)
    unify(document)
    return document


@examples(0.4)
@given(projects())
def test_the_document_is_valid_and_independent_of_the_order_of_what_was_recorded(project):
    document = document_of(project)
    report = validate(document)
    assert report.is_valid, report
    backwards = {table: list(reversed(rows)) for table, rows in reversed(project.items())}
    assert list(document_of(backwards).statements()) == list(document.statements())
