"""A process of its own that books a file of many receipts, and says how far it is, line by line.

    python books_process.py URL ARRIVAL FIRST COUNT

`book` it says when it has the right to write, `booked` before it commits, `done` after.
"""

from __future__ import annotations

import sys

from tillpost.books import Books, FileState, SalesFile
from trial_sales import receipt, record


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(url: str, arrival: int, first: int, count: int) -> None:
    books = Books.open(url)
    with books.write() as txn:
        say("book")
        file = SalesFile(arrival, f"sale{arrival}.json", FileState.PROCESSED, 1.0, shop="5", till="1")
        receipts = (receipt(number) for number in range(first, first + count))
        tally = txn.book(file, iter([record(8, 20), *receipts]))
        txn.save(file)
        say(f"booked {tally.new} {tally.repeated}")
    say("done")
    books.close()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
