"""``make demo``: build the example, extract it, write every format, and say where to look.

    python demo.py [FOLDER]

FOLDER is where all of it goes; by default ``out``, beside this file.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from mlflow2prov import lineage, load, report, save

HERE = Path(__file__).resolve().parent
FORMATS = ["json", "provn", "xml", "rdf", "turtle", "trig", "nquads", "jsonld", "parquet", "dot"]
PICTURES = ["svg", "png", "pdf"]


def main(out: str) -> None:
    say(f"Building a project with Git and MLflow in {out} (scikit-learn trains; half a minute) ...")
    built = subprocess.run(
        [sys.executable, HERE / "build.py", out], stderr=subprocess.PIPE, text=True
    )
    if built.returncode:
        sys.exit(f"The example could not be built:\n{built.stderr}")
    has_graphviz = shutil.which("dot") is not None
    formats = FORMATS + (PICTURES if has_graphviz else [])
    chain = [
        ["extract", "--repository_path", f"{out}/repository"],
        ["--mlflow_url", f"sqlite:///{out}/mlflow.db"],
        ["save", "--output", f"{out}/result"],
        *(["--format", name] for name in formats),
        ["statistics", "--resolution", "fine"],
    ]
    show(chain)
    arguments = [word for words in chain for word in words]
    extracted = subprocess.run([sys.executable, "-m", "mlflow2prov", *arguments])
    if extracted.returncode:
        sys.exit(extracted.returncode)
    say(f"\nThe graph, in every format:  {out}/result.*")
    ask = f".venv/bin/mlflow2prov load --input {out}/result.json explain wine@champion"
    say(f"What is behind one model:    {ask}")
    document = load(f"{out}/result.json")
    page = Path(out) / "report.html"
    page.write_text(report(document), encoding="utf-8")
    say(f"All models, for an auditor:  {page}")
    if has_graphviz:
        part = lineage(document, "wine@champion", without=["*Tag", "Artifact"])
        (picture,) = save(part, f"{out}/champion", "svg")
        say(f"The same as a picture:       {picture}")
        say(f"All of it as a picture:      {out}/result.svg (large)")
    else:
        say("Pictures:                    none; install Graphviz (its command dot), and try again")
    say(f"The project it came from:    {out}/repository, {out}/mlflow.db")
    say("The same, from a file:       .venv/bin/mlflow2prov --config examples/config/example.yaml")
    say("What the graph says:         docs/prov-model.md")


def show(chain: list[list[str]]) -> None:
    """Print the command as one would type it, a few words a line."""
    lines = ["$ mlflow2prov"]
    for words in chain:
        if words[0].startswith("--") and len(" ".join([lines[-1], *words])) < 90:
            lines[-1] += " " + " ".join(words)
        else:
            lines.append("    " + " ".join(words))
    say("\n" + " \\\n".join(lines).replace("mlflow2prov \\\n   ", "mlflow2prov", 1) + "\n")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.relpath(HERE / "out"))
