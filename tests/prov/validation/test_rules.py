"""A rule a row: a small document that it allows, and one that it forbids."""

import json
import subprocess
import sys

import pytest

from mlflow2prov import formats, validate

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
def test_what_is_allowed_is_valid(body):
    assert validate(document(body)).is_valid


@pytest.mark.parametrize(("number", "body"), [(n, body) for n, _, body in RULES if body])
def test_what_is_forbidden_is_not(number, body):
    report = validate(document(body))
    assert [str(rule.number) for rule in report.counts] == [number]


# A cycle of events needs a strict step, which is a derivation's; these lead back to it.
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
    said = {statement.kind for statement in violation.statements}
    said |= {statement.kind for step in violation.cycle for statement in step.statements}
    assert {word.partition("(")[0].strip() for word in body.split("\n")} - {
        "agent",
        "entity",
    } <= said


def test_the_example_is_valid(golden):
    assert validate(golden).is_valid


@pytest.fixture
def golden():
    from mlflow2prov import load

    return load("tests/golden/result.json")


def test_the_command_says_what_is_wrong_and_exits_with_1(tmp_path):
    file = tmp_path / "wrong.provn"
    file.write_text(
        "document\nprefix ex <http://example.org/>\n"
        "entity(ex:x)\nentity(ex:y)\nwasDerivedFrom(ex:x, ex:y)\nwasDerivedFrom(ex:y, ex:x)\nendDocument\n"
    )
    command = [sys.executable, "-m", "mlflow2prov", "load", "--input", str(file), "validate"]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 1
    assert said.stdout.startswith("not valid")
    assert "wasDerivedFrom(ex:x, ex:y" in said.stdout
    told = subprocess.run([*command, "--format", "json"], capture_output=True, text=True)
    assert told.returncode == 1
    assert json.loads(told.stdout)
