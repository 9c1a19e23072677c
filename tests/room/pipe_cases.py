"""A pipe with a thread at each end."""

import os
import threading
from collections.abc import Callable
from typing import Any


def received(write: Callable[[int], None], read: Callable[[int], Any]) -> Any:
    """Let `write` fill a pipe from a thread of its own while `read` empties it."""
    source, target = os.pipe()

    def fill() -> None:
        try:
            write(target)
        except BrokenPipeError:
            pass
        finally:
            os.close(target)

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        return read(source)
    finally:
        os.close(source)
        thread.join()
