"""How far a long reading is, for a person who waits at a terminal; on stderr, so that answers stay clean.

Failures: none.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

LONG = 1.0  # seconds; shorter work shows no bar

Progress = Callable[[str, int, int], None]  # name, bytes read, bytes in all, as pipeline.office has it


@contextmanager
def progress(*, wanted: bool = True, seconds: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """What `open_office` wants to be given: a bar for each export, once the work is long and if a person watches."""
    bars = _Bars(seconds)
    try:
        yield bars.show if wanted and sys.stderr.isatty() else _nobody_watches
    finally:
        bars.end()


def _nobody_watches(name: str, done: int, size: int) -> None:
    """A pipe or a file: a bar would be noise there."""


class _Bars:
    """Drawn from the first report that comes late enough; taken away at the end."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._begun = seconds()
        self._drawn: Any = None  # rich's, imported when there is something to draw
        self._tasks: dict[str, Any] = {}

    def show(self, name: str, done: int, size: int) -> None:
        if self._seconds() - self._begun < LONG:
            return
        if self._drawn is None:
            self._drawn = _drawing()
            self._drawn.start()
        if name not in self._tasks:
            for task in self._tasks.values():  # exports are read one after another
                self._drawn.remove_task(task)
            self._tasks = {name: self._drawn.add_task(name, total=size)}
        self._drawn.update(self._tasks[name], completed=min(done, size))

    def end(self) -> None:
        if self._drawn is not None:
            self._drawn.stop()


def _drawing() -> Any:
    from rich.console import Console  # noqa: PLC0415 - costs more than most verbs do
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    name = TextColumn("{task.description}", markup=False)
    return Progress(
        name, BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True
    )
