"""``make demo``: build the example, extract it, write every format, and say where to look."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.relative_to(Path.cwd())
OUT = HERE / "out"
FORMATS = ["json", "provn", "xml", "rdf", "turtle", "trig", "nquads", "jsonld", "dot"]
PICTURES = ["svg", "png", "pdf"]


def main() -> None:
    print(
        f"Building a project with Git and MLflow in {OUT} (scikit-learn trains; half a minute) ..."
    )
    subprocess.run([sys.executable, HERE / "build.py", OUT], check=True, stderr=subprocess.DEVNULL)
    formats = FORMATS + (PICTURES if shutil.which("dot") else [])
    repository, store = OUT / "repository", f"sqlite:///{OUT / 'mlflow.db'}"
    shown = ["extract", "--repository_path", str(repository), "--mlflow_url", store]
    shown += ["save", "--output", str(OUT / "result")]
    shown += [part for name in formats for part in ("--format", name)]
    shown += ["statistics", "--resolution", "fine"]
    print(
        "\n$ mlflow2prov "
        + " ".join(shown)
        .replace(" save", " \\\n    save")
        .replace(" statistics", " \\\n    statistics")
        + "\n"
    )
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", "mlflow2prov", *shown], check=True)
    print(f"\nThe graph, in every format:  {OUT}/result.*")
    if shutil.which("dot"):
        print(f"Its picture:                 {OUT}/result.svg")
    else:
        print("Its picture:                 install Graphviz (dot), and add --format svg")
    print(f"The project it came from:    {repository}, {OUT}/mlflow.db")
    print(
        "The same, from a file:       .venv/bin/mlflow2prov --config examples/config/example.yaml"
    )
    print("What the graph says:         docs/prov-model.md")


if __name__ == "__main__":
    main()
