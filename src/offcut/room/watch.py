"""The clock over a room."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from offcut.decode.limits import Limits
from offcut.room.launch import Running


class Watch:
    """Kills a room that takes too long; the time the caller itself takes is not counted."""

    def __init__(self, room: Running, limits: Limits) -> None:
        self.fired = ""
        self._room, self._limits = room, limits
        self._done = threading.Event()
        self._lock = threading.Lock()
        now_s = time.monotonic()
        self._wall_ends_s = now_s + limits.wall_s
        self._idle_ends_s = now_s + limits.idle_s
        self._is_paused = False
        self._thread = threading.Thread(target=self._run, name="offcut room watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A message has come, and the caller is at work on it."""
        start_s = time.monotonic()
        with self._lock:
            self._is_paused = True
        try:
            yield
        finally:
            now_s = time.monotonic()
            with self._lock:
                self._is_paused = False
                self._wall_ends_s += now_s - start_s
                self._idle_ends_s = now_s + self._limits.idle_s

    def _run(self) -> None:
        while True:
            with self._lock:
                now_s = time.monotonic()
                left_s = min(self._wall_ends_s, self._idle_ends_s) - now_s
                if left_s <= 0 and not self._is_paused:
                    self.fired = (
                        f"reading it took longer than {self._limits.wall_s:,} s"
                        if self._wall_ends_s <= now_s
                        else f"reading it gave no sign of progress for {self._limits.idle_s:,} s"
                    )
                    self._room.kill()
                    return
            if self._done.wait(max(left_s, 0.05)):
                return
