"""How many receipts a second `tillpost collect` books: run by `make bench-collect`; see RESULTS-collect.md.

Each case is a whole process of `tillpost collect`, Python's start included, on a root of its own with the same sales
files (`salesfiles`): ten positions and two payments a receipt, a shift of 500 receipts a file, a transaction a file.
What makes machines comparable is the *bare insert* in the same run: the rows that the books came to have, documents,
positions and payments, brought by sqlite3's `executemany` into a new database with the same tables and indexes, WAL
and synchronous=FULL, a transaction a file; nothing is read, checked, compared or told there. The ratio is one of the
processor's time: it stays what it is where other programs take turns.

    python benchmarks/collect.py [RECEIPTS [TIMES [URL]]]

`URL`: a PostgreSQL database besides, made for this: all that is in its schema `public` is dropped before each try.
`BENCH_DIR`: where the roots lie, else where temporary files do; a million receipts take some 30 GB.
"""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import salesfiles

VERB = [sys.executable, "-m", "tillpost.cli"]
SHIFTS_ONLY = ("shiftOpen", "shift", "cashbox")
EVERYTHING = ("receipt", *SHIFTS_ONLY)
TABLES = ("documents", "positions", "payments")


class Spent(NamedTuple):
    """By a whole process and those that it started."""

    wall: float  # seconds
    processor: float  # seconds, of all cores
    memory: float  # MB, of the largest process


class Case(NamedTuple):
    name: str
    documents: tuple[str, ...]  # that the ERP gets
    outbox: bool = True  # is there; else its documents stay due
    url: str = ""


def measure(case: Case, sales: Path, root: Path) -> Spent:
    """One try, in a new root."""
    make_root(case, sales, root)
    began = time.perf_counter()
    child = subprocess.Popen([*VERB, "--root", str(root), "collect"], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != (0 if case.outbox else 75):
        sys.exit(f"{case.name}: collect ended with {child.returncode}")
    return Spent(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def make_root(case: Case, sales: Path, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    tills = ",".join(str(till + 1) for till in range(salesfiles.TILLS))
    made = [*VERB, "init", str(root), "--shop", salesfiles.SHOP, "--tills", tills]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    settings = root / "tillpost.toml"
    text = settings.read_text("utf-8")
    wanted = ", ".join(f'"{document}"' for document in case.documents)
    text = text.replace("\n# documents =", f"\ndocuments = [{wanted}]\n# ", 1)
    text = text.replace("\n# url =", f'\nurl = "{case.url}"\n#', 1) if case.url else text
    settings.write_text(text, "utf-8")
    for file in sales.glob("*/*.json"):
        os.link(file, root / "sales" / salesfiles.SHOP / file.parent.name / file.name)
    if not case.outbox:
        shutil.rmtree(root / "outbox")
    if case.url:
        drop_tables(case.url)


def drop_tables(url: str) -> None:
    import psycopg  # noqa: PLC0415 - an extra

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def bare_insert(books: Path, target: Path) -> tuple[float, float]:
    """For the rows of `books` alone, into a new database: seconds, and seconds of the processor."""
    target.unlink(missing_ok=True)
    spent = used = 0.0
    with closing(sqlite3.connect(books)) as source, closing(sqlite3.connect(target, isolation_level=None)) as into:
        into.execute("PRAGMA journal_mode = WAL")
        into.execute("PRAGMA synchronous = FULL")
        made = "SELECT sql FROM sqlite_master WHERE tbl_name IN (?, ?, ?) AND sql IS NOT NULL"
        for (statement,) in source.execute(made, TABLES):
            into.execute(statement)
        for rows in rows_by_file(source):
            began, begun = time.perf_counter(), time.thread_time()
            into.execute("BEGIN IMMEDIATE")
            for table, few in zip(TABLES, rows, strict=True):
                marks = ", ".join("?" * len(few[0]))
                into.executemany(f"INSERT INTO {table} VALUES ({marks})", few)  # noqa: S608 - our own names
            into.execute("COMMIT")
            spent += time.perf_counter() - began
            used += time.thread_time() - begun
    return spent, used


def rows_by_file(source: sqlite3.Connection) -> Iterator[list[list[tuple[object, ...]]]]:
    spans = source.execute("SELECT min(id), max(id) FROM documents GROUP BY arrival ORDER BY arrival").fetchall()
    keys = ("id", "document_id", "document_id")
    for span in spans:
        yield [
            source.execute(f"SELECT * FROM {table} WHERE {key} BETWEEN ? AND ?", span).fetchall()  # noqa: S608
            for table, key in zip(TABLES, keys, strict=True)
        ]


def bench(folder: Path, receipts: int, times: int, url: str) -> None:
    sales, root = folder / "files", folder / "root"
    count = salesfiles.write(sales, receipts)
    size = sum(file.stat().st_size for file in sales.glob("*/*.json"))
    cases = [
        Case("booked; the ERP gets shifts", SHIFTS_ONLY),
        Case("booked; every receipt's document is due", EVERYTHING, outbox=False),
        Case("booked, and every receipt's document written", EVERYTHING),
    ]
    if url:
        cases.append(Case("as the first, into PostgreSQL", SHIFTS_ONLY, url=url))
    print(f"{count:,} receipts in {count // salesfiles.RECEIPTS} files, {size / 1e6:,.0f} MB; least of {times}")
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.machine()}\n")
    print(f"{'':<46}{'receipts/s':>11}{'wall s':>9}{'cpu s':>8}{'us cpu':>8}{'MB':>6}{'ratio':>7}")
    bare = 0.0
    for case in cases:
        tries = [measure(case, sales, root) for _ in range(times)]
        least = Spent(*map(min, zip(*tries, strict=True)))
        if not bare:
            inserts = [bare_insert(root / "state" / "books.sqlite", folder / "bare.sqlite") for _ in range(times)]
            wall, bare = map(min, zip(*inserts, strict=True))
            show("the bare insert of the same rows", Spent(wall, bare, 0), count, bare)
        show(case.name, least, count, bare)


def show(name: str, spent: Spent, count: int, bare: float) -> None:
    each, memory = spent.processor / count * 1e6, f"{spent.memory:.0f}" if spent.memory else ""
    told = f"{spent.wall:>9.2f}{spent.processor:>8.2f}{each:>8.0f}{memory:>6}{spent.processor / bare:>7.2f}"
    print(f"{name:<46}{count / spent.wall:>11,.0f}{told}", flush=True)


def main(receipts: str = "10000", times: str = "3", url: str = "") -> None:
    with tempfile.TemporaryDirectory(prefix="tillpost-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        bench(Path(folder), int(receipts), int(times), url)


if __name__ == "__main__":
    main(*sys.argv[1:])
