"""Each rule of PROV-CONSTRAINTS allows one small document and forbids another."""

import json

import pytest

from mlflow2prov import formats, load, validate
from tests.cli.conftest import run_program
from tests.golden import HERE as GOLDEN

RULES = [
    ("22", "entity(ex:e)\n activity(ex:a)", None),
    ("22", None, "activity(ex:a, 2024-01-01T00:00:00, -)\n activity(ex:a, 2024-01-02T00:00:00, -)"),
    ("23", None, "used(ex:u; ex:a, ex:e, -)\n used(ex:u; ex:b, ex:e, -)"),
    ("24", "wasGeneratedBy(ex:g; ex:e, ex:a, -)\n wasGeneratedBy(ex:g; ex:e, ex:a, -)", None),
    ("24", None, "wasGeneratedBy(ex:g; ex:e, ex:a, -)\n wasGeneratedBy(ex:h; ex:e, ex:a, -)"),
    ("25", None, "wasInvalidatedBy(ex:i; ex:e, ex:a, -)\n wasInvalidatedBy(ex:j; ex:e, ex:a, -)"),
    ("26", None, "wasStartedBy(ex:s; ex:a, -, ex:b, -)\n wasStartedBy(ex:t; ex:a, -, ex:b, -)"),
    ("27", None, "wasEndedBy(ex:s; ex:a, -, ex:b, -)\n wasEndedBy(ex:t; ex:a, -, ex:b, -)"),
    (
        "28",
        None,
        "activity(ex:a, 2024-01-01T00:00:00, -)\n wasStartedBy(ex:a, -, -, 2024-01-02T00:00:00)",
    ),
    (
        "29",
        None,
        "activity(ex:a, -, 2024-01-01T00:00:00)\n wasEndedBy(ex:a, -, -, 2024-01-02T00:00:00)",
    ),
    ("41", "wasDerivedFrom(ex:x, ex:y)\n wasDerivedFrom(ex:y, ex:z)", None),
    (
        "42",
        None,
        "entity(ex:x)\n entity(ex:y)\n wasDerivedFrom(ex:x, ex:y)\n wasDerivedFrom(ex:y, ex:x)",
    ),
    # By Constraint 50 an entity that uses is an activity too.
    ("55", None, "used(ex:a, ex:e, -)\n used(ex:e, ex:x, -)"),
    ("51", None, "wasDerivedFrom(ex:x, ex:y, -, ex:g, -)"),
    ("52", "specializationOf(ex:x, ex:y)", "specializationOf(ex:x, ex:x)"),
    ("53", None, "used(ex:r; ex:a, ex:e, -)\n wasGeneratedBy(ex:r; ex:e, ex:a, -)"),
    ("54", "wasGeneratedBy(ex:g; ex:e, ex:a, -)", "activity(ex:g)\n used(ex:g; ex:a, ex:e, -)"),
    ("55", "entity(ex:e)\n agent(ex:e)", "entity(ex:e)\n activity(ex:e)"),
    (
        "56",
        "entity(ex:c, [prov:type='prov:Collection'])\n hadMember(ex:c, ex:e)",
        "entity(ex:c, [prov:type='prov:EmptyCollection'])\n hadMember(ex:c, ex:e)",
    ),
]


def document(body):
    text = f"document\n prefix ex <http://example.org/>\n {body}\nendDocument\n"
    return formats.read(text.encode(), format="provn")


@pytest.mark.parametrize("body", [allowed for _, allowed, _ in RULES if allowed])
def test_a_document_that_follows_the_rules_is_valid(body):
    assert validate(document(body)).is_valid


@pytest.mark.parametrize(("number", "body"), [(n, body) for n, _, body in RULES if body])
def test_a_document_that_breaks_a_rule_violates_this_rule_and_no_other(number, body):
    report = validate(document(body))
    assert [str(rule.number) for rule in report.counts] == [number]


# A cycle of events needs a strict step. The derivation is one, and each of these statements leads back to it.
DERIVED = "entity(ex:x)\n entity(ex:y)\n wasDerivedFrom(ex:x, ex:y)\n"
CYCLES = [
    ({34, 42, 43}, "wasStartedBy(ex:a, ex:x, -, -)\n wasGeneratedBy(ex:y, ex:a, -)"),
    ({42}, "wasDerivedFrom(ex:y, ex:z)\n wasDerivedFrom(ex:z, ex:x)\n entity(ex:z)"),
    ({42, 45}, "specializationOf(ex:y, ex:x)"),
    ({42, 48}, "agent(ex:x)\n wasAttributedTo(ex:y, ex:x)"),
]


@pytest.mark.parametrize(("numbers", "body"), CYCLES)
def test_a_cycle_of_events_has_all_its_rules_and_statements(numbers, body):
    (violation,) = validate(document(DERIVED + body)).violations
    assert {rule.number for rule in violation.rules} == numbers
    first, *_, last = violation.cycle
    assert first.before == last.after
    kinds = {statement.kind for statement in violation.statements}
    kinds |= {statement.kind for step in violation.cycle for statement in step.statements}
    relations = {line.partition("(")[0].strip() for line in body.split("\n")} - {"agent", "entity"}
    assert relations <= kinds


def test_the_demo_is_valid():
    assert validate(load(GOLDEN / "result.json")).is_valid


def test_the_command_prints_the_violation_and_has_exit_code_1(tmp_path):
    (tmp_path / "cycle.provn").write_text(
        "document\nprefix ex <http://example.org/>\n"
        "entity(ex:x)\nentity(ex:y)\nwasDerivedFrom(ex:x, ex:y)\nwasDerivedFrom(ex:y, ex:x)\nendDocument\n"
    )
    command = ["load", "--input", "cycle.provn", "validate"]
    code, output, _ = run_program(tmp_path, *command)
    assert code == 1
    assert output.startswith("not valid")
    assert "wasDerivedFrom(ex:x, ex:y" in output
    code, output, _ = run_program(tmp_path, *command, "--format", "json")
    assert code == 1
    assert json.loads(output)
