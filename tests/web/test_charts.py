"""What people look at rather than read: charts, and the tables that say the same."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import text
from hypothesis import given
from hypothesis import strategies as st
from tillpost.web.drawing import HEIGHT, LEAST, LINES, chart, scale

DAY = "2026-11-20"


def cells(page: Any, section: str) -> list[list[str]]:
    rows = page.xpath(f"//{section}//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


# --- on the pages


def test_a_day_is_drawn_by_the_hour_and_told_in_a_table(visit: Any) -> None:
    page = visit("viewer").page(f"/recon/hours?place=5&day={DAY}")
    (drawing,) = page.xpath("//*[@role='img']")
    assert drawing.get("aria-label") == "Sales by the hour on 2026-11-20: receipts 1, sold for 52.50"
    assert len(drawing.xpath(".//rect")) == 1
    assert cells(page, "figure") == [["10:00–11:00", "1", "52.50", "0.00", "52.50"]]
    newest, blank = (visit("viewer").get(f"/recon/hours?place=5/1{day}") for day in ("", "&day="))
    assert text(newest) == text(blank)


def test_a_day_without_sales_says_so(visit: Any) -> None:
    browser = visit("viewer")
    assert "No receipts on this day" in text(browser.get("/recon/hours?place=5/2&day=2026-01-01"))
    assert browser.get("/recon/hours?place=5/9").status_code == 404
    assert browser.get("/recon/hours?place=9").status_code == 404


@pytest.mark.parametrize("days", [1, 7, 30])
def test_a_tills_queue_is_drawn_over_time_and_told_in_a_table(visit: Any, days: int) -> None:
    page = visit("viewer").page(f"/tills/5/1?days={days}")
    (drawing,) = page.xpath("//section[@aria-labelledby='depth']//*[@role='img']")
    assert "at most 2" in drawing.get("aria-label")
    assert len(drawing.xpath(".//rect[not(@class)]")) == 1
    now, before = cells(page, "section[@aria-labelledby='depth']")
    commands = sum(row["commands"] for row in visit("viewer").get("/api/v1/tills/5/1/chunks").json())
    assert now[2:4] == ["2", str(commands)]
    assert before[2:] == ["not looked", "", ""]
    assert page.xpath("string(//nav//a[@aria-current='true'])").strip() in ("24 hours", "7 days", "30 days")


def test_a_chart_looks_back_as_far_as_it_can(visit: Any) -> None:
    assert visit("viewer").get("/tills/5/1?days=31").status_code == 400


def test_the_overview_keeps_its_charts_when_it_is_renewed(visit: Any) -> None:
    browser = visit("viewer")
    renewed = browser.get("/", headers={"hx-request": "true"}).text
    assert 'id="charts-5" hx-preserve' in renewed
    assert "<svg" not in renewed


# --- for programs


def test_programs_are_told_the_same_numbers(visit: Any) -> None:
    browser = visit("admin")
    hours = browser.get(f"/api/v1/recon/5/hours?till=1&day={DAY}").json()
    assert hours["hours"] == [
        {"hour": 10, "receipts": 1, "sales": "52.50", "returns": "0.00", "takings": "52.50"},
    ]
    assert (hours["receipts"], hours["sales"]) == (1, "52.50")
    parts = browser.get("/api/v1/tills/5/1/depths?days=7").json()["parts"]
    assert [part["chunks"] for part in parts] == [None] * (len(parts) - 1) + [2]
    happened = browser.get("/api/v1/events?kind=exports").json()["events"]
    assert [one["event"] for one in happened] == ["held", "broken"]
    first = browser.get("/api/v1/events?kind=exports&limit=1").json()
    assert first["events"] == happened[:1]
    assert browser.get(f"/api/v1/events?kind=exports&below={first['older']}").json()["events"] == happened[1:]
    assert visit("viewer").get("/api/v1/events").status_code == 403


# --- drawn


@given(values=st.lists(st.none() | st.floats(0, 1e9), max_size=40), gap=st.floats(0, 0.9))
def test_bars_stand_side_by_side_and_each_is_as_high_as_its_value(values: list[float | None], gap: float) -> None:
    found = chart(values, [], gap=gap)
    top = found.lines[-1].value
    assert found.lines[0].top == HEIGHT
    assert found.lines[-1].top == 0
    assert 2 <= len(found.lines) <= LINES + 1
    shown = [value for value in values if value is None or value > 0]
    assert len(found.bars) == len(shown)
    right = 0.0
    for bar, value in zip(found.bars, shown, strict=True):
        assert right - 0.01 <= bar.at <= bar.at + bar.width <= 100.01
        right = bar.at + bar.width
        assert bar.empty == (value is None)
        assert abs(bar.top + bar.height - HEIGHT) < 0.11
        if value is not None:
            assert abs(bar.height - max(LEAST, HEIGHT * value / top)) < 0.06


@given(st.floats(0, 1e12))
def test_a_scale_has_few_lines_and_round_numbers(greatest: float) -> None:
    step = scale(greatest)
    assert step * LINES >= greatest
    assert str(step).rstrip("0") in ("1", "2", "5")


def test_a_word_at_the_edge_is_not_cut_off() -> None:
    marks = chart([1] * 10, [(0, "08"), (5, "13"), (10, "18")]).marks
    assert [(mark.at, mark.anchor) for mark in marks] == [(0, "start"), (50, "middle"), (100, "end")]
