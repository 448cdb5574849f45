"""Kills and full disks at every step of the way out.

Laws, once the next process has done its work: each export has one verdict, lies in one room and has one reply;
each person is told once; tills' numbers have no gaps; a till that takes everything is as if nothing had happened.

A run of the default suite tries some of the steps, drawn by a fixed seed; TILLPOST_FAULTS=1 tries every one.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from commerceml_pages import page
from faults import Fuse, Stopped, full
from post_office import PostOffice, good, goods
from tillpost.errors import Retry
from tillpost.pipeline import held, root
from tillpost.pipeline.feed import Feed
from tillpost.pipeline.ledger import Export, ExportState, Ledger
from tillpost.pipeline.notices import Event, Notices
from tillpost.pipeline.office import Office, SeenInStore

pytestmark = [pytest.mark.usefixtures("unsynced"), pytest.mark.sweep]

ALL = bool(os.environ.get("TILLPOST_FAULTS"))
SAMPLE = 8  # steps of each scenario in the default suite
TILLS = {"5": ["1", "2"]}
MANY = [good(str(number), barcodes=(f"2{number:012}",)) for number in range(100, 112)]

class Heard(Notices):
    """Notices that reach a list in place of a command."""

    heard: list[str]

    def _call(self, event: Event, key: str, page: bytes) -> None:
        self.heard.append(key)


class World:
    """One installation, and what it is to be like in the end."""

    def __init__(self, folder: Path, begin: Callable[[PostOffice], None]) -> None:
        self._template = folder / "template"
        self._folder = folder
        office = PostOffice(self._template, TILLS, "[notify]\ncommand = '/bin/true'")
        begin(office)
        self._begun = office

    def fresh(self, name: str) -> PostOffice:
        """The installation as it was before, with its tills as they were."""
        office = PostOffice.__new__(PostOffice)
        office.root = self._folder / name
        shutil.copytree(self._template, office.root)
        office.clock = type(self._begun.clock)(self._begun.clock.at)
        office.tills = {key: _copy(till) for key, till in self._begun.tills.items()}
        return office


def _copy(till: Any) -> Any:
    again = type(till)()
    for name, value in vars(till).items():
        setattr(again, name, value.copy())
    return again


def run(office: PostOffice, act: Callable[[Office], object], heard: list[str], fuse: Fuse | None = None) -> None:
    with office.open(fuse) as opened:
        told = opened.notices
        notices = Heard(
            opened.settings.notify, "en", office.root, SeenInStore(opened.store), opened.log, opened.clock
        )
        assert type(told) is Notices
        notices.heard = heard
        object.__setattr__(opened, "notices", notices)
        act(opened)


def feed(opened: Office) -> None:
    Feed(opened).round(once=True)


def settle(office: PostOffice, heard: list[str]) -> None:
    """The next process does its work, and the tills take what there is; sets end, and what waits is tried again."""
    for _ in range(2):
        run(office, feed, heard)
        office.take_all()
        office.clock.pass_(hours=1)
    run(office, feed, heard)
    office.take_all()


def outcome(office: PostOffice) -> dict[str, Any]:
    """All that must be as if nothing had happened."""
    with office.open() as opened, opened.store.read() as txn:
        exports = list(Ledger(txn).exports())
        states = [state.halted for state in Ledger(txn).tills()]
    rooms = ("processed", "error", "broken", "held")
    return {
        "verdicts": sorted(_verdict(export) for export in exports),
        "put away": {export.put_away for export in exports},
        "replies": sorted(re.sub(r"\.\d+\.json$", ".N.json", path.name) for path in _files(office.root / "replies")),
        "rooms": sorted((room, path.name) for room in rooms for path in _files(office.root / room)),
        "inbox": sorted(path.name for path in _files(office.root / "inbox")),
        "queues": sorted(path.name for shop, till in office.tills for path in office.folder(shop, till).iterdir()),
        "halted": states,
        "tills": {key: till.state() for key, till in office.tills.items()},
        "gaps": [key for key, till in office.tills.items() if till.taken != list(range(1, len(till.taken) + 1))],
        "litter": [path for path in office.root.rglob(".tillpost-*") if path.suffix == ".tmp"],
    }


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: (found[name], wanted[name]) for name in wanted if found[name] != wanted[name]}


def _verdict(export: Export) -> tuple[str, str, str]:
    return export.name, export.state.value, export.reason.code if export.reason else ""


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


# --- what is cut short


def drop_four(office: PostOffice) -> None:
    """A list at the tills; then one of each fate arrives."""
    office.send("old.xml", goods(*MANY, number=1))
    office.take("5", "1")
    office.drop("good.xml", goods(good("1", "52.50", barcodes=("4008429033452",)), full=False, number=2))
    office.drop("torn.xml", goods(good("2"))[:-20])
    office.drop("held.xml", goods(good("100"), number=3))
    office.drop("refused.xml", goods(good("103", "7.00"), good("104", "-1"), full=False, number=4))


def hold_one(office: PostOffice) -> None:
    office.send("old.xml", goods(*MANY))
    office.send("held.xml", goods(good("100", "11.00"), good("101", "12.00")))
    office.send("later.xml", goods(good("101", "13.00"), good("105"), full=False))


def release(opened: Office) -> None:
    """By whoever comes after a crash, as well."""
    with opened.store.read() as txn:
        waiting = [export.arrival for export in Ledger(txn).exports() if export.state is ExportState.HELD]
    for arrival in waiting:
        held.release(opened, arrival)


def refuse(opened: Office) -> None:
    with opened.store.read() as txn:
        waiting = [export.arrival for export in Ledger(txn).exports() if export.state is ExportState.HELD]
    for arrival in waiting:
        held.refuse(opened, arrival)


def fill(office: PostOffice) -> None:
    office.send("old.xml", goods(*MANY))
    office.take("5", "1")


def resync(opened: Office) -> None:
    root.resync(opened, "5", "1", now=True)


def parts(office: PostOffice) -> None:
    office.send("import0_1.xml", page("abcdef"))
    office.clock.pass_(hours=1)
    office.feed()
    office.drop("import0_1.xml", page("abc"))
    office.drop("import0_2.xml", page("de"))
    office.drop("import0.flz", b"")


def hold_a_set(office: PostOffice) -> None:
    office.send("import0_1.xml", page("abcdef"))
    office.clock.pass_(hours=1)
    office.feed()
    office.send("import0_1.xml", page("ab"))
    office.clock.pass_(hours=1)
    office.feed()
    assert office.where("import0.set") == ["held", "processed"]


def half_taken(office: PostOffice) -> None:
    """Small chunks in a small window, of which a till has taken some."""
    settings = "[notify]\ncommand = '/bin/true'\n[feed]\nchunk_size = 5\n[queue]\nwindow = 3"
    office.settings(settings)
    office.send("old.xml", goods(*MANY))
    office.tills["5", "1"].take(office.folder("5", "1"), 2)
    office.tills["5", "2"].take(office.folder("5", "2"), 1, stop_between=True)


SCENARIOS = {
    "feed": (drop_four, feed),
    "release": (hold_one, release),
    "refuse": (hold_one, refuse),
    "resync": (fill, resync),
    "set": (parts, feed),
    "release of a set": (hold_a_set, release),
    "delivery": (half_taken, feed),
}


def again(scenario: str, office: PostOffice, heard: list[str]) -> None:
    """What a person does who sees that his command was cut short: the same again, if it still has to be done."""
    act = SCENARIOS[scenario][1]
    if act in (release, refuse, resync):
        run(office, act, heard)


def steps(count: int, seed: str) -> list[int]:
    every = range(1, count + 1)
    return list(every) if ALL else sorted(random.Random(seed).sample(every, min(SAMPLE, count)))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_process_may_be_killed_at_any_step(tmp_path: Path, scenario: str) -> None:
    begin, act = SCENARIOS[scenario]
    world = World(tmp_path, begin)
    whole, heard = world.fresh("whole"), list[str]()
    fuse = Fuse()
    run(whole, act, heard, fuse)
    settle(whole, heard)
    wanted = outcome(whole)
    assert [name for name in ("gaps", "litter", "inbox", "queues") if wanted[name]] == []
    assert len(heard) == len(set(heard))
    for at in steps(fuse.count, scenario):
        cut, again_heard = world.fresh(f"cut{at}"), list[str]()
        with pytest.raises(Stopped):
            run(cut, act, again_heard, Fuse(at))
        again(scenario, cut, again_heard)
        settle(cut, again_heard)
        assert differences(outcome(cut), wanted) == {}, at
        assert len(again_heard) == len(set(again_heard)) == len(heard), at
        shutil.rmtree(cut.root)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_disk_may_be_full_at_any_step(tmp_path: Path, scenario: str) -> None:
    begin, act = SCENARIOS[scenario]
    world = World(tmp_path, begin)
    whole, heard = world.fresh("whole"), list[str]()
    fuse = Fuse()
    run(whole, act, heard, fuse)
    settle(whole, heard)
    wanted = outcome(whole)
    for at in steps(fuse.count, f"full {scenario}"):
        office, again_heard = world.fresh(f"full{at}"), list[str]()
        with suppress(Retry):
            run(office, act, again_heard, Fuse(at, full))
        again(scenario, office, again_heard)
        settle(office, again_heard)
        assert differences(outcome(office), wanted) == {}, at
        assert len(again_heard) == len(set(again_heard)), at
        shutil.rmtree(office.root)
