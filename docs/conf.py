"""Configure Sphinx, which builds the pages of this folder into a site: ``make site``.

The site needs no network to be read: the theme brings its fonts and scripts, and nothing here adds an address.
"""

from __future__ import annotations

import inspect
from importlib import import_module

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import mlflow2prov

project = "MLflow2PROV"
author = "The MLflow2PROV developers"
project_copyright = author
version = release = mlflow2prov.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["pictures"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True}
python_maximum_signature_line_length = 88

# Every type and error in a public signature must be public itself, or come from another package.
nitpicky = True
nitpick_ignore_regex = [
    # Docstrings also refer to modules, functions and constants that are not public.
    ("py:(mod|data|func)", r".*"),
    ("py:class", r"ProvDocument|dict\[str|tuple\[str"),
    ("py:class", r"Parameters|(.*\.)?Result|pd\.DataFrame"),
    (
        "py:.*",
        r"(collections|datetime|networkx|os|pandas|pathlib|prov\.model|pyarrow|types|typing)\..*",
    ),
]

# Python's own ``type`` in a signature is taken for an attribute of that name.
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = f"{project} {version}"
html_copy_source = False
# Excerpts would be fetched page by page, which a browser refuses for files on disk.
html_show_search_summary = False


class PublicNames(SphinxDirective):
    """Document the public names of one group: ``functions``, ``types`` or ``errors``.

    The names are those of the ``__all__`` of a package, so that the page cannot miss one. The package is
    ``mlflow2prov``, unless a second argument names another one; names of both are documented once.
    """

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the documentation of the names, parsed."""
        chosen, package = (*self.arguments, "mlflow2prov")[:2]
        module = import_module(package)
        lines = [
            f".. {directive}:: {package}.{name}"
            for name in sorted(module.__all__, key=str.lower)
            if not name.startswith("_")
            and (
                module is mlflow2prov
                or getattr(module, name) is not getattr(mlflow2prov, name, None)
            )
            for group, directive in [group_and_directive(getattr(module, name))]
            if group == chosen
        ]
        return self.parse_text_to_nodes("\n\n".join(["```{eval-rst}", *lines, "```"]))


def group_and_directive(member: object) -> tuple[str, str]:
    """Return the section of the page that a public name belongs to, and the directive that documents it."""
    if inspect.isclass(member) and issubclass(member, Exception):
        return "errors", "autoexception"
    if inspect.isclass(member):
        return "types", "autoclass"
    if inspect.isroutine(member):
        return "functions", "autofunction"
    return "types", "autodata"


def skip_generated_docstring(*event: object) -> bool | None:
    """Skip the fields of a named tuple that have only the generated docstring; its signature lists them."""
    member = event[3]
    return True if str(member.__doc__).startswith("Alias for field number") else None


def setup(app: Sphinx) -> None:
    """Register the directive ``public-names`` and the filter of members."""
    app.add_directive("public-names", PublicNames)
    app.connect("autodoc-skip-member", skip_generated_docstring)
