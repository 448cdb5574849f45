"""docs/cash.md shows the tables of the program as they are; the demo of a cash machine's day adds up."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from textwrap import dedent
from typing import get_args

import pytest
import tillpost
from diagrams import Move, caused, diagram, table
from msgspec import NODEFAULT
from tillpost.devices.ccnet import states as ccnet
from tillpost.devices.cctalk import states as cctalk
from tillpost.devices.glory import simstates
from tillpost.devices.glory import states as glory
from tillpost.devices.journal.account import CashIn
from tillpost.devices.machine import nouns, phases
from tillpost.devices.machine.documents import DocumentKind
from tillpost.devices.machine.promises import CashMachine
from tillpost.devices.machine.settings import describe
from tillpost.devices.nouns import Standing
from tillpost.devices.rehearsal.compositeplay import WORDS as COMPOSITE
from tillpost.devices.rehearsal.gloryplay import WORDS as GLORY
from tillpost.devices.rehearsal.script import listed
from tillpost.devices.rehearsal.world import World
from tillpost.devices.ssp import paystates
from tillpost.devices.ssp import states as ssp
from tillpost.errors import Reason
from tillpost.model import Explained
from tillpost.pipeline.manual import toml

BESIDE = Path(__file__).parents[1]
PACKAGE = Path(tillpost.__file__).parent
PAGE = BESIDE / "docs" / "cash.md"


def told(thing: object) -> str:
    """A docstring as one line."""
    return " ".join((inspect.getdoc(thing) or "").split())


def explained(*kinds: type[Explained]) -> str:
    return table(("word", "meaning"), ((f"`{member}`", member.sentence) for kind in kinds for member in kind))


def verbs() -> str:
    """Of the promise, in its order."""
    rows = []
    for name, verb in vars(CashMachine).items():
        if isinstance(verb, property):
            rows.append((f"`{name}`", told(verb) or told(nouns.Status)))
        elif inspect.isfunction(verb) and not name.startswith("_"):
            parts = ", ".join(part for part in inspect.signature(verb).parameters if part != "self")
            rows.append((f"`{name}({parts})`", told(verb)))
    return table(("verb", "what it does"), rows)


def notices() -> str:
    rows = (
        (f"`{kind.__name__}`", ", ".join(f"`{field}`" for field in kind.__struct_fields__), told(kind))
        for kind in get_args(nouns.Notice)
    )
    return table(("notice", "fields", "what it tells"), rows)


def settings() -> str:
    rows = []
    for doc in describe():
        takes = f"{doc.type}; {doc.unit}" if doc.unit else doc.type
        default = "" if doc.default in (NODEFAULT, None) else f"`{toml(doc.default)}`"
        rows.append((f"`{doc.path}`", takes, default, doc.text))
    return table(("setting", "takes", "default", "meaning"), rows)


def notes(moves: Mapping[str, Mapping[str, tuple[str, tuple[Enum, ...]]]]) -> Iterator[Move]:
    """What becomes of a note: what is seen, and after a stroke what is told."""
    for verb, after in (("accept", "wanted"), ("give_back", "unwanted")):
        yield "held", after, verb
    for before, row in moves.items():
        for seen, (after, tells) in row.items():
            what = " and ".join(tell.name.lower().replace("_", " ") for tell in tells)
            if before is not after or what:
                yield before, after, f"{seen} / {what}" if what else seen


def name(state: int) -> str:
    return glory.State(state).name.lower().replace("_", " ")


def controller() -> str:
    rows = []
    for state, (standing, code) in glory.STATES.items():
        more = sorted(command.value for command in glory.ALSO_ALLOWED.get(state, ()))
        rows.append((int(state), Reason(code).text(), standing, ", ".join(more) or "-"))
    return table(("state", "meaning", "it stands as", "also allowed"), rows)


def results() -> str:
    rows = (
        (number, Reason(code).text() if code else "carried out", f"{verdict}: {verdict.sentence}")
        for number, (verdict, code) in glory.RESULTS.items()
    )
    return table(("result", "meaning", "so the command was"), rows)


def words() -> str:
    """Those of both kinds first."""
    both = dict(listed(COMPOSITE).items() & listed(GLORY).items())
    rows = [(usage, sentence, "any") for usage, sentence in listed(COMPOSITE).items() if usage in both]
    for kind, known in (("composite", COMPOSITE), ("glory", GLORY)):
        rows += [(usage, sentence, kind) for usage, sentence in listed(known).items() if usage not in both]
    return table(
        ("step", "what happens", "at a machine"),
        ((f"`{usage.replace('|', ' or ')}`", sentence, kind) for usage, sentence, kind in rows),
    )


MADE: dict[str, Callable[[], str]] = {
    "verbs": verbs,
    "notices": notices,
    "phases": lambda: diagram(caused(phases.PHASES), nouns.Phase.STARTING),
    "phase words": lambda: explained(nouns.Phase),
    "settings": settings,
    "standings": lambda: explained(Standing),
    "cash-in": lambda: explained(CashIn),
    "documents": lambda: explained(DocumentKind),
    "ccnet": lambda: diagram(notes(ccnet.MOVES), ccnet.Phase.NONE),
    "ccnet words": lambda: explained(ccnet.Phase),
    "coins": lambda: diagram(caused(cctalk.COIN_MOVES), cctalk.CoinState.AWAY),
    "coin words": lambda: explained(cctalk.CoinState),
    "hoppers": lambda: diagram(caused(cctalk.HOPPER_MOVES), cctalk.HopperState.AWAY),
    "hopper words": lambda: explained(cctalk.HopperState),
    "ssp": lambda: diagram(notes(ssp.MOVES), ssp.Phase.NONE),
    "ssp words": lambda: explained(ssp.Phase),
    "ssp pay-out": lambda: diagram(caused(paystates.PAY_MOVES), paystates.PayState.RESTING),
    "ssp pay-out words": lambda: explained(paystates.PayState),
    "glory": lambda: diagram(
        ((name(before), name(after), cause) for (before, cause), after in simstates.MOVES.items() if before != after),
        name(glory.State.INITIALIZING),
    ),
    "glory states": controller,
    "glory results": results,
    "words": words,
}


def part(name: str, page: str) -> str:
    """What stands between the two marks of a part."""
    found = re.search(rf"^<!-- {name} -->\n(.*?)\n<!-- end of {name} -->$", page, re.MULTILINE | re.DOTALL)
    assert found, f"docs/cash.md has no part {name!r}"
    return found[1]


@pytest.mark.parametrize("name", MADE)
def test_document_shows_the_table_as_it_is(name: str, accept: bool) -> None:
    """After a change that is meant: make docs, which writes the part anew."""
    page, made = PAGE.read_text("utf-8"), MADE[name]()
    if accept:
        marks = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
        PAGE.write_text(page.replace(part(name, page).join(marks), made.join(marks)), "utf-8")
    else:
        assert part(name, page) == made


def test_every_part_of_the_document_that_is_made_is_known() -> None:
    marks = re.findall(r"^<!-- (?!end of )(.*) -->$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(marks) == sorted(MADE)


def test_links_of_the_document_lead_somewhere() -> None:
    page = PAGE.read_text("utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", page)
    assert links
    assert [link for link in links if not ((BESIDE / "docs" / link).exists() or (PACKAGE / link[3:]).exists())] == []


def test_modules_that_the_document_names_exist() -> None:
    named = re.findall(r"`(devices/[a-z/]+\.py)`", PAGE.read_text("utf-8"))
    assert [path for path in named if not (PACKAGE / path).exists()] == []


def test_every_sample_of_a_power_cut_is_told() -> None:
    samples = {path.name for path in (BESIDE / "samples" / "cash").glob("*cut*.yaml")}
    assert samples <= set(re.findall(r"samples/cash/([\w-]+\.yaml)", PAGE.read_text("utf-8")))


def test_document_tells_every_field_of_the_status_and_no_other() -> None:
    section = re.search(r"^### What `status` says\n(.*?)^#", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert section
    told = [field for cell in re.findall(r"^\| (`[^|]*) \|", section[1], re.MULTILINE) for field in cell.split(", ")]
    assert told == [f"`{field}`" for field in nouns.Status.__struct_fields__]


class Shop:
    """A machine with a customer who puts in one note as soon as it takes any."""

    def __init__(self, world: World, note: int) -> None:
        self.world, self.note = world, note
        self.begin_deposit, self.end_deposit = world.machine.begin_deposit, world.machine.end_deposit

    def poll(self) -> list[nouns.Notice]:
        if self.note and self.world.machine.status.standings["notes"] is Standing.ACCEPTING:
            self.world.note(self.note)
            self.note = 0
        return self.world.poll()


def test_the_sale_that_the_document_shows_is_a_sale(capsys: pytest.CaptureFixture[str]) -> None:
    block = re.search(r"(?:^    .*\n)+", PAGE.read_text("utf-8"), re.MULTILINE)
    assert block
    names = {**vars(nouns), "CashMachine": CashMachine}
    exec(dedent(block[0]), names)
    ended = names["sell"](Shop(World(), 50_000), 23_700, "receipt 12")
    assert (ended.verdict, ended.amount, nouns.total(ended.given), ended.owed) == ("committed", 23_700, 26_300, 0)
    assert capsys.readouterr().out == "50000 of 23700\n"


def test_modules_of_a_machine_say_what_the_document_says_of_them() -> None:
    named = re.findall(r"`(\w+)` \(`(devices/[a-z/]+\.py)`\)", PAGE.read_text("utf-8"))
    assert len(named) > 1
    assert [name for name, path in named if f" {name}" not in (PACKAGE / path).read_text("utf-8")] == []


# --- a diagram


def test_what_leads_to_one_state_from_everywhere_is_drawn_once() -> None:
    round_ = [("a", "b", "on"), ("b", "c", "on"), ("c", "a", "on")]
    drawn = diagram([*round_, *((state, "off now", "cut") for state in "abc")], "a")
    assert drawn.splitlines() == [
        "```mermaid",
        "stateDiagram-v2",
        '    state "off now" as off_now',
        "    [*] --> a",
        "    a --> b: on",
        "    b --> c: on",
        "    c --> a: on",
        "    anywhere --> off_now: cut",
        "```",
    ]


# --- the demo


def test_the_demo_of_a_day_adds_up() -> None:
    done = subprocess.run(
        [sys.executable, str(BESIDE / "samples" / "demo_cash.py")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "It adds up." in done.stdout
