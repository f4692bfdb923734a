"""What the documentation tells to do works: every command, every YAML, every piece of Python.

They run in a folder as it stands after ``make demo``, with the projects and files beside it that the
documentation speaks of. The demo's place is taken by the example as it is frozen, and that of the server
at port 5000 by a real one.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from mlflow2prov import extract, load, push, save
from mlflow2prov.cli import COMMANDS
from mlflow2prov.cli.config_schema import commands as known_commands
from mlflow2prov.formats import get
from mlflow2prov.render.report import EXTENSIONS as REPORTS
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
]
SERVER = "http://127.0.0.1:5000"
STORES = {
    "bolt://127.0.0.1:7687": "neo4j",
    "mongodb://127.0.0.1:27017/provenance": "ferretdb",
    "http://127.0.0.1:3030/provenance": "fuseki",
}

# What they are asked is not so, and the exit code tells.
REFUTED = (" diff ", " --min 90 ")

# Tried by tests of their own, or a choice of the reader's: tests/test_packaging.py builds and runs what
# pip installs, and Poetry reads the same description; these tests run in pytest.
ELSEWHERE = ("pip install", "poetry install", "poetry lock", ".venv/bin/python -m pytest")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    return [str(block) for block in found]


def console_commands(page: Path) -> list[str]:
    """The commands of a page: what follows a prompt, and the lines that go on; and those in help texts."""
    found = []
    for block in blocks(page, "console"):
        lines = block.replace("\\\n", " ").splitlines()
        found += [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for block in blocks(page, "text") if page.name == "commands.md" else ():
        lines = re.sub(r"\\\n", " ", block).splitlines()
        found += [line.strip() for line in lines if line.startswith("  mlflow2prov ")]
    return [re.sub(r"\s+# .*", "", command) for command in found]


def cases(language: str) -> list:
    what = console_commands if language == "console" else lambda page: blocks(page, language)
    return [
        pytest.param(text, id=f"{page.relative_to(TOP)}-{number}")
        for page in PAGES
        for number, text in enumerate(what(page), start=1)
    ]


@pytest.fixture(scope="module")
def place(tmp_path_factory, request) -> Path:
    """A folder as the documentation's reader has it."""
    folder = tmp_path_factory.mktemp("reader").resolve()
    out = folder / "examples/quickstart/out"
    repository, store = rebuild(out)
    document = extract(repository, store)
    save(document, out / "result", ("json", "rdf", "provn"))
    shutil.copytree(TOP / "examples/config", folder / "examples/config")
    # The reader's own: two projects, what was extracted earlier, who is who.
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
    # Since then, a version is approved no longer.
    later = (out / "result.json").read_text("utf-8").replace('"value": "yes"', '"value": "no"')
    (folder / "new.json").write_text(later, "utf-8")
    shutil.copy(TOP / "examples/config/aliases.yaml", folder)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    (folder / "bin").mkdir()
    for name, words in (("mlflow2prov", "-m mlflow2prov "), ("python", "")):
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words}"$@"\n')
        program.chmod(0o755)
    return folder


@pytest.fixture
def server(request):
    """Give the text with the addresses of servers that are there, started when they are spoken of."""

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
def run(place, server):
    def run(command: str) -> subprocess.CompletedProcess:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "GIT_"))}
        environment["PATH"] = f"{place / 'bin'}{os.pathsep}{environment['PATH']}"
        environment["PYTHONPATH"] = str(TOP)
        environment["GIT_CEILING_DIRECTORIES"] = str(place.parent)
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", server(command).removeprefix(".venv/bin/")],
            cwd=place, env=environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    return run


def outputs(command: str) -> list[str]:
    """The files that a chain says it saves."""
    words, found = shlex.split(command), []
    for start, word in enumerate(words):
        if word == "validate" and "--output" in words[start:]:
            found.append(words[words.index("--output", start) + 1])
        if word == ">":
            found.append(words[start + 1])
        if word not in ("save", "report"):
            continue
        default, extension = (
            ("json", lambda name: get(name).extension)
            if word == "save"
            else ("html", REPORTS.__getitem__)
        )
        mine: list[str] = []
        for other in words[start + 1 :]:
            if other in COMMANDS or other in ("|", ">"):
                break
            mine.append(other)
        options = list(pairwise(mine))
        name = next((value for option, value in options if option == "--output"), "-")
        formats = [value for option, value in options if option == "--format"] or [default]
        if name != "-":
            found += [f"{name}{extension(one)}" for one in formats]
    return found


@pytest.mark.parametrize("command", cases("console"))
def test_every_command_of_the_documentation_works(command, run, place):
    if command.startswith("make"):
        target = command.split()[1]
        done = subprocess.run(
            ["make", "--dry-run", target], cwd=TOP, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return
    if command.startswith(ELSEWHERE):
        return
    needed = {"jq"} & set(shlex.split(command)) | ({"dot"} if " svg" in command else set())
    if missing := [tool for tool in needed if not shutil.which(tool)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    # What an earlier command of the documentation saved is not what this one is about.
    shutil.copy(place / "examples/quickstart/out/result.json", place / "result.json")
    files = [place / name for name in outputs(command)]
    before = {file: file.stat().st_mtime_ns for file in files if file.exists()}
    done = run(command)
    assert done.returncode == int(any(words in command for words in REFUTED)), done.stderr
    assert "Traceback" not in done.stderr
    for file in files:
        assert file.stat().st_mtime_ns != before.get(file), f"{file.name} is not written"
    if not files and shlex.split(command)[-2] != "--to":
        assert done.stdout


def test_the_documentation_is_found():
    assert len(console_commands(TOP / "README.md")) > 5
    assert len(console_commands(TOP / "docs/commands.md")) > 5
    assert blocks(TOP / "README.md", "yaml") and blocks(TOP / "README.md", "python")


@pytest.mark.parametrize("text", cases("yaml"))
def test_every_yaml_of_the_documentation_is_taken(text, run, place, server):
    content = yaml.safe_load(text)
    (place / "block.yaml").write_text(server(text), encoding="utf-8")
    if set(content[0]) <= set(COMMANDS):
        command = "mlflow2prov --config block.yaml"
    else:
        work = {
            "name": "transform --merge-aliased-agents block.yaml save",
            "finding": "check --fail-on warning --allow block.yaml",
        }[next(iter(content[0]))]
        command = f"mlflow2prov load --input result.json {work}"
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("text", cases("python"))
def test_all_python_of_the_documentation_runs(text, run, place, server):
    (place / "block.py").write_text(server(text), encoding="utf-8")
    done = run(f"{shlex.quote(sys.executable)} block.py")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "path", sorted((TOP / "examples/config").glob("*.yaml")), ids=lambda p: p.name
)
def test_every_example_of_a_chain_runs_after_the_demo(path, run, place):
    graph = "examples/quickstart/out/result.json"
    if path.name == "allowed.yaml":
        done = run(f"mlflow2prov load --input {graph} check --fail-on note --allow {path}")
        assert done.returncode == 0 and "1 allowed" in done.stdout, done.stderr
        return
    if path.name == "aliases.yaml":
        command = f"transform --merge-aliased-agents examples/config/{path.name}"
        done = run(f"mlflow2prov load --input {graph} {command} save --output one_each")
        assert done.returncode == 0, done.stderr
        agents = [s for s in load(place / "one_each.json").statements() if s.kind == "agent"]
        assert len(agents) == 3  # Ada, Grace and the bot
        return
    done = run(f"mlflow2prov --validate examples/config/{path.name}")
    assert done.returncode == 0 and "valid" in done.stdout
    done = run(f"mlflow2prov --config examples/config/{path.name}")
    assert done.returncode == 0, done.stderr
    for step in yaml.safe_load(path.read_text("utf-8")):
        if "save" in step:
            stem = place / step["save"]["output"]
            written = {file.suffix for file in stem.parent.glob(f"{stem.name}.*")}
            assert len(written) == len(step["save"]["format"])


def test_every_option_that_the_readme_names_exists():
    options = {
        name.replace("-", "_")
        for command in known_commands().values()
        for option in command.params
        for name in option.opts
    }
    options |= {"__config", "__validate", "__verbose", "__help", "__version", "__memory_limit"}
    text = (TOP / "README.md").read_text("utf-8")
    own = re.sub(r"^\$ (?!mlflow2prov).*$", "", text, flags=re.M)
    named = {name.replace("-", "_") for name in re.findall(r"(?<![\w-])--[a-z][\w-]*", own)}
    assert named <= options


def test_the_readme_shows_what_really_comes_out():
    """Each line of output stands in the golden files, where ``…`` stands for anything, or in the demo."""
    golden = "\n".join(
        (GOLDEN / name).read_text("utf-8") for name in ("statistics.txt", "result.provn")
    )
    demo = (TOP / "examples/quickstart/demo.py").read_text("utf-8")
    shown = [
        line.rstrip()
        for block in blocks(TOP / "README.md", "text")
        for line in block.splitlines()
        if line.strip() not in ("", "...")
    ]
    assert len(shown) > 10
    for line in shown:
        pattern = re.escape(line).replace("…", ".*")
        announced = line.partition(":")[0] in demo and ":" in line
        assert announced or re.search(rf"^ *{pattern}$", golden, re.M), (
            f"not what comes out: {line}"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_every_link_within_the_project_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)", page.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.skipif(not importlib.util.find_spec("mlflow"), reason="MLflow is not installed here")
def test_the_demo_builds_extracts_and_says_where_to_look(tmp_path):
    """What ``make demo`` runs: real training, every format; over what an earlier one left."""
    (tmp_path / "out/repository/.git").mkdir(parents=True)
    for name in ("repository/notes.txt", "mlflow.db", "result.json"):
        (tmp_path / "out" / name).write_text("left")
    # A setting of the user's that would send the example's runs to another store.
    demo = [sys.executable, str(TOP / "examples/quickstart/demo.py"), "out"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(TOP),
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
    }
    done = subprocess.run(demo, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts = re.compile(r"^\w.*\d$", re.M)
    golden = (GOLDEN / "statistics.txt").read_text("utf-8")
    assert counts.findall(done.stdout) == counts.findall(golden)
    suffixes = {path.suffix for path in (tmp_path / "out").glob("result.*")}
    assert {
        ".json",
        ".provn",
        ".xml",
        ".rdf",
        ".ttl",
        ".trig",
        ".nq",
        ".jsonld",
        ".dot",
    } <= suffixes
    assert (".svg" in suffixes) == bool(shutil.which("dot"))
    assert "The origin of one model:" in done.stdout and "out/result.*" in done.stdout
    assert load(tmp_path / "out/result.rdf") == load(tmp_path / "out/result.json")


def test_the_example_says_what_is_behind_a_model(run):
    page = (TOP / "examples/quickstart/README.md").read_text("utf-8")
    (command,) = re.findall(r"^\$ (.* explain wine@champion)$", page, re.M)
    done = run(command)
    assert done.returncode == 0, done.stderr
    for said in (
        r"^Version +wine 2 +models:/wine/2, alias champion",
        r"^Run +logistic C=1.0",
        r"^Authors +Ada Lovelace",
        r"^Script's revision +train.py",
        r"^Uncommitted changes +unknown",
    ):
        assert re.search(said, done.stdout, re.M)
