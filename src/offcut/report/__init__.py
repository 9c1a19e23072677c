"""What offcut says: the result document, and the page that shows it.

The document (docs/result-document.md) holds everything; the HTML report lays it out and computes nothing.
It is written by `offcut.report.html` from the document and `offcut.report.pictures`, which are not imported
here: a command that writes JSON need not load a template engine and OpenCV.
"""

from offcut.report.document import conform, examination
from offcut.report.files import read_json, schema, write_json

__all__ = ["conform", "examination", "read_json", "schema", "write_json"]
