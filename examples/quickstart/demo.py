"""Restore or build the demo project, extract it, write every format, print the paths of the results, and ask a
question of the graph that only captured calls answer: ``make demo`` and ``make demo-build``.

    python demo.py [--build] [FOLDER]

All files go to FOLDER, by default ``out`` next to this script. ``--build`` trains the models anew, which needs MLflow
and scikit-learn. Otherwise the project is the one in ``frozen``, the result of an earlier build.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from restore import restore

from mlflow2prov import lineage, load, report, save
from mlflow2prov.capture import file_hash

HERE = Path(__file__).resolve().parent
FORMATS = [
    *("json", "provn", "xml", "rdf", "turtle", "trig", "nquads", "jsonld", "parquet"),
    *("html", "dot", "mermaid"),
]
WITHOUT = ["*Tag", "Artifact", "Argument", "Function", "SoftwareEnvironment"]
"""The types that the picture of one model leaves out."""


def main(out: str, anew: bool) -> None:
    if anew:
        build(out)
    else:
        announce(
            f"Restoring a project with Git and MLflow in {out} (make demo-build trains it anew)"
        )
        restore(Path(out))
    chain = [
        ["extract", "--repository-path", f"{out}/repository"],
        ["--mlflow-url", f"sqlite:///{out}/mlflow.db"],
        ["save", "--output", f"{out}/result"],
        *(["--format", name] for name in FORMATS),
        ["statistics", "--resolution", "fine"],
    ]
    print_command(chain)
    run(chain)
    announce(f"\nThe graph, in every format:  {out}/result.*")
    announce(f"The graph, to explore:       {out}/result.html")
    explain = f".venv/bin/mlflow2prov load --input {out}/result.json explain wine@champion"
    announce(f"The origin of one model:     {explain}")
    document = load(f"{out}/result.json")
    page = Path(out) / "report.html"
    page.write_text(report(document), encoding="utf-8")
    announce(f"All models, for an auditor:  {page}")
    if shutil.which("dot"):
        origins = lineage(document, "wine@champion", without=WITHOUT)
        picture, *_ = save(origins, f"{out}/champion", ["svg", "png", "pdf"])
        announce(f"The same as a picture:       {picture}")
    else:
        announce(
            "Pictures:                    none; install Graphviz (the command dot) and try again"
        )
    announce(f"The demo project:            {out}/repository, {out}/mlflow.db")
    announce(
        "The same, from a file:       .venv/bin/mlflow2prov --config examples/config/example.yaml"
    )
    announce("The PROV for each fact:      docs/prov-model.md")
    ask(out)


def build(out: str) -> None:
    """Build the project: its scripts train models with scikit-learn."""
    announce(
        f"Building a project with Git and MLflow in {out} (scikit-learn trains; half a minute) ..."
    )
    done = subprocess.run(
        [sys.executable, HERE / "build.py", out], stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.exit(f"cannot build the demo project:\n{done.stderr}")


def ask(out: str) -> None:
    """Ask which models learned from the data set before it was corrected, and print the answer."""
    announce(
        "\nA question that neither Git nor MLflow can answer: wine.csv, which Git ignores, was corrected\n"
        "(a decimal point was missing). Which models learned from the file as it was before?"
    )
    digest = file_hash(f"{out}/repository/wine.csv.orig").removeprefix("sha256:")
    selector = f"Content:{digest[:8]}"
    chain = [["load", "--input", f"{out}/result.json", "explain", selector, "--impact"]]
    print_command(chain)
    run(chain)
    announce("\nThe model with the alias champion is one of them.")


def run(chain: list[list[str]]) -> None:
    """Run a command of MLflow2PROV; end with its exit code if it fails."""
    words = [word for words in chain for word in words]
    done = subprocess.run([sys.executable, "-m", "mlflow2prov", *words])
    if done.returncode:
        sys.exit(done.returncode)


def print_command(chain: list[list[str]]) -> None:
    """Print the command as a user would type it, wrapped at the options."""
    lines = ["$ mlflow2prov"]
    for words in chain:
        if words[0].startswith("--") and len(" ".join([lines[-1], *words])) < 90:
            lines[-1] += " " + " ".join(words)
        else:
            lines.append("    " + " ".join(words))
    announce("\n" + " \\\n".join(lines).replace("mlflow2prov \\\n   ", "mlflow2prov", 1) + "\n")


def announce(text: str) -> None:
    """Print a line at once, before the output of the next subprocess."""
    print(text, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("folder", nargs="?", default=os.path.relpath(HERE / "out"))
    parser.add_argument("--build", action="store_true", help="train the models anew")
    arguments = parser.parse_args()
    main(arguments.folder, arguments.build)
