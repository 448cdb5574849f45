"""The database as a whole: made, migrated, refused, busy, full, damaged; and what a crash leaves of a booking."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tillpost.books import Books
from tillpost.books.database import PAGE
from tillpost.books.migrating import FOLDER, VERSION_TABLE, revisions
from tillpost.books.session import COPIED
from tillpost.books.tables import METADATA, REVISION
from tillpost.errors import Fault, Halt, Reject, Retry, Trouble
from trial_sales import receipt, record

PROCESS = Path(__file__).parents[1] / "lib" / "books_process.py"


def run(url: str, statement: str) -> None:
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def code(caught: pytest.ExceptionInfo[Trouble]) -> str:
    """Of the reason; its text is made, too."""
    assert "\n" not in caught.value.reason.text("ru")
    return caught.value.reason.code


def page_size(database: Path) -> int:
    """As the file's own head tells it."""
    return int.from_bytes(database.read_bytes()[16:18])


# --- versions


@pytest.mark.parametrize(("before", "after"), [(None, PAGE), (4096, 4096)])
def test_a_new_sqlite_database_has_large_pages_and_one_that_is_there_keeps_its_own(
    tmp_path: Path, before: int | None, after: int
) -> None:
    database = tmp_path / "books.sqlite"
    if before is not None:
        with sqlite3.connect(database) as connection:
            connection.execute(f"PRAGMA page_size = {before}")
            connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
        assert page_size(database) == before
    Books.open(f"sqlite:///{database}").close()
    assert page_size(database) == after


def test_a_fresh_database_is_migrated_to_what_the_tables_say(fresh_url: str) -> None:
    Books.open(fresh_url).close()
    engine = sqlalchemy.create_engine(fresh_url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == REVISION


def test_the_newest_migration_is_the_version_of_the_tables() -> None:
    scripts = ScriptDirectory(str(FOLDER))
    assert scripts.get_current_head() == REVISION
    assert {script.revision for script in scripts.walk_revisions()} == revisions()


def test_alembic_is_loaded_only_to_migrate(folder: Path) -> None:
    script = (
        "import sys; from tillpost.books import Books; Books.open(sys.argv[1]).close(); print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", script, f"sqlite:///{folder / 'new.sqlite'}"]
    shown = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert shown == ["True\n", "False\n"]


def test_a_newer_database_is_left_alone(url: str) -> None:
    run(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    try:
        with pytest.raises(Halt) as caught:
            Books.open(url)
    finally:
        run(url, f"UPDATE {VERSION_TABLE} SET version_num = '{REVISION}'")
    assert code(caught) == "books.newer"


def test_a_foreign_database_is_left_alone(fresh_url: str) -> None:
    run(fresh_url, "CREATE TABLE files (x INTEGER)")
    with pytest.raises(Halt) as caught:
        Books.open(fresh_url)
    assert code(caught) == "books.foreign"


def test_another_programs_file_is_left_alone(folder: Path) -> None:
    url = f"sqlite:///{folder / 'theirs.sqlite'}"
    run(url, "CREATE TABLE customers (x INTEGER)")
    with pytest.raises(Halt):
        Books.open(url)


def test_books_beside_other_tables_of_a_server_are_fine(server: Any, migrated_schema: str) -> None:
    run(migrated_schema, "CREATE TABLE customers (x INTEGER)")
    try:
        Books.open(migrated_schema).close()
    finally:
        run(migrated_schema, "DROP TABLE customers")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "oracle://x",
        "mysql://root@localhost/x",
        "nosuch://x",
        "postgresql+nosuch://x",
    ],
)
def test_an_url_that_is_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(Halt) as caught:
        Books.open(url)
    assert code(caught) == "books.url"


def test_a_password_is_not_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        url = f"postgresql+psycopg://me:secret@127.0.0.1:{taken.getsockname()[1]}/books"
        with pytest.raises(Retry) as caught:
            Books.open(url)
    assert code(caught) == "books.gone"
    assert "secret" not in str(caught.value)
    assert "me:***@" in str(caught.value)


# --- what a database may do to us


def test_a_folder_that_is_not_there_halts(folder: Path) -> None:
    with pytest.raises(Halt) as caught:
        Books.open(f"sqlite:///{folder / 'missing' / 'books.sqlite'}")
    assert code(caught) == "books.unusable"


def test_a_file_that_is_no_database_halts(folder: Path) -> None:
    (folder / "b.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 50)
    with pytest.raises(Halt) as caught:
        Books.open(f"sqlite:///{folder / 'b.sqlite'}")
    assert code(caught) == "books.damaged"


def test_a_damaged_page_halts(sqlite_url: str, trials: Any) -> None:
    books = Books.open(sqlite_url)
    trials(books).book(*(receipt(number) for number in range(1, 200)))
    books.close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(Halt) as caught:
        Books.open(sqlite_url)
    assert code(caught) == "books.damaged"


def test_a_new_file_is_readable_to_its_owner_alone(folder: Path) -> None:
    path = folder / "new.sqlite"
    Books.open(f"sqlite:///{path}").close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_sqlite_is_synced_at_every_commit(sqlite_url: str) -> None:
    books = Books.open(sqlite_url)
    with books.write() as txn:
        found = [
            txn._session.connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "journal_mode")
        ]
    books.close()
    assert found == [2, "wal"]


def test_a_full_disk_is_tried_again_and_nothing_is_booked(sqlite_url: str, trials: Any) -> None:
    books = Books.open(sqlite_url)
    trial = trials(books)
    trial.book(receipt(1))
    before = trial.accounts()

    def book(limit: int) -> None:
        with books.write() as txn:
            txn._session.connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}")
            txn.book(trial.file(9), iter([receipt(number) for number in range(2, 3000)]))

    with books.read() as txn:
        pages = txn._session.connection.exec_driver_sql("PRAGMA page_count").scalar()
    with pytest.raises(Retry) as caught:
        book(pages + 20)
    assert code(caught) == "books.full"
    assert trial.accounts() == before
    book(1 << 30)
    assert trial.account().sums.receipts == 2999
    books.close()


def test_a_writer_that_waits_too_long_tries_again_later(url: str) -> None:
    holder, waiter = Books.open(url), Books.open(url, patience=0.05)
    with holder.write() as txn:
        txn.notice("held")
        with pytest.raises(Retry) as caught, waiter.write():
            pass
        assert code(caught) == "books.busy"
        with waiter.read() as reading:
            assert reading.files(1) == []
    with waiter.write() as txn:
        assert not txn.notice("held")
    holder.close()
    waiter.close()


def test_a_reader_sees_what_was_committed_before_it_began(books: Any, trials: Any) -> None:
    with books.read() as txn:
        assert txn.find_shifts() == []
        thread = threading.Thread(target=lambda: trials(books).book(receipt(1)))
        thread.start()
        thread.join()
        assert txn.find_shifts() == []
    assert len(trials(books).shifts()) == 1


def test_a_write_inside_a_write_halts(books: Any) -> None:
    with books.write() as txn:
        with pytest.raises(Halt) as caught, books.write():
            pass
        txn.notice("still good")
    assert code(caught) == "books.nested"
    with books.write() as txn:
        assert not txn.notice("still good")


def test_a_child_process_must_open_its_own(books: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: -1)
        with pytest.raises(Halt) as caught, books.read():
            pass
    assert code(caught) == "books.forked"


def test_a_server_that_ends_the_connection_is_tried_again(postgres_url: str, trials: Any) -> None:
    books = Books.open(postgres_url)

    def cut_off() -> None:
        with books.write() as txn:
            txn.notice("lost")
            pid = txn._session.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            run(postgres_url, f"SELECT pg_terminate_backend({pid})")
            txn.notice("more")

    with pytest.raises(Retry) as caught:
        cut_off()
    assert code(caught) == "books.gone"
    with books.write() as txn:
        assert txn.notice("lost")
    books.close()


def test_a_value_the_database_refuses_rejects_the_file_alone(books: Any, trials: Any) -> None:
    trial = trials(books)
    trial.book(receipt(1))

    def notice(times: int) -> None:
        with books.write() as txn:
            txn._session.append(METADATA.tables["notices"], [("twice",)] * times)

    for times in (2, COPIED):
        with pytest.raises(Reject) as caught:
            notice(times)
        assert (code(caught), caught.value.fault) == ("books.refused", Fault.ERROR)
    assert trial.book(receipt(2)).new == 1


# --- several processes, and one that is killed


@contextmanager
def booking(url: str, arrival: int, first: int, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(PROCESS), url, str(arrival), str(first), str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()


def test_processes_that_begin_the_books_at_once_book_each_document_once(fresh_url: str, trials: Any) -> None:
    with booking(fresh_url, 1, 1, 600) as one, booking(fresh_url, 2, 301, 600) as other:
        said = [process.communicate()[0].split() for process in (one, other)]
    assert sorted(int(words[2]) for words in said) == [300, 600]
    books = Books.open(fresh_url)
    account = trials(books).account()
    books.close()
    assert account.sums.receipts == 900
    assert account.missing == ()


@pytest.mark.parametrize("word", ["book", "booked"])
def test_a_process_that_is_killed_leaves_nothing_and_the_next_one_books_all(url: str, word: str, trials: Any) -> None:
    with booking(url, 1, 1, 5000 if word == "book" else 600) as process:
        assert process.stdout
        while process.stdout.readline().split()[0] != word:
            pass
        process.kill()
        process.wait()
    books = Books.open(url)
    trial = trials(books)
    whole = trial.ask(lambda txn: txn.file(1)) is not None  # the kill may have come after the commit
    assert [row.documents for row in trial.shifts()] == ([600] if whole else [])
    tally = trial.book(record(8, 20), *(receipt(number) for number in range(1, 601)))
    books.close()
    assert tally.new == (0 if whole else 600)


def test_threads_that_book_at_once_book_each_document_once(books: Any, trials: Any) -> None:
    def book() -> None:
        for number in range(1, 6):
            trials(books).book(receipt(number), receipt(number + 1))

    threads = [threading.Thread(target=book) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trials(books).account().sums.receipts == 6
