"""A BrueBox controller from the host's side, without I/O: what is asked, what its answers and events mean for money.

A *transaction* is the host's own number for something that moves cash (its entry in the journal); it is the Id of
every request about it, so an answer is known again whenever and by whichever way it comes: by HTTP, as an event, late.
Each is told once, unless it was told as unknown before. Events count up for the eye; an answer says what has moved.

Failures: `Misuse` where a state does not allow a command (glory.not-allowed, glory.state-not-told), while another is
under way (glory.under-way), for cash that is not there (glory.not-there), and where the controller refuses (its
result); `Unanswered` as `messages`, and for a result that does not tell what has happened.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import Reason
from ..nouns import Identity, Misuse, Pieces, Standing, Stood, Unanswered
from .events import Counted, Event, Heartbeat, Incomplete, StateChanged, StockChanged
from .messages import (
    DEPOSITED,
    DISPENSABLE,
    DISPENSED,
    STOCK,
    Answer,
    Cash,
    Line,
    answer,
    gathered,
    request,
)
from .nouns import NO_PARTS, Finished, InState, Inventory, Parts, Question, SoFar, Told
from .states import (
    MOVES_CASH,
    RESULTS,
    STATES,
    SUCCESS,
    UNKNOWN_RESULT,
    UNKNOWN_STATE,
    Command,
    Verdict,
    allowed,
)


class BrueBox:
    """What is known of one controller."""

    def __init__(self) -> None:
        self.state: int | None = None
        self.standing = Standing.OFFLINE
        self.session = ""
        self.serial = ""
        self.states_told = 0  # by events, which come in their order: an answer may be older than they
        self.inventory: Inventory | None = None
        self._code = ""
        self._sequence = 0
        self._open: Question | None = None  # moves cash, and is not answered
        self._unsure: Question | None = None  # was told as unknown
        self._counted: dict[int, tuple[Line, ...]] = {}

    @property
    def awaited(self) -> Command | None:
        """What moves cash at present."""
        return self._open.command if self._open else None

    def awaits(self, command: Command, transaction: int) -> bool:
        open_ = self._open
        return open_ is not None and (open_.command, open_.transaction) == (command, transaction)

    @property
    def identity(self) -> Identity:
        return Identity(self.serial, "BrueBox")

    # --- questions

    def ask(
        self,
        command: Command,
        parts: Parts = NO_PARTS,
        *,
        transaction: int = 0,
        amount: int = 0,
    ) -> Question:
        """Raises Misuse."""
        if command not in allowed(self.state):
            if self.state is None:
                raise Misuse(Reason("glory.state-not-told", command=command.value))
            raise Misuse(Reason("glory.not-allowed", command=command.value, state=self.state))
        if self._open and command in MOVES_CASH:
            raise Misuse(Reason("glory.under-way", command=self._open.command.value))
        self._sequence += 1
        known = {"Id": str(transaction), "SeqNo": str(self._sequence)}
        if self.session:
            known["SessionID"] = self.session
        question = Question(
            command,
            known["Id"],
            known["SeqNo"],
            transaction,
            amount,
            request(command, known | parts.fields, options=parts.options, cash=parts.cash),
        )
        if command in MOVES_CASH:
            self._open, self._unsure = question, None
        if command is Command.START_CASHIN:
            self._counted = {}
        return question

    def chosen(self, pieces: Sequence[Pieces], type: int) -> Cash:  # noqa: A002 - the protocol's own word
        """The cash to move, by device and design, out of what the last inventory said can be given. Raises Misuse."""
        lines: list[Line] = []
        for wanted in pieces:
            lacking = wanted.count
            for line in self.inventory.dispensable if self.inventory else ():
                count = min(lacking, line.count) if line.denomination == wanted.denomination else 0
                if count > 0:
                    lines.append(Line(line.denomination, count, line.device, line.currency, line.revision))
                    lacking -= count
            if lacking > 0:
                raise Misuse(Reason("glory.not-there", denomination=wanted.denomination, count=lacking))
        return Cash(type, tuple(lines))

    # --- answers

    def answered(self, question: Question, data: bytes) -> Answer:
        """The answer to what moves no cash. Raises Misuse where it is refused, and Unanswered."""
        told = answer(data, question.command, id=question.id, sequence=question.sequence)
        verdict, code = _judged(told)
        if verdict is Verdict.UNKNOWN:
            raise Unanswered(Reason(code))
        if verdict is not Verdict.DONE:
            raise Misuse(Reason(code))
        if question.command is Command.INVENTORY:
            self.inventory = Inventory(_lines(told, STOCK), _lines(told, DISPENSABLE), told.units)
        return told

    def settled(self, question: Question, data: bytes) -> list[Told]:
        """The answer to what moves cash."""
        try:
            told = answer(data, question.command, id=question.id, sequence=question.sequence)
        except Unanswered as trouble:
            return self.unsettled(question, trouble.reason.code)
        return self._settle(question, told)

    def unsettled(self, question: Question, code: str, *, sent: bool = True) -> list[Told]:
        """There will be no answer. `sent` False: the question never went out, so nothing has moved."""
        if self._open != question:
            return []
        self._open = None
        if sent:
            self._unsure = question
        verdict = Verdict.UNKNOWN if sent else Verdict.REFUSED
        return [Finished(question.transaction, question.command, verdict, code)]

    def _settle(self, question: Question, told: Answer) -> list[Told]:
        if question not in (self._open, self._unsure):
            return []
        verdict, code = _judged(told)
        if verdict is Verdict.UNKNOWN and question == self._unsure:
            return []
        lines = _lines(told, DEPOSITED)
        deposited, dispensed = gathered(lines), _dispensed(question.command, told)
        if not _adds_up(question, told, deposited, dispensed):
            verdict, code = Verdict.UNKNOWN, "glory.sums-differ"
        self._open = None
        self._unsure = question if verdict is Verdict.UNKNOWN else None
        if verdict not in (Verdict.REFUSED, Verdict.NO_SESSION):
            self._counted = {}
            self.inventory = None
        return [Finished(question.transaction, question.command, verdict, code, deposited, dispensed, lines)]

    # --- events

    def event(self, event: Event) -> list[Told]:
        match event:
            case Heartbeat(serial):
                self.serial = serial or self.serial
                return []
            case StateChanged():
                self.states_told += 1
                return self.seen(event.state) if self.session else []
            case Counted():
                self._counted[event.device] = event.lines
                return [SoFar(gathered(line for lines in self._counted.values() for line in lines))]
            case Answer():
                return self._answer_told(event)
            case Incomplete():
                ended = self.unsettled(self._open, "glory.incomplete") if self._open else []
                return [event, *ended]
            case StockChanged():
                self.inventory = None
                return [event]
        return [event]

    def _answer_told(self, told: Answer) -> list[Told]:
        for question in (self._open, self._unsure):
            if question and (told.name, told.id) == (question.command.value, question.id):
                return self._settle(question, told) if told.sequence in ("", question.sequence) else []
        return []

    def seen(self, state: int) -> list[Told]:
        """The controller says that it is in `state`."""
        standing, code = STATES.get(state, UNKNOWN_STATE)
        changed: list[Told] = [InState(state, code)] if state != self.state else []
        self.state = state
        trouble = code if standing in (Standing.FAULTY, Standing.OPEN) else ""
        return changed + self.stood(standing, trouble)

    def stood(self, standing: Standing, code: str = "") -> list[Told]:
        if (standing, code) == (self.standing, self._code):
            return []
        self.standing, self._code = standing, code
        return [Stood(standing, code)]

    def away(self, standing: Standing, code: str) -> list[Told]:
        """Nothing is known of its state any more."""
        self.state, self.session, self.inventory = None, "", None
        return self.stood(standing, code)


def _judged(told: Answer) -> tuple[Verdict, str]:
    return UNKNOWN_RESULT if told.result is None else RESULTS.get(told.result, UNKNOWN_RESULT)


def _lines(told: Answer, type: int) -> tuple[Line, ...]:  # noqa: A002 - the protocol's own word
    return tuple(line for cash in told.cash if cash.type == type for line in cash.lines)


def _dispensed(command: Command, told: Answer) -> tuple[Pieces, ...]:
    if command is Command.COLLECT:  # the type says where to
        return gathered(line for cash in told.cash if cash.type not in (STOCK, DISPENSABLE) for line in cash.lines)
    return told.pieces(DISPENSED)


def _adds_up(question: Question, told: Answer, deposited: tuple[Pieces, ...], dispensed: tuple[Pieces, ...]) -> bool:
    """Whether a sale that was carried out kept exactly its amount."""
    if question.command is not Command.CHANGE or told.result != SUCCESS:
        return True
    return sum(one.amount for one in deposited) - sum(one.amount for one in dispensed) == question.amount
