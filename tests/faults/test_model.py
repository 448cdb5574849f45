"""The whole way out in any order: exports of each fate, tills that take, stall, vanish and come back empty, persons who
release, refuse and fill anew, trimming, a clock that leaps; and processes that end, power that goes and disks that are
full, inside every one of the house's steps.

Laws, at every moment: a till's numbers come in their order and their bytes never change; what the server knows as
taken never comes back; no more lies in a folder than its window. In the end, when nothing goes wrong any more: each
export has one verdict and lies in one place with its reply, nothing temporary is left, and every till shows what the
exports said, whether it followed every change or was filled anew.

A run of the default suite tries some orders, always the same; TILLPOST_FAULTS=1 2,000 new ones, a greater number so
many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import fault_checker
import pytest
from fault_model import SHOP, TILLS, Ending, Installation, Kill, PowerCut, feed, keeps, listed
from fault_trials import TRIES
from fault_world import World
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from simulated_till import SimulatedTill
from tillpost.errors import Retry
from tillpost.pipeline import held, root
from tillpost.pipeline.ledger import ExportState
from tillpost.pipeline.office import Office
from tillpost.pipeline.settings import Settings, load
from tillpost.pipeline.trim import trim
from tillpost.queues.memory import MemoryDisk

pytestmark = pytest.mark.sweep

WINDOW = 3
TEXT = f"[feed]\nchunk_size = 9\n[queue]\nwindow = {WINDOW}\n[trim]\nkeep_days = 10000\n[shops.{SHOP}]\n"
CODES = tuple(str(code) for code in range(101, 109))
PRICES = st.dictionaries(st.sampled_from(CODES), st.sampled_from(("9.00", "10.00", "10.50")), min_size=1)
ENDINGS: st.SearchStrategy[Ending] = st.sampled_from((Kill, PowerCut, PowerCut, None))
STEPS = st.integers(0, 90)
LUCK = st.integers(0, 50)  # what a power cut keeps
ROUNDS = 40  # in which a calm world comes to rest
Act = Callable[[Office], object]


def resync_of(till: str) -> Act:
    return lambda office: root.resync(office, SHOP, till, now=True)


def trimmed(office: Office) -> None:
    """Or not: a clock that was put back trims nothing."""
    try:
        trim(office)
    except Retry as no:
        if no.reason.code != "trim.clock-back":
            raise


def decide(office: Office, what: Callable[[Office, int], object], waiting: list[int]) -> None:
    for arrival in waiting[:1]:
        what(office, arrival)


class Erp:
    """What it said, and of what it told: the words that count are those of the latest export that was taken."""

    def __init__(self) -> None:
        self.sent: dict[str, tuple[dict[str, str], bool]] = {}
        self.taken: set[str] = set()
        self._said: dict[str, tuple[int, str | None]] = {}  # by code: the arrival that spoke last, and the price

    def hears(self, name: str, arrival: int) -> None:
        self.taken.add(name)
        prices, whole = self.sent[name]
        named = set(self._said) | set(prices) if whole else set(prices)
        for code in named:
            if self._said.get(code, (0, None))[0] < arrival:
                self._said[code] = arrival, prices.get(code)

    @property
    def prices(self) -> dict[str, Decimal]:
        return {code: Decimal(price) for code, (_, price) in self._said.items() if price is not None}


class Machine(RuleBasedStateMachine):
    def __init__(self, terms: Settings, kind: type[MemoryDisk]) -> None:
        super().__init__()
        self.office = Installation(terms, kind)
        self.erp = Erp()

    # --- the ERP

    @initialize()
    def first_list(self) -> None:
        """Every good, and the tills are filled."""
        self.send(dict.fromkeys(CODES, "10.00"), whole=True)
        self.act(feed)

    def send(self, prices: dict[str, str], *, whole: bool, number: int = 0, torn: bool = False) -> None:
        name = f"goods-{len(self.erp.sent) + 1}.xml"
        self.erp.sent[name] = prices, whole
        body = listed(prices, number or len(self.erp.sent), whole=whole)
        self.office.send(name, body[:-20] if torn else body)

    @rule(prices=PRICES)
    def change(self, prices: dict[str, str]) -> None:
        self.send(prices, whole=False)

    @rule(prices=PRICES, fate=st.sampled_from(("whole", "whole", "too late", "torn")))
    def export(self, prices: dict[str, str], fate: str) -> None:
        """One that is whole may be held: what it leaves out goes."""
        self.send(prices, whole=True, number=1 if fate == "too late" else 0, torn=fate == "torn")

    # --- the server

    def act(self, act: Act) -> None:
        self.office.work(act)
        self.listen()

    def cut(self, act: Act, steps: int, ending: Ending, luck: int) -> None:
        self.office.ended(act, steps, ending, keeps(luck))
        self.listen()

    def listen(self) -> None:
        """The ERP learns what was booked."""
        for export in self.office.exports():
            if export.state is ExportState.PROCESSED and export.name not in self.erp.taken:
                self.erp.hears(export.name, export.arrival)

    @rule()
    def round(self) -> None:
        self.act(feed)

    @rule(steps=STEPS, ending=ENDINGS, luck=LUCK)
    def round_that_ends(self, steps: int, ending: Ending, luck: int) -> None:
        self.cut(feed, steps, ending, luck)

    @rule(luck=LUCK)
    def power_cut(self, luck: int) -> None:
        self.office.restart(cut=True, keep=keeps(luck))

    @rule(till=st.sampled_from(TILLS), steps=STEPS, ending=ENDINGS, luck=LUCK)
    def resync_that_ends(self, till: str, steps: int, ending: Ending, luck: int) -> None:
        self.cut(resync_of(till), steps, ending, luck)

    @rule(what=st.sampled_from((held.release, held.refuse)), steps=st.none() | STEPS, ending=ENDINGS, luck=LUCK)
    def person_decides(
        self, what: Callable[[Office, int], object], steps: int | None, ending: Ending, luck: int
    ) -> None:
        waiting = self.office.held()

        def act(office: Office) -> None:
            decide(office, what, waiting)

        if steps is None:
            self.act(act)
        else:
            self.cut(act, steps, ending, luck)

    @rule(steps=st.none() | STEPS, ending=ENDINGS, luck=LUCK)
    def trimming(self, steps: int | None, ending: Ending, luck: int) -> None:
        if steps is None:
            self.act(trimmed)
        else:
            self.cut(trimmed, steps, ending, luck)

    @rule(hours=st.sampled_from((-30, -1, 1, 25, 49)))
    def time_passes(self, hours: int) -> None:
        self.office.clock.pass_(hours=hours)

    # --- the tills; one that stalls is one that none of these befalls

    @rule(till=st.sampled_from(TILLS), at_most=st.integers(1, WINDOW), flag_first=st.booleans(), dies=st.booleans())
    def take(self, till: str, at_most: int, flag_first: bool, dies: bool) -> None:
        self.office.take(till, at_most, flag_first=flag_first, dies=dies)

    @rule(till=st.sampled_from(TILLS), how=st.sampled_from(("vanishes", "comes back", "comes back empty")))
    def come_and_go(self, till: str, how: str) -> None:
        """One that comes back empty is a new machine, and a person fills it."""
        if how == "vanishes":
            self.office.vanish(till)
            return
        self.office.return_(till)
        if how == "comes back empty":
            self.office.tills[till].shows = SimulatedTill()
            self.act(resync_of(till))

    # --- the laws

    @invariant()
    def no_more_than_its_window_lies_in_a_folder(self) -> None:
        for till in self.office.tills.values():
            assert len(self.office.waiting(till)) <= WINDOW

    def teardown(self) -> None:
        """Nothing goes wrong any more."""
        for till in TILLS:
            self.office.return_(till)
        self.office.clock.pass_(days=3)
        self.come_to_rest()
        for till in TILLS:
            if self.office.state(till).outstanding:  # half taken numbers fill the window: a person asks for a full load
                self.act(resync_of(till))
        self.come_to_rest()
        followed = {name: till.shows.state() for name, till in self.office.tills.items()}
        for till in TILLS:
            self.office.tills[till].shows = SimulatedTill()
            self.act(resync_of(till))
        self.come_to_rest()
        for name, till in self.office.tills.items():
            assert followed[name] == till.shows.state(), f"till {name} followed, and shows what a full load does not"
            shown = {code: record["price"] for code, record in till.shows.goods.items()}
            assert shown == self.erp.prices
            assert set(till.loaded) == set(range(1, max(till.loaded, default=0) + 1)), "a number was lost"
        self.rooms_are_as_the_verdicts()

    def come_to_rest(self) -> None:
        for _ in range(ROUNDS):
            self.act(feed)
            before = [len(till.loaded) for till in self.office.tills.values()]
            for name in TILLS:
                self.office.take(name, WINDOW)
            if before == [len(till.loaded) for till in self.office.tills.values()]:
                return
        raise AssertionError(f"no rest in {ROUNDS} rounds")

    def rooms_are_as_the_verdicts(self) -> None:
        exports = self.office.exports()
        assert sorted(export.name for export in exports) == sorted(self.erp.sent)
        for export in exports:
            assert export.state is not ExportState.CLAIMED, export
            assert export.put_away, export
        with TemporaryDirectory() as folder:
            poured = World(self.office.poured(Path(folder)), {}, [])
            found = fault_checker.broken_exports(poured)
            assert not found, found
            assert list((poured.root / "inbox").rglob("*.xml")) == []


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("terms")
    (folder / "tillpost.toml").write_text(TEXT, "utf-8")
    return load(folder)


def run(terms: Settings, kind: type[MemoryDisk], examples: int, *, new: bool) -> None:
    how = settings(
        max_examples=examples,
        stateful_step_count=25,
        derandomize=not new,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if new else (Phase.generate,),
    )
    run_state_machine_as_test(lambda: Machine(terms, kind), settings=how)


def test_no_order_loses_doubles_or_reorders_anything(terms: Settings, figures: dict[str, Counter[str]]) -> None:
    examples = {0: 30, 1: 2000}.get(TRIES, TRIES)
    run(terms, MemoryDisk, examples, new=bool(TRIES))
    figures.setdefault("orders of the model", Counter())["up to 25 acts"] += examples


# --- the laws are worth something


class DeafFolders(MemoryDisk):
    """Forgets to sync folders of one kind, by a name among their own."""

    deaf = ""

    def sync_dir(self, folder: Path) -> None:
        if self.deaf in folder.parts:
            self.interrupt("sync_dir", folder)
        else:
            super().sync_dir(folder)


class DeafFiles(MemoryDisk):
    """Forgets to sync the bytes of files."""

    def write_new(self, path: Path, pieces: Iterable[bytes], mode: int) -> int:
        written = super().write_new(path, pieces, mode)
        node = self._find(path)
        assert node
        node.synced_data = b""
        return written


def deaf_to(name: str) -> type[MemoryDisk]:
    return type("Deaf", (DeafFolders,), {"deaf": name})


@pytest.mark.parametrize("kind", [deaf_to("queues"), deaf_to("replies"), DeafFiles])
def test_missing_sync_breaks_a_law(terms: Settings, kind: type[MemoryDisk]) -> None:
    """But for the chunk store's: a chunk that is lost is made again."""
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        run(terms, kind, 100, new=False)
