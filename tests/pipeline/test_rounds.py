"""The service's rounds in this process: jobs and a clock of the test's own, and no wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from another_process import notes_in_a_new_table
from post_office import PostOffice, good, goods
from tillpost.errors import Fault, Halt, Reason, Reject, Retry
from tillpost.pipeline import jobs
from tillpost.pipeline.duties import Done, Duty, Work, feed
from tillpost.pipeline.jobs import Hours, Outcome
from tillpost.pipeline.jobsview import rows
from tillpost.pipeline.locks import Patience
from tillpost.pipeline.office import Office, open_office
from tillpost.pipeline.service import Service, differences
from tillpost.pipeline.settings import load
from tillpost.pipeline.stopping import Stopping

pytestmark = pytest.mark.usefixtures("unsynced")

DAILY = Hours(("05:00",), "UTC")
FULL = Retry(Reason("disk.full", path="x", detail="y"))
UNKNOWN = Reject(Reason("view.no-till", shop="5", till="9", known="-"), Fault.ERROR)
MISSING = Halt(Reason("disk.missing", path="x"))


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


class Rounds:
    """A service whose rounds end themselves: its last job moves the clock, rings, and says when it is enough."""

    def __init__(self, office: PostOffice, *duties: Duty, step: float = 5.0) -> None:
        self.office = office
        self.duties = duties
        self.step = step
        self.ran: list[str] = []

    def duty(self, name: str, work: Callable[[], object] = lambda: None, **how: Any) -> Duty:
        @contextmanager
        def opened(office: Office) -> Iterator[Work]:
            def run(once: bool) -> Done:
                self.ran.append(name)
                work()
                return Done(account=name)

            yield run

        return Duty(name, f"{name}.", opened, **how)

    def go(self, times: int, *duties: Duty, each: Callable[[int], object] = lambda _: None) -> list[str]:
        """Runs so many rounds in a process of its own, as it were; which jobs were run, in their order."""
        self.ran.clear()
        number = 0

        def tick() -> None:
            nonlocal number
            self.ran.pop()
            number += 1
            self.office.clock.pass_(seconds=self.step)
            each(number)
            service.stop.wake()
            if number == times:
                service.stop.set()

        service = Service(self.office.root, duties=(*duties, self.duty("tick", tick)), clock=self.office.clock)
        service.run()
        return self.ran


@pytest.fixture
def rounds(office: PostOffice) -> Rounds:
    return Rounds(office)


def raising(trouble: Exception) -> Callable[[], None]:
    def work() -> None:
        raise trouble

    return work


def state(office: PostOffice, name: str) -> jobs.JobState:
    with office.open() as opened:
        return jobs.load(opened, name)


def daily(rounds: Rounds, work: Callable[[], object] = lambda: None) -> Duty:
    return rounds.duty("daily", work, hours=lambda _: DAILY)


def log(office: PostOffice, event: str) -> list[dict[str, Any]]:
    lines = (office.root / "state" / "tillpost.log").read_text("utf-8").splitlines()
    return [line for line in map(json.loads, lines) if line["event"] == event]


# --- one that cannot stops no other


def test_every_job_has_its_turn_in_every_round_in_its_order(rounds: Rounds) -> None:
    assert rounds.go(3, rounds.duty("one"), rounds.duty("two")) == ["one", "two"] * 3


def test_job_that_is_put_off_waits_longer_each_time_and_stops_no_other(rounds: Rounds) -> None:
    ran = rounds.go(60, rounds.duty("bad", raising(FULL)), rounds.duty("good"))
    assert ran.count("good") == 60
    assert 4 <= ran.count("bad") <= 12
    assert state(rounds.office, "bad").tries == ran.count("bad")
    with rounds.office.open() as opened:
        assert jobs.load(opened, "good").last_success


def test_rejected_run_stops_no_other(rounds: Rounds) -> None:
    ran = rounds.go(60, rounds.duty("bad", raising(UNKNOWN)), rounds.duty("good"))
    assert ran.count("good") == 60
    assert 4 <= ran.count("bad") <= 12


def test_fault_of_our_own_in_a_job_stops_no_other_and_is_told(rounds: Rounds) -> None:
    rounds.step = 1.0
    ran = rounds.go(2, rounds.duty("bad", raising(ZeroDivisionError()), vital=True), rounds.duty("good"))
    assert ran == ["bad", "good", "good"]
    last = state(rounds.office, "bad").last
    assert last is not None
    assert last.reason is not None
    assert (last.outcome, last.reason.code) == (Outcome.FAILED, "job.surprise")
    assert "ZeroDivisionError" in log(rounds.office, "not_understood")[0]["trace"]


def test_halted_job_rests_until_the_next_start_and_stops_no_other(rounds: Rounds) -> None:
    bad = rounds.duty("bad", raising(MISSING))
    assert rounds.go(3, bad, rounds.duty("good")) == ["bad", "good", "good", "good"]
    assert rounds.go(2, bad, rounds.duty("good")) == ["bad", "good", "good"]


def test_halt_of_a_vital_job_ends_the_service(rounds: Rounds) -> None:
    with pytest.raises(Halt):
        rounds.go(3, rounds.duty("bad", raising(MISSING), vital=True), rounds.duty("good"))
    assert rounds.ran == ["bad"]
    assert log(rounds.office, "service_halted")
    with rounds.office.open():
        pass


def test_job_is_opened_anew_after_its_trouble(rounds: Rounds) -> None:
    opened, closed = [], []

    @contextmanager
    def opens(office: Office) -> Iterator[Work]:
        opened.append(office)

        def run(once: bool) -> Done:
            if len(opened) == 1:
                raise FULL
            return Done()

        try:
            yield run
        finally:
            closed.append(office)

    rounds.go(10, Duty("moody", "x.", opens))
    assert len(opened) == len(closed) == 2


def test_job_that_cannot_be_opened_is_put_off_alone(rounds: Rounds) -> None:
    @contextmanager
    def opens(office: Office) -> Iterator[Work]:
        raise FULL
        yield lambda once: Done()

    assert rounds.go(3, Duty("away", "x.", opens), rounds.duty("good")) == ["good"] * 3
    last = state(rounds.office, "away").last
    assert last is not None
    assert last.outcome is Outcome.PUT_OFF


# --- hours


def test_job_with_hours_runs_once_a_day_over_restarts(rounds: Rounds) -> None:
    rounds.office.clock.at = at(2026, 11, 1)
    rounds.step = 3 * 3600.0
    ran = [len(rounds.go(4, daily(rounds))) for _ in range(6)]
    assert ran == [1, 0, 1, 0, 1, 0]


def test_hours_that_passed_while_no_service_ran_are_told_and_caught_up_once(rounds: Rounds) -> None:
    rounds.office.clock.at = at(2026, 11, 1)
    rounds.go(1, daily(rounds))
    rounds.office.clock.at = at(2026, 11, 4, 12)
    assert rounds.go(5, daily(rounds)) == ["daily"]
    assert [line["times"] for line in log(rounds.office, "job_missed")] == [4]
    last = state(rounds.office, "daily").last
    assert last is not None
    assert (last.missed, last.due) == (4, at(2026, 11, 4, 5))


def test_clock_put_back_by_two_hours_makes_no_job_run_twice(rounds: Rounds) -> None:
    rounds.office.clock.at = at(2026, 11, 1, 4, 55)

    def back(number: int) -> None:
        if number == 20:
            rounds.office.clock.at -= 2 * 3600.0

    rounds.step = 60.0
    assert rounds.go(200, daily(rounds), each=back) == ["daily"]


def test_run_in_the_middle_of_which_the_service_was_stopped_is_run_at_the_next_start(rounds: Rounds) -> None:
    rounds.office.clock.at = at(2026, 11, 1)
    rounds.go(1, daily(rounds))
    rounds.office.clock.at = at(2026, 11, 1, 5)

    def stopped() -> None:
        raise Stopping

    assert rounds.go(5, daily(rounds, stopped)) == ["daily"]
    assert rounds.go(5, daily(rounds)) == ["daily"]
    assert rounds.go(5, daily(rounds)) == []


# --- stopping


def test_stop_that_was_asked_for_before_it_began_does_nothing(rounds: Rounds) -> None:
    service = Service(rounds.office.root, duties=(rounds.duty("one"),), clock=rounds.office.clock)
    service.stop.set()
    service.run()
    assert rounds.ran == []


def test_stop_in_the_middle_of_a_reading_undoes_it_and_the_next_start_does_it_anew(rounds: Rounds) -> None:
    office = rounds.office
    office.drop("goods.xml", goods(*(good(str(code)) for code in range(3000))))
    service = Service(office.root, duties=(feed(),), clock=office.clock)
    progress = service._progress

    def stops(name: str, done: int, size: int) -> None:
        service.stop.set()
        progress(name, done, size)

    service._progress = stops  # type: ignore[method-assign]
    service.run()
    assert office.where("goods.xml") == ["inbox"]
    assert list((office.root / "inbox" / ".claimed").rglob("goods.xml"))
    assert office.queue() == []
    rounds.go(1, feed())
    assert len(office.take().goods) == 3000
    assert office.where("goods.xml") == ["processed"]


# --- settings, and what is seen


def test_differences_of_settings_are_told_by_their_names(make_office) -> None:
    office = make_office()
    before = load(office.root)
    office.settings("[trim]\nat = '02:00'\n[collect]\ncash = [2]\n[shops.7]\nname = 'new'")
    assert list(differences(before, load(office.root)))[:2] == ["collect.cash", "trim.at"]
    assert "shops.7.name" in set(differences(before, load(office.root)))


def test_rows_of_the_jobs_tell_when_and_how_it_went(office: PostOffice) -> None:
    with office.open() as opened:
        with pytest.raises(Retry), jobs.running(opened, jobs.look(opened, "collect", Hours())):
            raise FULL
        found = {row["job"]: row for row in rows(opened)}
    assert list(found) == ["feed", "collect", "requests", "trim"]
    assert found["collect"]["outcome"] == "put off"
    assert found["collect"]["put_off_until"]
    assert "no room" in str(found["collect"]["reason"])
    assert found["trim"]["next"] == "2026-11-22T00:33:00Z"
    assert found["feed"]["hours"] == "every round"


def test_tables_that_another_process_made_are_seen_in_the_next_round(office: PostOffice) -> None:
    """The store stays open from round to round; so a table may be new to it."""
    with open_office(office.root, serving=True) as opened:
        notes_in_a_new_table(office.root, "strange")
        with opened.turn(Patience(0)), opened.store.read() as txn:
            assert txn.table("strange").get(("key",)) == b"value"
