"""Verbs of the reconciliation: what they show, what they ask before, what they say after."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from post_office import PostOffice
from sales_pages import page, receipt, shift
from tillpost.cli import run

Verb = Callable[..., Any]
DONE, REFUSED, WRONG_USE, LATER = 0, 1, 2, 75
MIXED = Path(__file__).parents[2] / "samples" / "sales-mixed"


@pytest.fixture(scope="session")
def mixed_root(fresh_root: PostOffice, tmp_path_factory: pytest.TempPathFactory) -> PostOffice:
    office = copied(fresh_root, tmp_path_factory.mktemp("mixed") / "root")
    for path in sorted(MIXED.glob("[0-9]/**/*.json")):
        office.sell(path.name, path.read_bytes(), till=path.relative_to(MIXED).parts[0], live="online" in path.parts)
    run(["--root", str(office.root), "collect"])
    return office


def copied(office: PostOffice, root: Path) -> PostOffice:
    shutil.copytree(office.root, root)
    other = PostOffice.__new__(PostOffice)
    other.__dict__.update(office.__dict__, root=root)
    return other


@pytest.fixture
def mixed(mixed_root: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    """The samples' mixed day was collected; the ERP has taken nothing yet."""
    office = copied(mixed_root, tmp_path / "mixed")
    monkeypatch.setenv("TILLPOST_ROOT", str(office.root))
    return office


@pytest.mark.parametrize(
    "line",
    [
        "recon",
        "recon sing",
        "recon ls",
        "recon ls 5 --day soon",
        "recon ls 5 --day 2026-11-20 --from 2026-11-20",
        "recon ls 5 --departments --undelivered",
        "recon ls 5 --limit 0",
        "recon show 5 1",
        "recon show 5 1 -1",
        "recon export 5",
        "recon export 5 1",
        "recon export 5 1 12 --all-undelivered",
        "recon export 5 1 12 --open",
    ],
)
def test_wrong_use_ends_with_2_and_does_nothing(tillpost: Verb, office: PostOffice, line: str) -> None:
    answer = tillpost(line)
    assert (answer.code, answer.out) == (WRONG_USE, "")
    assert "Usage: tillpost" in answer.err
    assert office.outbox() == []


@pytest.mark.parametrize("verb", ["recon ls", "recon show", "recon export"])
def test_help_tells_what_the_verb_does_with_an_example(bare: Verb, verb: str) -> None:
    answer = bare(f"{verb} --help", columns=80)
    assert answer.code == DONE
    assert re.search(rf"Examples?:.*tillpost {verb}", answer.out, re.DOTALL)
    assert max(map(len, answer.out.splitlines())) <= 80


@pytest.mark.parametrize(
    "line",
    [
        "recon ls 9",
        "recon ls 5 9",
        "recon ls 9 --undelivered",
        "recon ls 9 --departments",
        "recon show 5 1 9",
        "recon show 5 9 21",
        "recon show 5 1 21 --opened 2026-09-01",
        "recon export 5 1 9",
        "recon export 5 9 --all-undelivered --yes",
        "recon ls 5 --from 2026-09-02 --to 2026-09-01",
    ],
)
def test_what_is_not_there_is_refused(tillpost: Verb, mixed: PostOffice, line: str) -> None:
    answer = tillpost(line)
    assert (answer.code, answer.out) == (REFUSED, "")
    assert answer.err


def test_nothing_sold_yet_is_said(tillpost: Verb, office: PostOffice) -> None:
    assert tillpost("recon ls 5").out.startswith("Shop 5 has no sales yet.\n")
    assert tillpost("recon ls 5 --departments").out == "Shop 5 has no sales yet.\n"
    assert tillpost("recon ls 5 1").out.startswith("Till 1 of shop 5 has no shifts yet.\n")
    assert tillpost("recon ls 5 --undelivered").out.startswith("Shop 5 has no shifts that the ERP has not got yet.\n")
    assert "Till 2: last load never, last sale none" in tillpost("recon ls 5").out
    assert tillpost("recon ls 5 --json").json()["days"] == []


# --- ls


def numbers(answer: Any) -> list[int]:
    return [row["shift"] for row in answer.json()["shifts"]]


def test_shifts_are_chosen_by_day_and_by_what_the_erp_lacks(tillpost: Verb, mixed: PostOffice) -> None:
    assert numbers(tillpost("recon ls 5 1 --json")) == [22, 21]
    assert numbers(tillpost("recon ls 5 1 --limit 1 --json")) == [22]
    assert numbers(tillpost("recon ls 5 2 --day 2026-11-21 --json")) == [8]
    assert numbers(tillpost("recon ls 5 --undelivered --json")) == [22, 7, 21]
    mixed.erp_takes()
    assert tillpost("collect").code == DONE
    assert numbers(tillpost("recon ls 5 --undelivered --json")) == [22]


def test_days_are_chosen_and_differences_noted(tillpost: Verb, mixed: PostOffice) -> None:
    found = tillpost("recon ls 5 --json").json()
    assert [(day["day"], day["shifts"], day["open"], day["undelivered"]) for day in found["days"]] == [
        ("2026-11-21", 1, 1, 0),
        ("2026-11-20", 3, 0, 3),
    ]
    assert [(day["lacking"], day["differing"]) for day in found["days"]] == [(0, 0), (1, 1)]
    assert [day["day"] for day in tillpost("recon ls 5 --limit 1 --json").json()["days"]] == ["2026-11-21"]
    assert [day["day"] for day in tillpost("recon ls 5 --day 20.11.2026 --json").json()["days"]] == ["2026-11-20"]
    assert "3 shifts, 1 with missing numbers, 1 with a difference, 3 undelivered" in tillpost("recon ls 5").out


def test_difference_is_shown_as_one_and_the_rest_not_at_all(tillpost: Verb, mixed: PostOffice) -> None:
    lines = tillpost("recon ls 5 1").out.splitlines()
    line = next(line for line in lines if line.startswith("   22"))
    assert re.search(r"771\.50 +-70\.00 +-70\.00 +not told +incomplete, missing 4, the till counts 385\.50$", line)
    assert "iffer" not in tillpost("recon ls 5 2").out


def test_undelivered_is_blue_at_a_terminal_and_a_word_everywhere(
    tillpost: Verb, mixed: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tillpost("recon ls 5 2").out
    assert "\x1b" not in plain
    assert "in the outbox" in plain
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    lines = tillpost("recon ls 5 2").out.splitlines()
    blue = [click.unstyle(line).split()[0] for line in lines if "\x1b[34m" in line]
    assert blue == ["7"]


@pytest.mark.parametrize(
    "line", ["ls 5", "ls 5 1", "ls 5 --undelivered", "ls 5 --departments", "show 5 1 21", "show 5 1 22", "show 5 2 8"]
)
def test_page_fits_a_terminal_of_80_columns(tillpost: Verb, mixed: PostOffice, line: str) -> None:
    lines = tillpost(f"recon {line}", columns=80).out.splitlines()
    assert [line for line in lines if len(line) > 80] == []


# --- what tills were asked and last told


def test_last_load_last_sale_and_questions_stand_beneath(tillpost: Verb, mixed: PostOffice) -> None:
    def state() -> list[str]:
        (till,) = tillpost("recon ls 5 1 --json").json()["tills"]
        assert (till["last_sale"], bool(till["last_load"])) == ("2026-11-21T05:01:00", True)
        return [request["state"] for request in till["requests"]]

    assert state() == []
    assert tillpost("sales request --shop 5 --till 1 --from 2026-11-20 --to 2026-11-20").code == DONE
    assert state() == ["asked"]
    assert re.search(r"asked \S+Z for 2026-11-20 to 2026-11-20: asked", tillpost("recon ls 5 1").out)
    (mixed.root / "sales" / "5" / "1" / "sale.req").unlink()
    assert tillpost("collect").code == DONE
    assert state() == ["answered"]
    assert "answered" in tillpost("recon ls 5").out


def test_question_of_long_ago_is_overdue(tillpost: Verb, mixed: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tillpost("sales request --shop 5 --till 1 --from 2026-11-20 --to 2026-11-20").code == DONE
    (request,) = tillpost("recon ls 5 1 --json").json()["tills"][0]["requests"]
    later = mixed.clock.at + 1e9
    monkeypatch.setattr("tillpost.pipeline.clock.SystemClock.now", lambda _: later)
    (overdue,) = tillpost("recon ls 5 1 --json").json()["tills"][0]["requests"]
    assert overdue == {**request, "state": "overdue"}
    assert "overdue" in tillpost("recon ls 5 1").out


# --- show


def test_shift_is_shown_whole(tillpost: Verb, mixed: PostOffice) -> None:
    told = " ".join(tillpost("recon show 5 1 22").out.split())
    for fact in (
        "Shift 22 of till 1 of shop 5",
        "incomplete, missing 4, the till counts 385.50; 4 receipts",
        "gain 315.50; the till counts 385.50, a difference of -70.00",
        "began with 666.00",
        "in it 771.50; the till counts 841.50, a difference of -70.00",
        "3 return without receipt 2026-11-21 02:01:00 30.00",
    ):
        assert fact in told
    told = " ".join(tillpost("recon show 5 1 21").out.split())
    assert "10 sale 2026-11-20 17:01:00 60.00 1 outdated" in told
    assert "gain 1186.00; the till counts the same" in told


def test_documents_of_a_shift_are_shown_page_by_page(tillpost: Verb, mixed: PostOffice) -> None:
    above, seen = "", []
    while True:
        found = tillpost(f"recon show 5 1 21 --limit 4 --json{above}").json()
        seen.append([row["number"] for row in found["documents"]])
        if found["next"] is None:
            break
        above = f" --after {found['next']}"
    assert seen == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11]]
    assert tillpost("recon show 5 1 21 --limit 4").out.endswith("There are more: --after 4\n")


def test_several_documents_of_one_number_are_told(tillpost: Verb, office: PostOffice) -> None:
    office.sell("sale.json", page([shift(gain=0)], [receipt(3), receipt(3, kind=2)]))
    tillpost("collect")
    assert "several documents with number 3" in tillpost("recon ls 5 1").out
    assert tillpost("recon show 5 1 12 --json").json()["shared"] == [3]


def test_shift_that_never_closed_is_told(tillpost: Verb, office: PostOffice) -> None:
    late = shift(13, gain=None, opened="2026-11-21T08:00:00", closed=None)
    office.sell("sale.json", page([shift(gain=None, closed=None), late], [receipt(1)]))
    tillpost("collect")
    assert [row["never_closed"] for row in tillpost("recon ls 5 1 --json").json()["shifts"]] == [False, True]
    assert "never closed" in tillpost("recon ls 5 1").out
    assert "1 never closed" in tillpost("recon ls 5").out


# --- export


def test_one_shift_is_written_without_a_question(tillpost: Verb, mixed: PostOffice) -> None:
    answer = tillpost("recon export 5 1 22")
    assert (answer.code, answer.err) == (DONE, "")
    assert "shift_5_1_22_2026-11-20.xml" in answer.out
    assert answer.out.endswith(f"1 document of 1 shift, in {mixed.root / 'outbox'}.\n")
    assert "shift_5_1_22_2026-11-20.xml" in mixed.outbox()
    assert tillpost("recon export 5 1 22").out.endswith("0 documents of 1 shift.\n")


def test_many_need_a_yes_where_nobody_can_be_asked(tillpost: Verb, mixed: PostOffice) -> None:
    before = mixed.outbox()
    counts = {"5 2 7 8": "2 shifts of shop 5, 1 of them open", "5 --all-undelivered": "1 shift of shop 5"}
    for line, count in counts.items():
        answer = tillpost(f"recon export {line}")
        assert (answer.code, answer.out) == (WRONG_USE, "")
        assert count in answer.err
    assert mixed.outbox() == before
    told = tillpost("recon export 5 2 7 8 --yes --json").json()
    assert [(row["shift"], row["document"]) for row in told["shifts"]] == [(7, None), (8, "shift_5_2_8_2026-11-21.xml")]
    assert (told["written"], told["troubles"]) == (1, [])


@pytest.mark.parametrize(("said", "code"), [("y", DONE), ("n", REFUSED)])
def test_many_are_asked_about_at_a_terminal(
    tillpost: Verb, mixed: PostOffice, monkeypatch: pytest.MonkeyPatch, said: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: said)
    assert tillpost("recon export 5 --all-undelivered --open").code == code
    assert ("shift_5_2_8_2026-11-21.xml" in mixed.outbox()) is (code == DONE)


def test_all_that_is_undelivered_is_written_once(tillpost: Verb, mixed: PostOffice) -> None:
    told = tillpost("recon export 5 --all-undelivered --yes --json").json()
    assert [row["shift"] for row in told["shifts"]] == [22]
    answer = tillpost("recon export 5 --all-undelivered")
    assert (answer.code, answer.out) == (DONE, "0 documents of 0 shifts.\n")
    told = tillpost("recon export 5 1 --all-undelivered --again --yes --json").json()
    assert [row["document"] for row in told["shifts"]] == [
        "shift_5_1_21_2026-11-20_v2.xml",
        "shift_5_1_22_2026-11-20_v2.xml",
    ]


def test_outbox_that_is_away_is_a_matter_of_time(tillpost: Verb, mixed: PostOffice) -> None:
    (mixed.root / "outbox").rename(mixed.root / "elsewhere")
    answer = tillpost("recon export 5 1 22")
    assert answer.code == LATER
    assert "not in the outbox yet" in answer.out
    assert "outbox" in answer.out.splitlines()[-1]
    assert tillpost("recon ls 5 1 --json").json()["shifts"][0]["delivery"] == "due"
