"""A BrueBox controller behind its wire: sessions, time-outs, and what silence means.

What moves cash is begun and then awaited by `poll`, which tells how it ended: it may take minutes while a customer
looks for coins. Everything else is asked and answered at once. The controller sends a heartbeat; where nothing is heard
for a while it is asked for its status, and where that stays unanswered it is offline, and opened anew until it is back.
A session that the controller has forgotten is opened anew, too, and the question that told it is put once more: it was
not begun.

Failures: `Misuse` as `controller.BrueBox` says, nothing was sent or nothing begun; `Unanswered` (glory.no-answer and as
`messages` and `wire`) from what is answered at once. What moves cash never raises it: its `Finished` says
Verdict.UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...errors import Reason
from ..nouns import Identity, Misuse, Pieces, Standing, Unanswered
from ..promises import Clock
from .controller import BrueBox
from .events import Stream
from .messages import CHOSEN, DISPENSED, MIXER, Answer, Cash, Line
from .nouns import COINS, NO_PARTS, NOTES, Inventory, Parts, Question, Told
from .states import OCCUPIED_BY_ITSELF, RESULTS, Command, Verdict
from .wire import Exchange, Wire

# Seconds.
ANSWER = 10.0
RESET_ANSWER = 120.0  # it moves all its parts
MOVING = {  # until what moves cash is given up, and a person must look
    Command.CHANGE: 900.0,  # a customer may still be putting money in
    Command.CASHOUT: 300.0,
    Command.COLLECT: 600.0,
    Command.END_CASHIN: 180.0,
    Command.CASHIN_CANCEL: 180.0,
}
PERIOD = 0.1  # a poll waits at most so long
SILENT = 15.0  # heard nothing for so long: ask
SILENT_UNHEARD = 1.0  # the same where no event connection stands
CHECK = 30.0  # also while events come: one may have been lost
PERIOD_AWAY = 5.0

NO_SESSION = frozenset(code for verdict, code in RESULTS.values() if verdict is Verdict.NO_SESSION)


class GlorySession:
    """`address` and `port` are where the controller shall connect to with its events."""

    def __init__(
        self,
        wire: Wire,
        clock: Clock,
        *,
        address: str,
        port: int,
        user: str = "",
        password: str = "",
        name: str = "",
        occupies: bool = True,
    ) -> None:
        self._wire, self._clock = wire, clock
        self._listener, self._occupies = {"Url": address, "Port": str(port)}, occupies
        self._login = {"User": user, "UserPwd": password, "DeviceName": name}
        self._box = BrueBox()
        self._streams: dict[int, Stream] = {}
        self._told: list[Told] = []
        self._moving: _Call | None = None
        self._heard = self._due = self._checked = clock.monotonic()

    # --- what is known without asking

    @property
    def standing(self) -> Standing:
        return self._box.standing

    @property
    def state(self) -> int | None:
        """The controller's own; None = it has not been told."""
        return self._box.state

    @property
    def awaited(self) -> Command | None:
        """What moves cash at present: its `Finished` comes from `poll`."""
        return self._box.awaited

    @property
    def identity(self) -> Identity:
        """The serial number comes with the first heartbeat; "" until then."""
        return self._box.identity

    def poll(self) -> list[Told]:
        """What has happened since the last. Waits a little where nothing has. Never raises for an absent machine."""
        if not self._told:
            self._wire.wait(min(PERIOD, max(0.0, self._due - self._clock.monotonic())))
        self._listen()
        if self._clock.monotonic() >= self._due:
            self._look()
        told, self._told = self._told, []
        return told

    # --- what is answered at once

    def open(self) -> None:
        """Opens the session, has the events sent here, and holds the machine for this till. `poll` does it by itself.
        Raises Misuse and Unanswered."""
        self._box.session = ""
        self._box.session = self._ask(Command.OPEN, Parts(self._login)).session
        self._ask(Command.REGISTER_EVENT, Parts(self._listener | {"DestinationType": "0"}))
        if self._occupies:
            self._occupy()
        self._status()

    def _occupy(self) -> None:
        try:
            self._ask(Command.OCCUPY)
        except Misuse as refusal:
            if refusal.reason.code != RESULTS[OCCUPIED_BY_ITSELF][1]:
                raise

    def close(self) -> None:
        """Gives the machine free, where it can be told. What moves cash is not awaited any more."""
        if self._box.session:
            for command in (Command.RELEASE, Command.UNREGISTER_EVENT, Command.CLOSE):
                try:
                    self._ask(command, Parts(self._listener) if command is Command.UNREGISTER_EVENT else NO_PARTS)
                except (Misuse, Unanswered):
                    continue
        if self._moving:
            self._moving.exchange.close()
        self._wire.close()

    def status(self) -> int | None:
        """Asks for the controller's state."""
        self._safely(self._status)
        return self._box.state

    def _status(self) -> None:
        before = self._box.states_told
        answer = self._ask(Command.STATUS, Parts(options={"Option": 0}))
        self._checked = self._clock.monotonic()
        if answer.state is not None and self._box.states_told == before:
            self._told += self._box.seen(answer.state)

    def inventory(self) -> Inventory:
        self._safely(lambda: self._ask(Command.INVENTORY, Parts(options={"Option": 0})))
        if self._box.inventory is None:
            raise Unanswered(Reason("glory.no-answer", command=Command.INVENTORY.value))
        return self._box.inventory

    def start_cashin(self, transaction: int) -> None:
        """Takes cash from now on."""
        self._safely(lambda: self._ask(Command.START_CASHIN, transaction=transaction))
        self._safely(self._status)

    def enable(self, lines: Sequence[Line]) -> None:
        """Takes these from now on, too. `lines` name denominations by device; counts do not matter."""
        self._safely(lambda: self._ask(Command.ENABLE_DENOM, Parts(cash=Cash(CHOSEN, tuple(lines)))))

    def disable(self, lines: Sequence[Line]) -> None:
        self._safely(lambda: self._ask(Command.DISABLE_DENOM, Parts(cash=Cash(CHOSEN, tuple(lines)))))

    def unlock(self, device: int) -> None:
        """Unlocks the door of the notes' or coins' containers."""
        self._safely(lambda: self._ask(Command.UNLOCK_UNIT, Parts(options={"Option": _device(device)})))

    def lock(self, device: int) -> None:
        self._safely(lambda: self._ask(Command.LOCK_UNIT, Parts(options={"Option": _device(device)})))

    def open_exit(self) -> None:
        self._safely(lambda: self._ask(Command.OPEN_EXIT_COVER))

    def close_exit(self) -> None:
        self._safely(lambda: self._ask(Command.CLOSE_EXIT_COVER))

    def reset(self) -> None:
        """After an error was put right. Moves all parts of the machine; cash in its paths is put away or given out."""
        self._safely(lambda: self._ask(Command.RESET))

    # --- what moves cash: journal first

    def change_request(self, transaction: int, amount: int) -> None:
        """CASH REQUEST: the machine takes what is still coming in, and gives the change by itself once `amount` is in
        and all is counted. Also without `start_cashin` before."""
        self._begin(Command.CHANGE, transaction, Parts({"Amount": str(amount)}, cash=Cash(0)), amount)

    def end_cashin(self, transaction: int) -> None:
        """Keeps what was put in."""
        self._begin(Command.END_CASHIN, transaction)

    def cancel(self, transaction: int) -> None:
        """Gives back what was put in. A sale whose change was asked for already is told as cancelled by its own
        `Finished`; raises Misuse where it cannot be cancelled any more."""
        if self._box.awaits(Command.CHANGE, transaction):
            self.cancel_change(transaction)
        else:
            self._begin(Command.CASHIN_CANCEL, transaction)

    def cancel_change(self, transaction: int) -> None:
        """Cancels a sale whose change was asked for, also by an earlier session: then an inventory tells how it
        ended."""
        parts = Parts(options={"Option": 0})
        self._safely(lambda: self._ask(Command.CHANGE_CANCEL, parts, transaction=transaction))

    def cashout(self, transaction: int, pieces: Sequence[Pieces]) -> None:
        """Gives out exactly these. Raises Misuse where they are not there."""
        self._known()
        cash = self._box.chosen(pieces, DISPENSED)
        self._begin(Command.CASHOUT, transaction, Parts(options={"Delay": 0}, cash=cash))

    def collect(self, transaction: int, pieces: Sequence[Pieces], *, to_exit: bool = False) -> None:
        """Moves these into the cassette, or out."""
        self._known()
        cash = self._box.chosen(pieces, CHOSEN)
        self._begin(Command.COLLECT, transaction, Parts(options={"Option": int(to_exit), "Mix": 0}, cash=cash))

    def collect_mixer(self, transaction: int) -> None:
        """Gives out all that is in the mixer; a part of it cannot be had."""
        self._begin(Command.COLLECT, transaction, Parts(options={"Option": 1, "Mix": 1}, cash=Cash(MIXER)))

    def _known(self) -> None:
        if self._box.inventory is None:
            self.inventory()

    def _begin(self, command: Command, transaction: int, parts: Parts = NO_PARTS, amount: int = 0) -> None:
        question = self._box.ask(command, parts, transaction=transaction, amount=amount)
        try:
            exchange = self._wire.post(command.action, question.body)
        except Unanswered as trouble:
            self._told += self._box.unsettled(question, trouble.reason.code, sent=False)
            return
        self._moving = _Call(question, exchange, self._clock.monotonic() + MOVING[command])

    # --- underneath

    def _ask(self, command: Command, parts: Parts = NO_PARTS, *, transaction: int = 0) -> Answer:
        question = self._box.ask(command, parts, transaction=transaction)
        exchange = self._wire.post(command.action, question.body)
        deadline = self._clock.monotonic() + (RESET_ANSWER if command is Command.RESET else ANSWER)
        try:
            while (data := exchange.step()) is None:
                left = deadline - self._clock.monotonic()
                if left <= 0:
                    raise Unanswered(Reason("glory.no-answer", command=command.value))
                self._wire.wait(left)
                self._listen()
        finally:
            exchange.close()
        answer = self._box.answered(question, data)
        self._hear()
        return answer

    def _safely(self, act: Callable[[], object]) -> None:
        """Once more in a new session, where the controller has forgotten this one."""
        try:
            act()
        except Misuse as refusal:
            if refusal.reason.code not in NO_SESSION:
                raise
            self.open()
            act()

    def _hear(self) -> None:
        self._heard = self._clock.monotonic()
        self._due = min(self._heard + (SILENT if self._streams else SILENT_UNHEARD), self._checked + CHECK)

    def _listen(self) -> None:
        """Takes in what has come by itself."""
        for number, data in self._wire.events():
            stream = self._streams.setdefault(number, Stream())
            for event in stream.feed(data) if data else stream.end():
                self._told += self._box.event(event)
            if data:
                if self._box.session:
                    self._hear()
            else:
                del self._streams[number]
                self._due = min(self._due, self._clock.monotonic() + SILENT_UNHEARD)
        if self._moving:
            self._await(self._moving)

    def _await(self, call: _Call) -> None:
        try:
            data = call.exchange.step()
        except Unanswered as trouble:
            self._told += self._box.unsettled(call.question, trouble.reason.code, sent=call.exchange.sent)
            self._due = self._clock.monotonic()
        else:
            if data is not None:
                self._told += self._box.settled(call.question, data)
            elif self._clock.monotonic() >= call.deadline:
                self._told += self._box.unsettled(call.question, "glory.no-answer-moving")
            elif self._box.awaited:
                return
        call.exchange.close()
        self._moving = None

    def _look(self) -> None:
        """Nothing was heard for a while."""
        try:
            if self._box.session:
                self._safely(self._status)
            else:
                self.open()
        except Unanswered as trouble:
            self._away(Standing.OFFLINE, trouble.reason.code)
        except Misuse as refusal:
            self._away(Standing.FAULTY, refusal.reason.code)

    def _away(self, standing: Standing, code: str) -> None:
        self._told += self._box.away(standing, code)
        self._due = self._clock.monotonic() + PERIOD_AWAY


class _Call:
    """What moves cash, on its way."""

    def __init__(self, question: Question, exchange: Exchange, deadline: float) -> None:
        self.question, self.exchange, self.deadline = question, exchange, deadline


def _device(device: int) -> int:
    if device not in (NOTES, COINS):
        raise Misuse(Reason("glory.no-device", device=device))
    return device
