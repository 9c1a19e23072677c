"""`python -m offcut` is the command `offcut`."""

from offcut.cli import main

main()
