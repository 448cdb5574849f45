"""The store on disk: this file and `lmdbtables` alone know LMDB. One file, one writer, one commit; readers never wait.

A commit is on the disk when the block ends (LMDB's default: both the data and its root page are synced). The
environment is never used in a child process: a fork shares its locks and file offsets, and would damage both sides.
Handles of tables are opened by the writer and kept once it commits; an aborted writer's new tables never were.

An environment whose root page could not be written refuses everything from then on; the file is whole. It is closed,
and opened anew by whoever comes next: then the last commit shows, which may be the one that was told to have failed.

Failures: `Halt` for damage, an unknown version, a folder that may not be used, a fork, a write inside a write; `Retry`
where the disk or the map is full, or the disk fails; `Reject` for a key that is too long.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lmdb

from ..errors import Halt, Reason, Retry, Trouble
from .lmdbtables import EmptyTable, LmdbTable, WrittenTable
from .store import META, VERSION, VERSION_KEY, Table, check_version

MAP_SIZE = 64 * 1024**3  # bytes of address space, not of disk: the file grows as it is filled
MAX_TABLES = 128
FILE_NAME = "data.mdb"
FILE_MODE = 0o600  # cashiers' passwords are in it

_FULL = (lmdb.DiskError, lmdb.MapFullError)
_FULL_TEXTS = tuple(map(os.strerror, (errno.ENOSPC, errno.EDQUOT)))  # LMDB's own class knows the first alone
_FAILING_TEXT = os.strerror(errno.EIO)
_DAMAGED = (lmdb.CorruptedError, lmdb.InvalidError, lmdb.PageNotFoundError, lmdb.VersionMismatchError)


class LmdbTransaction:
    """`handles` are those that stand committed; `opened` the ones this writer adds."""

    def __init__(self, environment: Any, txn: Any, handles: dict[str, Any], *, readonly: bool) -> None:
        self._environment = environment
        self._txn = txn
        self._handles = handles
        self._readonly = readonly
        self._written: dict[str, WrittenTable] = {}
        self.opened: dict[str, Any] = {}

    def table(self, name: str) -> Table:
        handle = self._handles.get(name)
        if self._readonly:
            return EmptyTable() if handle is None else LmdbTable(self._txn, handle)
        table = self._written.get(name)
        if table is None:
            if handle is None:
                handle = self.opened[name] = self._environment.open_db(name.encode(), txn=self._txn)
            table = self._written[name] = WrittenTable(self._txn, handle)
        return table

    def flush(self) -> None:
        """Writes what the tables still hold back."""
        for table in self._written.values():
            table.flush()


class LmdbStore:
    """Open one per process and folder; `close` it, or let the process end."""

    def __init__(self, opened: Callable[[], Any], folder: Path) -> None:
        self._opened = opened
        self._environment = opened()
        self._folder = folder
        self._handles: dict[str, Any] = {}
        self._process = os.getpid()
        self._writer: int | None = None  # the thread that writes
        self._open = 0  # transactions
        self._is_spent = False

    @classmethod
    def open(cls, folder: Path, *, map_size: int = MAP_SIZE, readonly: bool = False) -> LmdbStore:
        """The store in `folder`, made if it is not there and may be. Raises Halt or Retry."""

        def opened() -> Any:
            try:
                _prepare(folder, readonly=readonly)
                return lmdb.open(
                    os.fspath(folder),
                    map_size=map_size,
                    max_dbs=MAX_TABLES,
                    mode=FILE_MODE,
                    readonly=readonly,
                    create=not readonly,
                )
            except (OSError, lmdb.Error) as trouble:
                raise _told(trouble, folder) from trouble

        store = cls(opened, folder)
        try:
            store._begin(readonly=readonly)
        except BaseException:
            store.close()
            raise
        return store

    def _begin(self, *, readonly: bool) -> None:
        """Opens the tables that are there, and checks the version of the state."""
        self.refresh()
        names = self._handles
        with self.read() as reading:
            new = check_version(reading.table(META).get(VERSION_KEY), empty=not names)
        if new and not readonly:
            with self.write() as writing:
                writing.table(META).put(VERSION_KEY, str(VERSION).encode())

    def refresh(self) -> None:
        """Opens the tables that are new to this process. A reader that was killed would else keep the file growing."""
        if self._is_spent and not self._open:
            self._environment.close()
            self._environment, self._handles, self._is_spent = self._opened(), {}, False
        with self._told():
            self._environment.reader_check()
            with self._environment.begin() as txn:
                names = [name.decode() for name in txn.cursor().iternext(keys=True, values=False)]
            opened = {
                name: self._environment.open_db(name.encode(), create=False)
                for name in names
                if name not in self._handles
            }
        self._handles = {**self._handles, **opened}

    @contextmanager
    def read(self) -> Iterator[LmdbTransaction]:
        self._check()
        with self._told(), self._environment.begin() as txn:
            yield LmdbTransaction(self._environment, txn, self._handles, readonly=True)

    @contextmanager
    def write(self) -> Iterator[LmdbTransaction]:
        self._check()
        if self._writer == threading.get_ident():
            raise Halt(Reason("store.nested"))
        with self._told(), self._environment.begin(write=True) as txn:
            self._writer = threading.get_ident()
            writing = LmdbTransaction(self._environment, txn, self._handles, readonly=False)
            try:
                yield writing
                writing.flush()
            finally:
                self._writer = None
        self._handles = {**self._handles, **writing.opened}

    def close(self) -> None:
        self._environment.close()

    def _check(self) -> None:
        if os.getpid() != self._process:
            raise Halt(Reason("store.forked", folder=self._folder))
        if self._is_spent:
            self.refresh()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The one place where LMDB's errors become ours."""
        self._open += 1
        try:
            yield
        except lmdb.Error as trouble:
            self._is_spent = self._is_spent or isinstance(trouble, lmdb.PanicError)
            raise _told(trouble, self._folder) from trouble
        finally:
            self._open -= 1


def _prepare(folder: Path, *, readonly: bool) -> None:
    """An empty file is no new store: it is what is left of one, and its numbers must not start again."""
    if not readonly:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / FILE_NAME
    if file.exists() and not file.stat().st_size:
        raise lmdb.InvalidError(f"{FILE_NAME} is empty")


def _told(trouble: Exception, folder: Path) -> Trouble:
    if isinstance(trouble, _FULL) or any(text in str(trouble) for text in _FULL_TEXTS):
        return Retry(Reason("store.full", folder=folder, detail=trouble))
    if isinstance(trouble, lmdb.PanicError) or _FAILING_TEXT in str(trouble):
        return Retry(Reason("store.failing", folder=folder, detail=trouble))
    if isinstance(trouble, _DAMAGED):
        return Halt(Reason("store.damaged", folder=folder, detail=trouble))
    return Halt(Reason("store.unusable", folder=folder, detail=trouble))
