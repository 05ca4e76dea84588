"""The two exporters nbconvert finds by name: ``jupyter nbconvert --to acts-html`` and ``--to acts-pdf``."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import Exporter
from nbformat import NotebookNode
from traitlets import Unicode

from acts.params import ParamsError, root
from acts.reports import document, html, pdf
from acts.reports.document import Document, Front


class _ReportExporter(Exporter):
    """One notebook as one document; its first heading is the title."""

    bibliography = Unicode(
        "", help="BibTeX file; by default references.bib beside the notebook, in a reports/ above it, or the review's"
    ).tag(config=True)

    def _document(self, notebook: NotebookNode, resources: Any) -> Document:
        metadata = resources.get("metadata", {})
        name = metadata.get("name") or "notebook"
        folder = Path(metadata.get("path") or ".")
        return document.build([(name, notebook)], Front(), bibliography=self._bibliography(folder), whole=False)

    def _bibliography(self, folder: Path) -> Path | None:
        if self.bibliography:
            return Path(self.bibliography)
        places = [folder, *(parent / "reports" for parent in (folder.resolve(), *folder.resolve().parents))]
        with suppress(ParamsError):
            places.append(root() / "reports")
        return next((place / "references.bib" for place in places if (place / "references.bib").is_file()), None)


class HtmlExporter(_ReportExporter):
    """A notebook as one self-contained HTML file."""

    export_from_notebook = "Review (HTML)"
    output_mimetype = "text/html"

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        """Return the page and the resources. Raises ReportError for what would show broken."""
        notebook, told = super().from_notebook_node(nb, resources, **kw)
        return html.render(self._document(notebook, told)), told


class PdfExporter(_ReportExporter):
    """A notebook as PDF/A-3a and PDF/UA-1."""

    export_from_notebook = "Review (PDF)"
    output_mimetype = "application/pdf"

    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        """Return the PDF's bytes and the resources. Raises ReportError for what would show broken."""
        notebook, told = super().from_notebook_node(nb, resources, **kw)
        return pdf.render(self._document(notebook, told)), told
