"""Every reader takes any input, and the campaigns that look for others find what they should."""

import random

import pytest

from tests.fuzz.campaign import Campaign
from tests.fuzz.mutations import make_input
from tests.fuzz.readers import READERS

SECONDS = 20
"""The time of all readers together, without that to start their processes."""


@pytest.fixture
def campaign(tmp_path):
    return Campaign(7, tmp_path / "failures", "tests.fuzz.faulty_readers")


@pytest.mark.parametrize(
    ("reader", "reason"),
    [
        ("foreign error", "KeyError"),
        ("internal error", "InternalError"),
        ("error of two lines", "not one line"),
        ("memory", "MemoryError"),
    ],
)
def test_a_failure_is_counted_and_its_input_is_saved(campaign, reader, reason):
    figures = campaign.run(reader, 7)
    assert (figures.inputs, figures.crashes) == (7, 0)
    assert [failure.number for failure in figures.failures] == (
        [2] if reader == "memory" else [2, 5]
    )
    assert all(reason in str(failure) for failure in figures.failures)
    expected = make_input({"a.txt": b"a"}, f"7 {reader} 2")
    file = campaign.folder / f"{reader.replace(' ', '-')}-7-2.txt"
    assert file.read_bytes() == expected.content


@pytest.mark.parametrize(
    ("reader", "reason"),
    [("crash", "ended by SIGSEGV"), ("hang", "ended by SIGPROF"), ("exit", "exit code 3")],
)
def test_an_input_that_ends_the_process_is_a_crash_and_the_next_one_follows(
    campaign, reader, reason
):
    figures = campaign.run(reader, 4)
    assert (figures.inputs, figures.read, figures.crashes) == (4, 3, 1)
    (failure,) = figures.failures
    assert failure.number == 2 and reason in failure.reason
    assert len(list(campaign.folder.iterdir())) == 1


def test_an_error_of_the_package_is_no_failure(campaign):
    figures = campaign.run("own error", 7)
    assert (figures.read, figures.refused, figures.failures) == (5, 2, [])
    assert not campaign.folder.exists()


def test_an_input_depends_on_its_key_only():
    seeds = {"a": b"one two", "b": b"three four"}
    assert make_input(seeds, "1") == make_input(seeds, "1")
    assert len({make_input(seeds, str(number)) for number in range(100)}) > 50


@pytest.mark.parametrize("name", READERS)
def test_every_reader_takes_its_corpus(name):
    seeds = READERS[name].seeds()
    assert seeds and max(map(len, seeds.values())) < 20_000


@pytest.mark.slow
def test_no_reader_fails_at_any_input(tmp_path, capsys):
    seed = random.SystemRandom().randrange(1 << 32)
    with capsys.disabled():
        print(f"\nseed {seed}")
    campaign = Campaign(seed, tmp_path)
    for name in READERS:
        figures = campaign.run(name, 1_000_000, SECONDS / len(READERS))
        assert figures.inputs, name
        assert not figures.failures, [f"seed {seed}: {failure}" for failure in figures.failures[:5]]
