"""The advice when memory does not suffice: a higher limit only if the machine has room for it."""

import pytest

from mlflow2prov.engine import memory


@pytest.mark.parametrize(
    ("size", "count"), [("953.6 MiB", 999_922_073), ("1.0 GiB", 1 << 30), ("512 bytes", 512)]
)
def test_sizes_are_those_that_duckdb_prints(size, count):
    assert memory.bytes_of(size) == count


@pytest.mark.parametrize(
    ("machine", "limit", "suggestion"),
    [
        (16 * 10**9, "953.6 MiB", ", or try a limit of up to 12GB"),
        (16 * 10**9, "5.5 GiB", ", or try a limit of up to 12GB"),
        (16 * 10**9, "7.4 GiB", ""),
        (1 * 10**9, "953.6 MiB", ""),
        (None, "953.6 MiB", ""),
    ],
)
def test_a_higher_limit_is_suggested_if_the_machine_has_twice_as_much(
    monkeypatch, machine, limit, suggestion
):
    monkeypatch.setattr(memory, "machine_memory", lambda: machine)
    message = memory.out_of_memory_message("the reason", limit)
    assert message == (
        f"tables: a step needs more memory than the limit of {limit} (the reason); "
        f"work on a smaller part, such as fewer experiments or a shorter time{suggestion}"
    )


def test_the_limit_of_a_container_counts(monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CONTAINER_LIMIT", limit)
    without = memory.machine_memory()
    limit.write_text("1000000\n")
    assert memory.machine_memory() == 1_000_000
    limit.write_text("max\n")
    assert memory.machine_memory() == without
