"""What offcut says: the result document, and the page that shows it.

The document (docs/result-document.md) holds everything; the HTML report lays it out and computes nothing.
"""

from offcut.report.document import conform, examination
from offcut.report.files import read_json, schema, write_json

__all__ = ["conform", "examination", "read_json", "schema", "write_json"]
