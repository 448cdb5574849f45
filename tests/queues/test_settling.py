"""When a file may be taken."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from tillpost.errors import Halt, Reason
from tillpost.queues.disk import LocalDisk
from tillpost.queues.inbox import Found, scan
from tillpost.queues.lease import Answer, Lease
from tillpost.queues.mounts import LOCAL, file_system, mounts
from tillpost.queues.salesbox import scan_sales
from tillpost.queues.settling import Settled, Settling, Sign, Wait
from tillpost.queues.whole import SALES

SETTLE = 10.0
WALL = 1_700_000_000.0
local = pytest.mark.skipif(
    file_system(Path(__file__), mounts()) not in LOCAL, reason="leases speak of all writers on a local Linux disk only"
)


class Says:
    """Answers what the test wants."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def of(self, file: BinaryIO, path: Path) -> Answer:
        return self.answer


class Watcher:
    """Scans a real inbox at moments of the test's choosing."""

    def __init__(self, inbox: Path, answer: Answer | None = None, settle: float = SETTLE) -> None:
        self.inbox = inbox
        self.writers = Says(answer) if answer else Lease()
        self.settling = Settling(settle, LocalDisk(), self.writers)

    def found(self, name: str = "goods.xml") -> Found:
        return next(found for found in scan(LocalDisk(), self.inbox).found if found.name == name)

    def at(self, now: float, name: str = "goods.xml") -> Sign | str:
        """The sign by which the file is taken at `now`, or why it waits."""
        seen = scan(LocalDisk(), self.inbox)
        self.settling.see(seen.found, now)
        return told(self.settling.judge(next(found for found in seen.found if found.name == name), now))

    def once(self, wall: float = WALL) -> Sign | str:
        return told(self.settling.judge_once(self.found(), wall))


def told(answer: Settled | Wait) -> Sign | str:
    if isinstance(answer, Settled):
        return answer.sign
    assert answer.reason.text("en") != answer.reason.text("ru")
    return answer.reason.code


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "goods.xml"
    path.write_bytes(b"<goods/>")
    os.utime(path, (WALL, WALL))
    return path


# --- one who comes again


def test_closed_and_whole_file_is_taken_at_once(export: Path) -> None:
    assert Watcher(export.parent, Answer.NOBODY).at(0) is Sign.WHOLE


def test_torn_file_is_taken_when_it_stood_still(export: Path) -> None:
    export.write_bytes(b"<goods>")
    watcher = Watcher(export.parent, Answer.NOBODY)
    assert [watcher.at(now) for now in (0, 5, 9.9, 10)] == ["arrival.settling"] * 3 + [Sign.STILL]


@local
def test_file_waits_while_somebody_has_it_open(export: Path) -> None:
    watcher = Watcher(export.parent)
    with export.open("ab"):
        assert [watcher.at(now) for now in (0, 20, 4000)] == ["arrival.written"] * 3
    assert watcher.at(4000) is Sign.WHOLE


def test_flag_says_that_a_torn_looking_file_is_whole(export: Path) -> None:
    export.write_bytes(b"1;2;3")
    watcher = Watcher(export.parent, Answer.UNKNOWN)
    assert watcher.at(0) == "arrival.settling"
    (export.parent / "goods.flz").touch()
    assert watcher.at(1) is Sign.FLAG


def test_flag_does_not_outdo_an_open_writer(export: Path) -> None:
    (export.parent / "goods.flz").touch()
    assert Watcher(export.parent, Answer.SOMEBODY).at(0) == "arrival.written"


def test_whole_file_must_stand_still_where_nobody_can_tell(export: Path) -> None:
    watcher = Watcher(export.parent, Answer.UNKNOWN)
    assert [watcher.at(now) for now in (0, 9, 10)] == ["arrival.settling", "arrival.settling", Sign.STILL]


def test_growing_file_starts_anew(export: Path) -> None:
    watcher = Watcher(export.parent, Answer.UNKNOWN)
    for now in range(0, 50, 5):
        with export.open("ab") as file:
            file.write(b" ")
        assert watcher.at(now) == "arrival.settling"
    assert [watcher.at(now) for now in (54.9, 55)] == ["arrival.settling", Sign.STILL]


def test_change_of_the_same_size_starts_anew(export: Path) -> None:
    watcher = Watcher(export.parent, Answer.UNKNOWN)
    watcher.at(0)
    export.write_bytes(b"<g00ds/>")
    os.utime(export, (WALL - 99, WALL - 99))  # a time that goes back is a change like any other
    assert [watcher.at(now) for now in (10, 20)] == ["arrival.settling", Sign.STILL]


def test_replaced_file_of_the_same_looks_starts_anew(export: Path) -> None:
    watcher = Watcher(export.parent, Answer.UNKNOWN)
    watcher.at(0)
    fresh = export.with_name("fresh.part")
    fresh.write_bytes(b"<g00ds/>")
    os.utime(fresh, (WALL, WALL))
    fresh.rename(export)
    assert [watcher.at(now) for now in (10, 20)] == ["arrival.settling", Sign.STILL]


@pytest.mark.parametrize("mtime", [0, WALL + 10**9])
def test_time_of_change_itself_does_not_matter(export: Path, mtime: float) -> None:
    os.utime(export, (mtime, mtime))
    watcher = Watcher(export.parent, Answer.UNKNOWN)
    assert [watcher.at(now) for now in (0, 10)] == ["arrival.settling", Sign.STILL]


def test_file_that_grew_to_its_end_is_taken_at_once(export: Path) -> None:
    export.write_bytes(b"<goods>")
    watcher = Watcher(export.parent, Answer.NOBODY)
    assert watcher.at(0) == "arrival.settling"
    export.write_bytes(b"<goods></goods>")
    assert watcher.at(1) is Sign.WHOLE


def test_file_that_changed_since_the_scan_waits(export: Path) -> None:
    watcher = Watcher(export.parent, Answer.NOBODY)
    seen = scan(LocalDisk(), export.parent)
    watcher.settling.see(seen.found, 0)
    export.write_bytes(b"<goods></goods>")
    assert told(watcher.settling.judge(seen.found[0], 100)) == "arrival.changed"
    assert watcher.at(100) is Sign.WHOLE


def test_file_that_vanished_since_the_scan_waits(export: Path) -> None:
    watcher = Watcher(export.parent, Answer.NOBODY)
    found = watcher.found()
    export.unlink()
    assert told(watcher.settling.judge(found, 100)) == "disk.missing"


def test_file_that_became_a_link_is_not_followed(export: Path) -> None:
    watcher = Watcher(export.parent, Answer.NOBODY)
    found = watcher.found()
    export.rename(export.with_name("other"))
    export.symlink_to("other")
    assert told(watcher.settling.judge(found, 100)) == "disk.symlink"


def test_file_that_cannot_be_opened_waits_and_says_why(export: Path) -> None:
    class Denying(LocalDisk):
        def open(self, path: Path) -> BinaryIO:
            raise Halt(Reason("disk.denied", path=path, detail="no"))

    settling = Settling(SETTLE, Denying(), Says(Answer.NOBODY))
    assert told(settling.judge(Watcher(export.parent).found(), 0)) == "disk.denied"


def test_shops_with_the_same_name_settle_apart(export: Path) -> None:
    shop = export.parent / "5"
    shop.mkdir()
    (shop / "goods.xml").write_bytes(b"<goods>")
    watcher = Watcher(export.parent, Answer.UNKNOWN)
    seen = {found.shop: found for found in scan(LocalDisk(), export.parent).found}
    watcher.settling.see([seen[""]], 0)
    watcher.settling.see(seen.values(), 10)
    assert told(watcher.settling.judge(seen[""], 10)) is Sign.STILL
    assert told(watcher.settling.judge(seen["5"], 10)) == "arrival.settling"


def test_file_that_was_away_starts_anew(export: Path) -> None:
    watcher = Watcher(export.parent, Answer.UNKNOWN)
    watcher.at(0)
    watcher.settling.see([], 5)
    assert watcher.at(10) == "arrival.settling"


# --- one who does not


def test_once_takes_a_whole_file(export: Path) -> None:
    assert Watcher(export.parent, Answer.NOBODY).once() is Sign.WHOLE


def test_once_takes_a_torn_file_that_is_closed(export: Path) -> None:
    export.write_bytes(b"<goods>")
    assert Watcher(export.parent, Answer.NOBODY).once() is Sign.CLOSED


@local
def test_once_leaves_a_file_that_is_open(export: Path) -> None:
    with export.open("ab"):
        assert Watcher(export.parent).once() == "arrival.written"


def test_once_takes_what_is_flagged_or_whole_where_nobody_can_tell(export: Path) -> None:
    watcher = Watcher(export.parent, Answer.UNKNOWN)
    assert watcher.once() is Sign.WHOLE
    (export.parent / "goods.xml.flz").touch()
    assert watcher.once() is Sign.FLAG


@pytest.mark.parametrize(("age", "sign"), [(9, "arrival.settling"), (10, Sign.STILL), (-5, "arrival.settling")])
def test_once_goes_by_the_files_age_where_nobody_can_tell(export: Path, age: float, sign: Sign | str) -> None:
    export.write_bytes(b"<goods>")
    os.utime(export, (WALL - age, WALL - age))
    assert Watcher(export.parent, Answer.UNKNOWN).once() == sign


# --- sales files: an end that may stand in the middle

ENDED = b"### sales data begin ###\n### sales data end ###\n"


@pytest.fixture
def sale(tmp_path: Path) -> Path:
    path = tmp_path / "5" / "1" / "sale1.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(ENDED)
    os.utime(path, (WALL, WALL))
    return path


class Till:
    """Scans one till's folder."""

    def __init__(self, sale: Path, answer: Answer) -> None:
        self.sales = sale.parents[2]
        self.settling = Settling(SETTLE, LocalDisk(), Says(answer), SALES)

    def at(self, now: float) -> list[Sign | str]:
        found = scan_sales(LocalDisk(), self.sales).found
        self.settling.see(found, now)
        return [told(self.settling.judge(one, now)) for one in sorted(found, key=lambda one: one.path)]

    def once(self, wall: float = WALL) -> Sign | str:
        (found,) = scan_sales(LocalDisk(), self.sales).found
        return told(self.settling.judge_once(found, wall))


def test_sales_file_that_is_closed_behind_a_section_is_taken_at_once(sale: Path) -> None:
    assert Till(sale, Answer.NOBODY).at(0) == [Sign.WHOLE]
    assert Till(sale, Answer.NOBODY).once() is Sign.WHOLE


def test_end_of_a_section_proves_nothing_where_nobody_can_tell_who_writes(sale: Path) -> None:
    till = Till(sale, Answer.UNKNOWN)
    assert [till.at(now) for now in (0, 9, 10)] == [["arrival.settling"], ["arrival.settling"], [Sign.STILL]]
    assert till.once(WALL + 9) == "arrival.settling"
    assert till.once(WALL + 10) is Sign.STILL


def test_sales_file_waits_behind_a_section_while_somebody_writes(sale: Path) -> None:
    till = Till(sale, Answer.SOMEBODY)
    assert [till.at(now) for now in (0, 100)] == [["arrival.written"]] * 2
    assert till.once() == "arrival.written"


def test_torn_sales_file_is_taken_when_it_stood_still(sale: Path) -> None:
    sale.write_bytes(ENDED[:-5])
    till = Till(sale, Answer.NOBODY)
    assert [till.at(now) for now in (0, 9, 10)] == [["arrival.settling"], ["arrival.settling"], [Sign.STILL]]
    assert till.once() is Sign.CLOSED


def test_live_receipts_of_the_same_name_settle_apart(sale: Path) -> None:
    till = Till(sale, Answer.UNKNOWN)
    assert till.at(0) == ["arrival.settling"]
    online = sale.parent / "online"
    online.mkdir()
    (online / sale.name).write_bytes(ENDED)
    assert till.at(10) == ["arrival.settling", Sign.STILL]


# --- the law


class Arrivals(RuleBasedStateMachine):
    """Writers of every habit, and one who looks now and then: nothing is taken before its last change, nothing is
    left for ever. A writer here never pauses for longer than the settle time, or keeps the file open."""

    files = Bundle("files")

    @initialize(can_tell=st.booleans())
    def open_inbox(self, can_tell: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.inbox = Path(self.folder.name)
        self.now = 0.0
        self.count = 0
        self.changed: dict[str, float] = {}  # files whose writer is not done, by when it last did something
        self.open: dict[str, BinaryIO] = {}
        self.can_tell = can_tell
        self.settling = Settling(SETTLE, LocalDisk(), self)

    def of(self, file: BinaryIO, path: Path) -> Answer:
        if not self.can_tell:
            return Answer.UNKNOWN
        return Answer.SOMEBODY if path.name in self.open else Answer.NOBODY

    @rule(target=files)
    def create(self) -> str:
        self.count += 1
        name = f"goods{self.count}.xml"
        self.open[name] = (self.inbox / name).open("wb", buffering=0)
        self.changed[name] = self.now
        return name

    @rule(name=files)
    def write(self, name: str) -> None:
        if name in self.open:
            self.open[name].write(b"<goods>" if self.open[name].tell() == 0 else b"<good/>")
            self.changed[name] = self.now

    @rule(name=files)
    def replace(self, name: str) -> None:
        """Writes anew under another name and renames over, still open."""
        if name in self.open:
            self.open.pop(name).close()
            part = self.inbox / f"{name}.part"
            self.open[name] = part.open("wb", buffering=0)
            part.rename(self.inbox / name)
            self.changed[name] = self.now

    @rule(name=consumes(files), whole=st.booleans())
    def finish(self, name: str, whole: bool) -> None:
        file = self.open.pop(name)
        if whole:
            file.write(b"</goods>" if file.tell() else b"<goods/>")
        file.close()
        del self.changed[name]

    @rule(seconds=st.sampled_from([0.5, 3.0, SETTLE - 0.5]))
    def time_passes(self, seconds: float) -> None:
        paused = [self.now + seconds - last for last in self.changed.values()]
        if self.can_tell or max(paused, default=0) < SETTLE:
            self.now += seconds

    @rule()
    def take(self) -> None:
        for name in self.look():
            assert name not in self.changed
            (self.inbox / name).unlink()

    @invariant()
    def nothing_unfinished_is_settled(self) -> None:
        if hasattr(self, "inbox"):
            assert not self.changed.keys() & set(self.look())

    def look(self) -> list[str]:
        found = scan(LocalDisk(), self.inbox).found
        self.settling.see(found, self.now)
        return [file.name for file in found if isinstance(self.settling.judge(file, self.now), Settled)]

    def teardown(self) -> None:
        if not hasattr(self, "inbox"):
            return
        for file in self.open.values():
            file.close()
        self.open.clear()
        self.look()
        self.now += SETTLE
        left = [path.name for path in self.inbox.iterdir()]
        assert sorted(self.look()) == sorted(left)
        self.folder.cleanup()


TestArrivals = Arrivals.TestCase
TestArrivals.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
