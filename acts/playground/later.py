"""Later: what takes its time is done once the reader pauses, and not at every step of a slider."""

import asyncio
from collections.abc import Callable


class Later:
    """A call that is put off until none was asked for during ``seconds``; without a running loop it is made at once."""

    def __init__(self, act: Callable[[], None], seconds: float = 0.15) -> None:
        self._act, self._seconds = act, seconds
        self._waiting: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        """Ask for the call; an earlier one that still waits is forgotten."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._act()
            return
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = loop.call_later(self._seconds, self._act)
