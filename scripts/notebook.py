"""Write the executed notebook on the frozen demo project: examples/notebooks/audit.ipynb and docs/notebook.md.

The cells are below. ``make docs`` runs this script, and tests/test_notebooks.py compares the outputs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TOP = Path(__file__).parents[1]
sys.path.insert(0, str(TOP))

from tests.golden import HERE  # noqa: E402

NOTEBOOK = TOP / "examples/notebooks/audit.ipynb"
PAGE = TOP / "docs/notebook.md"

CELLS = (
    """
# Audit a model in a notebook

The demo project (`make demo`) trains classifiers of wine. Its graph was extracted from a Git repository and from an
MLflow database. A cell shows a document as the numbers of its elements and relations.
""",
    """
from mlflow2prov import load

document = load("result.json")
document
""",
    """
## Which code, data and people made this model?

The questions of an audit, and the answers of the graph. `wine@champion` is the version with the alias `champion`.
""",
    """
document.explain("wine@champion")
""",
    """
An explanation also answers single questions.
""",
    """
for author in document.explain("wine@champion").answer("authors").items:
    print(author.label)
""",
    """
## What else did they touch?

The runs, models and versions that a commit influenced.
""",
    """
document.impact("Commit:4428be64")
""",
    """
## What changed between two models?
""",
    """
document.compare("models:/wine/1", "models:/wine/2")
""",
    """
## Would an auditor object?
""",
    """
document.check()
""",
    """
## Draw, count, export

A lineage is a document again. Small documents are drawn, if Graphviz is installed.
""",
    """
lineage = document.lineage("wine@champion", depth=2, without=["*Tag", "Artifact"])
lineage
""",
    """
Results become frames of pandas, and documents become files.
""",
    """
document.statistics(by="agent").to_pandas()
""",
    """
Files appear together, each whole or not at all.
""",
    """
document.save("result", ["turtle", "parquet"])
""",
)
"""The sources of the cells: text and code in turn."""


def build() -> nbformat.NotebookNode:
    """Return the notebook without outputs."""
    cells = [
        (new_markdown_cell if number % 2 == 0 else new_code_cell)(source.strip())
        for number, source in enumerate(CELLS)
    ]
    for number, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{number}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Execute a notebook in a folder, and keep no times."""
    client = NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}, timeout=300)
    client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("language_info", None)


def executed() -> nbformat.NotebookNode:
    """Return the notebook with its outputs, on the graph of the frozen demo project."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "result.json").write_bytes((HERE / "result.json").read_bytes())
        notebook = build()
        execute(notebook, Path(folder))
    return notebook


def to_page(notebook: nbformat.NotebookNode) -> str:
    """Return a notebook as a page of the documentation."""
    blocks = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            blocks.append(cell.source)
            continue
        blocks.append(f"```python\n{cell.source}\n```")
        blocks += [_output(output) for output in cell.outputs]
    return "\n\n".join(blocks) + "\n"


def _output(output: nbformat.NotebookNode) -> str:
    html = output.get("data", {}).get("text/html")
    if html:
        # An empty line would end the HTML in Markdown.
        return "\n".join(line for line in html.splitlines() if line.strip())
    text = output.get("text") or output["data"]["text/plain"]
    return f"```text\n{text.strip()}\n```"


if __name__ == "__main__":
    result = executed()
    NOTEBOOK.parent.mkdir(exist_ok=True)
    nbformat.write(result, NOTEBOOK)
    PAGE.write_text(to_page(result), encoding="utf-8")
