"""The cells of the notebook on the audit of a model: text and code in turn."""

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
document.impact("Commit:d4115a08")
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
