"""The content of a record file: valid by its schema from the start of a call to its end, whatever happens."""

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import tracked
from tests.capture.record_files.conftest import record_in

SCHEMA = json.loads(
    resources.files("mlflow2prov.capture.record_files").joinpath("schema.json").read_text()
)


def check(content):
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(
        content
    )
    return content


class Sample:
    def __repr__(self):
        return "Sample(1)"


class Unrepresentable:
    def __repr__(self):
        raise RuntimeError


def test_the_record_is_there_while_the_function_runs(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train():
        return check(record_in(tmp_path))

    during, after = train(), check(record_in(tmp_path))
    assert during["status"] == "RUNNING"
    assert during["timing"]["end_time"] is None
    assert after["status"] == "FINISHED"
    assert during["uuid"] == after["uuid"]


def test_the_times_of_a_call_have_an_offset(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train():
        time.sleep(0.05)

    train()
    timing = record_in(tmp_path)["timing"]
    start, end = (datetime.fromisoformat(timing[f"{name}_time"]) for name in ("start", "end"))
    assert start.utcoffset() == timedelta(0)
    assert end - start >= timedelta(seconds=0.05)
    assert timing["run_time"] == str(end - start)


def test_arguments_are_recorded_as_json_or_by_their_repr(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train(number, *more, sample, **options):
        pass

    train(float("nan"), 1, (2, None), sample=Sample(), rates=[0.1], broken=Unrepresentable())
    function = check(record_in(tmp_path))["called_function"]
    assert function["name"] == "train"
    assert function["module"] == __name__
    assert function["parameters"] == {
        "number": "nan",
        "more": [1, [2, None]],
        "sample": "Sample(1)",
        "options": {
            "rates": [0.1],
            "broken": f"<{__name__}.Unrepresentable>",
        },
    }


def test_long_arguments_are_left_out_and_identified_by_their_digest(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train(values):
        pass

    train(list(range(100_000)))
    record = check(record_in(tmp_path))
    placeholder = "<suppressed due to excessive length>"
    assert record["called_function"]["parameters"]["values"] == placeholder
    assert record["arguments"][0]["digest"] == p.hash(list(range(100_000)))


def test_an_argument_that_cannot_be_hashed_has_no_digest(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train(items):
        return list(items)

    assert train(n for n in range(3)) == [0, 1, 2]
    (argument,) = check(record_in(tmp_path))["arguments"]
    assert argument["type"] == "builtins.generator"
    assert "digest" not in argument


def test_the_content_of_an_input_file_is_identified(tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("1,2\n")

    @tracked(literal_directory=tmp_path / "out")
    def train(data):
        pass

    train(data)
    (argument,) = check(record_in(tmp_path / "out"))["arguments"]
    assert argument["value"] == str(data)
    assert argument["content"] == p.file_hash(data)


def test_outputs_are_the_files_that_the_call_made_or_changed(tmp_path):
    old, changed = tmp_path / "old.txt", tmp_path / "changed.txt"
    old.write_text("old")
    changed.write_text("old")

    @tracked(literal_directory=tmp_path)
    def train():
        changed.write_text("new content")
        (tmp_path / "plots").mkdir()
        (tmp_path / "plots" / "roc.svg").write_text("<svg/>")
        (tmp_path / "link").symlink_to("/etc/passwd")
        os.mkfifo(tmp_path / "pipe")

    train()
    outputs = check(record_in(tmp_path))["outputs"]
    assert [(output["path"], output["size"]) for output in outputs] == [
        ("changed.txt", 11),
        ("plots/roc.svg", 6),
    ]
    assert outputs[0]["digest"] == p.file_hash(changed)


def test_outputs_are_recorded_of_a_call_that_fails_too(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train():
        (tmp_path / "half.txt").write_text("x")
        raise ValueError

    with pytest.raises(ValueError):
        train()
    assert [output["path"] for output in record_in(tmp_path)["outputs"]] == ["half.txt"]


def test_outputs_are_not_recorded_if_nobody_wants_them(tmp_path):
    @tracked(literal_directory=tmp_path, outputs=False)
    def train():
        (tmp_path / "new.txt").touch()

    train()
    assert record_in(tmp_path)["outputs"] == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED"), (SystemExit, "KILLED")],
)
def test_the_outcome_of_a_call_that_fails_is_recorded(tmp_path, error, status):
    @tracked(literal_directory=tmp_path)
    def train():
        raise error("no https://ada:secret@example.org/x")

    with pytest.raises(error):
        train()
    record = check(record_in(tmp_path))
    assert record["status"] == status
    assert record["exception"] == {
        "type": f"builtins.{error.__name__}",
        "message": "no https://example.org/x",
    }
    assert record["timing"]["end_time"] is not None


def test_a_process_that_is_killed_leaves_a_call_that_runs(tmp_path):
    program = (
        "import os, signal, mlflow2prov.capture as p\n"
        f"@p.tracked(literal_directory={str(tmp_path)!r})\n"
        "def train(): os.kill(os.getpid(), signal.SIGKILL)\n"
        "train()\n"
    )
    process = subprocess.run([sys.executable, "-c", program], check=False)
    assert process.returncode == -signal.SIGKILL
    assert check(record_in(tmp_path))["status"] == "RUNNING"


def test_a_coroutine_ends_when_it_has_been_awaited(tmp_path):
    @tracked(literal_directory=tmp_path)
    async def train():
        await asyncio.sleep(0.05)
        return 3

    assert asyncio.run(train()) == 3
    timing = check(record_in(tmp_path))["timing"]
    assert timing["run_time"] >= "0:00:00.05"


def test_a_generator_ends_with_its_last_item(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train():
        yield record_in(tmp_path)["status"]
        yield 2
        return 3

    items = train()
    assert next(items) == "RUNNING"
    assert record_in(tmp_path)["status"] == "RUNNING"
    assert list(items) == [2]
    assert check(record_in(tmp_path))["status"] == "FINISHED"


def test_a_generator_that_is_closed_was_killed(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train():
        yield 1
        yield 2

    items = train()
    next(items)
    del items
    gc.collect()
    assert record_in(tmp_path)["status"] == "KILLED"


def test_an_asynchronous_generator_gets_what_is_sent_to_it(tmp_path):
    @tracked(literal_directory=tmp_path)
    async def train():
        received = yield 1
        yield received

    async def use():
        items = train()
        first = await anext(items)
        second = await items.asend("sent")
        rest = [item async for item in items]
        return [first, second, *rest]

    assert asyncio.run(use()) == [1, "sent"]
    assert check(record_in(tmp_path))["status"] == "FINISHED"


def test_an_asynchronous_generator_gets_what_is_raised_in_it(tmp_path):
    @tracked(literal_directory=tmp_path)
    async def train():
        try:
            yield 1
        except KeyError:
            yield 2

    async def use():
        items = train()
        return [await anext(items), await items.athrow(KeyError())]

    assert asyncio.run(use()) == [1, 2]


def test_a_generator_that_waits_is_not_the_outer_call_of_others(tmp_path):
    @tracked(literal_directory=tmp_path / "inner")
    def inner():
        pass

    @tracked(literal_directory=tmp_path / "items", record_filename="items", chain_records=True)
    def items():
        inner()
        yield record_in(tmp_path / "inner").get("parent_uuid")
        yield 2

    first, second = items(), items()
    parents = {next(first), next(second)}
    assert None not in parents
    assert len(parents) == 2
    inner()
    assert "parent_uuid" not in record_in(tmp_path / "inner")
    assert list(first) == list(second) == [2]
    inner()
    assert "parent_uuid" not in record_in(tmp_path / "inner")


def test_an_asynchronous_generator_that_waits_is_not_the_outer_call_of_others(tmp_path):
    @tracked(literal_directory=tmp_path / "inner")
    def inner():
        pass

    @tracked(literal_directory=tmp_path / "items")
    async def items():
        yield 1

    async def use():
        async for _ in items():
            inner()

    asyncio.run(use())
    assert "parent_uuid" not in record_in(tmp_path / "inner")


def test_a_function_that_changes_the_current_folder_is_recorded_in_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()

    @tracked(literal_directory="out")
    def train():
        os.chdir("elsewhere")
        (tmp_path / "out" / "model.txt").write_text("x")

    train()
    record = record_in(tmp_path / "out")
    assert record["status"] == "FINISHED"
    assert [output["path"] for output in record["outputs"]] == ["model.txt"]


def test_methods_are_functions_too(tmp_path):
    class Trainer:
        @tracked(literal_directory=tmp_path / "method")
        def method(self):
            return self

        @tracked(literal_directory=tmp_path / "class")
        @classmethod
        def of_class(cls):
            return cls

        @tracked(literal_directory=tmp_path / "static")
        @staticmethod
        def static():
            return 1

    trainer = Trainer()
    assert trainer.method() is trainer
    assert trainer.of_class() is Trainer
    assert Trainer.static() == 1
    for name in ("method", "class", "static"):
        assert check(record_in(tmp_path / name))["status"] == "FINISHED"


def test_a_click_command_is_decorated_last(tmp_path):
    import click
    from click.testing import CliRunner

    @click.command()
    @click.argument("rate", type=float)
    @tracked(literal_directory=tmp_path)
    def train(rate):
        click.echo(rate)

    assert CliRunner().invoke(train, ["0.5"]).output == "0.5\n"
    assert check(record_in(tmp_path))["called_function"]["parameters"] == {"rate": 0.5}


def test_the_function_keeps_its_name_signature_and_documentation(tmp_path):
    import inspect

    def train(rate: float, *, seed: int = 1) -> str:
        """Train."""
        return ""

    captured = tracked(literal_directory=tmp_path)(train)
    assert inspect.signature(captured) == inspect.signature(train)
    assert (captured.__name__, captured.__doc__) == ("train", "Train.")
    assert captured.__wrapped__ is train


def test_a_call_within_a_call_refers_to_it(tmp_path):
    @tracked(literal_directory=tmp_path / "inner")
    def inner():
        pass

    @tracked(literal_directory=tmp_path / "outer")
    def outer():
        inner()

    outer()
    outside = check(record_in(tmp_path / "outer"))
    assert check(record_in(tmp_path / "inner"))["parent_uuid"] == outside["uuid"]
    assert "parent_uuid" not in outside


def test_the_name_of_the_file_can_be_chosen(tmp_path):
    for name, expected in (("a", "a.json"), ("b.json", "b.json"), ("v1.5", "v1.5.json")):
        tracked(literal_directory=tmp_path, record_filename=name)(lambda: 1)()
        assert (tmp_path / expected).exists()


def test_chained_records_are_a_list_in_order_of_time(tmp_path):
    @tracked(literal_directory=tmp_path, chain_records=True)
    def train(rate):
        return record_in(tmp_path)

    assert train(1)["status"] == "RUNNING"
    assert [record["status"] for record in train(2)] == ["FINISHED", "RUNNING"]
    records = check(record_in(tmp_path))
    assert [r["called_function"]["parameters"]["rate"] for r in records] == [1, 2]


def test_chained_records_of_forty_threads_are_all_there(tmp_path):
    barrier = threading.Barrier(8)

    @tracked(literal_directory=tmp_path, chain_records=True, include_package_inventory=False)
    def train(number):
        if number < 8:
            barrier.wait(30)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(train, range(40)))
    records = check(record_in(tmp_path))
    numbers = [record["called_function"]["parameters"]["number"] for record in records]
    assert sorted(numbers) == list(range(40))
    assert {record["status"] for record in records} == {"FINISHED"}


def test_chained_records_of_several_processes_are_all_there(tmp_path):
    program = (
        "import sys, mlflow2prov.capture as p\n"
        f"@p.tracked(literal_directory={str(tmp_path)!r}, chain_records=True,\n"
        "    include_package_inventory=False)\n"
        "def train(number): pass\n"
        "for number in range(5): train(int(sys.argv[1]) + number)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(start)]) for start in (0, 5, 10)
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    records = check(record_in(tmp_path))
    numbers = [record["called_function"]["parameters"]["number"] for record in records]
    assert sorted(numbers) == list(range(15))


def test_a_file_that_is_no_record_is_not_overwritten_by_a_chain(tmp_path):
    (tmp_path / "train_record.json").write_text("my notes")

    @tracked(literal_directory=tmp_path, chain_records=True)
    def train():
        return 5

    with pytest.warns(p.CaptureWarning, match=r"not recorded .*not JSON"):
        assert train() == 5
    assert (tmp_path / "train_record.json").read_text() == "my notes"


def test_a_record_that_cannot_be_written_is_a_warning(tmp_path):
    (tmp_path / "train_record.json").mkdir()

    @tracked(literal_directory=tmp_path)
    def train():
        return 5

    with pytest.warns(p.CaptureWarning, match="train: the call is not recorded"):
        assert train() == 5


def test_secrets_are_masked_everywhere(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "s3cr3t-1")
    monkeypatch.setenv("SOURCE", "https://ada:s3cr3t-2@example.org/?sig=s3cr3t-3")
    monkeypatch.setattr(sys, "argv", ["train.py", "--password", "s3cr3t-4", "--api-key=s3cr3t-5"])

    @tracked(literal_directory=tmp_path, extra_environment_variables=["MY_TOKEN", "SOURCE"])
    def train(password, url, options):
        raise ValueError(f"cannot open {url}")

    with pytest.raises(ValueError, match="cannot open"):
        train(
            "s3cr3t-6",
            "https://bob:s3cr3t-7@example.org/",
            {"api_key": "s3cr3t-8", "nested": [{"secret": "s3cr3t-9"}]},
        )
    assert "s3cr3t" not in (tmp_path / "train_record.json").read_text()
    record = check(record_in(tmp_path))
    assert record["environment"]["environment_variables"]["MY_TOKEN"] == "..."
    assert "digest" not in record["arguments"][0]


def test_a_secret_in_the_repr_of_an_object_is_masked(tmp_path):
    class Client:
        def __repr__(self):
            return "Client(password='s3cr3t-1')"

    @tracked(literal_directory=tmp_path)
    def train(client, clients, max_tokens):
        pass

    train(Client(), [Client()], 512)
    assert "s3cr3t" not in (tmp_path / "train_record.json").read_text()
    assert record_in(tmp_path)["called_function"]["parameters"]["max_tokens"] == 512


def test_names_that_are_not_utf_8_are_recorded(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train(name):
        path = os.path.join(os.fsencode(tmp_path), b"\xff.txt")
        Path(os.fsdecode(path)).write_text("x")

    train("\udcff")
    record = check(record_in(tmp_path))
    assert record["called_function"]["parameters"] == {"name": "\\udcff"}
    assert [output["path"] for output in record["outputs"]] == ["\\udcff.txt"]


def test_packages_have_normalized_names_in_order(tmp_path):
    tracked(literal_directory=tmp_path)(lambda: 1)()
    (path,) = tmp_path.glob("*.json")
    packages = json.loads(path.read_text())["package_inventory"]
    assert list(packages) == sorted(packages)
    assert packages["sqlalchemy"]
    assert not any("_" in name or name != name.lower() for name in packages)
    assert "package_inventory" not in _record_without_packages(tmp_path)


def _record_without_packages(tmp_path):
    tracked(literal_directory=tmp_path / "b", include_package_inventory=False)(lambda: 1)()
    (path,) = (tmp_path / "b").glob("*.json")
    return json.loads(path.read_text())


def test_the_job_of_slurm_is_recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "42")
    monkeypatch.setenv("SLURM_NNODES", "3")
    assert p.get_environment_info()["environment_variables"]["SLURM_NNODES"] == "3"
    monkeypatch.delenv("SLURM_JOB_ID")
    assert "SLURM_NNODES" not in p.get_environment_info()["environment_variables"]


def test_the_image_of_the_container_is_recorded(monkeypatch):
    monkeypatch.setenv("APPTAINER_CONTAINER", "/images/train.sif")
    assert p.get_environment_info()["container_image"] == "/images/train.sif"


def test_an_object_without_a_text_of_its_own_is_recorded_by_its_class(tmp_path):
    class Trainer:
        @tracked(literal_directory=tmp_path)
        def train(self):
            pass

    Trainer().train()
    (shown,) = record_in(tmp_path)["called_function"]["parameters"].values()
    assert shown.endswith("Trainer object>")
