"""Jobs by a clock that is moved: each due time has one run, whatever happens to the clock and to the process."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from post_office import NOON, PostOffice
from tillpost.errors import Fault, Halt, Reason, Reject, Retry
from tillpost.pipeline import jobs
from tillpost.pipeline.errorsfile import counted
from tillpost.pipeline.jobs import Hours, JobState, Outcome

DAILY = Hours(("05:00",), "UTC")
DAY = 86400.0


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


class Machine:
    """A job in a process that looks when it is told to, as the service does: what it does not note is lost."""

    def __init__(self, now: float, hours: Hours = DAILY) -> None:
        self.now = now
        self.hours = hours
        self.noted = JobState("trim")
        self.runs: list[tuple[float, float, int]] = []  # that were done: when, for which due time, how many made up for

    def look(self, outcome: Outcome = Outcome.DONE) -> JobState:
        before = self.noted
        state = jobs.looked_at(before, self.hours, self.now)
        if jobs.is_anew(before, state):
            self.noted = state
        if jobs.is_ready(state, self.now):
            begun = self.noted = jobs.begun(state, self.now)
            if outcome is not Outcome.RUNNING:  # else it is killed meanwhile
                self.noted = jobs.ended(begun, outcome, None, self.now, pause=60.0)
            if outcome is Outcome.DONE:
                self.runs.append((self.now, state.due, state.missed))
        return state

    def go(self, until: float, step: float = 600.0) -> None:
        while self.now < until:
            self.now = min(until, self.now + step)
            self.look()


def test_new_job_waits_for_its_first_hour_and_misses_none_before() -> None:
    machine = Machine(at(2026, 11, 21, 12))
    machine.go(at(2026, 11, 22, 4, 50))
    assert machine.runs == []
    machine.go(at(2026, 11, 22, 12))
    assert machine.runs == [(at(2026, 11, 22, 5), at(2026, 11, 22, 5), 0)]


def test_daily_job_runs_once_a_day() -> None:
    machine = Machine(at(2026, 11, 1))
    machine.go(at(2026, 11, 11))
    assert [due for _, due, _ in machine.runs] == [at(2026, 11, day, 5) for day in range(1, 11)]


def test_hours_missed_while_nobody_was_there_are_caught_up_by_one_run_that_counts_them() -> None:
    machine = Machine(at(2026, 11, 1))
    machine.go(at(2026, 11, 2))
    machine.now = at(2026, 11, 5, 12)
    machine.look()
    assert machine.runs[1:] == [(at(2026, 11, 5, 12), at(2026, 11, 5, 5), 4)]
    machine.go(at(2026, 11, 6, 12))
    assert machine.runs[2:] == [(at(2026, 11, 6, 5), at(2026, 11, 6, 5), 0)]
    assert machine.noted.missed_total == 4


def test_run_that_comes_a_little_late_made_up_for_nothing() -> None:
    machine = Machine(at(2026, 11, 1))
    machine.look()
    machine.now = at(2026, 11, 1, 5, 14)
    machine.look()
    assert machine.runs == [(at(2026, 11, 1, 5, 14), at(2026, 11, 1, 5), 0)]


@pytest.mark.parametrize("back", [1.0, 3600.0, 20 * 3600.0])
def test_clock_put_back_makes_no_due_time_run_twice(back: float) -> None:
    machine = Machine(at(2026, 11, 1))
    machine.go(at(2026, 11, 1, 5))
    machine.now -= back
    machine.go(at(2026, 11, 3))
    assert [due for _, due, _ in machine.runs] == [at(2026, 11, 1, 5), at(2026, 11, 2, 5)]


def test_clock_that_was_years_ahead_does_not_stop_a_job_for_years() -> None:
    machine = Machine(at(2026, 11, 1))
    machine.go(at(2026, 11, 2))
    machine.now = at(2036, 1, 1)
    machine.look()
    machine.now = at(2026, 11, 2)
    machine.go(at(2026, 11, 5))
    assert [due for _, due, _ in machine.runs] == [
        at(2026, 11, 1, 5),
        at(2035, 12, 31, 5),
        *(at(2026, 11, day, 5) for day in (2, 3, 4)),
    ]


def test_run_that_was_cut_short_is_run_again_at_the_next_look() -> None:
    machine = Machine(at(2026, 11, 1))
    machine.look()
    machine.now = at(2026, 11, 1, 5)
    machine.look(Outcome.RUNNING)
    machine.now += 5
    machine.look()
    assert machine.runs == [(machine.now, at(2026, 11, 1, 5), 0)]


def test_run_that_was_put_off_waits_and_is_then_tried_again_for_the_same_due_time() -> None:
    machine = Machine(at(2026, 11, 1))
    machine.look()
    machine.now = at(2026, 11, 1, 5)
    machine.look(Outcome.PUT_OFF)
    machine.now += 59
    machine.look()
    assert machine.runs == []
    machine.now += 1
    machine.look()
    assert [due for _, due, _ in machine.runs] == [at(2026, 11, 1, 5)]
    assert machine.noted.tries == 0


def test_put_off_lasts_no_longer_than_a_pause_when_the_clock_is_put_back() -> None:
    machine = Machine(at(2026, 11, 1))
    machine.look()
    machine.now = at(2026, 11, 1, 5)
    machine.look(Outcome.PUT_OFF)
    machine.now -= 30 * DAY
    state = machine.look()
    assert state.until <= machine.now + jobs.MAX_PAUSE


def test_next_due_time_while_one_is_put_off_is_made_up_for_by_the_same_run() -> None:
    machine = Machine(at(2026, 11, 1))
    machine.look()
    machine.now = at(2026, 11, 1, 5)
    machine.look(Outcome.PUT_OFF)
    machine.now = at(2026, 11, 2, 5)
    machine.look()
    assert machine.runs[-1] == (at(2026, 11, 2, 5), at(2026, 11, 2, 5), 1)


def test_failed_run_waits_for_its_next_hour() -> None:
    machine = Machine(at(2026, 11, 1))
    machine.look()
    machine.now = at(2026, 11, 1, 5)
    machine.look(Outcome.FAILED)
    machine.go(at(2026, 11, 2, 6))
    assert [due for _, due, _ in machine.runs] == [at(2026, 11, 2, 5)]


def test_other_hours_count_from_now_on() -> None:
    machine = Machine(at(2026, 11, 1))
    machine.go(at(2026, 11, 1, 12))
    machine.hours = Hours(("06:00",), "UTC")
    machine.go(at(2026, 11, 1, 23))
    assert len(machine.runs) == 1
    machine.go(at(2026, 11, 2, 12))
    assert [due for _, due, _ in machine.runs[1:]] == [at(2026, 11, 2, 6)]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0, 2 * DAY)),
        st.tuples(st.just("jump"), st.floats(-3 * DAY, 3 * DAY)),
        st.tuples(st.just("killed"), st.just(0.0)),
        st.tuples(st.just("put off"), st.just(0.0)),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(steps=steps)
def test_whatever_happens_to_the_clock_each_due_time_has_its_one_run(steps: list[tuple[str, float]]) -> None:
    """From when the clock is right again, it or another run before has seen to every one of them."""
    machine = Machine(at(2026, 11, 1))
    machine.look()
    for what, seconds in steps:
        if what == "pass":
            machine.go(machine.now + seconds, step=6 * 3600.0)
        else:
            machine.now += seconds
            machine.look({"killed": Outcome.RUNNING, "put off": Outcome.PUT_OFF}.get(what, Outcome.DONE))
    begin = machine.now
    machine.go(begin + 5 * DAY, step=3600.0)
    ran_for = [due for _, due, _ in machine.runs]
    assert len(set(ran_for)) == len(ran_for)
    assert set(DAILY.table.passed(begin, machine.now)) <= set(ran_for)


# --- in an office


def test_runs_are_remembered_over_restarts(office: PostOffice) -> None:
    with office.open() as opened, jobs.running(opened, jobs.look(opened, "trim", DAILY)) as run:
        run.refused = True
    with office.open() as opened:
        state = jobs.load(opened, "trim")
    assert state.last is not None
    assert (state.last.outcome, state.last.started, state.last_success) == (Outcome.REFUSED, NOON, NOON)


@pytest.mark.parametrize(
    ("trouble", "outcome", "errors"),
    [
        (Retry(Reason("disk.full", path="x", detail="y")), Outcome.PUT_OFF, 0),
        (Reject(Reason("view.no-till", shop="5", till="9", known="-"), Fault.ERROR), Outcome.FAILED, 1),
        (Halt(Reason("disk.missing", path="x")), Outcome.HALTED, 1),
    ],
)
def test_trouble_of_a_run_is_noted_counted_and_goes_on_up(
    office: PostOffice, trouble: Retry | Reject | Halt, outcome: Outcome, errors: int
) -> None:
    with office.open() as opened:
        state = jobs.look(opened, "trim", DAILY)
        with pytest.raises(type(trouble)), jobs.running(opened, state):
            raise trouble
        state = jobs.load(opened, "trim")
        with opened.store.read() as txn:
            assert counted(txn).errors == errors
    assert state.last is not None
    assert (state.last.outcome, state.last.reason and state.last.reason.code) == (outcome, trouble.reason.code)
    assert (state.until > NOON) == (outcome is Outcome.PUT_OFF)


def test_pauses_grow_and_have_an_end(office: PostOffice) -> None:
    pauses = []
    with office.open() as opened:
        for _ in range(12):
            with pytest.raises(Retry), jobs.running(opened, jobs.load(opened, "feed")):
                raise Retry(Reason("disk.full", path="x", detail="y"))
            pauses.append(jobs.load(opened, "feed").until - NOON)
    assert all(5 * 2**n / 2 <= pause <= min(5 * 2**n, jobs.MAX_PAUSE) or n > 5 for n, pause in enumerate(pauses))
    assert jobs.MAX_PAUSE / 2 <= pauses[-1] <= jobs.MAX_PAUSE


def test_rounds_in_which_nothing_happens_are_noted_now_and_then(office: PostOffice) -> None:
    noted = set()
    with office.open() as opened:
        for _ in range(30):
            with jobs.running(opened, jobs.look(opened, "feed", Hours())) as run:
                run.idle = True
            noted.add(jobs.load(opened, "feed").last_success)
            office.clock.pass_(seconds=5)
    assert len(noted) == 3


def test_part_that_could_not_be_done_is_told_and_puts_the_other_parts_off_for_nothing(office: PostOffice) -> None:
    with office.open() as opened:
        for _ in range(3):
            with jobs.running(opened, jobs.look(opened, "collect", Hours())) as run:
                run.idle, run.refused, run.trouble = True, True, Reason("disk.missing", path="outbox")
        state = jobs.load(opened, "collect")
        assert state.last is not None
        assert (state.last.outcome, state.last.reason and state.last.reason.code) == (Outcome.PUT_OFF, "disk.missing")
        assert jobs.is_ready(state, opened.clock.now())
        assert (state.tries, state.last_success) == (0, 0.0)
        with jobs.running(opened, state) as run:
            run.idle = True
        assert jobs.load(opened, "collect").last_success == NOON


def test_run_by_hand_stands_for_the_due_times_before_it(office: PostOffice) -> None:
    office.clock.at = at(2026, 11, 21, 12)
    with office.open() as opened:
        jobs.look(opened, "trim", DAILY)
        office.clock.at = at(2026, 11, 24, 12)
        with jobs.running(opened, jobs.by_hand(opened, "trim", DAILY)):
            pass
        assert not jobs.is_due(opened, "trim", DAILY)
        office.clock.at = at(2026, 11, 25, 5)
        assert jobs.is_due(opened, "trim", DAILY)
