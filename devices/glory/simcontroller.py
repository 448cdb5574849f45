"""What a simulated BrueBox answers to its host, and what time alone brings about: the protocol from the machine's side.

`simstates` has its behaviour as tables. What is put in lies in escrow until the sale or the deposit is settled; a sale
is settled by the controller itself, when enough is in and nothing more is being counted. In the states 6, 13, 24 and 30
EndCashin and CashinCancel are never answered, as by the real one.

Failures: `Unanswered` for a question that cannot be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..money.change import make_change
from ..money.units import UnitKind
from ..nouns import Pieces
from ..promises import Clock
from . import simwords as words
from .messages import DEPOSITED, DISPENSED, Cash
from .simstates import ENOUGH, HANGING, HANGS, HEARTBEAT, LASTS, MOVES, NOTHING_OUT, TIME
from .simstock import SimStock, SimUnit, amount, lines, roubles
from .simwords import Asked
from .states import MOVES_CASH, RESULTS, Command, State, Verdict, allowed


class SimController:
    """What a host speaks with. `outgoing` is what it has to send to the host, as frames; whoever carries them takes
    them away. `escrow`, `held`, `inserted` and `outside` are the truth about its cash."""

    def __init__(self, clock: Clock, units: Iterable[SimUnit] | None = None, *, serial: str = "G-0815") -> None:
        self.stock = SimStock(roubles() if units is None else units)
        self.state: int = State.INITIALIZING
        self.powered = True
        self.boots = 1
        self.serial = serial
        self.escrow: Counter[int] = Counter()
        self.inserted: Counter[int] = Counter()  # by customers and staff, since the beginning
        self.outside: Counter[int] = Counter()  # what came out, since the beginning
        self.outgoing: list[bytes] = []
        self.listener: tuple[str, int] | None = None
        self.results: dict[Command, int] = {}  # the next answer to a command, by script
        self.heard: list[Asked] = []
        self._clock, self._since, self._beat = clock, clock.monotonic(), clock.monotonic()
        self._sessions = 0
        self._session = self._incomplete = ""
        self._occupied = False
        self._asked: Asked | None = None  # moves cash
        self._settled: set[str] = set()
        self._out: Counter[int] = Counter()  # going out
        self._result, self._moved = 0, list[Cash]()

    @property
    def held(self) -> Counter[int]:
        """All that is in the machine."""
        return self.stock.held() + self.escrow + self._out

    # --- questions

    def ask(self, data: bytes) -> Asked | None:
        """A request reaches the machine; None = it is off."""
        self.advance()
        if not self.powered:
            return None
        asked = words.read_question(data)
        self.heard.append(asked)
        refusal = self._refusal(asked)
        if refusal is not None:
            self._answer(asked, refusal)
        elif asked.command in MOVES_CASH:
            if not (asked.command in HANGING and self.state in HANGS):
                self._begin(asked)
        else:
            self._obey(asked)
        return asked

    def _refusal(self, asked: Asked) -> int | None:
        """The result, where that is all."""
        command = asked.command
        if command in self.results:
            return self.results.pop(command)
        if command is Command.OPEN:
            return None
        if not self._session or asked.session != self._session:
            return 21
        if command in HANGING and self.state in HANGS:
            return None
        if command in MOVES_CASH and asked.id in self._settled:
            return 96
        if command not in allowed(self.state) or (command in MOVES_CASH and self._asked):
            return 11
        if command is Command.OCCUPY and self._occupied:
            return 17
        givers = self.stock.held(to_give=True)
        return 6 if command is Command.CASHOUT and _wanted(asked) - givers else None

    def _obey(self, asked: Asked) -> None:
        match asked.command:
            case Command.OPEN:
                self._sessions += 1
                self._session = f"S{self._sessions}"
                return self._answer(asked, 0, session=self._session)
            case Command.CLOSE:
                self._session = ""
            case Command.OCCUPY:
                self._occupied = True
            case Command.RELEASE:
                self._occupied = False
            case Command.REGISTER_EVENT:
                self.listener = asked.listener
                if self._incomplete:
                    self._tell(self._incomplete)
                    self._incomplete = ""
            case Command.UNREGISTER_EVENT:
                self.listener = None
            case Command.INVENTORY:
                return self._answer(asked, 0, self.stock.told(), units=self.stock.units)
            case Command.CHANGE_CANCEL:
                self._give_back(1)
                self._go(Command.CHANGE_CANCEL)
            case command if (self.state, command) in MOVES:
                self._go(command)
        return self._answer(asked, 0)

    def _begin(self, asked: Asked) -> None:
        self._asked, self._result, self._moved = asked, 0, []
        match asked.command:
            case Command.CHANGE if self.state != State.IDLE:
                self._enough()
                return
            case Command.CASHOUT:
                self._out = self.stock.take(_wanted(asked))
                self._moved = [Cash(DISPENSED, lines(self._out))]
            case Command.COLLECT:
                self._collect(asked)
            case Command.CASHIN_CANCEL:
                self._give_back(0)
            case Command.END_CASHIN:
                self._moved = [Cash(DEPOSITED, lines(self.escrow))]
                self.stock.put(self.escrow)
                self.escrow = Counter()
        self._go(asked.command)

    def _collect(self, asked: Asked) -> None:
        if asked.options.get("Mix"):
            mixer = self.stock.first(UnitKind.MIXER)
            gone, mixer.holds = mixer.holds, Counter()
        else:
            gone = self.stock.take(_wanted(asked))
        self._moved = [Cash(asked.cash.type, lines(gone))]
        if asked.options.get("Option"):
            self._out = gone
        else:
            self.stock.first(UnitKind.CASSETTE).holds += gone

    def _give_back(self, result: int) -> None:
        """The very pieces."""
        self._moved = [Cash(DEPOSITED, lines(self.escrow)), Cash(DISPENSED, lines(self.escrow))]
        self._out, self.escrow, self._result = self.escrow, Counter(), result

    def _enough(self) -> None:
        """Settles the sale, where enough is in and nothing is being counted."""
        asked = self._asked
        if asked is None or asked.command is not Command.CHANGE or self.state != State.WAITING_INSERTION:
            return
        over = amount(self.escrow) - asked.amount
        if over < 0:
            return
        stock = [Pieces(one, count) for one, count in self.stock.held(to_give=True).items()]
        change = make_change(over, stock)
        if change is None:
            self._give_back(10)
        else:
            deposited = Cash(DEPOSITED, lines(self.escrow))
            self.stock.put(self.escrow)
            self.escrow = Counter()
            self._out = self.stock.take(Counter({one.denomination: one.count for one in change}))
            self._moved = [deposited, Cash(DISPENSED, lines(self._out))]
        self._go(ENOUGH)

    # --- time and moves

    @property
    def next_due(self) -> float:
        """When time alone brings something about."""
        beat = self._beat + HEARTBEAT
        return min(beat, self._since + LASTS[self.state]) if self.state in LASTS else beat

    def advance(self) -> None:
        """Whatever time alone has brought about until now."""
        now = self._clock.monotonic()
        while self.powered and self.state in LASTS and now - self._since >= LASTS[self.state]:
            bare = not self._out and (self.state, NOTHING_OUT) in MOVES
            self._go(NOTHING_OUT if bare else TIME, self._since + LASTS[self.state])
        while self.powered and now - self._beat >= HEARTBEAT:
            self._beat += HEARTBEAT
            self._tell(f"<HeartBeatEvent><SerialNo>{self.serial}</SerialNo></HeartBeatEvent>")

    def _keep_all(self) -> None:
        self.stock.put(self.escrow + self._out)
        self.escrow, self._out, self._moved = Counter(), Counter(), []

    def _go(self, cause: str, at: float | None = None) -> None:
        self._enter(MOVES[self.state, cause], at)

    def _enter(self, state: int, at: float | None = None) -> None:
        self.state = state
        self._since = self._clock.monotonic() if at is None else at
        self._tell(words.in_state(state, amount(self.escrow)))
        if state == State.WAITING_INVENTORY:
            self.outside += self._out
            self._out = Counter()
            self._finish(self._result)
        self._enough()

    def _finish(self, result: int) -> None:
        asked, self._asked = self._asked, None
        if asked:
            if RESULTS[result][0] is Verdict.DONE:
                self._settled.add(asked.id)
            self._answer(asked, result, self._moved)

    def _answer(
        self,
        asked: Asked,
        result: int,
        cash: Iterable[Cash] = (),
        *,
        session: str = "",
        units: Iterable[SimUnit] = (),
    ) -> None:
        asked.answer = words.answer(asked, result, self.state, cash=cash, session=session, units=units)

    def _tell(self, content: str) -> None:
        if self.powered and self.listener:
            self.outgoing.append(words.frame(content))


def _wanted(asked: Asked) -> Counter[int]:
    wanted: Counter[int] = Counter()
    for line in asked.cash.lines:
        wanted[line.denomination] += line.count
    return wanted
