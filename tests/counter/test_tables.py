"""Tables fit where they are read, and are whole where programs read them."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from post_office import PostOffice, good, goods
from tillpost.cli import run
from tillpost.counter.progress import LONG, progress
from tillpost.counter.tables import age, table

Verb = Callable[..., Any]
COLUMNS = {"arrival": "Arrival", "name": "Name", "read": "Read", "shop": "Shop", "reason": "Reason"}


def row(**cells: object) -> dict[str, object]:
    return {"arrival": 1, "name": "goods.xml", "read": 12, "shop": "", "reason": "", **cells}


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    def drawn(*rows: dict[str, object], columns: int = 0) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(columns)) if columns else monkeypatch.delenv("COLUMNS", raising=False)
        table(rows, COLUMNS, "Nothing.", note="reason", fold=("shop", "read"))
        return capsys.readouterr().out.splitlines()

    return drawn


Lines = Callable[..., list[str]]


def test_no_rows_are_told_in_words(lines: Lines) -> None:
    assert lines() == ["Nothing."]


def test_column_without_a_value_in_any_row_is_left_out(lines: Lines) -> None:
    assert lines(row()) == ["Arrival  Name       Read", "────────────────────────", "      1  goods.xml    12"]


def test_line_ends_with_its_last_letter(lines: Lines) -> None:
    drawn = lines(row(reason="why"), row())
    assert [line for line in drawn if line != line.rstrip()] == []


def test_numbers_stand_to_the_right_and_counts_are_grouped(lines: Lines) -> None:
    drawn = lines(row(arrival=12345, read=1234567), row())
    assert drawn[2] == "  12345  goods.xml  1\u00a0234\u00a0567"
    assert drawn[3].endswith("  12")


def test_long_reason_goes_beneath_its_row_where_it_does_not_fit(lines: Lines) -> None:
    reason = "shop 5: 30 of 34 goods would go"
    assert lines(row(reason=reason))[2].endswith(reason)
    assert lines(row(reason=reason), columns=40)[2:] == ["      1  goods.xml    12", f"    {reason}"]


def test_columns_that_do_not_fit_go_beneath_with_their_names(lines: Lines) -> None:
    assert lines(row(shop="5"), columns=20)[2:] == ["      1  goods.xml", "    Read 12, Shop 5"]


def test_wide_letters_keep_the_columns_straight(lines: Lines) -> None:
    drawn = lines(row(name="茶.xml"), row(name="tea.xml", shop="5"))
    assert drawn[2] == "      1  茶.xml     12"
    assert drawn[3] == "      1  tea.xml    12  5"


@given(
    names=st.lists(st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=60), min_size=1, max_size=5),
    width=st.integers(30, 200),
)
def test_every_word_of_a_reason_is_told_at_any_width(names: list[str], width: int) -> None:
    whole, told = sys.stdout, io.StringIO()
    patch = pytest.MonkeyPatch()
    try:
        patch.setenv("COLUMNS", str(width))
        sys.stdout = told
        table([row(reason=name) for name in names], COLUMNS, note="reason", fold=("shop", "read"))
    finally:
        sys.stdout = whole
        patch.undo()
    said = "".join(told.getvalue().split())
    assert all("".join(name.split()) in said for name in names)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d"), (None, "")]
)
def test_age_is_told_in_the_largest_unit_that_fits(seconds: int | None, told: str) -> None:
    assert age(seconds) == told


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_answers_fit_the_terminal(tillpost: Verb, fed: PostOffice, columns: int) -> None:
    """But for paths, which are never cut."""
    fed.drop("another-name.xml", goods(good("1"), number=11))
    for verb in ("feed", "status", "till ls", "export ls", "held ls", "held show 5", "doctor", "config show"):
        lines = tillpost(verb, columns=columns).out.splitlines()
        assert [line for line in lines if len(line) > columns and not re.search(r"\w/\w", line)] == []


# --- progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Seconds:
    def __init__(self, *at: float) -> None:
        self.at = list(at)

    def __call__(self) -> float:
        return self.at.pop(0)


def test_no_bar_is_drawn_into_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress(seconds=Seconds(0.0, LONG + 1)) as watched:
        watched("goods.xml", 10, 100)
    assert pipe.getvalue() == ""


def test_no_bar_is_drawn_for_short_work(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress(seconds=Seconds(0.0, LONG / 2)) as watched:
        watched("goods.xml", 10, 100)
    assert screen.getvalue() == ""


def test_long_work_shows_which_export_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with progress(seconds=Seconds(0.0, LONG, LONG + 1, LONG + 2)) as watched:
        watched("goods.xml", 10, 100)
        watched("goods.xml", 100, 100)
        watched("[bold]prices.xml", 5, 100)
    assert "goods.xml" in screen.getvalue()
    assert "[bold]prices.xml" in screen.getvalue()


@pytest.mark.parametrize("verb", ["feed", "feed --plan"])
def test_bar_is_gone_before_the_answer(
    office: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Taken away later, it would take the answer's last line with it."""
    export = goods(*(good(str(code)) for code in range(1500)), full=False, number=2)
    argument = ""
    if verb == "feed --plan":
        (tmp_path / "goods.xml").write_text(export, "utf-8")
        argument = str(tmp_path / "goods.xml")
    else:
        office.drop("goods.xml", export)
    screen = Terminal()
    monkeypatch.setattr("tillpost.counter.progress.LONG", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", screen)
    run(["--root", str(office.root), *verb.split(), *([argument] if argument else [])])
    drawn = screen.getvalue()
    answer = max(drawn.find("Arrival"), drawn.find("would be"))
    assert 0 < drawn.find("goods.xml") < drawn.rfind("\x1b[?25h") < answer
