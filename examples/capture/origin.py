"""Which data, arguments and code made a file? The graph has the file under the digest of its content.

python origin.py GRAPH FILE...
"""

import sys

from mlflow2prov import Document, lineage, load
from mlflow2prov.capture import file_hash


def main(graph: str, *files: str) -> None:
    document = load(graph)
    for file in files:
        print(file)
        for line in origins(document, file):
            print(f"    {line}")


def origins(document: Document, file: str) -> list[str]:
    """Return the calls that led to a file, the last one first, the files that they read, and their commits."""
    statements = list(lineage(document, f"Content:{file_hash(file)}").statements())
    elements = {s.id: attributes(s) for s in statements if s.id is not None}
    relations = [(s.kind, *s.arguments[:2], attributes(s)) for s in statements if s.id is None]
    makers = {result: call for kind, result, call, _ in relations if kind == "wasGeneratedBy"}
    arguments: dict[str, dict[str, str]] = {}
    for kind, call, entity, details in relations:
        values = arguments.setdefault(call, {})
        if kind == "used" and entity.startswith("Argument."):
            values.setdefault(elements[entity]["name"], elements[entity]["value"])
        if kind == "used" and "name" in details:
            values[details["name"]] = f"the result of {elements[makers[entity]]['name']}"
    calls = [s for s in statements if s.kind == "activity" and s.id.startswith("Call.")]
    lines = []
    for call in sorted(calls, key=lambda call: call.arguments[0], reverse=True):
        pairs = sorted(arguments.get(call.id, {}).items())
        shown = ", ".join(f"{name}={value}" for name, value in pairs)
        lines.append(f"{elements[call.id]['name']}({shown})")
    sources = (e for e in elements.values() if e.get("serializer") == "file" and "path" in e)
    lines += [f"{source['path']}: {source['digest']}" for source in sources]
    commits = (e for identifier, e in elements.items() if identifier.startswith("Commit."))
    return lines + [f"commit {commit['sha'][:8]}: {commit['title']}" for commit in commits]


def attributes(statement) -> dict[str, str]:
    return {attribute.key: str(attribute.value) for attribute in statement.attributes}


if __name__ == "__main__":
    main(*sys.argv[1:])
