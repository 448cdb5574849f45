"""Wakes whoever waits for files, when one may have come.

An event is a hint: the kernel drops them when many come at once, and a network share has none. The scan on a timer
finds everything; this only makes it sooner. What is watched are the folders given and the folders in them, not what
lies deeper; of those that are given as `deep`, everything below, as one watch: the folders of some thousand tills
would else cost as many threads. Our own reading and moving away wakes nobody.

Failures: none. Where the kernel gives no events, `blind` says why, and `wait` is a timer.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING

from ..errors import Reason
from .mounts import LOCAL, Mounts, file_system, mounted_below, mounts
from .names import is_unfinished

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers.api import BaseObserver, ObservedWatch

# Without a handler Python would print the library's own warnings (one comes when a watch ends) on stderr.
logging.getLogger("watchdog").addHandler(logging.NullHandler())


class Watch:
    """Watches from `with` to its end; its threads end there, too."""

    def __init__(self, *folders: Path, deep: Iterable[Path] = (), table: Mounts = mounts) -> None:
        self._folders = folders
        self._deep = tuple(deep)
        self._table = table
        self._bell: SimpleQueue[None] = SimpleQueue()  # unlike an Event's, its put() may interrupt its own get()
        self._stack = ExitStack()
        self._observer: BaseObserver | None = None
        self._watched: dict[Path, ObservedWatch] = {}
        self._made: set[Path] = set()  # folders that appeared, to be watched by the next wait()
        self.blind: list[Reason] = []

    def __enter__(self) -> Watch:
        from watchdog.observers import Observer  # noqa: PLC0415 - felt at the start, and only those who follow need it

        # Of folders that are made one in another, the library finds some twice, and warns of itself: harmless, but
        # where warnings are errors, it would be the end of its thread.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        try:
            observer = Observer()
            observer.start()
        except OSError as error:
            self._cannot_see((*self._folders, *self._deep)[0], error)
            return self
        self._stack.callback(observer.join)
        self._stack.callback(observer.stop)
        self._observer = observer
        for folder in self._folders:
            self._watch(folder)
            self._made.update(_folders_in(folder))
        for folder in self._deep:
            self._watch(folder, deep=True)
        self._watch_new_folders()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._observer = None
        self._stack.close()

    def wait(self, timeout: float) -> bool:
        """Waits until something may have come, `wake` is called or `timeout` seconds have passed; whether woken."""
        try:
            self._bell.get(timeout=max(timeout, 0))
        except Empty:
            return False
        finally:
            self._watch_new_folders()
        while not self._bell.empty():
            self._bell.get_nowait()
        return True

    def wake(self) -> None:
        """Ends the wait, this one or the next. May be called from anywhere, a signal's handler included."""
        if self._bell.empty():
            self._bell.put(None)

    def _happened(self, event: FileSystemEvent) -> None:
        """Called by the observer, in a thread of its own."""
        path = Path(os.fsdecode(event.dest_path or event.src_path))
        if is_unfinished(path.name) or self._is_hidden(path.parent):
            return
        if event.is_directory:
            self._made.add(path)
        self.wake()

    def _is_hidden(self, folder: Path) -> bool:
        """Whether it lies below one of those that nobody scans, such as `.claimed`."""
        tops = (top for top in self._deep if folder.is_relative_to(top))
        return any(name.startswith(".") for top in tops for name in folder.relative_to(top).parts)

    def _watch_new_folders(self) -> None:
        while self._made:
            folder = self._made.pop()
            if folder.parent in self._folders:
                self._watch(folder)

    def _watch(self, folder: Path, *, deep: bool = False) -> None:
        observer = self._observer
        if observer is None:
            return
        table = self._table()
        for path, kind in [(folder, file_system(folder, table)), *(mounted_below(folder, table) if deep else ())]:
            if kind and kind not in LOCAL:
                self.blind.append(Reason("watch.share", path=path, kind=kind))
        if folder in self._watched:  # removed and made anew: the old watch is dead
            observer.unschedule(self._watched.pop(folder))
        try:
            self._watched[folder] = observer.schedule(
                _telling(self._happened), str(folder), recursive=deep, event_filter=_arrivals()
            )
        except OSError as error:
            self._cannot_see(folder, error)

    def _cannot_see(self, folder: Path, error: OSError) -> None:
        self.blind.append(Reason("watch.refused", path=folder, detail=error.strerror or type(error).__name__))


def _telling(tell: Callable[[FileSystemEvent], None]) -> FileSystemEventHandler:
    from watchdog.events import FileSystemEventHandler  # noqa: PLC0415 - as above

    class Telling(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            tell(event)

    return Telling()


def _arrivals() -> list[type[FileSystemEvent]]:
    """The events by which a file may have come to be whole."""
    from watchdog.events import (  # noqa: PLC0415 - as above
        DirCreatedEvent,
        DirMovedEvent,
        FileClosedEvent,
        FileCreatedEvent,
        FileMovedEvent,
    )

    return [FileCreatedEvent, FileClosedEvent, FileMovedEvent, DirCreatedEvent, DirMovedEvent]


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as names:
            return [Path(name.path) for name in names if name.is_dir(follow_symlinks=False) and name.name[0] != "."]
    except OSError:
        return []
