"""The journal of cash: written before whatever cannot be taken back, so that after any power cut the money can be
accounted for.

    intend    durable -> the command is sent                 (accept, dispense, change, collect, ...)
    credit    durable -> the credit is acknowledged          once for each key, however often the device repeats it
    remember  durable -> a session may go on from there      where a protocol needs that
    conclude  durable -> what really moved is known, or that nobody knows it
    resolve   durable -> a person has decided what nobody knew

A call that returns has put its entry on the disk; one that raises has promised nothing, though after a power cut its
entry may be found. What must be written once a command was sent has its room made before: a full disk refuses the
intent. After an append that failed the file is written anew before anything else, because what the disk kept of it is
not known.

A file that grew over its size is continued by a new one, which begins with all that still matters (`Carried`).

Failures: `Retry` and `Halt` as the paper says; `Halt` where the journal is damaged, or a key comes again as other
money; `Misuse` where the call does not fit what is open. Nothing was written where `Misuse` is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from ...errors import Halt, Reason
from ..nouns import NO_KEY, Credited, Key, Misuse, Pieces
from .account import Account
from .entries import (
    Command,
    Credit,
    Entry,
    Intent,
    Outcome,
    Place,
    Resolution,
    Torn,
    Verdict,
    entries_in,
    head_of,
    spelt,
)
from .paper import Paper

SIZE = 1 << 20  # bytes of a file that is not added to with further intents
ROOM = 1 << 16  # bytes kept for what follows an intent: some three hundred coins
WORDS = 200  # characters of free text in an entry


def account_of(entries: Iterable[Entry]) -> Account:
    """What `entries` come to. Raises Halt where they contradict each other."""
    account = Account()
    for entry in entries:
        try:
            account.put(entry)
        except Misuse as misuse:
            raise Halt(Reason("journal.contradicts", number=entry.n, detail=misuse)) from misuse
    return account


class Journal:
    """Reads what is there, cuts off a torn tail, and tells what is open. `now`: seconds since the epoch."""

    def __init__(self, paper: Paper, now: Callable[[], float], size: int = SIZE, room: int = ROOM) -> None:
        self._paper = paper
        self._now = now
        self._size = size
        self._room = room
        self._doubtful = False  # whether the file may hold something that nobody was promised
        data = paper.read()
        entries, good = entries_in(data)
        self._data = bytearray(data[:good])
        self._entries = entries
        self._account = account_of(entries)
        self._torn = self._mended(data[good:])

    @property
    def account(self) -> Account:
        """What all entries come to; it changes with each call below, and with nothing else."""
        return self._account

    @property
    def torn(self) -> int:
        """How many bytes were cut off at the start: what a power cut had torn."""
        return self._torn

    @property
    def entries(self) -> Sequence[Entry]:
        """What stands in the present file: at least all of each operation that is open or was ended last."""
        return self._entries

    def close(self) -> None:
        self._paper.close()

    # --- what is written

    def intend(
        self,
        command: Command,
        *,
        device: str = "",
        unit: str = "",
        amount: int = 0,
        pieces: Iterable[Pieces] = (),
        counter: int | None = None,
        key: Key = NO_KEY,
        about: str = "",
        to: str = "",
        within: int | None = None,
        may_continue: bool = True,
    ) -> Intent:
        """When this returns, `command` may be sent; its `n` names it to `conclude`. `within`: the operation that it is
        a part of, None = the open cash-in, where one is. `may_continue`: nobody needs the entries any more that a new
        file would leave behind. Raises Misuse for a second cash-in while one is open."""
        if may_continue and len(self._data) > self._size and not self._account.open:
            self._continue_elsewhere()  # only here: an operation, with all that belongs to it, stands in one file
        intent = Intent(
            self._account.last + 1,
            self._at(),
            command,
            device,
            unit,
            amount,
            tuple(pieces),
            counter,
            key,
            self._account.active if within is None else within,
            about[:WORDS],
            to,
        )
        self._account.fits(intent)
        self._write(intent, room=self._room)
        return intent

    def credit(self, credited: Credited, of: int = 0, *, device: str = "") -> bool:
        """When this returns, the credit may be acknowledged to the device. False: its key was journalled before, so it
        is the same money and counts no more. `of`: the accept that it fulfils; `device`: as its session is called in
        `intend`."""
        if self._account.knows(credited.key, credited.denomination):
            return False
        self._write(
            Credit(
                self._account.last + 1,
                self._at(),
                credited.key,
                credited.denomination,
                credited.form,
                credited.unit,
                device,
                of,
                self._counts_in(of),
            )
        )
        return True

    def remember(self, device: str, place: Key) -> None:
        """When this returns, `account.place(device)` says so after any start: for sessions that must be told how far
        they had come."""
        self._write(Place(self._account.last + 1, self._at(), device, place))

    def conclude(
        self,
        of: int,
        verdict: Verdict,
        *,
        taken: Iterable[Pieces] = (),
        paid: Iterable[Pieces] = (),
        removed: Iterable[Pieces] = (),
        unpaid: Iterable[Pieces] = (),
        code: str = "",
        moved: Iterable[Pieces] = (),
    ) -> None:
        """What became of intent `of`, with the pieces that really moved, also where it failed; `taken` without what
        came as credits. Raises Misuse where it is not open, or a cash-in still has an open intent in it."""
        what = tuple(taken), tuple(paid), tuple(removed), tuple(unpaid)
        self._write(Outcome(self._account.last + 1, self._at(), of, verdict, *what, code[:WORDS], tuple(moved)))

    def resolve(
        self,
        of: int,
        verdict: Verdict,
        by: str,
        why: str = "",
        *,
        taken: Iterable[Pieces] = (),
        paid: Iterable[Pieces] = (),
        removed: Iterable[Pieces] = (),
        moved: Iterable[Pieces] = (),
    ) -> None:
        """A person's word on an unknown intent: committed or returned, and what moved beyond what its outcome says.
        Raises Misuse where nothing of that number is unknown."""
        what = tuple(taken), tuple(paid), tuple(removed), tuple(moved)
        n, at = self._account.last + 1, self._at()
        self._write(Resolution(n, at, of, verdict, by[:WORDS], why[:WORDS], *what))

    # --- how

    def _counts_in(self, of: int) -> int:
        """The cash-in in which a credit counts that fulfils `of`: the open one, unless its accept was begun before."""
        accepts = (*self._account.open, *(unsure.intent for unsure in self._account.unknown))
        within = next((accept.within for accept in accepts if accept.n == of), self._account.active)
        return within if within == self._account.active else 0

    def _write(self, entry: Entry, room: int = 0) -> None:
        self._account.fits(entry)
        line = spelt(entry)
        if self._doubtful:
            self._replace(bytes(self._data), keep=False)
        if room:
            self._paper.reserve(len(line) + room)
        self._doubtful = True
        self._paper.append(line)
        self._doubtful = False
        self._data += line
        self._entries.append(entry)
        self._account.put(entry)

    def _replace(self, data: bytes, *, keep: bool) -> None:
        self._doubtful = True
        self._paper.replace(data, keep=keep)
        self._doubtful = False

    def _continue_elsewhere(self) -> None:
        carried = self._account.carried(self._account.last + 1, self._at())
        line = spelt(carried)
        if 2 * len(line) > len(self._data):
            return  # nearly all of it still matters: a new file would be no shorter
        self._replace(line, keep=True)
        self._data = bytearray(line)
        self._entries = [carried]
        self._account.last = carried.n

    def _mended(self, torn: bytes) -> int:
        """Cuts off what stands behind the last whole entry, and says so in the journal."""
        if torn:
            entry = Torn(self._account.last + 1, self._at(), len(torn), head_of(torn))
            mended = bytes(self._data) + spelt(entry)
            self._replace(mended, keep=False)
            self._data = bytearray(mended)
            self._entries.append(entry)
            self._account.put(entry)
        elif self._data and not self._data.endswith(b"\n"):
            self._data += b"\n"
            self._replace(bytes(self._data), keep=False)
        return len(torn)

    def _at(self) -> str:
        moment = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")
        return moment.replace("+00:00", "Z")
