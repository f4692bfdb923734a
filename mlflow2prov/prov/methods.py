"""Public functions of the package as methods of :class:`~mlflow2prov.prov.document.Document`.

``document.explain(selector)`` is ``mlflow2prov.explain(document, selector)``. The functions are looked up in the public
package when they are called, because they belong to layers above this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

import mlflow2prov


class DocumentMethods:
    """The public functions whose first argument is a document."""

    @property
    def _document(self) -> mlflow2prov.Document:
        return cast("mlflow2prov.Document", self)

    def audit(
        self,
        selectors: str | Iterable[str] = (),
        *,
        accept_inferred: bool = False,
    ) -> mlflow2prov.Audit:
        """Explain versions of registered models, and apply the rules of an audit to them.

        The arguments are those of :func:`mlflow2prov.audit`.
        """
        return mlflow2prov.audit(self._document, selectors, accept_inferred=accept_inferred)

    def check(
        self,
        selectors: str | Iterable[str] = (),
        *,
        require: str | Iterable[str] = (),
        minimum: int = 0,
        fail_on: mlflow2prov.FailOn = "error",
        waivers: Iterable[mlflow2prov.Waiver] = (),
        accept_inferred: bool = False,
    ) -> mlflow2prov.CheckResult:
        """Check versions of registered models against requirements.

        The arguments are those of :func:`mlflow2prov.check`.
        """
        return mlflow2prov.check(
            self._document,
            selectors,
            require=require,
            minimum=minimum,
            fail_on=fail_on,
            waivers=waivers,
            accept_inferred=accept_inferred,
        )

    def compare(
        self,
        before: str,
        after: str,
        new: mlflow2prov.Document | None = None,
    ) -> mlflow2prov.Comparison | mlflow2prov.Difference:
        """Compare an element with another one, or with an element of another document.

        The arguments are those of :func:`mlflow2prov.compare`.
        """
        return mlflow2prov.compare(self._document, before, after, new)

    def diff(
        self,
        new: mlflow2prov.Document,
    ) -> mlflow2prov.Difference:
        """Compare the document with a newer one, statement by statement.

        The arguments are those of :func:`mlflow2prov.diff`.
        """
        return mlflow2prov.diff(self._document, new)

    def explain(
        self,
        selector: str,
    ) -> mlflow2prov.Explanation:
        """Answer the questions of an audit about a version, a model or a run.

        The arguments are those of :func:`mlflow2prov.explain`.
        """
        return mlflow2prov.explain(self._document, selector)

    def export(
        self,
        url: str,
        *,
        graph: str | None = None,
        layout: mlflow2prov.Layout = "kinds",
        changes_only: bool = False,
        changes_since: str | None = None,
    ) -> None:
        """Add the document to the document in a store.

        The arguments are those of :func:`mlflow2prov.export`.
        """
        mlflow2prov.export(
            self._document,
            url,
            graph=graph,
            layout=layout,
            changes_only=changes_only,
            changes_since=changes_since,
        )

    def history(
        self,
        selectors: str | Iterable[str] = (),
        *,
        since: str | None = None,
    ) -> mlflow2prov.ObservedHistory:
        """Return observed changes of models, versions, aliases, runs and experiments.

        The arguments are those of :func:`mlflow2prov.history`.
        """
        return mlflow2prov.history(self._document, selectors, since=since)

    def impact(
        self,
        selector: str,
    ) -> mlflow2prov.Impact:
        """Return every run, model and version that an element influenced.

        The arguments are those of :func:`mlflow2prov.impact`.
        """
        return mlflow2prov.impact(self._document, selector)

    def lineage(
        self,
        selectors: str | Iterable[str],
        direction: mlflow2prov.Direction = "upstream",
        *,
        depth: int | None = None,
        relations: str | Iterable[str] | None = None,
        without: str | Iterable[str] = (),
        history: mlflow2prov.History = "auto",
    ) -> mlflow2prov.Document:
        """Return the part of the document that led to selected elements, or that resulted from them.

        The arguments are those of :func:`mlflow2prov.lineage`.
        """
        return mlflow2prov.lineage(
            self._document,
            selectors,
            direction,
            depth=depth,
            relations=relations,
            without=without,
            history=history,
        )

    def list_elements(
        self,
        kind: mlflow2prov.ListedKind | None = None,
        *,
        where: str | Iterable[str] = (),
        sort: str | None = None,
        limit: int | None = None,
    ) -> mlflow2prov.Table:
        """List the elements of a kind, each with a selector.

        The arguments are those of :func:`mlflow2prov.list_elements`.
        """
        return mlflow2prov.list_elements(self._document, kind, where=where, sort=sort, limit=limit)

    def report(
        self,
        format: mlflow2prov.ReportFormat = "html",  # noqa: A002
        selectors: str | Iterable[str] = (),
        *,
        repository_url: str | None = None,
        mlflow_ui: str | None = None,
        sources: Mapping[str, str] | None = None,
    ) -> str:
        """Return a report on registered models, their versions and the runs.

        The arguments are those of :func:`mlflow2prov.report`.
        """
        return mlflow2prov.report(
            self._document,
            format,
            selectors,
            repository_url=repository_url,
            mlflow_ui=mlflow_ui,
            sources=sources,
        )

    def save(
        self,
        output: str | Path = "-",
        formats: mlflow2prov.FormatName | Sequence[mlflow2prov.FormatName] | None = None,
        *,
        progress: mlflow2prov.Progress | bool | None = None,
    ) -> list[Path]:
        """Write the document to files.

        The arguments are those of :func:`mlflow2prov.save`.
        """
        return mlflow2prov.save(self._document, output, formats, progress=progress)

    def statistics(
        self,
        resolution: mlflow2prov.Resolution = "coarse",
        by: mlflow2prov.Dimension | Sequence[mlflow2prov.Dimension] = (),
    ) -> mlflow2prov.Table:
        """Count elements and relations, or contributions.

        The arguments are those of :func:`mlflow2prov.statistics`.
        """
        return mlflow2prov.statistics(self._document, resolution, by)

    def suggest_aliases(
        self,
    ) -> tuple[mlflow2prov.SuggestedPerson, ...]:
        """Return the people who probably have several agents in the document.

        The arguments are those of :func:`mlflow2prov.suggest_aliases`.
        """
        return mlflow2prov.suggest_aliases(self._document)

    def to_svg(
        self,
    ) -> str:
        """Return a picture of the document: SVG, drawn by Graphviz.

        The arguments are those of :func:`mlflow2prov.to_svg`.
        """
        return mlflow2prov.to_svg(self._document)

    def transform(
        self,
        *,
        use_pseudonyms: bool = False,
        pseudonym_key: bytes | None = None,
        eliminate_duplicates: bool = False,
        merge_aliased_agents: str | Path | Mapping[str, Iterable[str]] | None = None,
    ) -> mlflow2prov.Document:
        """Return a changed copy of the document.

        The arguments are those of :func:`mlflow2prov.transform`.
        """
        return mlflow2prov.transform(
            self._document,
            use_pseudonyms=use_pseudonyms,
            pseudonym_key=pseudonym_key,
            eliminate_duplicates=eliminate_duplicates,
            merge_aliased_agents=merge_aliased_agents,
        )

    def validate(
        self,
        limit: int = 10,
    ) -> mlflow2prov.ValidationReport:
        """Validate the document by PROV-CONSTRAINTS.

        The arguments are those of :func:`mlflow2prov.validate`.
        """
        return mlflow2prov.validate(self._document, limit)
