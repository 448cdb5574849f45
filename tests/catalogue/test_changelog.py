"""The change log: every key once, at its latest revision; what tills ask of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tillpost.catalogue.keys import unpack
from tillpost.model import Barcode, Cashier, Drop, Good, Group, Kind, Plu, Put, Rank, Tax, Unit

FIVE, SEVEN = Decimal("5.00"), Decimal("7.00")


def good(name: str, price: Decimal | None = FIVE, **fields: Any) -> Put:
    return Put(Kind.GOOD, (name,), Good(name.upper(), price=price, **fields), 1)


def logged(trial: Any, shop: str = "5") -> list[tuple[int, tuple[Any, ...]]]:
    with trial.store.read() as txn:
        return [(key[1], unpack(value)) for key, value in txn.table("log").scan((shop,))]


def test_key_stands_in_the_log_once_at_its_latest_revision(trial: Any) -> None:
    trial.book(good("a", plu=Plu(1)), good("b"), Put(Kind.UNIT, ("1",), Unit("pc"), 1))
    trial.book(good("b", SEVEN))
    trial.book(good("a", SEVEN, plu=Plu(1)), Drop(Kind.GOOD, ("b",), 1), Drop(Kind.UNIT, ("1",), 1))
    trial.book(good("b"))
    keys = [key for _, key in logged(trial)]
    assert len(keys) == len(set(keys))
    with trial.store.read() as txn:
        lines = {key for key, _ in txn.table("lines").scan()}
    assert set(keys) == lines


def test_revisions_rise_with_every_booking(trial: Any) -> None:
    trial.book(good("a"))
    heads = [trial.head()]
    for amount in (SEVEN, FIVE):
        trial.book(good("a", amount))
        heads.append(trial.head())
    assert heads == sorted(set(heads))
    assert [revision for revision, _ in logged(trial)] == heads[-1:]


def test_order_inside_a_booking_is_what_is_gone_then_what_others_refer_to(trial: Any) -> None:
    trial.book(good("a", barcodes=(Barcode("1"),)), Put(Kind.GROUP, ("9",), Group("G"), 1))
    head = trial.head()
    trial.book(
        Put(Kind.CASHIER, ("7",), Cashier("Ann", "ann"), 1),
        good("b", plu=Plu(1), barcodes=(Barcode("1"),)),
        Put(Kind.TAX, ("1",), Tax("VAT"), 1),
        Drop(Kind.GROUP, ("9",), 1),
        Put(Kind.GROUP, ("1",), Group("G"), 1),
        Put(Kind.UNIT, ("1",), Unit("pc"), 1),
    )
    ranks = [key[1] for revision, key in logged(trial) if revision > head]
    assert ranks == [
        Rank.CLEAR,
        Rank.DELETE,
        Rank.UNIT,
        Rank.GROUP,
        Rank.TAX,
        Rank.GOOD,
        Rank.GOOD,
        Rank.SCALE,
        Rank.CASHIER,
    ]


def test_changes_go_on_where_the_last_chunk_ended(trial: Any) -> None:
    trial.book(*[good(f"g{number}") for number in range(7)])
    whole = trial.changes()
    parts, after = [], 0
    while part := trial.changes(after=after, limit=3):
        parts.append(len(part))
        after = part[-1].revision
    assert (parts, len(whole), after) == ([3, 3, 1], 7, trial.head())


def test_full_load_skips_what_was_gone_when_it_began_and_no_more(trial: Any) -> None:
    trial.book(good("a"), good("b"))
    trial.book(Drop(Kind.GOOD, ("a",), 1))
    head = trial.head()
    trial.book(Drop(Kind.GOOD, ("b",), 1), good("c"))
    assert trial.commands() == ["deleteInventItem a", "deleteInventItem b", "addInventItem c"]
    full = trial.changes(full_to=head)
    assert [b"delete" in change.command for change in full] == [True, False]


def test_head_is_nothing_before_anything_and_never_falls(trial: Any) -> None:
    assert trial.head() == 0
    trial.book(Put(Kind.TAX, ("1",), Tax("VAT"), 1))
    head = trial.head()
    trial.book(Drop(Kind.TAX, ("1",), 1))
    assert (trial.head(), trial.changes()) == (head, [])


def test_pending_counts_what_a_till_lacks_up_to_a_bound(trial: Any) -> None:
    trial.book(*[good(f"g{number}") for number in range(7)])
    trial.book(Drop(Kind.GOOD, ("g0",), 1))

    def pending(*args: int, **named: int) -> object:
        return trial.ask(lambda catalogue: catalogue.pending("5", *args, **named))

    assert (pending(0), pending(0, bound=5), pending(trial.head())) == (7, 5, 0)
    assert pending(0, full_to=trial.head()) == 6
    assert trial.ask(lambda catalogue: catalogue.pending("6", 0)) == 0


def test_size_is_what_a_full_load_sends(trial: Any) -> None:
    trial.book(*[good(f"g{number}", plu=Plu(1) if number < 2 else None) for number in range(7)])
    trial.book(Drop(Kind.GOOD, ("g0",), 1), good("g1"))
    clears = trial.ask(lambda catalogue: catalogue.clears("5"))
    assert trial.ask(lambda catalogue: catalogue.size("5")) == len(clears) + 6
    assert len(trial.changes(full_to=trial.head())) == 6


def test_shops_have_logs_of_their_own(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good("a"), scope="5")
    assert (len(trial.changes("5")), trial.changes("6"), trial.head("6")) == (1, [], 0)
