"""A package, because test files of several rooms share their names."""
