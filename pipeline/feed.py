"""The way out, in its order: arrivals are claimed, booked and put away, one by one; then the tills get what they lack.

    inbox -> .claimed/<arrival> -> [booked: one commit] -> reply, room -> chunks at the tills

An arrival's number is committed before its file is moved, its verdict before its file is put away. After a crash
`resume` finishes from the records alone: a claimed file is read again, a decided one is put away.

Failures: a Reject ends in its export's verdict; a Retry leaves the export as far as it came, to be tried again (with a
growing pause, while it is not decided), and stops no other; a Halt goes up.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from ..errors import Reason, Reject, Retry
from ..model import Told
from ..queues.durable import sweep
from ..queues.troubles import Missing
from .arrivals import Arrivals
from .booking import Reader, Rejected, Suspicious
from .clock import moment
from .delivery import Delivery
from .ledger import Export, ExportState, Ledger, PartSet, Verdict, state_of
from .notices import Event
from .office import Office
from .pauses import pause
from .sets import Part, complete
from .surprise import foreseen
from .verdicts import reply, why

Stream = tuple[str, str, str]  # source, kind, scope: what comes in it is booked in its order

EVENTS = {ExportState.HELD: Event.HELD, ExportState.BROKEN: Event.BROKEN, ExportState.ERROR: Event.ERROR}


@dataclass
class Account:
    """What one round did."""

    exports: list[Export] = field(default_factory=list)
    waiting: list[tuple[str, Reason]] = field(default_factory=list)  # name, why it was not taken
    commands: dict[str, int] = field(default_factory=dict)  # handed to tills, by shop

    def add(self, commands: dict[str, int]) -> None:
        for shop, count in commands.items():
            self.commands[shop] = self.commands.get(shop, 0) + count


class Feed:
    """Runs rounds of the way out in one office."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._reader = Reader(office)
        self._arrivals = Arrivals(office, self._reader)
        self._delivery = Delivery(office)
        self._put_off: dict[Stream, int] = {}  # in this round: arrival of the first that waits for its next try
        self._tidied = ""  # the day on which that was done

    def round(self, *, once: bool = False, ignore_hours: bool = False) -> Account:
        """Everything that can be done now. `once`: nobody comes again soon, so closed files are judged as they
        are, and those that wait for another try are tried."""
        account = Account()
        self._put_off.clear()
        self._arrivals.waiting.clear()
        self._resume(account, once=once)
        self._advance(ignore_hours=ignore_hours)
        is_delivered = False
        for batch in self._arrivals.claim(once=once):
            decided = [self._decide(export) for export in batch]
            self._deliver(account, ignore_hours=ignore_hours)  # tills wait for the commit, and not for what follows it
            account.exports += [self._finished(export, verdict) for export, verdict in decided]
            is_delivered = True
        account.waiting += self._arrivals.waiting
        if self._close_sets(account) or not is_delivered:
            self._deliver(account, ignore_hours=ignore_hours)
        self._tidy()
        return account

    def _tidy(self) -> None:
        """What killed processes left, and chunks that every till took: once by each process, and once a day. The round
        before it has observed every till."""
        office = self._office
        today = moment(office.clock.now())[:10]
        if today == self._tidied:
            return
        try:
            office.rooms.tidy()
            with suppress(Missing):  # an unmounted share: its tills are told
                sweep(office.disk, office.layout.queues)
            self._delivery.prune(observed=True)
        except Retry as trouble:
            office.log.warning("not_tidied", reason=str(trouble))
        self._tidied = today

    def _deliver(self, account: Account, *, ignore_hours: bool) -> None:
        delivered = self._delivery.round(ignore_hours=ignore_hours)
        account.add(delivered.commands)
        account.waiting += [("", reason) for reason in delivered.put_off.values()]

    def _advance(self, *, ignore_hours: bool) -> None:
        """What time alone changes: prices with dates, hours that opened, shops that are new. Where nothing was due,
        nothing is committed, and no number is used up; but each day is noted once."""
        office = self._office
        shops = office.shops(ignore_hours)
        days = " ".join(sorted({shop.today.isoformat() for shop in shops}))
        with suppress(_NothingDue), office.store.write() as txn:
            ledger = Ledger(txn)
            outcome = office.catalogue(txn).advance(ledger.next_arrival(), shops)
            if outcome is None and ledger.noted("days") == days:
                raise _NothingDue
            ledger.note("days", days)
            if outcome is not None:
                office.log.info("time_advanced", commands=sum(diff.commands for diff in outcome.shops))

    # --- one export

    def examine(self, export: Export) -> Export:
        """Decides one claimed export, and puts it away."""
        return self._finished(*self._decide(export))

    def _finished(self, decided: Export, verdict: Verdict) -> Export:
        """Put away, unless it must be tried again."""
        return decided if decided.state is ExportState.CLAIMED else self.finish(decided, verdict)

    def _decide(self, export: Export) -> tuple[Export, Verdict]:
        """Books the export, or commits why not; still claimed where it must be tried again."""
        known, opened = export, None
        try:
            with foreseen(self._office.log, Suspicious, Rejected, export=export.name, arrival=export.arrival):
                if export.closes:
                    return self._reader.close(export)
                path = self._office.rooms.claimed_path(export.arrival, export.file_name)
                opened = self._reader.open(export, path)
                known = opened.export
                self._wait_for_earlier(known)
                return self._reader.book(opened, path)
        except Retry as trouble:
            return self._later(known, trouble), Verdict()
        except Suspicious as doubt:
            return self._settle(doubt.export, doubt.verdict, ExportState.HELD, doubt.verdict.suspicions[0])
        except Reject as no:  # there is no file to be read, or nobody foresaw what is in it
            known = known if opened is None else opened.summed(known)
            return self._settle(known, Verdict(), state_of(no.fault), Told.of(no.reason))
        except Rejected as no:
            return self._settle(no.export, no.verdict, state_of(no.reject.fault), Told.of(no.reject.reason))

    def _wait_for_earlier(self, export: Export) -> None:
        """What is in its stream behind one that waits for its next try would else be overwritten by it later."""
        earlier = self._put_off.get(_stream(export), export.arrival)
        if earlier < export.arrival and not export.released:
            raise Retry(Reason("feed.earlier-waits", arrival=earlier))

    def _settle(self, export: Export, verdict: Verdict, state: ExportState, reason: Told) -> tuple[Export, Verdict]:
        """Commits a verdict that changes no fact; still claimed where not even that could be kept."""
        now = self._office.clock.now()
        decided = msgspec.structs.replace(export, state=state, reason=reason, decided=now)
        try:
            self._commit(decided, verdict)
        except Retry as trouble:
            return self._later(export, trouble), Verdict()
        return decided, verdict

    def _commit(self, decided: Export, verdict: Verdict) -> None:
        state = decided.state
        with self._office.store.write() as txn:
            ledger = Ledger(txn)
            ledger.save(decided, verdict)
            if decided.closes and state is not ExportState.HELD:
                ledger.drop_set(decided.closes)
            if state is ExportState.HELD and decided.header and not decided.closes:
                ledger.advance(decided.header, decided.scope, decided.digest, decided.arrival)
            if part := Part.of(ledger, decided):
                part.spoil(decided.decided)

    def _later(self, export: Export, trouble: Retry) -> Export:
        """The world is not ready: the file stays claimed, and the next try comes later each time."""
        office = self._office
        self._put_off.setdefault(_stream(export), export.arrival)
        waiting = msgspec.structs.replace(
            export,
            state=ExportState.CLAIMED,
            tries=export.tries + 1,
            next_try=office.clock.now() + pause(office.settings.arrival.retry_seconds, export.tries) * office.jitter(),
            reason=Told.of(trouble.reason),
        )
        office.log.warning("export_put_off", export=export.name, arrival=export.arrival, reason=str(trouble))
        try:
            with office.store.write() as txn:
                Ledger(txn).save(waiting)
        except Retry:  # a full disk takes no note of itself; the next round tries at once
            office.log.warning("try_not_noted", export=export.name, arrival=export.arrival)
        return waiting

    def finish(self, export: Export, verdict: Verdict) -> Export:
        """Puts a decided export away; where the disk does not take that now, each further round tries it again."""
        try:
            return self._put_away(export, verdict)
        except Retry as trouble:
            self._office.log.warning(
                "export_not_put_away", export=export.name, arrival=export.arrival, reason=str(trouble)
            )
            return export

    def _put_away(self, export: Export, verdict: Verdict) -> Export:
        """Writes the reply and the `.why`, moves the file into its room, tells whom it concerns. May be repeated
        after a crash: each is done once."""
        office = self._office
        failed = export.state is not ExportState.PROCESSED
        text = why(export, verdict, office.settings.language) if failed else None
        page = reply(export, verdict, office.settings.language)
        written = office.rooms.reply(export.reply, export.file_name, export.arrival, page)
        where = office.rooms.put_away(
            export.arrival, export.file_name, export.state.value, moment(export.decided)[:10], text
        )
        there = office.layout.relative(where) if where else ""
        self._tell(export)
        done = msgspec.structs.replace(export, put_away=True, reply=written, where=there)
        with office.store.write() as txn:
            Ledger(txn).save(done)
        office.log.info(f"export_{export.state}", export=export.name, arrival=export.arrival, shop=export.scope)
        return done

    def _tell(self, export: Export) -> None:
        event = EVENTS.get(export.state)
        if event is not None and export.reason is not None:
            told = export.reason.text(self._office.settings.language)
            parts = {"name": export.name, "arrival": export.arrival, "state": export.state.value}
            self._office.tell(event, f"{export.state}/{export.arrival}", Reason("export.told", **parts, why=told))

    # --- after a crash, and later tries

    def _resume(self, account: Account, *, once: bool) -> None:
        """Finishes what was begun: by a process that is gone, or at an earlier try."""
        office = self._office
        with office.store.read() as txn:
            ledger = Ledger(txn)
            unfinished = [(export, ledger.verdict(export.arrival)) for export in ledger.unfinished()]
        for export, verdict in unfinished:
            if export.state is not ExportState.CLAIMED:
                account.exports.append(self.finish(export, verdict))
            elif not once and export.next_try > office.clock.now():
                self._put_off.setdefault(_stream(export), export.arrival)
            elif self._arrivals.still_ours(export):
                account.exports.append(self.examine(export))

    # --- sets of parts

    def _close_sets(self, account: Account) -> bool:
        """The end of a set is an arrival of its own, with a verdict. Returns whether there was one."""
        office = self._office
        quiet = office.settings.arrival.set_quiet_seconds
        with office.store.read() as txn:
            ended = complete(Ledger(txn), self._arrivals.flagged_sets(), office.clock.now(), quiet)
        coming = self._arrivals.parts_to_come() if ended else frozenset()
        for part_set in ended:
            if (part_set.scope, part_set.name) not in coming:
                self._close(part_set, account)
        return bool(ended)

    def _close(self, part_set: PartSet, account: Account) -> None:
        try:
            account.exports.append(self.examine(self._arrivals.close(part_set)))
        except Retry as trouble:
            self._office.log.warning("set_not_closed", set=part_set.name, reason=str(trouble))
            account.waiting.append((part_set.name, trouble.reason))


class _NothingDue(Exception):
    """No error: how a transaction is left without a commit."""


def _stream(export: Export) -> Stream:
    header = export.header
    return (header.source, header.kind, export.scope) if header else ("", "", f"/{export.arrival}")
