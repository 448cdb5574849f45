"""Scenarios: each sample comes out as it says, and what is wrong in a file is told with its line."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.devices.nouns import Misuse
from tillpost.devices.rehearsal.compositeplay import CompositePlay
from tillpost.devices.rehearsal.gloryplay import GloryPlay
from tillpost.devices.rehearsal.scenario import (
    WORDS,
    Kind,
    Scenario,
    Seen,
    Setting,
    difference,
    played,
    scenario,
    seen,
    with_expected,
)
from tillpost.devices.rehearsal.script import listed
from tillpost.devices.rehearsal.world import explains

FOLDER = Path(__file__).parents[3] / "samples" / "cash"
SAMPLES = sorted(FOLDER.glob("*.yaml"))
SALE = "title: A sale\nsteps:\n  - sale: 50\n  - note: 50\n  - wait: fixed\n  - end: change\n"


def named(path: Path) -> str:
    return path.stem


@cache
def played_sample(path: Path) -> CompositePlay | GloryPlay:
    return played(scenario(path.read_text("utf-8")))


@pytest.mark.parametrize("path", SAMPLES, ids=named)
def test_sample_comes_out_as_it_says(path: Path, accept: bool) -> None:
    came = seen(played_sample(path))
    if accept:
        path.write_text(with_expected(path.read_text("utf-8"), came), "utf-8")
    found = difference(scenario(path.read_text("utf-8")).expected, came)
    assert found is None, f"{path.name}: {found.text()}; see samples/README.md for how to accept"


@pytest.mark.parametrize("path", SAMPLES, ids=named)
def test_in_every_sample_the_money_adds_up_or_is_told_as_unknown(path: Path) -> None:
    world = played_sample(path).world
    assert explains(world.book.account, world.difference())


@pytest.mark.parametrize("path", SAMPLES, ids=named)
def test_every_sample_says_what_it_shows(path: Path) -> None:
    read = scenario(path.read_text("utf-8"))
    assert read.title
    assert read.about.strip().endswith(".")


def test_the_samples_use_every_word_that_there_is() -> None:
    used = {step.order.name for path in SAMPLES for step in scenario(path.read_text("utf-8")).steps}
    assert used == {word for words in WORDS.values() for word in words}


@pytest.mark.parametrize("kind", Kind)
def test_every_word_has_its_sentence(kind: Kind) -> None:
    assert all(sentence for sentence in listed(WORDS[kind]).values())


@pytest.fixture(scope="module")
def sale() -> Seen:
    return seen(played(scenario(SALE)))


def test_a_scenario_comes_out_alike_each_time(sale: Seen) -> None:
    assert seen(played(scenario(SALE))) == sale


def test_what_was_seen_is_what_is_expected_once_it_is_accepted(sale: Seen) -> None:
    again = scenario(with_expected(SALE, sale))
    assert again.expected == sale
    assert with_expected(with_expected(SALE, Seen()), sale) == with_expected(SALE, sale)
    assert again._replace(expected=Seen()) == scenario(SALE)


def test_what_stands_in_no_sample_is_as_the_machine_is_made() -> None:
    assert scenario(SALE).setting == Setting()


def changed(sale: Seen, part: str, *lines: str) -> Seen:
    return msgspec.structs.replace(sale, **{part: lines})


@pytest.mark.parametrize("part", Seen.__struct_fields__)
def test_the_first_difference_is_told_in_words(part: str, sale: Seen) -> None:
    first, *others = getattr(sale, part)
    told = [
        difference(sale, sale),
        difference(changed(sale, part, "other", *others), sale),
        difference(changed(sale, part, first, *others, "more"), sale),
        difference(changed(sale, part), sale),
    ]
    assert [reason and (reason.code, reason.parts["part"], reason.parts["line"]) for reason in told] == [
        None,
        ("scenario.other", part, 1),
        ("scenario.less", part, len(others) + 2),
        ("scenario.more", part, 1),
    ]
    assert first in told[1].text()


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("- sale: 50", 1, "here belong names"),
        ("title: A\nsteps: []\ncolour: red", 3, "no name colour"),
        ("title: A\ntitle: B\nsteps: []", 2, "twice"),
        ("title: A", 1, "steps is missing"),
        ("title: A\nsteps: sale", 2, "a list of steps"),
        ("title: A\nsteps:\n  - sale: 50\n  - note: fifty", 4, "note AMOUNT"),
        ("title: A\nsteps:\n  - bribe: 50", 3, "no word bribe"),
        ("title: A\nsteps:\n  - sale: [50]", 3, "one word and its arguments"),
        ("title: A\nsteps:\n  - {sale: 50, note: 50}", 3, "one word and its arguments"),
        ("title: A\nsteps:\n  -", 3, "one word and its arguments"),
        ("title: A\nmachine: {rule: loose}\nsteps: []", 2, "rule"),
        ("title: A\nmachine:\n  fill: {ten: many}\nsteps: []", 3, "fill"),
        ("title: A\nmachine:\n  fill: {two: 5}\nsteps: []", 3, "no name two"),
        ("title: A\nmachine:\n  kind: glory\n  fill: {mixer: 5}\nsteps: []", 4, "no name mixer"),
        ("title: A\nmachine: {kind: wooden}\nsteps: []", 2, "kind"),
        ("title: A\nsteps: []\nexpected:\n  weather: fine", 4, "no name weather"),
        ("title: A\nsteps:\n  - wait: tomorrow", 3, "TIME|rest|fixed"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line(text: str, line: int, told: str) -> None:
    with pytest.raises(Misuse, match=f"^line {line}: .*") as wrong:
        scenario(text)
    assert told in str(wrong.value)


@pytest.mark.parametrize("text", ["title: [", "a: b: c", "\x00", "!!python/object:os.system x: 1\n- y"])
def test_what_is_no_yaml_is_told_as_such(text: str) -> None:
    with pytest.raises(Misuse, match="this is no YAML"):
        scenario(text)


@given(st.text("abtils:-\n []{}|>&*!#%'\"\t\x00\u20ac", max_size=60))
def test_whatever_a_file_holds_it_is_read_or_refused(text: str) -> None:
    with suppress(Misuse):
        assert isinstance(scenario(text), Scenario)


@pytest.mark.parametrize(
    ("steps", "line", "told"),
    [
        (["power: cut", "sale: 50"], 4, "no power"),
        (["power: back"], 3, "has power"),
        (["resolve nothing"], 3, "nothing is unknown"),
        (["jam: twenty"], 3, "no unit twenty"),
        (["coin: 3"], 3, "does not know 3"),
        (["note: 20"], 3, "does not know 20"),
        (["wait: paying"], 3, "does not come: paying; the machine is at idle"),
    ],
)
def test_a_step_that_cannot_be_carried_out_is_told_with_its_line(steps: list[str], line: int, told: str) -> None:
    text = "title: A\nsteps:\n" + "".join(f"  - {step}\n" for step in steps)
    with pytest.raises(Misuse, match=f"^line {line}: .*") as wrong:
        played(scenario(text))
    assert told in str(wrong.value)


def test_what_the_machine_refuses_is_told_and_the_scenario_goes_on() -> None:
    play = played(scenario("title: A\nsteps:\n  - end: change\n  - sale: 0.50\n  - wait: 1s\n"))
    assert [line for line in play.told if not line.startswith("  refused")] == ["end change", "sale 0.50", "wait 1s"]
    assert not play.entries
