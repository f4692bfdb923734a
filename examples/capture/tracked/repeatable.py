"""Which of these results can be repeated from what is committed?

python repeatable.py GRAPH
"""

import sys

from mlflow2prov import load


def main(graph: str) -> None:
    statements = list(load(graph).statements())
    elements = {s.id: attributes(s) for s in statements if s.id is not None}
    folders = {}
    for call, entity in (s.arguments[:2] for s in statements if s.kind == "used"):
        if entity.startswith("Argument.") and elements[entity]["name"] == "folder":
            folders[call] = elements[entity]["value"]
    calls = [s for s in statements if s.kind == "activity" and s.id.startswith("Call.")]
    for call in sorted(calls, key=lambda call: call.arguments[0]):
        about = elements[call.id]
        commit = elements[f"Commit.{about['commit']}"]["title"]
        state = "with uncommitted changes" if about["dirty"] == "true" else "as committed"
        print(f"{folders[call.id]}: seed {about['seed']}, {commit}, {state}")


def attributes(statement) -> dict[str, str]:
    return {attribute.key: str(attribute.value) for attribute in statement.attributes}


if __name__ == "__main__":
    main(sys.argv[1])
