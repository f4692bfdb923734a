"""Commands complete within the memory limit, whatever the size of the data.

The document has 490,000 statements, which take several times the limit.
"""

import pytest

from benchmarks.bounded_memory import commands, cost_of, create_database

pytestmark = pytest.mark.slow

RUNS = 600
LIMIT = "100MB"
MAX_PEAK_BYTES = 800_000_000
COMMANDS = [
    "extract, save as json",
    "extract, save as parquet",
    "load json, save as parquet",
    "load parquet, save as parquet",
    "merge with itself",
    "validate",
    "diff with itself",
    "lineage of a version",
    "statistics --by type",
    "report",
]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return create_database(tmp_path_factory.mktemp("many"), RUNS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_completes_within_the_limit(database, name):
    (command,) = (each for each in commands(database) if each.name == name)
    cost = cost_of(command, LIMIT)
    assert cost.memory < MAX_PEAK_BYTES
