"""The advice when memory does not suffice: a higher limit only if the machine has room for it."""

import pytest

from mlflow2prov import engine
from mlflow2prov.engine import connection, memory
from mlflow2prov.errors import ConfigurationError


@pytest.mark.parametrize(
    ("size", "count"),
    [
        ("953.6 MiB", 999_922_073),
        ("1.0 GiB", 1 << 30),
        ("300.0 TiB", 300 << 40),
        ("7.9 PiB", 8_894_609_264_056_729),
        ("512 bytes", 512),
        ("1 byte", 1),
    ],
)
def test_sizes_are_those_that_duckdb_prints(size, count):
    assert memory.bytes_of(size) == count


@pytest.mark.parametrize("unit", ["B", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"])
@pytest.mark.parametrize("spelled", [str.upper, str.lower, str])
@pytest.mark.parametrize("space", ["", " "])
def test_sizes_are_those_that_users_write(unit, spelled, space):
    base = 1024 if "i" in unit else 1000
    count = int(1.5 * base ** "BKMGT".index(unit[0]))
    assert memory.bytes_of(f"1.5{space}{spelled(unit)}") == count


def test_the_size_that_a_user_writes_is_the_limit_of_duckdb():
    limit = connection.memory_limit()
    try:
        for size in ("500MB", "2GB", "8 GB", "3.5gib", "9000TB"):
            engine.configure(memory_limit=size)
            assert memory.bytes_of(connection.memory_limit()) == pytest.approx(
                memory.bytes_of(size), rel=0.06
            )
    finally:
        engine.configure(memory_limit=limit)


@pytest.mark.parametrize("size", ["", "2", "GB", "2 XB", "-1GB", "2GBs", "1.GB", "iB", "1iB"])
def test_other_texts_are_not_sizes(size):
    with pytest.raises(ConfigurationError, match="is not a size"):
        memory.bytes_of(size)


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


@pytest.mark.parametrize(
    "reason",
    ["Failed to allocate block of 262144 bytes (bad allocation)", "Allocation failure"],
)
def test_no_higher_limit_is_suggested_if_the_system_has_no_memory(monkeypatch, reason):
    monkeypatch.setattr(memory, "machine_memory", lambda: 16 * 10**9)
    message = memory.out_of_memory_message(reason, "953.6 MiB")
    assert message.endswith("set a lower limit, or end other programs")
