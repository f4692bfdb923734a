"""Failures of stores: each is one line without credentials, and the exit code is 1."""

import http.server
import subprocess
import sys
import threading

import pytest

from mlflow2prov import Attribute, Document, Statement, load, pull, push
from mlflow2prov.errors import DocumentStoreError, FormatError, MLflow2ProvError
from mlflow2prov.stores import MODULES, find
from tests.conftest import free_port
from tests.golden import HERE as GOLDEN
from tests.services import graph_stores
from tests.stores.conftest import PASSWORD, QUOTED_PASSWORD
from tests.stores.interruption import interrupt

DEMO = GOLDEN / "result.json"
EMPTY = Document({"": "https://w3id.org/mlflow2prov/"})
URLS = (
    "bolt://{}127.0.0.1:{}",
    "mongodb://{}127.0.0.1:{}/provenance",
    "http://{}127.0.0.1:{}/provenance",
)


def run(*arguments):
    """Run the program. Return its exit code, standard output and standard error."""
    command = [sys.executable, "-m", "mlflow2prov", *map(str, arguments)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return process.returncode, process.stdout, process.stderr


def is_one_line(error):
    return error.count("\n") == 1 and error.startswith("mlflow2prov: ") and "Traceback" not in error


def has_secret(text):
    return any(secret in text for secret in (PASSWORD, QUOTED_PASSWORD, "s3cret", "hidden"))


def test_the_command_line_exports_to_a_store_and_loads_from_it(store, tmp_path):
    code, output, error = run("load", "--input", DEMO, "export", "--to", store.url, "statistics")
    assert (code, error) == (0, "")
    assert run("load", "--input", store.url, "save", "--output", tmp_path / "result")[0] == 0
    assert load(tmp_path / "result.json") == load(DEMO)
    assert run("load", "--input", store.url, "statistics") == (0, output, "")


def test_a_document_is_exported_to_a_named_graph(fuseki):
    graph = "http://example.org/graph"
    assert run("load", "--input", DEMO, "export", "--to", fuseki.url, "--graph", graph)[0] == 0
    code, output, _ = run("load", "--input", fuseki.url, "--graph", graph, "statistics")
    assert (code, output) == run("load", "--input", DEMO, "statistics")[:2]
    assert pull(f"{fuseki.url}?graph={graph}") == load(DEMO)
    with pytest.raises(DocumentStoreError, match=r"(has no document|is empty)"):
        pull(fuseki.url)


def test_the_layout_one_has_a_single_collection_of_statements(mongodb):
    code, _, error = run("load", "--input", DEMO, "export", "--to", mongodb.url, "--layout", "one")
    assert (code, error) == (0, "")
    names = set(mongodb.client.provenance.list_collection_names())
    assert names == {"statements", "namespaces"}
    assert pull(mongodb.url) == load(DEMO)


@pytest.mark.parametrize("name", ["neo4j", "fuseki", "ferretdb"])
def test_a_wrong_password_is_reported(name, servers):
    store = servers(name)
    url = store.address(f"{graph_stores.USER[name]}:hidden@")
    code, _, error = run("load", "--input", DEMO, "export", "--to", url)
    assert code == 1 and is_one_line(error) and "access denied" in error and "_PASSWORD" in error
    assert not has_secret(error)


@pytest.mark.parametrize("name", ["neo4j", "fuseki"])
def test_a_missing_password_is_reported(name, servers):
    code, _, error = run("load", "--input", servers(name).address(), "statistics")
    assert code == 1 and is_one_line(error) and "access denied" in error


@pytest.mark.parametrize("url", URLS)
def test_a_server_that_is_down_is_reported(url):
    url = url.format(f"owner:{QUOTED_PASSWORD}@", free_port())
    if url.startswith("mongodb"):
        url += "?serverSelectionTimeoutMS=500"
    code, _, error = run("load", "--input", DEMO, "export", "--to", url)
    assert code == 1 and is_one_line(error) and "does not answer" in error
    assert not has_secret(error)


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_an_interrupted_export_is_reported_and_the_next_completes_it(store, share):
    with interrupt(store.port, 10**9) as (port, bytes_sent):
        push(load(DEMO), store.url.replace(f":{store.port}", f":{port}"))
        total_bytes = bytes_sent()
    store.clear()
    with interrupt(store.port, int(total_bytes * share)) as (port, _):
        url = store.url.replace(f":{store.port}", f":{port}")
        if "mongodb" in url:
            url += ("&" if "?" in url else "?") + "serverSelectionTimeoutMS=500"
        code, _, error = run("load", "--input", DEMO, "export", "--to", url)
    assert code == 1 and is_one_line(error) and not has_secret(error), error
    push(load(DEMO), store.url)
    assert pull(store.url) == load(DEMO)


def test_credentials_come_from_environment_variables(servers, monkeypatch):
    for name, variable in (("neo4j", "NEO4J"), ("fuseki", "SPARQL"), ("ferretdb", "MONGODB")):
        store = servers(name)
        store.clear()
        monkeypatch.setenv(f"{variable}_USERNAME", graph_stores.USER[name])
        monkeypatch.setenv(f"{variable}_PASSWORD", PASSWORD)
        push(EMPTY, store.address())
        assert pull(store.address()) == EMPTY


def test_credentials_come_from_the_netrc_file(fuseki, monkeypatch, tmp_path):
    file = tmp_path / "netrc"
    file.write_text(f"machine 127.0.0.1 login {graph_stores.USER['fuseki']} password {PASSWORD}\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    push(EMPTY, fuseki.address())
    assert pull(fuseki.address(f"{graph_stores.USER['fuseki']}@")) == EMPTY


def test_an_invalid_netrc_file_is_reported_without_its_content(monkeypatch, tmp_path):
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 hidden\n")
    monkeypatch.setenv("NETRC", str(file))
    with pytest.raises(DocumentStoreError, match="netrc") as error:
        find("http://127.0.0.1:1/x")
    assert not has_secret(str(error.value))


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [("bolt://127.0.0.1", "neo4j", "neo4j"), ("mongodb://127.0.0.1/x", "pymongo", "mongodb")],
)
def test_a_missing_driver_is_reported_with_the_extra_to_install(url, module, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DocumentStoreError, match=rf"pip install 'mlflow2prov\[{extra}\]'"):
        push(EMPTY, url)


@pytest.mark.parametrize(
    "url", ["ftp://x/y", "bolt:/x", "bolt://", "http://[::1", "mongodb://h:port/x", "nonsense"]
)
def test_an_invalid_url_is_reported_in_one_line(url):
    with pytest.raises(DocumentStoreError) as error:
        push(EMPTY, url)
    assert "\n" not in str(error.value)


def test_an_option_of_another_store_and_an_unknown_layout_are_refused():
    with pytest.raises(DocumentStoreError, match="Neo4j has no option graph"):
        push(EMPTY, "bolt://127.0.0.1", graph="http://x/")
    with pytest.raises(DocumentStoreError, match=r"a SPARQL 1\.1 store has no option layout"):
        push(EMPTY, "http://127.0.0.1/x", layout="one")
    with pytest.raises(DocumentStoreError, match="unknown layout"):
        push(EMPTY, "mongodb://127.0.0.1/x", layout="two")


@pytest.mark.parametrize("scheme", MODULES)
def test_an_address_never_shows_its_credentials(scheme):
    if scheme == "mongodb+srv":
        return
    _, address, _ = find(f"{scheme}://me:hidden@host.example/x?token=hidden")
    assert (address.user, address.password) == ("me", "hidden")
    error = address.failed(f"me:hidden is wrong at {address.url}")
    assert not has_secret(f"{address} {address!r} {error}")


class PageHandler(http.server.BaseHTTPRequestHandler):
    """Responds to every request with a page."""

    content = b"<html>hello</html>"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_):
        pass


@pytest.fixture
def web_server_port():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), PageHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("url", URLS)
def test_a_server_of_another_kind_is_reported(url, web_server_port):
    url = url.format("", web_server_port)
    if url.startswith("mongodb"):
        url += "?serverSelectionTimeoutMS=500"
    code, _, error = run("load", "--input", url, "statistics")
    assert code == 1 and is_one_line(error), error


def test_a_missing_dataset_is_reported(fuseki):
    user = graph_stores.USER["fuseki"]
    url = fuseki.address(f"{user}:{QUOTED_PASSWORD}@", "nowhere")
    code, _, error = run("load", "--input", DEMO, "export", "--to", url)
    assert code == 1 and is_one_line(error) and "no such dataset" in error


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("CREATE (:Element:Entity {`prov:id`: 'zz:e'})", "without declaring it"),
        ("CREATE (:Element:Entity {`prov:id`: 'e', k: point({x: 1, y: 2})})", "not one of PROV"),
        (
            "CREATE (:Element:Entity {`prov:id`: 'e', `prov:entityLiterals`: '[1]'})",
            "not PROV",
        ),
        ("CREATE (:Element:Entity {`prov:id`: 1})", "not PROV"),
        ("CREATE (:Namespace {prefix: 'a b', uri: 1})", "Namespace"),
    ],
)
def test_nodes_of_other_programs_in_neo4j_are_reported(neo4j, query, message):
    push(EMPTY, neo4j.url)
    neo4j.client.execute_query(query)
    with pytest.raises(DocumentStoreError, match=message) as error:
        pull(neo4j.url)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "record",
    [{"_id": "zz:e"}, {"_id": 7}, {"_id": "e", "k": {"a": 1}}, {"_id": "e", "prov:literals": 7}],
)
def test_records_of_other_programs_in_mongodb_are_reported(mongodb, record):
    push(EMPTY, mongodb.url)
    mongodb.client.provenance.entity.insert_one(record)
    with pytest.raises(DocumentStoreError) as error:
        pull(mongodb.url)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["`) DETACH DELETE n //", "\\u0060) DETACH DELETE n //", "\\", "x\n", "Entity", "ü b"]
)
def test_no_name_leaves_its_quotes_in_cypher(neo4j, name):
    document = Document.from_statements(
        [
            Statement("entity", "other"),
            Statement(
                "entity", "e", (),
                (
                    Attribute("prov:type", name, "prov:QUALIFIED_NAME"),
                    Attribute(name, "2024-01-01T00:00:00", "xsd:dateTime"),
                ),
            ),
        ],
        {"": "https://w3id.org/mlflow2prov/"},
    )  # fmt: skip
    push(document, neo4j.url)
    assert pull(neo4j.url) == document


def test_a_document_that_rdf_cannot_express_is_refused_before_the_push(fuseki):
    document = Document.from_statements(
        [Statement("entity", "e"), Statement("hadMember", "x", ("e", "e"))],
        {"": "http://x.example/"},
    )
    with pytest.raises(FormatError, match="identifier or attributes of hadMember"):
        push(document, fuseki.url)
    with pytest.raises(MLflow2ProvError, match=r"(has no document|is empty)"):
        pull(fuseki.url)
