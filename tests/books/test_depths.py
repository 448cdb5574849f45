"""How deep queues were: samples come back as they were, and old ones go."""

from __future__ import annotations

from tillpost.books import Books, Depth


def test_samples_of_a_period_come_with_the_one_that_held_before_it(books: Books) -> None:
    mine = [Depth("5", "1", at, chunks, 10 * chunks, at - 5) for at, chunks in ((100, 1), (160, 2), (160, 3), (220, 0))]
    with books.write() as txn:
        txn.note_depths([Depth("5", "2", 150, 9), *mine], keep_from=0)
        txn.note_depths([Depth("5", "1", 280, 7)], keep_from=0)
    with books.read() as txn:
        assert txn.depths("5", "1", 200, 280) == [mine[2], mine[3]]
        assert txn.depths("5", "1", 0, 220) == mine[:3]
        assert txn.depths("6", "1", 0, 999) == []


def test_the_newest_of_each_till_is_the_one_that_was_taken_last(books: Books) -> None:
    with books.write() as txn:
        txn.note_depths([Depth("5", "1", 900, 4), Depth("5", "2", 900, 1)], keep_from=0)
        txn.note_depths([Depth("5", "1", 300, 5)], keep_from=0)  # the clock was put back
    with books.read() as txn:
        assert txn.last_depths() == {("5", "1"): Depth("5", "1", 300, 5), ("5", "2"): Depth("5", "2", 900, 1)}


def test_what_is_too_old_goes_as_something_new_comes(books: Books) -> None:
    with books.write() as txn:
        txn.note_depths([Depth("5", "1", at, 1) for at in (10, 20, 30)], keep_from=0)
        txn.note_depths([], keep_from=20)
    with books.read() as txn:
        assert [one.at for one in txn.depths("5", "1", 0, 99)] == [20, 30]
