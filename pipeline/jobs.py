"""The jobs of an installation, and how each of them went: remembered over restarts, whoever ran them.

A job without hours is run in every round. One with hours is due at moments that `timetable` tells; each due time is
seen to once:

* due times that passed while nobody was there are caught up by one run, which says how many they were;
* a clock that was put back makes none due again that had its run, and keeps none from coming;
* a run that was put off, or cut short by a kill, stays due;
* a run by hand stands for every due time before it.

What is committed before a run, and after it, is a `JobState`; everything here that decides is a function of it.

Failures: none of its own; those of a run become its outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import msgspec

from ..catalogue import Records, Transaction
from ..errors import Reason, Reject, Retry, Trouble
from ..model import Explained, Noun, Told
from .notices import Event
from .office import Office
from .pauses import pause
from .timetable import Timetable

LATE = 900.0  # seconds after which a due time that nobody took up counts as missed
REMEMBERED = 32  # due times that had their run, by job
NOTED_EVERY = 60.0  # seconds between two notes of a job that does nothing, round after round
MAX_PAUSE = 300.0  # seconds between two tries


class Outcome(Explained):
    """How a run ended; each member carries its sentence for people."""

    RUNNING = "running", "under way; or cut short, and to be run again"
    DONE = "done", "all is well"
    REFUSED = "refused", "done; something was refused, held or left for somebody to look at"
    PUT_OFF = "put off", "temporary trouble: tried again, later each time"
    FAILED = "failed", "not done; tried again when it is due again"
    HALTED = "halted", "not done; not tried again before the service is restarted or reloaded"


WELL = frozenset({Outcome.DONE, Outcome.REFUSED})


class JobRun(Noun, frozen=True, omit_defaults=True):
    """One run. Times are seconds since the epoch."""

    started: float
    outcome: Outcome = Outcome.RUNNING
    ended: float = 0.0
    due: float = 0.0  # 0: by hand, or in its round
    missed: int = 0  # due times before it that nobody took up
    reason: Told | None = None


class JobState(Noun, frozen=True, omit_defaults=True):
    """What is known of one job."""

    name: str
    times: tuple[str, ...] = ()
    zone: str = ""
    seen_to: float = 0.0  # no due time up to here is waited for
    ran_for: tuple[float, ...] = ()  # the last due times that had their run
    due: float = 0.0  # what waits for its run; 0 = nothing
    missed: int = 0  # due times that the next run makes up for
    missed_total: int = 0
    tries: int = 0
    until: float = 0.0  # put off until then
    last: JobRun | None = None
    last_success: float = 0.0


@dataclass(frozen=True)
class Hours:
    """When a job is due: hh:mm, in a time zone; () = in every round, or only by hand."""

    times: tuple[str, ...] = ()
    zone: str = "UTC"
    by_hand: bool = False

    @cached_property
    def table(self) -> Timetable:
        return Timetable(self.times, self.zone)


# --- what is due -------------------------------------------------------------------------------------------


def looked_at(state: JobState, hours: Hours, now: float) -> JobState:
    """The state as of `now`: what has come to be due, and what was missed."""
    change = msgspec.structs.replace
    until = min(state.until, now + MAX_PAUSE)  # a clock that was put back must not put off for longer
    state = change(state, until=until)
    if (state.times, state.zone) != (hours.times, hours.zone):  # new, or at other hours: nothing was due before
        return change(state, times=hours.times, zone=hours.zone, seen_to=now, due=0.0, missed=0, tries=0, until=0.0)
    if not hours.times:
        return state
    passed = [due for due in hours.table.passed(min(state.seen_to, now), now) if due not in state.ran_for]
    if not passed:
        return change(state, seen_to=min(state.seen_to, now))
    missed = len(passed) - 1 + (state.due > 0) + (now - passed[-1] > LATE)
    return change(
        state,
        due=passed[-1],
        seen_to=passed[-1],
        missed=state.missed + missed,
        missed_total=state.missed_total + missed,
    )


def is_anew(before: JobState, state: JobState) -> bool:
    """Whether the time that counts begins anew, so that it must be noted, were there nothing to do."""
    return state.seen_to < before.seen_to or (state.times, state.zone) != (before.times, before.zone)


def is_ready(state: JobState, now: float) -> bool:
    """Whether the job is to be run at `now`."""
    return (not state.times or state.due > 0) and state.until <= now


def next_due(state: JobState, hours: Hours, now: float) -> float | None:
    """When the job comes next; None for one that comes in every round."""
    if not hours.times:
        return None
    if state.due:
        return max(state.until, state.due)
    later = (due for due in hours.table.passed(now, now + 8 * 86400.0) if due not in state.ran_for)
    return next(later, None)


# --- a run -------------------------------------------------------------------------------------------------


def begun(state: JobState, now: float) -> JobState:
    run = JobRun(now, due=state.due, missed=state.missed)
    return msgspec.structs.replace(state, last=run, tries=state.tries + 1)


def ended(state: JobState, outcome: Outcome, reason: Told | None, now: float, pause: float = 0.0) -> JobState:
    """`pause`: until the next try of one that is put off, or that comes in every round and failed."""
    change = msgspec.structs.replace
    run = state.last or JobRun(now)
    state = change(state, last=change(run, outcome=outcome, ended=now, reason=reason))
    if outcome is Outcome.PUT_OFF or (outcome is Outcome.FAILED and not state.times):
        return change(state, until=now + pause)
    if outcome is Outcome.HALTED:
        return state
    return change(
        state,
        due=0.0,
        seen_to=max(state.seen_to, run.started),
        ran_for=(*state.ran_for, run.due)[-REMEMBERED:] if run.due else state.ran_for,
        missed=0,
        tries=0,
        until=0.0,
        last_success=now if outcome in WELL else state.last_success,
    )


# --- in the store ------------------------------------------------------------------------------------------


class Jobs:
    """The jobs' states inside one transaction."""

    def __init__(self, txn: Transaction) -> None:
        self._states = Records(txn.table("jobs"), JobState)

    def state(self, name: str) -> JobState:
        return self._states.get((name,)) or JobState(name)

    def states(self) -> list[JobState]:
        return [state for _, state in self._states.scan()]

    def save(self, state: JobState) -> None:
        self._states.put((state.name,), state)


def load(office: Office, name: str) -> JobState:
    with office.store.read() as txn:
        return Jobs(txn).state(name)


def look(office: Office, name: str, hours: Hours) -> JobState:
    """The job's state as of now; noted where the job is new, its hours are, or the clock was put back: from there on
    it counts."""
    before = load(office, name)
    state = looked_at(before, hours, office.clock.now())
    if is_anew(before, state):
        save(office, state)
    return state


def is_due(office: Office, name: str, hours: Hours) -> bool:
    """Whether a job that has hours is to be run now."""
    if not hours.times:
        return False
    now = office.clock.now()
    return is_ready(looked_at(load(office, name), hours, now), now)


def save(office: Office, state: JobState) -> None:
    """A disk too full to take a note of it keeps nobody from working."""
    try:
        with office.store.write() as txn:
            Jobs(txn).save(state)
    except Retry as trouble:
        office.log.warning("job_not_noted", job=state.name, reason=str(trouble))


@dataclass
class Run:
    """A run under way; it is the job's to say that not all was well."""

    state: JobState
    refused: bool = False
    idle: bool = False  # nothing was there to be done
    trouble: Reason | None = None  # kept a part of it from being done; only of a job that comes in every round


@contextmanager
def running(office: Office, state: JobState) -> Iterator[Run]:
    """Notes a run: before it where it has hours, and after it. Its trouble is noted, and raised again."""
    before, state = state, begun(state, office.clock.now())
    if state.times:
        save(office, state)
    run = Run(state)
    try:
        yield run
    except Trouble as trouble:
        _note_trouble(office, state, trouble)
        raise
    after = _ended_by_itself(run, office.clock.now())
    if not _says_nothing_new(before, after, run):
        save(office, after)
    run.state = after


def _ended_by_itself(run: Run, now: float) -> JobState:
    """A part that could not be done makes the next round wait for nothing: the other parts go on."""
    if run.trouble is not None:
        return msgspec.structs.replace(ended(run.state, Outcome.PUT_OFF, Told.of(run.trouble), now), tries=0)
    return ended(run.state, Outcome.REFUSED if run.refused else Outcome.DONE, None, now)


def _says_nothing_new(before: JobState, after: JobState, run: Run) -> bool:
    """A round in which nothing happened is noted now and then."""
    last, this = before.last, after.last
    if after.times or not run.idle or last is None or this is None or last.outcome is not this.outcome:
        return False
    return 0 <= this.ended - last.ended < NOTED_EVERY


def _note_trouble(office: Office, state: JobState, trouble: Trouble) -> None:
    told, now = Told.of(trouble.reason), office.clock.now()
    wait = min(MAX_PAUSE, pause(office.settings.arrival.scan_seconds, state.tries - 1)) * office.jitter()
    if isinstance(trouble, Retry):
        state = ended(state, Outcome.PUT_OFF, told, now, wait)
        office.log.warning("job_put_off", job=state.name, reason=str(trouble), seconds=round(wait, 1))
    else:
        outcome = Outcome.FAILED if isinstance(trouble, Reject) else Outcome.HALTED
        state = ended(state, outcome, told, now, wait)
        office.log.error(f"job_{outcome}", job=state.name, reason=str(trouble))
        why = trouble.reason.text(office.settings.language)
        office.tell(Event.JOB, f"job/{state.name}/{now}", Reason("job.failed", job=state.name, why=why))
    save(office, state)


def by_hand(office: Office, name: str, hours: Hours) -> JobState:
    """The state of a job that somebody runs now, whatever its hours say."""
    state = load(office, name)
    return msgspec.structs.replace(looked_at(state, hours, office.clock.now()), until=0.0)
