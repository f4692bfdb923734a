"""Notebooks: what a cell shows of documents and results, and progress below it."""

import io
import re
import shutil
import sys
from types import ModuleType, SimpleNamespace

import lxml.html
import nbformat
import pytest

import mlflow2prov
from mlflow2prov import ConfigurationError, Document, FormatError, Table
from mlflow2prov import progress as progress_module
from mlflow2prov import table as table_module
from mlflow2prov.progress import progress_of
from scripts import notebook as notebook_script
from tests.analysis.graphs import project, thing

HOSTILE_LABEL = "<script>alert(1)</script>\x1b[31m"


@pytest.fixture(scope="module")
def fraud():
    return project()


@pytest.fixture(scope="module")
def results(fraud):
    """A result of each type."""
    hostile = [thing("entity", "Version.9", HOSTILE_LABEL, label=HOSTILE_LABEL)]
    changed = Document.from_statements([*fraud.statements(), *hostile], fraud.namespaces)
    return {
        "explanation": fraud.explain("models:/fraud/1"),
        "impact": fraud.impact("File.train"),
        "check": fraud.check(),
        "comparison": fraud.compare("models:/fraud/1", "models:/fraud/2"),
        "difference": fraud.diff(changed),
        "validation": Document.from_statements(
            [thing("entity", "x", HOSTILE_LABEL), thing("activity", "x")]
        ).validate(),
    }


RESULTS = ("explanation", "impact", "check", "comparison", "difference", "validation")


@pytest.mark.parametrize("name", RESULTS)
def test_results_have_a_short_representation(name, results):
    text = repr(results[name])
    assert text.startswith(f"<{type(results[name]).__name__}")
    assert len(text) < 100


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_one_table_everywhere(name, results):
    result = results[name]
    table = result.to_table()
    assert table.rows
    assert list(result.to_pandas().itertuples(index=False, name=None)) == table.rows
    assert result.to_markdown() == table.to_markdown()
    assert str(result) == f"{result!r}\n{table.to_text()}"
    page = lxml.html.fromstring(result._repr_html_())
    assert page.text_content().startswith(repr(result))
    assert len(page.findall(".//tbody/tr")) == len(table.rows)
    assert not page.findall(".//script")


def test_a_result_without_rows_shows_no_table(fraud):
    assert "<table" not in fraud.diff(fraud)._repr_html_()


def test_cells_are_plain_text():
    table = Table(("<b>", "n"), [(HOSTILE_LABEL, 1234)])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\ufffd[31m" in table.to_html()
    assert "<b>" not in table.to_html()
    assert ">1,234<" in table.to_html()
    assert table._repr_html_() == table.to_html()


def test_long_tables_are_cut(monkeypatch):
    monkeypatch.setattr(table_module, "MAX_HTML_ROWS", 2)
    html = Table(("n",), [(1,), (2,), (3,)]).to_html()
    assert ">2<" in html
    assert ">3<" not in html
    assert "and 1 more row" in html


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_a_small_document_shows_its_counts_and_its_picture():
    document = Document.from_statements([thing("entity", "a", HOSTILE_LABEL)])
    html = document._repr_html_()
    assert html.startswith("<p>&lt;Document of 1 statement&gt;</p><table>")
    assert html.endswith(document.to_svg())
    assert document.to_svg().startswith("<svg")
    assert "<script>" not in html
    assert "| entity | 1 |" in document.to_markdown()


def test_a_document_without_graphviz_shows_its_counts(monkeypatch):
    monkeypatch.setenv("PATH", "")
    html = Document.from_statements([thing("entity", "a")])._repr_html_()
    assert html.endswith("</table>")
    with pytest.raises(FormatError, match="needs Graphviz's dot"):
        Document().to_svg()


def test_a_large_document_is_not_drawn(fraud, monkeypatch):
    monkeypatch.setattr(mlflow2prov, "to_svg", pytest.fail, raising=False)
    assert "<svg" not in fraud._repr_html_()


def test_text_is_saved_to_the_output_of_a_cell(fraud, monkeypatch):
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    assert fraud.save("-", "provn") == []
    assert output.getvalue().startswith("document\n")
    with pytest.raises(FormatError, match="takes only text here; name a file"):
        fraud.save("-", "parquet")


def notebook(monkeypatch):
    """Pretend that a kernel executes the tests, and return the contents of the cell's output over time."""
    contents = []

    def display(content, *, display_id):
        assert display_id
        assert content._repr_html_() == ""
        return SimpleNamespace(update=lambda content: contents.append(content._repr_html_()))

    ipython, ipython_display = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())
    ipython_display.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython_display)
    return contents


def test_progress_is_shown_below_a_cell(monkeypatch):
    contents = notebook(monkeypatch)
    with progress_of(True) as report_progress:
        report_progress("<commits>", 1, None)
        report_progress("runs", 1, 2)
    assert contents[0] == "<div>&lt;commits&gt;: 1</div>"
    assert contents[1].startswith(contents[0])
    assert '<progress value="1" max="2" aria-label="runs"></progress> runs: 1 of 2' in contents[1]


def test_there_are_no_bars_off_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    for value in (True, False, None):
        with progress_of(value) as report_progress:
            assert report_progress is None


def test_there_are_bars_on_a_terminal(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress_module, "_is_notebook", lambda: False)
    with progress_of(True) as report_progress:
        report_progress("commits", 3, 3)
    assert "commits" in terminal.getvalue()


def test_saving_reports_progress(fraud, tmp_path):
    reports = []
    fraud.save(tmp_path / "a", "json", progress=lambda *report: reports.append(report))
    assert reports[-1] == ("statements", len(fraud), len(fraud))


def test_an_error_of_the_callers_function_is_reported(fraud, tmp_path):
    def fail(phase, done, total):
        raise KeyError(phase, done, total)

    with pytest.raises(ConfigurationError, match=r"^progress: the function raised KeyError \("):
        fraud.save(tmp_path / "a", "json", progress=fail)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=notebook_script.NOTEBOOKS, ids=lambda notebook: notebook.path.stem)
def committed(request):
    """A notebook of the repository, and its content."""
    return request.param, nbformat.read(request.param.path, as_version=4)


def test_every_cell_of_a_notebook_was_executed_without_an_error(committed):
    notebook, node = committed
    assert [cell.source for cell in node.cells] == [source.strip() for source in notebook.cells]
    code = [cell for cell in node.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]


def test_the_documentation_shows_the_notebook(committed):
    notebook, node = committed
    for path, content in notebook_script.to_pages(node, notebook.page).items():
        assert (notebook_script.DOCS / path).read_text("utf-8") == content, "run make docs"


@pytest.mark.slow
def test_the_executed_notebook_is_up_to_date(committed):
    """Its cells run, and show what the committed notebook shows."""
    notebook, node = committed
    result = notebook_script.executed(notebook)
    assert [without_drawing(cell) for cell in node.cells] == [
        without_drawing(cell) for cell in result.cells
    ]


def without_drawing(cell):
    """Return the source and the outputs of a cell without what Graphviz draws, which depends on its version."""
    outputs = [
        {key: re.sub(r"<svg.*?</svg>", "", text, flags=re.S) for key, text in output.data.items()}
        if "data" in output
        else output.text
        for output in cell.get("outputs", ())
    ]
    return cell.cell_type, cell.source, outputs
