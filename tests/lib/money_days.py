"""Days at a till as lists of plain steps, played into a journal: what fits what is open is done."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from tillpost.devices.journal.entries import Carried, Command, Verdict
from tillpost.devices.journal.journal import Journal
from tillpost.devices.nouns import NO_KEY, Credited, Pieces

NOON = 1_795_003_200.0  # seconds since the epoch: 18 November 2026, 12:00 in London


@dataclass(frozen=True)
class Step:
    """`what`: a command's name, "credit", "conclude", "resolve" or "remember"; `which` chooses among what is there."""

    what: str
    which: int = 0
    verdict: Verdict = Verdict.COMMITTED


STEPS = st.builds(
    Step,
    st.sampled_from([*Command, *["credit"] * 3, "conclude", "conclude", "resolve", "remember"]),
    st.integers(0, 5),
    st.sampled_from(Verdict),
)
DAYS = st.lists(STEPS, max_size=14)


def noon() -> float:
    return NOON


def play(journal: Journal, step: Step) -> None:
    """One step, where it fits."""
    account = journal.account
    moved = (Pieces(100, step.which + 1),)
    match step.what:
        case "credit":
            accepts = [intent.n for intent in account.open if intent.command is Command.ACCEPT]
            of = accepts[0] if accepts and step.which % 2 else 0
            journal.credit(Credited(5000 + step.which, ("serial", 1, step.which)), of, device="notes")
        case "remember":
            journal.remember("coins", ("other", 1, step.which))
        case "conclude":
            inside = {intent.within for intent in account.open}
            fitting = [intent for intent in account.open if intent.n not in inside]
            if fitting:
                intent = fitting[step.which % len(fitting)]
                allowed = step.verdict is not Verdict.RESET or intent.command.is_cash_in
                verdict = step.verdict if allowed else Verdict.UNKNOWN
                journal.conclude(intent.n, verdict, taken=moved, paid=moved, removed=moved, moved=moved)
        case "resolve":
            if account.unknown and step.verdict in (Verdict.COMMITTED, Verdict.RETURNED):
                number = account.unknown[step.which % len(account.unknown)].intent.n
                journal.resolve(number, step.verdict, "Anna", paid=moved)
        case _:
            command = Command(step.what)
            if not (command.is_cash_in and account.active):
                key = ("serial", 1, step.which) if command is Command.ACCEPT else NO_KEY
                unit = f"unit {step.which % 2}"
                journal.intend(
                    command, device="hopper", unit=unit, pieces=moved, counter=step.which, key=key, to="box"
                )


def state(journal: Journal) -> Carried:
    """All that the journal says, whatever its entries are numbered."""
    return journal.account.carried(0, "")
