"""Following: what is renamed in is soon at the tills, and a signal ends it between two rounds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults import full
from post_office import PostOffice, good, goods
from tillpost.pipeline.feed import Feed
from tillpost.pipeline.following import Stop, follow
from tillpost.pipeline.office import open_office

PATIENCE = 30.0  # seconds after which a condition that should soon hold counts as failed
HOURLY = "[arrival]\nscan_seconds = 3600"  # so that events alone can be what wakes it


def soon(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        threading.Event().wait(0.01)


@contextmanager
def following(root: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tillpost.cli", "--root", str(root), "feed", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_file_renamed_in_is_soon_at_the_till(make_office) -> None:
    office = make_office(settings=HOURLY)
    with following(office.root) as process:
        soon(lambda: process.poll() is None and (office.root / "state" / "lock").read_text("utf-8"))
        office.drop("goods.xml", goods(good("1")))
        soon(lambda: "pos0000000001.flz" in office.queue())
        office.drop("more.xml", goods(good("2"), full=False))
        soon(lambda: "pos0000000002.flz" in office.queue())
    assert set(office.take().goods) == {"1", "2"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_in_good_order(make_office, number: signal.Signals) -> None:
    office = make_office(settings=HOURLY)
    with following(office.root) as process:
        office.drop("goods.xml", goods(good("1")))
        soon(lambda: "pos0000000001.flz" in office.queue())
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
    with office.open():
        pass


def test_killed_follower_leaves_a_root_that_goes_on(make_office) -> None:
    office = make_office(settings=HOURLY)
    with following(office.root) as process:
        office.drop("goods.xml", goods(good("1")))
        soon(lambda: "pos0000000001.aif" in office.queue())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    office.feed()
    assert set(office.take().goods) == {"1"}
    assert office.where("goods.xml") == ["processed"]


def test_stop_that_was_asked_for_at_once_does_one_thing_less(office: PostOffice) -> None:
    stop = Stop()
    stop.set()
    with office.open() as opened:
        assert list(follow(opened, stop)) == []


def test_stop_asked_for_during_a_round_ends_it_after_that_round(office: PostOffice) -> None:
    stop = Stop()
    with office.open() as opened:
        for _ in follow(opened, stop):
            stop.set()
    assert stop.asked


def test_stop_wakes_a_loop_that_waits(make_office) -> None:
    office = make_office(settings=HOURLY)
    stop = Stop()
    done = threading.Event()

    def run() -> None:
        with open_office(office.root, ours=True) as opened:
            rounds.extend(1 for _ in follow(opened, stop))
        done.set()

    rounds: list[int] = []
    thread = threading.Thread(target=run)
    thread.start()
    soon(lambda: rounds)
    stop.set()
    assert done.wait(PATIENCE)
    thread.join()


def test_round_that_was_put_off_is_not_the_last(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, rounds = Stop(), []
    feed_round = Feed.round

    def full_once(self: Feed, **how: bool) -> object:
        rounds.append(1)
        if len(rounds) == 1:
            raise full(office.root)
        return feed_round(self, **how)

    monkeypatch.setattr(Feed, "round", full_once)
    office.settings("[arrival]\nscan_seconds = 0.1")
    with office.open() as opened:
        for _ in follow(opened, stop):
            stop.set()
    assert len(rounds) == 2
    log = [json.loads(line) for line in (office.root / "state" / "tillpost.log").read_text("utf-8").splitlines()]
    assert "round_put_off" in {entry.get("event") for entry in log}


def test_waiting_names_are_those_of_the_last_scan(office: PostOffice) -> None:
    office.drop("goods.xml", goods(good("1")))
    with office.open() as opened:
        feed = Feed(opened)
        with (office.root / "inbox" / "goods.xml").open("ab"):
            waiting = [[name for name, _ in feed.round().waiting] for _ in range(3)]
        assert waiting == [["goods.xml"]] * 3
        feed.round(once=True)
        assert feed.round().waiting == []
