"""Neo4j, Fuseki and MongoDB's wire protocol, as packages: ``python graph_stores.py`` makes what runs them.

They are made once (:mod:`tests.services.packages`): Neo4j, Fuseki and Mongo Java Server of Maven's packages, FerretDB
built by Go. FerretDB keeps what it is given, and knows
passwords, but not MongoDB's ``$graphLookup``; that is Mongo Java Server's, which has no passwords.

This needs nothing but Python: ``python graph_stores.py neo4j FOLDER PORT`` makes and becomes one, whose password is in
``$PASSWORD``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Run as a program, this folder is where Python looks first.
try:
    from tests.services import packages
except ImportError:
    import packages  # type: ignore[import-not-found, no-redef]

USER = {"neo4j": "neo4j", "fuseki": "admin", "ferretdb": "owner", "mongo-java-server": ""}
"""Who may do everything; there are no others, and in Mongo Java Server everybody is."""

VERSIONS = {
    "neo4j": "5.26.0",
    "fuseki": "5.5.0",
    "mongo-java-server": "1.47.0",
    "ferretdb": "1.24.2",
}
_ARTIFACTS = {
    "neo4j": ("org.neo4j", "neo4j"),
    "fuseki": ("org.apache.jena", "jena-fuseki-server"),
    "mongo-java-server": ("de.bwaldvogel", "mongo-java-server"),
}
_FERRETDB = "github.com/FerretDB/FerretDB"
_HEAP = "-Xmx2g"


def missing(name: str) -> str | None:
    """Return what a server needs and this machine has not; None where it can run."""
    if name != "ferretdb" and not shutil.which("java"):
        return f"{name} is missing; it runs on Java 17 (Debian: openjdk-17-jre-headless)"
    if not packages.is_made(_place(name)):
        return f"{name} is missing; python3 tests/services/graph_stores.py makes it (Maven, Go)"
    return None


def make(name: str) -> None:
    """Make what runs a server, unless it is there already.

    Raises:
        subprocess.CalledProcessError: Maven or Go failed, and said why.
        FileNotFoundError: Maven or Go is not installed.
    """
    if name == "ferretdb":
        packages.make(_place(name), _build_ferretdb)
    else:
        artifact = (*_ARTIFACTS[name], VERSIONS[name])
        packages.make(_place(name), lambda folder: packages.copy_from_maven(folder, [artifact]))


def command(name: str, folder: Path, port: int, password: str) -> tuple[list[str], dict[str, str]]:
    """Write the settings of a server into ``folder``; returns the command and the environment that run it.

    It listens on ``port`` of 127.0.0.1 only, keeps its data in ``folder``, and lets in who has the password.
    """
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    if name == "ferretdb":
        (folder / "data").mkdir(exist_ok=True)
        return [
            str(_place(name) / "ferretdb"), f"--listen-addr=127.0.0.1:{port}", "--handler=sqlite",
            f"--sqlite-url=file:{folder / 'data'}/", f"--state-dir={folder}", "--telemetry=disable",
            "--debug-addr=-", "--log-level=error", "--test-enable-new-auth",
            f"--setup-username={USER[name]}", f"--setup-password={password}",
            "--setup-database=admin",
        ], environment  # fmt: skip
    classes = f"{_place(name)}/lib/*"
    java = ["java", _HEAP, "-cp", classes]
    if name == "mongo-java-server":
        program = Path(__file__).with_name("MongoServer.java")
        return [*java, str(program), str(port)], environment
    if name == "fuseki":
        base = folder / "base"
        base.mkdir(exist_ok=True)
        (base / "shiro.ini").write_text(
            f"[users]\n{USER[name]} = {password}\n[urls]\n/$/ping = anon\n/** = authcBasic\n"
        )
        environment["FUSEKI_BASE"] = str(base)
        start = ["org.apache.jena.fuseki.main.cmds.FusekiServerCmd", "--localhost"]
        return [*java, *start, "--port", str(port), "--mem", "/provenance"], environment
    _set_up_neo4j(folder, port, password, java)
    start = ["org.neo4j.server.CommunityEntryPoint", f"--home-dir={folder}"]
    return [*java, *start, f"--config-dir={folder / 'conf'}"], environment


def _set_up_neo4j(folder: Path, port: int, password: str, java: list[str]) -> None:
    settings = {
        "server.bolt.listen_address": f"127.0.0.1:{port}",
        "server.bolt.advertised_address": f"127.0.0.1:{port}",
        "server.http.enabled": "false",
        "dbms.usage_report.enabled": "false",
        "server.memory.pagecache.size": "256m",
    }
    (folder / "conf").mkdir(exist_ok=True)
    written = "".join(f"{key}={value}\n" for key, value in settings.items())
    (folder / "conf" / "neo4j.conf").write_text(written)
    if not (folder / "data").exists():
        places = {"NEO4J_HOME": str(folder), "NEO4J_CONF": str(folder / "conf")}
        setting = [*java, "org.neo4j.cli.AdminTool", "dbms", "set-initial-password", password]
        subprocess.run(setting, env={**os.environ, **places}, check=True, capture_output=True)


def _build_ferretdb(place: Path) -> None:
    version = f"v{VERSIONS['ferretdb']}"
    download = ["go", "mod", "download", "-json", f"{_FERRETDB}@{version}"]
    found = subprocess.run(download, cwd=place, check=True, stdout=subprocess.PIPE)
    sources = place / "sources"
    shutil.copytree(json.loads(found.stdout)["Dir"], sources)
    for folder in (sources, *filter(Path.is_dir, sources.rglob("*"))):
        folder.chmod(0o755)
    # Its own build writes this file; modules come without.
    (sources / "build" / "version" / "version.txt").write_text(f"{version}\n")
    build = ["go", "build", "-buildvcs=false", "-o", str(place / "ferretdb"), "./cmd/ferretdb"]
    subprocess.run(build, cwd=sources, check=True)
    shutil.rmtree(sources)


def _place(name: str) -> Path:
    return packages.place(name, VERSIONS[name])


if __name__ == "__main__":
    if len(sys.argv) == 1:
        for each in VERSIONS:
            make(each)
    else:
        chosen, where, listens = sys.argv[1:]
        make(chosen)
        Path(where).mkdir(parents=True, exist_ok=True)
        os.chdir(where)
        program, settings = command(chosen, Path.cwd(), int(listens), os.environ["PASSWORD"])
        os.execvpe(program[0], program, settings)
