"""Neo4j, Fuseki and two servers of MongoDB's wire protocol: ``python graph_stores.py`` installs them.

Each is installed once (:mod:`tests.services.packages`): Neo4j, Fuseki and Mongo Java Server from Maven's packages,
FerretDB built with Go. FerretDB keeps its documents on disk and checks passwords, but lacks MongoDB's ``$graphLookup``.
Mongo Java Server has ``$graphLookup``, but no passwords.

``python graph_stores.py neo4j FOLDER PORT`` installs a server and runs it in the foreground, with the password in
``$PASSWORD``. The script needs no package of this project.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

# As a script, this module is imported from its own folder.
try:
    from tests.services import packages
except ImportError:
    import packages  # type: ignore[import-not-found, no-redef]

USER = {"neo4j": "neo4j", "fuseki": "admin", "ferretdb": "owner", "mongo-java-server": ""}
"""The only account of each server, which may do everything. Mongo Java Server has no accounts."""

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


def missing_requirement(name: str) -> str | None:
    """Return what this machine lacks to run a server, or None if nothing is missing."""
    if name != "ferretdb" and not shutil.which("java"):
        return f"{name} is missing; it runs on Java 17 (Debian: openjdk-17-jre-headless)"
    if not packages.is_built(_folder(name)):
        return f"{name} is missing; python3 tests/services/graph_stores.py installs it (Maven, Go)"
    return None


def install(name: str) -> None:
    """Install a server, unless it is there already.

    Raises:
        subprocess.CalledProcessError: Maven or Go failed; its output has the reason.
        FileNotFoundError: Maven or Go is not installed.
    """
    if name == "ferretdb":
        packages.build_once(_folder(name), _build_ferretdb)
    else:
        artifact = (*_ARTIFACTS[name], VERSIONS[name])
        packages.build_once(
            _folder(name), lambda folder: packages.copy_from_maven(folder, [artifact])
        )


def command(name: str, folder: Path, port: int, password: str) -> tuple[list[str], dict[str, str]]:
    """Write the settings of a server into ``folder``, and return the command and the environment that run it.

    The server listens on ``port`` of 127.0.0.1 only, keeps its data in ``folder``, and asks for ``password``.
    """
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    if name == "ferretdb":
        (folder / "data").mkdir(exist_ok=True)
        return [
            str(_folder(name) / "ferretdb"), f"--listen-addr=127.0.0.1:{port}", "--handler=sqlite",
            f"--sqlite-url=file:{folder / 'data'}/", f"--state-dir={folder}", "--telemetry=disable",
            "--debug-addr=-", "--log-level=error", "--test-enable-new-auth",
            f"--setup-username={USER[name]}", f"--setup-password={password}",
            "--setup-database=admin",
        ], environment  # fmt: skip
    classes = f"{_folder(name)}/lib/*"
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
    lines = "".join(f"{key}={value}\n" for key, value in settings.items())
    (folder / "conf" / "neo4j.conf").write_text(lines)
    if not (folder / "data").exists():
        folders = {"NEO4J_HOME": str(folder), "NEO4J_CONF": str(folder / "conf")}
        command = [*java, "org.neo4j.cli.AdminTool", "dbms", "set-initial-password", password]
        subprocess.run(command, env={**os.environ, **folders}, check=True, capture_output=True)


def _build_ferretdb(folder: Path) -> None:
    version = f"v{VERSIONS['ferretdb']}"
    download = ["go", "mod", "download", "-json", f"{_FERRETDB}@{version}"]
    module = subprocess.run(download, cwd=folder, check=True, stdout=subprocess.PIPE)
    sources = folder / "sources"
    shutil.copytree(json.loads(module.stdout)["Dir"], sources)
    for subfolder in (sources, *filter(Path.is_dir, sources.rglob("*"))):
        subfolder.chmod(0o755)
    # FerretDB's own build writes this file; the module does not have it.
    (sources / "build" / "version" / "version.txt").write_text(f"{version}\n")
    build = ["go", "build", "-buildvcs=false", "-o", str(folder / "ferretdb"), "./cmd/ferretdb"]
    subprocess.run(build, cwd=sources, check=True)
    shutil.rmtree(sources)


def _folder(name: str) -> Path:
    return packages.cache_folder(name, VERSIONS[name])


if __name__ == "__main__":
    if len(sys.argv) == 1:
        for name in VERSIONS:
            install(name)
    else:
        name, folder, port = sys.argv[1:]
        install(name)
        Path(folder).mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        program, environment = command(name, Path.cwd(), int(port), os.environ["PASSWORD"])
        os.execvpe(program[0], program, environment)
