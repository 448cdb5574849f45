"""The service: the program's only loop. One thread does the work, a round after another.

    the lock is taken -> each job that is due, in its order -> what monitoring reads -> the lock is let go -> wait

A scan on a timer is the truth; the events of the inbox and of the tills' folders only end the wait. Between two rounds
other verbs find their turn. Signals stop it, also in the middle of a long reading (nothing of that has happened then),
or make it read its settings again: if they are right, the office is opened anew with them; if not, the old ones stay.

Failures: a job's `Retry` puts off that job alone, its `Reject` and `Halt` end its run; a `Halt` of a vital job, or of
the office, goes up. `Retry` (`service.running`) where the root has a service already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ..errors import Halt, Reason, Reject, Retry, Trouble
from ..queues.disk import LocalDisk
from ..queues.layout import Layout
from ..queues.watch import Watch
from . import jobs, locks
from .clock import Clock, SystemClock
from .duties import DUTIES, Done, Duty, Work
from .ledger import Ledger
from .monitor import REFUSED, Monitor
from .notices import Event
from .office import Office, open_office
from .settings import Settings, load
from .stopping import Stop, Stopping
from .surprise import foreseen
from .systemd import Systemd
from .webhost import WebHost

SLICE = 5.0  # seconds of one wait: after it the clock is looked at, and the watchdog fed
IDLE = "waiting for files"
FIXED = ("paths.queues", "paths.state")  # settings that hold from a start on


def _nobody(office: Office, duty: Duty, done: Done) -> None:
    """Nobody is told of a run."""


class Post:
    """A job in an opened office, with what it works with: opened at its first run, and anew after each trouble."""

    def __init__(self, office: Office, duty: Duty) -> None:
        self.duty = duty
        self.hours = duty.hours(office.settings)
        self.halted = False  # until the next start or reading of the settings
        self._office = office
        self._stack = ExitStack()
        self._work: Work | None = None

    def work(self) -> Done:
        work, self._work = self._work, None  # what a run that fails leaves behind is not used again
        if work is None:
            self._stack.close()
            work = self._stack.enter_context(self.duty.opened(self._office))
        done = work(False)
        self._work = work
        return done

    def close(self) -> None:
        self._work = None
        self._stack.close()


@dataclass
class Service:
    """The service of one root. `duties` are its jobs; `tell` is told of each run that did something."""

    root: Path
    stop: Stop = field(default_factory=Stop)
    duties: Sequence[Duty] = DUTIES
    tell: Callable[[Office, Duty, Done], None] = _nobody
    clock: Clock = field(default_factory=SystemClock)
    systemd: Systemd = field(default_factory=Systemd)
    verbose: bool | None = None
    pages: bool = False  # whether it serves them where its settings say so

    def __post_init__(self) -> None:
        self._office: Office | None = None
        self._refused: Reason | None = None  # why the settings that were read last are not in force
        self._said = float("-inf")  # when systemd was last told of long work, and not yet that it is over

    def run(self) -> None:
        """Until it is told to stop."""
        before = settings = load(self.root)
        layout = Layout.of(self.root, settings.layout_overrides())
        layout.create(LocalDisk(layout.tops()), settings.rights.folder_bits)
        with suppress(Stopping), locks.service(layout):
            while True:
                if settings != before and (trouble := self._tried(settings)):
                    settings, self._refused = before, trouble.reason
                with self._opened(settings) as office:
                    before, settings = settings, self._serve(office)

    def last_words(self) -> None:
        """In the log, before the process is left the hard way."""
        if self._office is not None:
            self._office.log.error("service_left", reason="it did not end in time, and left as if it were killed")

    # --- an office

    def _opened(self, settings: Settings) -> AbstractContextManager[Office]:
        return open_office(
            self.root,
            serving=True,
            verbose=self.verbose,
            clock=self.clock,
            progress=self._progress,
            moving=self._moving,
            settings=settings,
            patience=self._patience(),
        )

    def _tried(self, settings: Settings) -> Trouble | None:
        """Why the root cannot be opened with these settings."""
        try:
            with self._opened(settings):
                return None
        except Trouble as trouble:
            return trouble

    def _serve(self, office: Office) -> Settings:
        """Works until there are other settings, which are returned."""
        self._office = office
        with Watch(office.layout.inbox, deep=[office.layout.sales]) as watch:
            self.stop.wakes(watch)
            for reason in watch.blind:
                office.log.warning("folder_unwatched", reason=reason.text())
            try:
                with ExitStack() as stack:
                    posts = [stack.enter_context(closing(Post(office, duty))) for duty in self.duties]
                    monitor = stack.enter_context(closing(Monitor(office)))
                    host = stack.enter_context(closing(WebHost(office, wanted=self.pages)))
                    return self._rounds(office, watch, posts, monitor, host)
            except Stopping:
                self.systemd.stopping()
                office.log.info("service_stopped")
                raise
            except Halt as halt:
                _halted(office, halt)
                raise
            finally:
                self.stop.wakes(None)
                self._office = None

    # --- rounds

    def _rounds(self, office: Office, watch: Watch, posts: Sequence[Post], monitor: Monitor, host: WebHost) -> Settings:
        self._note_refusal(office)
        self._is_ready(office)
        while True:
            self.stop.check()
            if self.stop.reload:
                self.stop.reload = False
                for post in posts:
                    post.halted = False
                fresh = self._read_again(office)
                if fresh is not None:
                    return fresh
                self._is_ready(office)
            with office.turn(self._patience()):
                for post in posts:
                    self._do(office, post)
                    self.stop.check()
                monitor.write()
                host.look()
            self._wait(office, watch, posts)

    def _is_ready(self, office: Office) -> None:
        office.log.info("service_ready", jobs=[duty.name for duty in self.duties])
        self.systemd.ready(IDLE)

    def _do(self, office: Office, post: Post) -> None:
        """Runs a job that is due. What befalls it stops no other."""
        duty = post.duty
        if post.hours.by_hand:
            return
        state = jobs.look(office, duty.name, post.hours)
        if post.halted or not jobs.is_ready(state, office.clock.now()):
            return
        if state.missed and not state.tries:
            office.log.warning("job_missed", job=duty.name, times=state.missed)
        self.systemd.alive()
        try:
            with jobs.running(office, state) as run:
                with foreseen(office.log, code="job.surprise", job=duty.name):
                    done = post.work()
                run.refused, run.idle, run.trouble = done.refused, done.idle, done.trouble
        except Halt:
            if duty.vital:
                raise
            post.halted = True
        except (Retry, Reject):
            return  # noted, and told; it comes again when it is due
        else:
            if not done.idle:
                self.tell(office, duty, done)

    def _wait(self, office: Office, watch: Watch, posts: Sequence[Post]) -> None:
        """Until something may have come, something is due, or it is time for the next scan."""
        if self._said > float("-inf"):
            self._said = float("-inf")
            self.systemd.status(IDLE)
        until = self.clock.monotonic() + office.settings.arrival.scan_seconds
        while (left := until - self.clock.monotonic()) > 0:
            self.systemd.alive()
            if watch.wait(min(left, SLICE)) or self.stop.asked or self.stop.reload:
                return
            if any(jobs.is_due(office, post.duty.name, post.hours) for post in posts if not post.halted):
                return

    # --- what the work is interrupted by

    def _moving(self) -> None:
        """Called in the middle of long work: shows that it goes on, and ends it when it is enough."""
        self.stop.check()
        self.systemd.alive()

    def _progress(self, name: str, done: int, size: int) -> None:
        self._moving()
        now = time.monotonic()
        if now - self._said >= 1.0:
            self._said = now
            self.systemd.status(f"{name}: {100 * done // max(size, 1)} %")

    def _patience(self) -> locks.Patience:
        return locks.Patience(float("inf"), self._waits_for, self._pause)

    def _waits_for(self, holder: str) -> None:
        self._said = time.monotonic()
        self.systemd.status(f"waits for {holder}")
        if self._office is not None:
            self._office.log.info("round_waits", holder=holder)

    def _pause(self, seconds: float) -> None:
        self._moving()
        time.sleep(seconds)

    # --- settings

    def _read_again(self, office: Office) -> Settings | None:
        """The settings as they are now, where they are right and others than before."""
        self.systemd.reloading()
        try:
            fresh = load(self.root)
            changed = list(differences(office.settings, fresh))
            if fixed := [name for name in changed if name in FIXED]:
                raise Halt(Reason("service.fixed", names=", ".join(fixed)))
        except Trouble as trouble:
            self._refused = trouble.reason
        else:
            self._refused = None
            office.log.info("settings_read", changed=changed)
            if changed:
                return fresh
        self._note_refusal(office)
        return None

    def _note_refusal(self, office: Office) -> None:
        """Notes for `status` and monitoring whether the settings in force are those of the file."""
        why = self._refused.text(office.settings.language) if self._refused else ""
        with office.store.read() as txn:
            noted = Ledger(txn).noted(REFUSED)
        if not why and not noted:
            return
        with office.turn(self._patience()):
            if why:
                office.log.error("settings_refused", reason=why)
                key = f"settings/{office.clock.now()}"
                office.tell(Event.SETTINGS, key, Reason("service.settings-refused", why=why))
            with suppress(Retry), office.store.write() as txn:
                Ledger(txn).note(REFUSED, why)


def _halted(office: Office, halt: Halt) -> None:
    office.log.error("service_halted", reason=str(halt))


def differences(before: Settings, after: Settings) -> Iterator[str]:
    """The names of the settings that differ, in their order."""
    old, new = (dict(_flat("", msgspec.to_builtins(settings))) for settings in (before, after))
    return (name for name in {**old, **new} if old.get(name) != new.get(name))


def _flat(path: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(f"{path}{name}.", value)
        else:
            yield f"{path}{name}", value
