"""Where a rehearsal goes on: hosts are served, lines are carried out, and whatever changes is told.

A *scene* is a simulated device with its words and its truth, a *place* is where hosts find it. Nothing here waits but
the place, for a host, for a line, or until the next look at what time alone has changed.

Failures: what `Place` raises. A line that cannot be carried out is told, and counted in `refused`.
"""

from __future__ import annotations

import os
import select
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from ...errors import Reason
from ...model import Noun
from ..nouns import Misuse
from .hurried import Hurried
from .script import SPAN, STATE, Order, Outcome, Word, Words, listed, order

LOOK = 0.5  # seconds between two looks at what time alone has changed
PIECE = 1 << 12


class Scene(Protocol):
    """A simulated device, as a script sees it."""

    @property
    def words(self) -> Words: ...

    @property
    def states(self) -> Collection[str]:
        """All that `state` can be."""
        ...

    @property
    def state(self) -> str: ...

    @property
    def busy(self) -> bool:
        """What the last line began goes on: the next one has to wait."""
        ...

    def truth(self) -> Mapping[str, str]:
        """Where all the cash is, by container."""
        ...


class Place(Protocol):
    """Where hosts find the device."""

    @property
    def name(self) -> str: ...

    def step(self, seconds: float, also: Collection[int] = ()) -> None:
        """Serves hosts, at most for `seconds`, or until one of the files `also` can be read."""
        ...

    def unplug(self) -> None: ...

    def plug(self) -> None: ...

    def close(self) -> None: ...


class Did(Noun, frozen=True):
    """A line was carried out."""

    said: str
    outcome: Outcome


class Refused(Noun, frozen=True):
    """A line was not carried out."""

    said: str
    reason: Reason


class Changed(Noun, frozen=True):
    """The device is in another state, or a container holds something else."""

    what: str
    to: str


class Listed(Noun, frozen=True):
    """What `stock` and `help` list."""

    rows: dict[str, str]


Told = Did | Refused | Changed | Listed


class Source(Protocol):
    """Where lines come from. `files` can be read when there may be a new one."""

    @property
    def files(self) -> Collection[int]: ...

    @property
    def over(self) -> bool: ...

    def next(self) -> str | None:
        """None = there is none yet, or none any more."""
        ...


class Script:
    """`Source` of lines that are all there."""

    files: Collection[int] = ()

    def __init__(self, orders: Iterable[Order]) -> None:
        self._lines = deque(one.text for one in orders)

    @property
    def over(self) -> bool:
        return not self._lines

    def next(self) -> str | None:
        return self._lines.popleft() if self._lines else None


class Console:
    """`Source` of lines that somebody types, or another program writes. `ends`: no more lines is the end; otherwise the
    rehearsal goes on without any, as it does without a file."""

    def __init__(self, file: int | None, *, ends: bool) -> None:
        self.files: Collection[int] = () if file is None else (file,)
        self.over = False
        self._ends, self._heard = ends, b""

    def next(self) -> str | None:
        line, found, rest = self._heard.partition(b"\n")
        if not found and self.files and select.select(self.files, [], [], 0)[0]:
            self._hear(*self.files)
            line, found, rest = self._heard.partition(b"\n")
        if found:
            self._heard = rest
            return line.decode("utf-8", "replace")
        self.over = self._ends and not self.files
        return None

    def _hear(self, file: int) -> None:
        try:
            data = os.read(file, PIECE)
        except OSError:  # the terminal is gone
            data = b""
        self._heard += data or b"\n"
        if not data:
            self.files = ()


class Stage:
    """`tell` is given whatever happens."""

    def __init__(self, scene: Scene, place: Place, clock: Hurried, tell: Callable[[Told], None]) -> None:
        self.words: Words = {**scene.words, **COMMON}
        self.over = False
        self.refused = 0
        self._scene, self._place, self._clock, self._tell = scene, place, clock, tell
        self._due: float | None = None
        self._awaited = ""
        self._shown = self._truth()

    def play(self, source: Source, *, stopped: Callable[[], bool] = lambda: False, bell: Collection[int] = ()) -> None:
        """Until the source is over, `quit` is said, or `stopped` says so; a file of `bell` wakes it to look."""
        while not (self.over or stopped()):
            if self._waits():
                self._turn(bell)
            elif (line := source.next()) is not None:
                self.do(line)
                self._turn(bell, 0.0)
            elif source.over:
                return
            else:
                self._turn((*bell, *source.files))

    def do(self, line: str) -> None:
        """Carries one line out, and tells what came of it."""
        try:
            said = order(line, self.words)
            if said is None:
                return
            subject = self._scene if said.name in self._scene.words else self
            outcome = self.words[said.name].action(subject, *said.values)
        except Misuse as refusal:
            self.refused += 1
            self._tell(Refused(line.strip(), refusal.reason))
            return
        if said.name not in _TELLING:
            self._tell(Did(said.text, outcome))
        self._look()

    def _turn(self, also: Collection[int], seconds: float = LOOK) -> None:
        if self._due is not None:
            seconds = min(seconds, (self._due - self._clock.monotonic()) / self._clock.speed)
        self._place.step(max(0.0, seconds), also)
        self._look()

    def _waits(self) -> bool:
        if self._due is not None and self._clock.monotonic() >= self._due:
            self._due = None
        if self._awaited == self._scene.state:
            self._awaited = ""
        return self._due is not None or bool(self._awaited) or self._scene.busy

    def _look(self) -> None:
        now = self._truth()
        for what, to in now.items():
            if self._shown.get(what) != to:
                self._tell(Changed(what, to))
        self._shown = now

    def _truth(self) -> dict[str, str]:
        return {"state": self._scene.state, **self._scene.truth()}

    # --- words of every scene

    def wait(self, seconds: float) -> Outcome:
        self._due = self._clock.monotonic() + seconds
        return Outcome.DONE

    def until(self, state: str) -> Outcome:
        if state not in self._scene.states:
            known = ", ".join(sorted(self._scene.states))
            raise Misuse(Reason("rehearsal.no-state", state=state, known=known))
        self._awaited = state
        return Outcome.DONE

    def unplug(self) -> Outcome:
        self._place.unplug()
        return Outcome.DONE

    def plug(self) -> Outcome:
        self._place.plug()
        return Outcome.DONE

    def stock(self) -> Outcome:
        self._tell(Listed(self._truth()))
        return Outcome.DONE

    def help(self) -> Outcome:
        self._tell(Listed(listed(self.words)))
        return Outcome.DONE

    def quit(self) -> Outcome:
        self.over = True
        return Outcome.DONE


COMMON: Words = {
    "unplug": Word((), "the cable is pulled out", Stage.unplug),
    "plug": Word((), "the cable is put in again", Stage.plug),
    "wait": Word((SPAN,), "nothing is said for so long: 2s, 500ms, 1m", Stage.wait),
    "until": Word((STATE,), "nothing is said until the device is in this state", Stage.until),
    "stock": Word((), "shows the state, and where all the cash is", Stage.stock),
    "help": Word((), "shows these words", Stage.help),
    "quit": Word((), "ends the rehearsal", Stage.quit),
}
_TELLING = frozenset({"stock", "help"})
