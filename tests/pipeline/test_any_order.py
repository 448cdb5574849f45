"""Whatever happens in whatever order: in the end each till has what the exports say, and what a till filled from
scratch would have. TILLPOST_FAULTS=1 tries many more orders, others each time, and looks for the shortest that fails.

The oracle knows goods, prices and groups as a person would tell it: a full export is the whole list of its scope, a
change replaces what it names; a shop's own good or price beats the chain's, record by record; a prices file beats the
price inside a good; without a price above zero nothing is sold.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from post_office import PostOffice, export, good, goods
from simulated_till import SimulatedTill, waiting
from tillpost.pipeline import fullloads, held, root
from tillpost.pipeline.checking import check
from tillpost.pipeline.ledger import Ledger

MANY = bool(os.environ.get("TILLPOST_FAULTS"))
SHOPS = ("5", "6")
SETTINGS = "[feed]\nchunk_size = 4\n[queue]\nwindow = 3\n[guard]\ndeleted_share = 0.6\nmoved_share = 1.0"

codes = st.sampled_from("abcdefgh")
prices = st.sampled_from([None, "0.00", "1.00", "2.50", "99.90"])
scopes = st.sampled_from(["", *SHOPS])
tills = st.sampled_from([("5", "1"), ("5", "2"), ("6", "1")])
groups = st.dictionaries(st.sampled_from("xyz"), st.sampled_from(["Еда", "Напитки"]), max_size=3)
stated = st.dictionaries(codes, st.tuples(prices, st.sampled_from(["Чай", "Кофе"])), max_size=6)


@dataclass
class Lists:
    """What one scope states."""

    goods: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    prices: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)


@dataclass
class Held:
    """What was held, and what later exports said since."""

    scope: str
    records: dict[str, tuple[str | None, str]]
    named: set[str] = field(default_factory=set)  # codes of which a later export spoke
    claimed: bool = False  # a later full export spoke of every good


class Oracle:
    def __init__(self) -> None:
        self.lists = {scope: Lists() for scope in ("", *SHOPS)}
        self.held: dict[int, Held] = {}

    def goods(self, scope: str, records: dict[str, tuple[str | None, str]], *, full: bool) -> None:
        self.lists[scope].goods = {**({} if full else self.lists[scope].goods), **records}
        for waits in self.held.values():
            if waits.scope == scope:
                waits.named |= set(records)
                waits.claimed |= full

    def release(self, arrival: int) -> None:
        waits = self.held.pop(arrival)
        if waits.claimed:
            return
        current = self.lists[waits.scope].goods
        kept = {code: current[code] for code in waits.named if code in current}
        stated = {code: record for code, record in waits.records.items() if code not in waits.named}
        self.lists[waits.scope].goods = {**kept, **stated}
        for other, one in self.held.items():
            if other < arrival and one.scope == waits.scope:  # held before it: what was released is the later word
                one.claimed = True

    def sold(self, shop: str) -> dict[str, tuple[Decimal, str]]:
        chain, own = self.lists[""], self.lists[shop]
        found = {}
        for code, (_, name) in {**chain.goods, **own.goods}.items():
            price = self._price(code, chain, own)
            if price:
                found[code] = (price, name)
        return found

    def _price(self, code: str, chain: Lists, own: Lists) -> Decimal:
        record = own.goods.get(code) or chain.goods[code]
        told = (own.prices.get(code), chain.prices.get(code), record[0])
        return next((Decimal(price) for price in told if price is not None), Decimal(0))

    def groups(self, shop: str) -> dict[str, str]:
        return {**self.lists[""].groups, **self.lists[shop].groups}


class Chain(RuleBasedStateMachine):
    folder: Path
    made = 0

    def __init__(self) -> None:
        super().__init__()
        Chain.made += 1
        self.office = PostOffice(self.folder / str(Chain.made), {"5": ["1"], "6": ["1"]}, SETTINGS)
        self.oracle = Oracle()
        self.sent: list[tuple[str, str]] = []
        self.count = 0

    # --- the ERP

    def send(self, content: str, scope: str) -> str:
        self.count += 1
        self.sent.append((content, scope))
        return self.office.send(f"{self.count}.xml", content, scope)

    @rule(records=stated, scope=scopes, full=st.booleans())
    def goods_come(self, records: dict[str, tuple[str | None, str]], scope: str, full: bool) -> None:
        content = goods(*(good(code, *record) for code, record in records.items()), full=full)
        state = self.send(content, scope)
        if state == "held":
            self.oracle.held[self.newest()] = Held(scope, dict(records))
        else:
            assert state == "processed"
            self.oracle.goods(scope, records, full=full)

    @rule(records=st.dictionaries(codes, st.sampled_from(["1.00", "3.33", "80.00"]), max_size=5), scope=scopes)
    def prices_come(self, records: dict[str, str], scope: str) -> None:
        listed = "".join(f'<price good="{code}">{price}</price>' for code, price in records.items())
        assert self.send(export("prices", listed, full=False), scope) == "processed"
        self.oracle.lists[scope].prices |= records

    @rule(records=st.dictionaries(codes, st.sampled_from(["1.00", "3.33", "80.00"]), max_size=5), scope=scopes)
    def all_prices_come(self, records: dict[str, str], scope: str) -> None:
        listed = "".join(f'<price good="{code}">{price}</price>' for code, price in records.items())
        assert self.send(export("prices", listed), scope) == "processed"
        self.oracle.lists[scope].prices = dict(records)

    @rule(records=groups, full=st.booleans())
    def groups_come(self, records: dict[str, str], full: bool) -> None:
        listed = "".join(f'<group code="{code}">{name}</group>' for code, name in records.items())
        assert self.send(export("groups", listed, full=full), "") == "processed"
        self.oracle.lists[""].groups = {**({} if full else self.oracle.lists[""].groups), **records}

    @rule()
    def torn_file_comes(self) -> None:
        assert self.send(goods(good("a", "1.00"))[:-9], "") == "broken"
        self.sent.pop()

    # --- tills and people

    @rule(till=tills, count=st.integers(0, 4), stop_between=st.booleans())
    def till_takes(self, till: tuple[str, str], count: int, stop_between: bool) -> None:
        if till in self.office.tills:
            folder = self.office.folder(*till)
            self.office.tills[till].take(folder, count, stop_between=stop_between and count > 0)

    @rule(till=tills)
    def till_is_filled_anew(self, till: tuple[str, str]) -> None:
        if till in self.office.tills:
            with self.office.open() as opened:
                root.resync(opened, *till, now=True)

    @precondition(lambda self: ("5", "2") not in self.office.tills)
    @rule()
    def till_comes(self) -> None:
        with self.office.open() as opened:
            root.add_tills(opened, "5", ["2"])
        self.office.tills["5", "2"] = SimulatedTill()

    @rule(till=tills, on=st.booleans())
    def till_is_put_on_hold(self, till: tuple[str, str], on: bool) -> None:
        if till in self.office.tills:
            with self.office.open() as opened:
                root.hold(opened, *till, held=on)

    @precondition(lambda self: self.oracle.held)
    @rule(first=st.booleans(), release=st.booleans())
    def person_decides(self, first: bool, release: bool) -> None:
        arrival = (min if first else max)(self.oracle.held)
        with self.office.open() as opened:
            if release:
                assert held.release(opened, arrival).state.value == "processed"
                self.oracle.release(arrival)
            else:
                assert held.refuse(opened, arrival).state.value == "error"
                del self.oracle.held[arrival]

    @rule(hours=st.integers(-30, 80))
    def time_passes(self, hours: int) -> None:
        self.office.clock.pass_(hours=hours)

    @rule()
    def round_passes(self) -> None:
        self.office.feed()

    def newest(self) -> int:
        with self.office.open() as opened, opened.store.read() as txn:
            return next(Ledger(txn).exports()).arrival

    # --- what holds

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        for key, till in self.office.tills.items():
            numbers = waiting(self.office.folder(*key))
            assert len(numbers) <= 3
            assert sorted(set(till.taken)) == list(range(1, len(set(till.taken)) + 1))

    def teardown(self) -> None:
        self.take_everything()
        for (shop, _), till in self.office.tills.items():
            assert _goods(till) == self.oracle.sold(shop)
            assert _groups(till).items() >= self.oracle.groups(shop).items()
        self.compare_with_tills_filled_from_scratch()

    def take_everything(self) -> None:
        for key, till in self.office.tills.items():
            for file in self.office.folder(*key).iterdir():  # what it died over it deletes when it starts again
                if int(file.stem.removeprefix("pos")) in till.taken:
                    file.unlink()
            with self.office.open() as opened:
                root.hold(opened, *key, held=False)
        while True:
            self.office.feed()
            taken = [till.take(self.office.folder(*key)) for key, till in self.office.tills.items()]
            if not any(taken):
                break
        with self.office.open() as opened:
            assert check(opened) == []

    def compare_with_tills_filled_from_scratch(self) -> None:
        before = {key: till.state() for key, till in self.office.tills.items()}
        for key in before:
            self.office.tills[key] = SimulatedTill()
            with self.office.open() as opened:
                root.resync(opened, *key, now=True)
        self.take_everything_anew()
        for key, till in self.office.tills.items():
            told = {**till.state(), "groups": None}  # groups that are gone stay at tills until their next full load
            assert told == {**before[key], "groups": None}
            assert _groups(till) == self.oracle.groups(key[0])

    def take_everything_anew(self) -> None:
        taken = [1]
        while taken:
            taken = [one for key, till in self.office.tills.items() for one in till.take(self.office.folder(*key))]
            self.office.feed()


def _groups(till: SimulatedTill) -> dict[str, str]:
    return {code: group["groupname"] for code, group in till.groups.items()}


def _goods(till: SimulatedTill) -> dict[str, tuple[Decimal, str]]:
    return {code: (fields["price"], fields["name"]) for code, fields in till.goods.items()}


@pytest.mark.usefixtures("unsynced")
@pytest.mark.parametrize("stale_share", [fullloads.STALE_SHARE, 100.0])
def test_tills_end_alike_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stale_share: float
) -> None:
    """With 100 every till is filled by the first full load of its shop, however long ago that was cut."""
    monkeypatch.setattr(fullloads, "STALE_SHARE", stale_share)
    Chain.folder = tmp_path
    run_state_machine_as_test(
        Chain,
        settings=settings(
            max_examples=200 if MANY else 6,
            stateful_step_count=30,
            deadline=None,
            derandomize=not MANY,
            phases=tuple(Phase) if MANY else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
