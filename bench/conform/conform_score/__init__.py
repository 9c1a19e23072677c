"""The metrics behind `score.py`, one module a question."""
