"""Every command, YAML file and Python example of the documentation works.

The examples run in a folder that looks as it does after ``make demo``, with the projects and files that the
documentation mentions. The frozen demo project replaces the built one, and servers that the tests start replace
those at the documented addresses.
"""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from examples.quickstart.restore import FROZEN, PROJECT_FOLDER
from mlflow2prov import extract, load, push, save
from mlflow2prov.capture import file_hash, tracked
from mlflow2prov.cli import COMMANDS, program
from mlflow2prov.cli.config_schema import commands as all_commands
from mlflow2prov.formats import get
from mlflow2prov.render.report import EXTENSIONS as REPORTS
from tests.cli.conftest import Result, run_program
from tests.golden import HERE as GOLDEN
from tests.golden import rebuild
from tests.stores.conftest import servers  # noqa: F401 - a fixture

TOP = Path(__file__).parents[1]
PAGES = [
    TOP / "README.md",
    TOP / "CONTRIBUTING.md",
    TOP / "examples/quickstart/README.md",
    TOP / "docs/audit.md",
    TOP / "docs/commands.md",
    TOP / "docs/tutorial.md",
    TOP / "docs/faq.md",
    TOP / "docs/ci.md",
    TOP / "docs/interoperability.md",
    TOP / "docs/explorer.md",
]
SERVER = "http://127.0.0.1:5000"
STORES = {
    "bolt://127.0.0.1:7687": "neo4j",
    "mongodb://127.0.0.1:27017/provenance": "ferretdb",
    "http://127.0.0.1:3030/provenance": "fuseki",
}

SHELL_OPERATORS = {"|", ">", "<", "&&", ";", "$", "(", ")", "&"}

NEGATIVE_RESULTS = (" diff ", " --min 95 ", "train_record.json --check")
"""Parts of the commands that exit with 1, because their result is negative."""

# tests/test_packaging.py builds and runs the package that pip installs, and Poetry reads the same metadata. MLflow
# opens the store of the demo in a test below.
TESTED_ELSEWHERE = (
    "pip install",
    "poetry install",
    "poetry lock",
    ".venv/bin/python -m pytest",
    ".venv/bin/mlflow ui",
)


def blocks(page: Path, language: str) -> list[str]:
    """Return the contents of the fenced blocks of a page in a language."""
    contents = re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    return [str(content) for content in contents]


def console_commands(page: Path) -> list[str]:
    """Return the commands of a page: those after a prompt, with continuation lines, and those in help texts."""
    commands = []
    for block in blocks(page, "console"):
        lines = block.replace("\\\n", " ").splitlines()
        commands += [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for block in blocks(page, "text") if page.name == "commands.md" else ():
        lines = re.sub(r"\\\n", " ", block).splitlines()
        commands += [line.strip() for line in lines if line.startswith("  mlflow2prov ")]
    return [re.sub(r"\s+# .*", "", command) for command in commands]


def cases(language: str) -> list:
    """Return the examples in a language as test parameters, named for their page and number."""
    examples = console_commands if language == "console" else lambda page: blocks(page, language)
    return [
        pytest.param(
            text,
            id=f"{page.relative_to(TOP)}-{number}",
            marks=[pytest.mark.slow] if any(url in text for url in (SERVER, *STORES)) else [],
        )
        for page in PAGES
        for number, text in enumerate(examples(page), start=1)
    ]


@pytest.fixture(scope="module")
def reader_folder(tmp_path_factory, request) -> Path:
    """Create a folder with everything that the documentation assumes."""
    folder = tmp_path_factory.mktemp("reader").resolve()
    out = folder / "examples/quickstart/out"
    repository, store = rebuild(out)
    document = extract(repository, store)
    save(document, out / "result", ("json", "rdf", "provn"))
    shutil.copytree(TOP / "examples/config", folder / "examples/config")
    # Projects and files of the reader's own.
    for name in ("project", "project-foo", "project-bar"):
        clone = ["git", "clone", "--quiet", str(repository), str(folder / name)]
        subprocess.run(clone, check=True, capture_output=True)
    (folder / "bar").mkdir()
    for database in (folder / "bar/mlflow.db", folder / "mlflow.db"):
        shutil.copy(out / "mlflow.db", database)
    for name in ("example.rdf", "new.rdf"):
        shutil.copy(out / "result.rdf", folder / name)
    for name in ("earlier", "old", "a", "b", "result"):
        shutil.copy(out / "result.json", folder / f"{name}.json")
    # In the later document, a version is not approved.
    later = (out / "result.json").read_text("utf-8").replace('"value": "yes"', '"value": "no"')
    (folder / "new.json").write_text(later, "utf-8")
    shutil.copy(TOP / "examples/config/aliases.yaml", folder)
    add_captured_calls(folder)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    (folder / "bin").mkdir()
    for name, words in (("mlflow2prov", "-m mlflow2prov "), ("python", "")):
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words}"$@"\n')
        program.chmod(0o755)
    return folder


def add_captured_calls(folder: Path) -> None:
    """Add a record file, and an experiment in two places."""
    record = folder / "models/first/train_record.json"
    record.parent.mkdir(parents=True)
    tracked(literal_directory=record.parent)(train)()
    content = json.loads(record.read_text("utf-8"))
    # Another version of Python is a difference on every machine.
    content["environment"]["python_version"] = "3.1.0"
    record.write_text(json.dumps(content), "utf-8")
    (folder / "experiments").mkdir()
    for name in ("wine", "experiments/wine"):
        (folder / f"{name}.py").write_text(EXPERIMENT, "utf-8")
    (folder / "grid.py").write_text("from wine import get_params\n", "utf-8")


def train():
    """A function of the reader's."""


EXPERIMENT = """
from mlflow2prov.capture.stages import *

@stage(outputs=["score"], cachers=[JsonCacher])
def train(record):
    return 1

def get_params():
    return [ExperimentParameters(name="baseline")]

def run(param_sets, manager):
    return [train(Record(manager, params)) for params in param_sets]
"""


@pytest.fixture
def server(request):
    """Return a function that starts the servers a text mentions, and replaces their addresses in it."""

    def address(text: str) -> str:
        if SERVER in text:
            text = text.replace(SERVER, request.getfixturevalue("sqlite_server"))
        for url, name in STORES.items():
            if url in text:
                store = request.getfixturevalue("servers")(name)
                push(load(GOLDEN / "result.json"), store.url)
                text = text.replace(url, store.url)
        return text

    return address


@pytest.fixture
def run(reader_folder, server, monkeypatch):
    """Return a function that runs a command in the reader's folder: in this process, unless it needs a shell."""
    for name in os.environ:
        if name.startswith(("MLFLOW_", "GIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{reader_folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(TOP))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(reader_folder.parent))

    def run(command: str) -> Result:
        command = server(command).removeprefix(".venv/bin/")
        words = list(shlex.shlex(command, posix=True, punctuation_chars=True))
        if words[0] == "mlflow2prov" and not SHELL_OPERATORS.intersection(words):
            return run_program(reader_folder, *shlex.split(command)[1:])
        shell = ["bash", "-o", "pipefail", "-c", command]
        done = subprocess.run(shell, cwd=reader_folder, capture_output=True, text=True, timeout=300)
        return Result(done.returncode, done.stdout, done.stderr)

    return run


def output_files(command: str) -> list[str]:
    """Return the names of the files that a chain writes."""
    words, files = shlex.split(command), []
    for start, word in enumerate(words):
        if word == "validate" and "--output" in words[start:]:
            files.append(words[words.index("--output", start) + 1])
        if word == "update":
            files.append(words[words.index("--state", start) + 1])
        if word == "init":
            name = (
                words[start + 2]
                if words[start + 1 : start + 2] == ["--output"]
                else "mlflow2prov.yaml"
            )
            files += [] if name == "-" else [name]
        if word == ">":
            files.append(words[start + 1])
        if word not in ("save", "report"):
            continue
        default, extension = (
            ("json", lambda name: get(name).extension)
            if word == "save"
            else ("html", REPORTS.__getitem__)
        )
        arguments: list[str] = []
        for option, argument in pairwise(words[start:]):
            # The value of an option may be the name of a command, as in --output history.
            if argument in ("|", ">") or (argument in COMMANDS and not option.startswith("--")):
                break
            arguments.append(argument)
        options = list(pairwise(arguments))
        name = next((value for option, value in options if option == "--output"), "-")
        lists = [value.split(",") for option, value in options if option == "--format"]
        formats = [format_name for names in lists for format_name in names]
        if Path(name).suffix and not formats:
            files.append(name)
        elif name != "-":
            files += [f"{name}{extension(format_name)}" for format_name in formats or [default]]
    return files


@pytest.mark.parametrize("command", cases("console"))
def test_every_documented_command_works(command, run, reader_folder):
    if command.startswith("make"):
        target = command.split()[1]
        done = subprocess.run(
            ["make", "--dry-run", target], cwd=TOP, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return
    if command.startswith(TESTED_ELSEWHERE):
        return
    tools = {"jq"} & set(shlex.split(command)) | ({"dot"} if " svg" in command else set())
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    # An earlier command may have replaced this file.
    shutil.copy(
        reader_folder / "examples/quickstart/out/result.json", reader_folder / "result.json"
    )
    files = [reader_folder / name for name in output_files(command)]
    before = {file: file.stat().st_mtime_ns for file in files if file.exists()}
    done = run(command)
    if "--as-of" in command:
        # The state of the examples is younger than any date in them.
        assert done.code == 1 and "nothing was observed by" in done.error
        return
    assert done.code == int(any(words in command for words in NEGATIVE_RESULTS)), done.error
    assert "Traceback" not in done.error
    for file in files:
        assert file.stat().st_mtime_ns != before.get(file), f"{file.name} is not written"
    if not files and "export" not in shlex.split(command)[-3:]:
        assert done.output


def test_the_documentation_has_examples():
    assert len(console_commands(TOP / "README.md")) > 5
    assert len(console_commands(TOP / "docs/commands.md")) > 5
    assert blocks(TOP / "README.md", "yaml") and blocks(TOP / "README.md", "python")


@pytest.mark.parametrize("text", cases("yaml"))
def test_every_documented_yaml_file_works(text, run, reader_folder, server):
    content = yaml.safe_load(text)
    (reader_folder / "block.yaml").write_text(server(text), encoding="utf-8")
    if set(content[0]) <= set(COMMANDS):
        command = "mlflow2prov --config block.yaml"
    else:
        chain = {
            "name": "transform --merge-aliased-agents block.yaml save",
            "finding": "check --fail-on note --allow block.yaml",
        }[next(iter(content[0]))]
        command = f"mlflow2prov load --input result.json {chain}"
    done = run(command)
    assert done.code == 0, done.error
    assert done.output


@pytest.mark.parametrize("text", cases("python"))
def test_every_documented_python_example_runs(text, run, reader_folder, server):
    (reader_folder / "block.py").write_text(server(text), encoding="utf-8")
    done = run(f"{shlex.quote(sys.executable)} block.py")
    assert done.code == 0, done.error


@pytest.mark.parametrize(
    "path", sorted((TOP / "examples/config").glob("*.yaml")), ids=lambda p: p.name
)
def test_every_example_configuration_runs_after_the_demo(path, run, reader_folder):
    graph = "examples/quickstart/out/result.json"
    if path.name == "allowed.yaml":
        done = run(f"mlflow2prov load --input {graph} check --fail-on note --allow {path}")
        assert done.code == 0 and "3 allowed" in done.output, done.error
        return
    if path.name == "aliases.yaml":
        command = f"transform --merge-aliased-agents examples/config/{path.name}"
        done = run(f"mlflow2prov load --input {graph} {command} save --output one_each")
        assert done.code == 0, done.error
        agents = [
            s for s in load(reader_folder / "one_each.json").statements() if s.kind == "agent"
        ]
        assert len(agents) == 3  # Ada, Grace and the bot
        return
    done = run(f"mlflow2prov --validate examples/config/{path.name}")
    assert done.code == 0 and "valid" in done.output
    done = run(f"mlflow2prov --config examples/config/{path.name}")
    assert done.code == 0, done.error
    for step in yaml.safe_load(path.read_text("utf-8")):
        if "save" in step:
            stem = reader_folder / step["save"]["output"]
            extensions = {file.suffix for file in stem.parent.glob(f"{stem.name}.*")}
            assert len(extensions) == len(step["save"]["format"])


def test_every_option_in_the_readme_exists():
    options = {
        name.replace("-", "_")
        for command in (program.cli, *all_commands().values())
        for option in command.params
        for name in option.opts
    }
    options.add("__help")
    text = (TOP / "README.md").read_text("utf-8")
    without_other_programs = re.sub(r"^\$ (?!mlflow2prov).*$", "", text, flags=re.M)
    mentions = re.findall(r"(?<![\w-])--[a-z][\w-]*", without_other_programs)
    assert {name.replace("-", "_") for name in mentions} <= options


def test_the_readme_shows_real_output(run):
    """Every line of output is in the golden files, with ``…`` for any text, or in the script of the demo.

    Lines after a prompt are commands, which print the lines that follow.
    """
    golden = "\n".join(
        (GOLDEN / name).read_text("utf-8") for name in ("statistics.txt", "result.provn")
    )
    page = (TOP / "README.md").read_text("utf-8")
    commands = re.findall(r"^```text\n\$ (.+)$", page, re.M)
    assert commands
    for command in commands:
        golden += f"\n$ {command}\n{run(command).output}"
    demo = (TOP / "examples/quickstart/demo.py").read_text("utf-8")
    lines = [
        line.rstrip()
        for block in blocks(TOP / "README.md", "text")
        for line in block.splitlines()
        if line.strip() not in ("", "...")
    ]
    assert len(lines) > 10
    for line in lines:
        pattern = re.escape(line).replace("…", ".*")
        is_from_demo = line.partition(":")[0] in demo and ":" in line
        assert is_from_demo or re.search(rf"^ *{pattern}$", golden, re.M), (
            f"not in any output: {line}"
        )


@pytest.mark.parametrize(
    "page",
    sorted(
        {
            *PAGES,
            *(TOP / "docs").glob("*.md"),
            *(TOP / "examples/capture").glob("*.md"),
            *(TOP / "examples/capture").glob("*/README.md"),
        }
    ),
    ids=lambda page: str(page.relative_to(TOP)),
)
def test_every_link_within_the_project_has_a_target(page):
    for link in re.findall(r"\]\(([^)]+)", page.read_text("utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub derives them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Return a function that runs the demo among the files of an earlier one, and returns its folder and its output.

    MLflow cannot be imported unless the demo builds its project.
    """

    def demo(*options: str) -> tuple[Path, str]:
        folder = tmp_path_factory.mktemp("demo").resolve()
        (folder / "out/repository/.git").mkdir(parents=True)
        for name in ("repository/notes.txt", "mlflow.db", "result.json"):
            (folder / "out" / name).write_text("left")
        path = [str(TOP)]
        if "--build" not in options:
            (folder / "without/mlflow").mkdir(parents=True)
            (folder / "without/mlflow/__init__.py").write_text("raise ImportError")
            path.insert(0, str(folder / "without"))
        # The user's own setting would send the runs to another store.
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path),
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        }
        command = [sys.executable, str(TOP / "examples/quickstart/demo.py"), *options, "out"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return folder / "out", done.stdout

    return demo


@pytest.fixture(scope="module")
def ready_made_demo(demo):
    return demo()


def test_the_demo_extracts_a_ready_made_project_without_mlflow(ready_made_demo):
    check_demo(*ready_made_demo)


@pytest.mark.skipif(not importlib.util.find_spec("mlflow"), reason="MLflow is not installed here")
@pytest.mark.slow
def test_the_ready_made_project_is_what_a_new_build_produces(ready_made_demo, demo):
    """Both graphs have the same statements, except for ids, times, digests, sizes and installed packages."""
    built, output = demo("--build")
    check_demo(built, output)
    restored, _ = ready_made_demo
    assert constant_part(built) == constant_part(restored)


def check_demo(out: Path, output: str) -> None:
    """Check that the demo prints counts, the paths of its results, and the answer to its question."""
    counts = re.compile(r"^\w.*\d$", re.M)
    golden = (GOLDEN / "statistics.txt").read_text("utf-8")
    # The golden files leave out the packages.
    packages = re.compile(r"Package|SoftwareEnvironment|prov:Collection|^used|^hadMember")
    printed, frozen = (
        [line for line in counts.findall(text) if not packages.search(line)]
        for text in (output, golden)
    )
    assert printed == frozen
    suffixes = {path.suffix for path in out.glob("result.*")}
    assert {".json", ".provn", ".xml", ".rdf", ".ttl", ".trig", ".nq", ".jsonld"} <= suffixes
    assert {".html", ".dot", ".mmd"} <= suffixes
    assert (out / "champion.svg").exists() == bool(shutil.which("dot"))
    assert "The origin of one model:" in output and "out/result.*" in output
    assert load(out / "result.rdf") == load(out / "result.json")
    page = (TOP / "examples/quickstart/README.md").read_text("utf-8")
    digest = file_hash(out / "repository/wine.csv.orig").removeprefix("sha256:")
    assert digest in page
    question, _, answer = output.partition(f"explain Content:{digest[:8]} --impact")
    assert "Which models learned from the file as it was before?" in question
    versions = re.findall(r"^RegisteredModelVersion +(\S+ \d)", answer, re.M)
    assert versions == ["wine 1", "wine 2"]
    assert re.search(r"^RegisteredModelAlias +champion", answer, re.M)


CHANGING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12,}"
    r"|\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-][\d:]+)|/\S*/python\S*"
)
"""Ids, digests, times, and the path of Python."""

CHANGING_KEYS = ("file_size", "python", "python_version", "platform", "host", "hostname")


def constant_part(out: Path) -> Counter:
    """Return the statements of a demo without what changes from build to build and from machine to machine."""

    def constant(value: str | None) -> str:
        return CHANGING.sub("#", (value or "").replace(str(out), PROJECT_FOLDER))

    return Counter(
        (
            statement.kind,
            tuple(map(constant, statement.arguments)),
            *sorted(
                (a.key, constant(a.value))
                for a in statement.attributes
                if a.key not in CHANGING_KEYS
            ),
        )
        for statement in load(out / "result.json").statements()
        if not re.search("Package|Environment", str(statement))
    )


def test_the_ready_made_project_names_no_machine():
    texts = [path.read_bytes() for path in FROZEN.iterdir() if path.suffix != ".gz"]
    with tarfile.open(FROZEN / "files.tar.gz") as archive:
        members = [member for member in archive if member.isfile()]
        texts += [archive.extractfile(member).read() for member in members]
    assert not [member.name for member in members if member.name.endswith(".store")]
    assert {(member.uid, member.mtime, member.uname) for member in members} == {(0, 0, "")}
    for text in texts:
        assert not re.search(rb"/(home|root|tmp|Users|work)/|/site-packages", text)
    assert sum(path.stat().st_size for path in FROZEN.iterdir()) < 300_000


@pytest.mark.skipif(not importlib.util.find_spec("mlflow"), reason="MLflow is not installed here")
@pytest.mark.slow
def test_mlflow_opens_the_ready_made_store(ready_made_demo):
    """MLflow's own client reads runs, models and artifacts, so ``mlflow ui`` shows them."""
    out, _ = ready_made_demo
    client = importlib.import_module("mlflow").MlflowClient(f"sqlite:///{out}/mlflow.db")
    champion = client.get_model_version_by_alias("wine", "champion")
    run = client.get_run(champion.run_id)
    assert run.info.run_name == "logistic C=1.0" and run.data.metrics["accuracy"] > 0.9
    location = client.get_logged_model(champion.source.removeprefix("models:/")).artifact_location
    assert (Path(location.removeprefix("file://")) / "MLmodel").is_file()


CAPTURE = TOP / "examples/capture"


@pytest.mark.slow
@pytest.mark.parametrize("project", ["cached", "tracked", "stages"])
def test_every_project_that_captures_calls_answers_its_question(project, tmp_path):
    """The command of the page runs, and the last output is the one that the page of the project shows."""
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    command = [sys.executable, str(CAPTURE / "run.py"), project, str(tmp_path / "out")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = CAPTURE / project / "README.md"
    (shown,) = blocks(page, "text")
    commands = console_commands(page)
    outputs = re.split("|".join(f"^\\$ {re.escape(c)}$" for c in commands), done.stdout, flags=re.M)
    for line in shown.splitlines():
        pattern = re.escape(line).replace("…", "[0-9a-f]+")
        assert re.search(f"^{pattern}$", outputs[-1], re.M), f"{line}\n{done.stdout}"
    if project == "cached":
        assert [output.count("computing logarithms") for output in outputs[1:3]] == [1, 0]
    if project == "stages":
        assert "(bent): validate: cached" in outputs[2]


def test_the_page_of_captured_calls_has_each_project():
    projects = {path.parent.name for path in CAPTURE.glob("*/README.md")}
    commands = console_commands(CAPTURE / "README.md")
    assert {command.rpartition(" ")[2] for command in commands} == projects


def test_the_demo_page_explains_the_origin_of_a_model(run):
    page = (TOP / "examples/quickstart/README.md").read_text("utf-8")
    (command,) = re.findall(r"^\$ (.* explain wine@champion)$", page, re.M)
    done = run(command)
    assert done.code == 0, done.error
    for pattern in (
        r"^Version +wine 2 +models:/wine/2, alias champion",
        r"^Run +logistic C=1.0",
        r"^Authors +Ada Lovelace",
        r"^Script's revision +train.py",
        r"^Uncommitted changes +no",
        r"^Captured calls +__main__.train",
        r"^Input files of calls +sha256:1245a5e0\S+ +wine.csv",
    ):
        assert re.search(pattern, done.output, re.M)
