"""Updates that are killed: the state is the one before or the one after, and the next update goes on."""

import random
import subprocess
import sys
import time

import pytest

from mlflow2prov import extract, load, update
from mlflow2prov.state.file import StateFile
from mlflow2prov.temporary import PREFIX
from tests.repositories import Repository

KILLS = 12


@pytest.mark.slow
def test_a_killed_update_leaves_a_whole_state(tmp_path):
    choices = random.Random(5)
    repository = Repository(tmp_path / "repository")
    repository.commit(train__py="0\n")
    state = tmp_path / "state"
    start = time.monotonic()
    run_update(state, repository).wait(timeout=300)
    seconds = time.monotonic() - start
    killed = 0
    for number in range(KILLS):
        repository.commit(train__py=f"{number}\n")
        before = StateFile.open(state).observations
        process = run_update(state, repository)
        # Half of the kills fall while the new file is built.
        if number % 2:
            while process.poll() is None and not any(tmp_path.glob(f"{PREFIX}*")):
                time.sleep(0.001)
            time.sleep(choices.uniform(0, seconds / 10))
        else:
            time.sleep(choices.uniform(0, seconds))
        process.kill()
        killed += process.wait(timeout=300) < 0
        after = StateFile.open(state).observations
        assert after[: len(before)] == before
        assert len(after) - len(before) in (0, 1)
        assert len(load(state)) > 0
    assert killed > KILLS / 2
    assert update(state, repository.path).document == extract(repository.path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["repository", "state"]


def run_update(state, repository) -> subprocess.Popen[bytes]:
    command = ["update", "--state", str(state), "--repository-path", str(repository.path)]
    return subprocess.Popen([sys.executable, "-m", "mlflow2prov", "--quiet", *command])
