"""Write the executed notebooks and the pages of the documentation that show them.

``make docs`` runs this script, and tests/test_notebooks.py compares the outputs. ``audit_cells.py`` and
``capture_cells.py`` have the cells.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TOP = Path(__file__).parents[1]
sys.path.insert(0, str(TOP))

from scripts import audit_cells, capture_cells  # noqa: E402
from tests.golden import HERE  # noqa: E402

DOCS = TOP / "docs"


@dataclass(frozen=True)
class Notebook:
    """A notebook."""

    path: Path
    page: str
    """The name of its page in the folder of the documentation."""
    cells: Sequence[str]
    """The sources of the cells: text and code in turn."""
    files: Mapping[str, Path]
    """The files that it reads, by their names in the folder where it is executed."""


AUDIT = Notebook(
    TOP / "examples/notebooks/audit.ipynb",
    "notebook.md",
    audit_cells.CELLS,
    {"result.json": HERE / "result.json"},
)
CAPTURE = Notebook(
    TOP / "examples/capture/three_faces.ipynb",
    "capture-notebook.md",
    capture_cells.CELLS,
    {"trees.csv": TOP / "examples/capture/trees.csv"},
)
NOTEBOOKS = (AUDIT, CAPTURE)


def build(cells: Sequence[str]) -> nbformat.NotebookNode:
    """Return a notebook without outputs."""
    nodes = [
        (new_markdown_cell if number % 2 == 0 else new_code_cell)(source.strip())
        for number, source in enumerate(cells)
    ]
    for number, cell in enumerate(nodes, start=1):
        cell["id"] = f"cell-{number}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=nodes, metadata=metadata)


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Execute a notebook in a folder, and keep no times."""
    client = NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}, timeout=300)
    client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = merge_texts(cell.outputs)
    notebook.metadata.pop("language_info", None)


def merge_texts(outputs: Sequence[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return outputs in which texts that were printed one after another are one, however they arrived."""
    merged: list[nbformat.NotebookNode] = []
    for output in outputs:
        if merged and output.get("name") == merged[-1].get("name") == "stdout":
            merged[-1]["text"] += output["text"]
        else:
            merged.append(output)
    return merged


def executed(notebook: Notebook) -> nbformat.NotebookNode:
    """Return a notebook with its outputs."""
    with TemporaryDirectory() as folder:
        for name, path in notebook.files.items():
            (Path(folder) / name).write_bytes(path.read_bytes())
        node = build(notebook.cells)
        execute(node, Path(folder))
    return node


def to_pages(node: nbformat.NotebookNode, page: str) -> dict[str, str]:
    """Return a notebook as a page of the documentation and its pictures: contents by path in its folder."""
    blocks: list[str] = []
    pictures: dict[str, str] = {}
    for cell in node.cells:
        if cell.cell_type == "markdown":
            blocks.append(cell.source)
            continue
        blocks.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            picture = output.get("data", {}).get("image/svg+xml")
            if picture:
                path = f"pictures/{Path(page).stem}-{len(pictures) + 1}.svg"
                pictures[path] = picture
                blocks.append(f"![The output of the cell above]({path})")
            else:
                blocks.append(_output(output))
    return {page: "\n\n".join(blocks) + "\n", **pictures}


def _output(output: nbformat.NotebookNode) -> str:
    html = output.get("data", {}).get("text/html")
    if html:
        # An empty line would end the HTML in Markdown.
        return "\n".join(line for line in html.splitlines() if line.strip())
    text = output.get("text") or output["data"]["text/plain"]
    return f"```text\n{text.strip()}\n```"


def main() -> None:
    for notebook in NOTEBOOKS:
        node = executed(notebook)
        notebook.path.parent.mkdir(exist_ok=True)
        nbformat.write(node, notebook.path)
        for path, content in to_pages(node, notebook.page).items():
            (DOCS / path).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
