"""The service as a process: driven through its directories, as an ERP and tills would; stopped, killed, told to read
its settings again, and other verbs beside it."""

from __future__ import annotations

import json
import random
import signal
import socket
import threading
from collections import Counter
from pathlib import Path

import pytest
import sales_pages
from post_office import PostOffice, good, goods
from running_service import PATIENCE, events, is_ready, service, soon, verb
from tillpost.pipeline.locks import serving
from tillpost.queues.layout import Layout

HOURLY = "[arrival]\nscan_seconds = 3600"  # so that events alone can be what wakes it
QUICK = "[arrival]\nscan_seconds = 0.2"


# --- its work


def test_file_renamed_in_is_soon_at_the_till(make_office) -> None:
    office = make_office(settings=HOURLY)
    with service(office):
        soon(is_ready(office))
        office.drop("goods.xml", goods(good("1")))
        soon(lambda: "pos0000000001.flz" in office.queue())
        office.drop("more.xml", goods(good("2"), full=False))
        soon(lambda: "pos0000000002.flz" in office.queue())
    assert set(office.take().goods) == {"1", "2"}


def test_service_killed_at_any_moment_goes_on_at_its_next_start(make_office) -> None:
    """With an ERP and a till that go on meanwhile: each export and each sale arrives once."""
    office, moments = make_office(settings=f"{QUICK}\n[collect]\nshift_check = 'none'"), random.Random()
    got: Counter[str] = Counter()

    def others() -> None:
        office.take()
        for document in (office.root / "outbox").glob("[!.]*.xml"):
            got[document.name] += 1
            document.unlink()

    for number in (1, 2, 3):
        office.drop(f"goods{number}.xml", goods(*(good(str(code)) for code in range(number * 40)), number=number))
        sell(office, number)
        with service(office) as process:
            soon(lambda: serving(Layout.of(office.root)))
            threading.Event().wait(moments.random() * 0.5)
            process.send_signal(signal.SIGKILL)
            process.wait()
        others()
    with service(office):
        soon(lambda: (others(), len(office.tills["5", "1"].goods), got.total()) == (None, 120, 3 * 5))
        soon(lambda: not list(office.root.rglob(".claimed/*/*")))
    assert set(got.values()) == {1}
    assert [office.where(f"goods{number}.xml") for number in (1, 2, 3)] == [["processed"]] * 3
    assert [office.where(f"sales{number}.json") for number in (1, 2, 3)] == [["processed"]] * 3
    assert office.tills["5", "1"].taken == list(range(1, len(office.tills["5", "1"].taken) + 1))


def sell(office: PostOffice, shift: int) -> None:
    """A shift of till 1 with three receipts, renamed into its sales folder: five documents for the ERP."""
    receipts = [sales_pages.receipt(number, shift=shift) for number in (1, 2, 3)]
    fresh = office.root / "sales" / "5" / "1" / ".fresh"
    fresh.write_text(sales_pages.page([sales_pages.shift(shift, 157.5)], receipts), "utf-8")
    fresh.rename(fresh.with_name(f"sales{shift}.json"))


# --- its end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_in_good_order(make_office, number: signal.Signals) -> None:
    office = make_office(settings=HOURLY)
    with service(office) as process:
        office.drop("goods.xml", goods(good("1")))
        soon(lambda: "pos0000000001.flz" in office.queue())
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert events(office, "service_stopped")
    with office.open():
        pass


def test_stop_in_the_middle_of_a_long_reading_leaves_the_file_to_the_next_start(make_office) -> None:
    office = make_office(settings=HOURLY)
    with service(office) as process:
        soon(is_ready(office))
        office.drop("goods.xml", goods(*(good(str(code)) for code in range(12_000))))
        soon(lambda: events(office, "export_claimed"))
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    assert process.returncode == 0
    if events(office, "service_stopped"):  # else it was quicker than the signal
        assert not events(office, "export_processed")
        assert office.queue() == []
        assert len(list((office.root / "inbox" / ".claimed").rglob("goods.xml"))) == 1
    office.feed()
    assert len(office.take().goods) == 12_000


def test_second_service_names_the_first_and_asks_to_try_later(make_office) -> None:
    office = make_office(settings=HOURLY)
    with service(office) as first:
        soon(is_ready(office))
        for other in ("run",), ("feed", "--follow"):
            with service(office, *other) as second:
                _, err = second.communicate(timeout=PATIENCE)
            assert second.returncode == 75
            assert f"process {first.pid} " in err


def test_wrong_settings_at_the_start_end_with_78(make_office) -> None:
    office = make_office(settings="nonsense = 1")
    with service(office) as process:
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 78
    assert "nonsense" in err


# --- others beside it


def test_verbs_that_change_something_find_their_turn_beside_it(make_office) -> None:
    office = make_office(settings=QUICK)
    with service(office):
        office.drop("goods.xml", goods(*(good(str(code)) for code in range(10))))
        soon(lambda: "pos0000000001.flz" in office.queue())
        verb(office, "till", "add", "5", "3")
        soon(lambda: "pos0000000001.flz" in office.queue("5", "3"))
        verb(office, "queue", "hold", "5", "1")
        office.drop("held.xml", goods(good("1"), number=9))
        soon(lambda: verb(office, "held", "ls"))
        arrival = verb(office, "held", "ls")[0]["arrival"]
        verb(office, "held", "release", str(arrival))
        soon(lambda: "pos0000000002.flz" in office.queue("5", "3"))
        assert "pos0000000002.flz" not in office.queue("5", "1")
        verb(office, "queue", "release", "5", "1")
        soon(lambda: "pos0000000002.flz" in office.queue("5", "1"))
        verb(office, "till", "resync", "5", "2", "--yes")
        verb(office, "feed")


# --- its settings


def test_right_settings_are_in_force_after_a_sighup_and_told_by_name(make_office) -> None:
    office = make_office(settings=HOURLY)
    with service(office) as process:
        soon(is_ready(office))
        office.settings(f"{HOURLY}\n[monitor]\nmetrics_file = 'm.prom'")
        process.send_signal(signal.SIGHUP)
        soon(is_ready(office, 2))
        soon((office.root / "m.prom").exists)
        assert [line["changed"] for line in events(office, "settings_read")] == [["monitor.metrics_file"]]
        office.drop("goods.xml", goods(good("1")))
        soon(lambda: "pos0000000001.flz" in office.queue())


def test_tills_that_are_to_be_asked_at_no_hour_are_never_asked(make_office) -> None:
    office = make_office(settings=f"{QUICK}\n[collect]\nrequest_at = []")
    with service(office):
        for number in ("1", "2"):  # the second is taken in a later round than the first
            office.drop(f"{number}.xml", goods(good(number), full=False, number=int(number)))
            soon((office.root / "replies" / f"{number}.xml.json").exists)
    (job,) = (row for row in verb(office, "jobs", "ls")["jobs"] if row["job"] == "requests")
    assert (job["hours"], job["last"]) == ("by hand", "")
    assert list((office.root / "sales").rglob("sale.req")) == []


def test_wrong_settings_after_a_sighup_are_told_and_the_old_ones_stay(make_office) -> None:
    old = f"{HOURLY}\n[monitor]\nmetrics_file = 'm.prom'\n[notify]\ncommand = 'sh -c \"cat >> told\"'"
    office = make_office(settings=old)
    with service(office) as process:
        soon(is_ready(office))
        office.settings("nonsense = 1")
        process.send_signal(signal.SIGHUP)
        soon(lambda: events(office, "settings_refused"))
        soon(lambda: "tillpost_settings_refused 1.0" in (office.root / "m.prom").read_text("utf-8"))
        told = json.loads((office.root / "told").read_text("utf-8"))
        assert told["event"] == "settings"
        assert "nonsense" in told["text"]
        office.drop("goods.xml", goods(good("1")))
        soon(lambda: "pos0000000001.flz" in office.queue())
        office.settings(old)
        process.send_signal(signal.SIGHUP)
        soon(lambda: "tillpost_settings_refused 0.0" in (office.root / "m.prom").read_text("utf-8"))


def test_place_of_the_state_cannot_be_changed_while_it_runs(make_office, tmp_path: Path) -> None:
    office = make_office(settings=HOURLY)
    with service(office) as process:
        soon(is_ready(office))
        office.settings(f"{HOURLY}\n[paths]\nstate = '{tmp_path}/elsewhere'")
        process.send_signal(signal.SIGHUP)
        soon(lambda: events(office, "settings_refused"))
    assert "paths.state" in events(office, "settings_refused")[0]["reason"]
    assert not (tmp_path / "elsewhere").exists()


# --- what systemd is told


def test_systemd_is_told_of_each_turn(make_office, tmp_path: Path) -> None:
    office = make_office(settings=QUICK)
    address = str(tmp_path / "s")
    words: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(PATIENCE)

        def until(word: str) -> list[str]:
            del words[:]
            while word not in words:
                words.extend(listener.recv(4096).decode().split("\n"))
            return words

        with service(office, NOTIFY_SOCKET=address) as process:
            until("READY=1")
            until("WATCHDOG=1")
            process.send_signal(signal.SIGHUP)
            until("RELOADING=1")
            assert any(word.startswith("MONOTONIC_USEC=") for word in words)
            until("READY=1")
            process.send_signal(signal.SIGTERM)
            until("STOPPING=1")
            assert process.wait(PATIENCE) == 0
