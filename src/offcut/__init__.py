"""offcut finds out what an edit left out."""

__version__ = "0.1.0"

__all__ = ["__version__"]
