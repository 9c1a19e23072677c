"""Footage made from numbers, releases cut from it with exact truth, and odd files: for tests and the demo."""
