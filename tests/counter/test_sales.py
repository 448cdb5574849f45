"""Verbs of the way back: exit codes, words, and JSON with the same facts."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from post_office import PostOffice
from sales_pages import log_on, page, receipt, shift
from tillpost.cli import run

Verb = Callable[..., Any]
DONE, REFUSED, WRONG_USE, LATER = 0, 1, 2, 75
SAMPLES = Path(__file__).parents[2] / "samples" / "sales"
DAY = page([shift()], [receipt(1)], [log_on()])
FAULTS = page([shift(gain=None)], [receipt(1), {**receipt(2), "docNum": None}])


@pytest.fixture(scope="session")
def sold_root(fresh_root: PostOffice, tmp_path_factory: pytest.TempPathFactory) -> PostOffice:
    office = _copied(fresh_root, tmp_path_factory.mktemp("sold") / "root")
    for path in sorted(SAMPLES.glob("[0-9]/**/*.json")):
        office.sell(path.name, path.read_bytes(), till=path.relative_to(SAMPLES).parts[0], live="online" in path.parts)
    office.sell("half.json", page(documents=[receipt(1, shift=99), {**receipt(2, shift=99), "docNum": None}]))
    office.sell("torn.json", DAY[:-30])
    office.sell("other.json", DAY, till="2")
    run(["--root", str(office.root), "collect"])
    return office


def _copied(office: PostOffice, root: Path) -> PostOffice:
    shutil.copytree(office.root, root)
    other = copy.copy(office)
    other.root = root
    return other


@pytest.fixture
def sold(sold_root: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    """The samples' sales were collected, and a file with a refused object, a torn one, one of another till."""
    office = _copied(sold_root, tmp_path / "sold")
    monkeypatch.setenv("TILLPOST_ROOT", str(office.root))
    return office


def arrival(tillpost: Verb, name: str) -> int:
    return next(int(row["arrival"]) for row in tillpost("sales ls --json").json() if row["name"] == name)


def asked(office: PostOffice, till: str = "1") -> str | None:
    path = office.root / "sales" / "5" / till / "sale.req"
    return path.read_text("utf-8") if path.exists() else None


@pytest.mark.parametrize(
    "line",
    [
        "sales",
        "sales sing",
        "sales show",
        "sales show twelve",
        "sales show 0",
        "sales ls --limit 0",
        "sales ls --state lost",
        "sales shifts 5",
        "sales drawer 5",
        "sales drawer 5 1 --from soon",
        "sales export 5 1",
        "sales export 5 1 -1",
        "sales request",
        "sales request --shop 5 --from soon",
        "sales request --shop 5 --from 2026-02-30",
        "collect --sing",
    ],
)
def test_wrong_use_ends_with_2_and_does_nothing(tillpost: Verb, office: PostOffice, line: str) -> None:
    answer = tillpost(line)
    assert (answer.code, answer.out) == (WRONG_USE, "")
    assert "Usage: tillpost" in answer.err
    assert (asked(office), office.outbox()) == (None, [])


@pytest.mark.parametrize(
    "verb", ["collect", "sales ls", "sales show", "sales shifts", "sales drawer", "sales export", "sales request"]
)
def test_help_tells_what_the_verb_does_with_an_example(bare: Verb, verb: str) -> None:
    answer = bare(f"{verb} --help", columns=80)
    assert answer.code == DONE
    assert re.search(rf"Examples?:.*tillpost {verb}", answer.out, re.DOTALL)
    assert max(map(len, answer.out.splitlines())) <= 80


def test_sales_lists_its_verbs(bare: Verb) -> None:
    told = bare("sales --help").out
    assert re.findall(r"^  (\w+) ", told, re.MULTILINE) == ["ls", "show", "shifts", "drawer", "export", "request"]


# --- nothing there yet


def test_empty_root_says_where_tills_drop_their_files(tillpost: Verb, office: PostOffice) -> None:
    place = str(office.root / "sales")
    assert tillpost("collect").out == f"No sales files in {place}.\n"
    assert place in tillpost("sales ls").out
    assert tillpost("sales shifts 6 1").out == "Till 1 of shop 6 has no shifts yet.\n"
    assert [tillpost(f"{verb} --json").json() for verb in ("sales ls", "sales shifts 6 1")] == [[], []]


@pytest.mark.parametrize("words", ["--state broken", "--shop 9", "--shop 5 --till 2"])
def test_list_of_some_says_that_there_is_none_such(tillpost: Verb, office: PostOffice, words: str) -> None:
    answer = tillpost(f"sales ls {words}")
    assert (answer.code, answer.out) == (DONE, "No such sales file.\n")


@pytest.mark.parametrize(
    "line",
    [
        "sales show 99",
        "sales shifts 9 1",
        "sales shifts 5 9",
        "sales drawer 5 9",
        "sales export 5 1 99",
        "sales export 9 1 12",
        "sales request --shop 9",
        "sales request --shop 5 --till 9",
        "sales request --shop 5 --till 1 --till 9",
    ],
)
def test_what_is_not_there_is_refused_by_name(tillpost: Verb, office: PostOffice, line: str) -> None:
    answer = tillpost(line)
    assert (answer.code, answer.out) == (REFUSED, "")
    assert "9" in answer.err
    assert asked(office) is None


# --- collect


def test_collect_tells_each_file_and_what_the_erp_gets(tillpost: Verb, office: PostOffice) -> None:
    office.sell("sale_12.json", DAY)
    answer = tillpost("collect")
    assert (answer.code, answer.err) == (DONE, "")
    assert re.search(r"sale_12\.json +processed +5 +1 +1 +1$", answer.out, re.MULTILINE)
    assert f"3 documents for the ERP in {office.root / 'outbox'}\n" in answer.out
    office.erp_takes()
    office.sell("again.json", DAY)
    told = tillpost("collect").out
    assert "3 documents taken by the ERP since the last time\n" in told
    assert "Repeated" in told


def test_collect_tells_programs_the_same(tillpost: Verb, office: PostOffice) -> None:
    office.sell("sale_12.json", DAY)
    told = tillpost("collect --json").json()
    assert told["documents"] == {"written": 3, "taken": 0}
    assert [(file["name"], file["state"], file["new"], file["put_away"]) for file in told["files"]] == [
        ("sale_12.json", "processed", 1, True)
    ]
    assert (told["waiting"], told["outbox_troubles"]) == ([], [])


@pytest.mark.parametrize(
    ("content", "till", "state"),
    [(FAULTS, "1", "processed"), (DAY[:-30], "1", "broken"), (DAY, "2", "error")],
    ids=["a refused object", "broken", "error"],
)
def test_collect_that_refused_something_ends_with_1_and_says_why(
    tillpost: Verb, office: PostOffice, content: str, till: str, state: str
) -> None:
    office.sell("sale.json", content, till=till)
    answer = tillpost("collect")
    assert answer.code == REFUSED
    [row] = tillpost("sales ls --json").json()
    assert row["state"] == state
    assert (row["reason"] or f"tillpost sales show {row['arrival']}") in answer.out


def test_collect_says_what_it_left(tillpost: Verb, office: PostOffice) -> None:
    with office.sell("sale.json", DAY).open("ab"):
        answer = tillpost("collect")
        waiting = tillpost("collect --json").json()["waiting"]
    assert answer.code == DONE
    assert answer.out.startswith("waiting: sale.json: ")
    assert [one["name"] for one in waiting] == ["sale.json"]


def test_outbox_that_is_away_is_a_matter_of_time(tillpost: Verb, office: PostOffice) -> None:
    office.sell("sale.json", DAY)
    (office.root / "outbox").rename(office.root / "elsewhere")
    answer = tillpost("collect")
    assert answer.code == LATER
    assert re.search(r"^outbox: .*outbox", answer.out, re.MULTILINE)
    assert tillpost("sales ls --json").json()[0]["state"] == "processed"


# --- ls, show


def test_files_are_listed_newest_first_and_by_state_shop_and_till(tillpost: Verb, sold: PostOffice) -> None:
    rows = tillpost("sales ls --json").json()
    assert [row["arrival"] for row in rows] == sorted((row["arrival"] for row in rows), reverse=True)
    assert len(rows) == 12
    assert len(tillpost("sales ls --limit 2 --json").json()) == 2
    assert [row["name"] for row in tillpost("sales ls --state broken --json").json()] == ["torn.json"]
    assert {row["till"] for row in tillpost("sales ls --shop 5 --till 2 --json").json()} == {"2"}


def test_table_and_json_tell_the_same_facts(tillpost: Verb, sold: PostOffice) -> None:
    keys = ("arrival", "name", "state", "shop", "till", "received", "reason")
    for columns in (0, 80):
        told = " ".join(tillpost("sales ls", columns=columns).out.split())
        facts = [str(row[key]) for row in tillpost("sales ls --json").json() for key in keys]
        assert [fact for fact in facts if " ".join(fact.split()) not in told] == []


@pytest.mark.parametrize("verb", ["sales ls", "sales show 1", "sales shifts 5 1", "sales shifts 5 2"])
def test_page_fits_a_terminal_of_80_columns(tillpost: Verb, sold: PostOffice, verb: str) -> None:
    lines = tillpost(verb, columns=80).out.splitlines()
    assert [line for line in lines if len(line) > 80] == []


def test_counts_of_nothing_are_left_out(tillpost: Verb, office: PostOffice) -> None:
    office.sell("sale_12.json", DAY)
    assert tillpost("collect").code == DONE
    told = tillpost("sales ls").out
    assert not re.search("Repeated|Corrected|Outdated|Refused", told)


def test_file_shows_what_was_in_it(tillpost: Verb, sold: PostOffice) -> None:
    number = arrival(tillpost, "sale_1_12.json")
    told = " ".join(tillpost(f"sales show {number}").out.split())
    shown = tillpost(f"sales show {number} --json").json()
    assert (shown["read"], shown["shifts"], shown["log_ons"]) == (12, 1, 4)
    assert "documents 12 (12 new)" in told
    assert "sale: 7, return: 1, cash in: 1, cash out: 1, return cancelled: 1, sale cancelled: 1" in told
    assert "1 shift record, 4 security log lines" in told
    assert (sold.root / shown["file"]).is_file()


def test_file_shows_every_refused_object(tillpost: Verb, sold: PostOffice) -> None:
    number = arrival(tillpost, "half.json")
    told = tillpost(f"sales show {number}").out
    [refused] = tillpost(f"sales show {number} --json").json()["refused_objects"]
    assert refused["field"] == "docNum"
    assert f"line {refused['line']}, sales data" in told
    assert refused["text"] in told


def test_rejected_file_shows_why(tillpost: Verb, sold: PostOffice) -> None:
    number = arrival(tillpost, "torn.json")
    told = " ".join(tillpost(f"sales show {number}", columns=80).out.split())
    assert tillpost(f"sales show {number} --json").json()["reason"] in told


# --- shifts


def test_shifts_are_told_with_the_sums_counted_by_hand(tillpost: Verb, sold: PostOffice) -> None:
    rows = {row["shift"]: row for row in tillpost("sales shifts 5 1 --json").json()}
    assert (rows[12]["receipts"], rows[12]["annulled"], rows[12]["gain"]) == (9, 1, "2620.71")
    assert (rows[12]["sales_cash"], rows[12]["returns_cashless"], rows[12]["cash_out"]) == (
        "1488.61",
        "350.10",
        "3500.00",
    )
    told = tillpost("sales shifts 5 1").out
    assert re.search(
        r"^ +12  2026-11-19 08:55  2026-11-19 22:05 +9 +1 +1488\.61 +1577\.10 +94\.90 +350\.10 +3000\.00 +3500\.00 +"
        r"2620\.71  complete$",
        told,
        re.MULTILINE,
    )


@pytest.mark.parametrize(
    ("numbers", "gain", "closed", "standing"),
    [
        ((1, 2), 105, True, "complete"),
        ((1, 3, 7), 157.5, True, "incomplete, missing 2, 4–6"),
        ((1,), 99, True, "incomplete, the till counts 99.00"),
        ((1,), None, False, "open"),
    ],
)
def test_shift_says_what_it_lacks(
    tillpost: Verb, office: PostOffice, numbers: tuple[int, ...], gain: object, closed: bool, standing: str
) -> None:
    told = shift(gain=gain) if closed else shift(gain=gain, closed=None)
    office.sell("sale.json", page([told], [receipt(number) for number in numbers]))
    tillpost("collect")
    assert tillpost("sales shifts 5 1").out.rstrip().endswith(standing)


# --- export


def test_open_shift_is_written_once(tillpost: Verb, sold: PostOffice) -> None:
    answer = tillpost("sales export 5 2 8")
    name = "shift_5_2_8_2026-11-20.xml"
    assert (answer.code, answer.out) == (DONE, f"Written: {sold.root / 'outbox' / name}\n")
    assert name in sold.outbox()
    assert tillpost("sales export 5 2 8").out == "The ERP was told just this before; nothing new to write.\n"
    assert tillpost("sales export 5 2 8 --json").json() == {"document": None, "written": 0, "troubles": []}


# --- request


def test_till_is_asked_and_the_question_named(tillpost: Verb, office: PostOffice) -> None:
    answer = tillpost("sales request --shop 5 --till 1 --from 2026-11-19 --to 20.11.2026")
    assert (answer.code, answer.out) == (DONE, "Asked till 1 of shop 5 for 2026-11-19 to 2026-11-20.\n")
    assert asked(office) == "###\n19.11.2026-20.11.2026"
    assert asked(office, "2") is None


def test_every_till_of_a_shop_is_asked(tillpost: Verb, office: PostOffice) -> None:
    rows = tillpost("sales request --shop 5 --json").json()
    assert [(row["till"], row["asked"]) for row in rows] == [("1", True), ("2", True)]
    assert asked(office)
    assert asked(office, "2")


def test_question_that_is_not_answered_is_left_and_told(tillpost: Verb, office: PostOffice) -> None:
    tillpost("sales request --shop 5 --till 1 --from 2026-11-19 --to 2026-11-19")
    answer = tillpost("sales request --shop 5 --from 2026-11-20 --to 2026-11-20")
    assert answer.code == REFUSED
    assert "Till 1 of shop 5 has not answered an earlier question yet: 2026-11-19 to 2026-11-19." in answer.out
    assert "Asked till 2 of shop 5 for 2026-11-20 to 2026-11-20." in answer.out


def test_till_whose_folder_is_away_is_a_matter_of_time_and_stops_no_other(tillpost: Verb, office: PostOffice) -> None:
    (office.root / "sales" / "5" / "1").rename(office.root / "elsewhere")
    answer = tillpost("sales request --shop 5")
    assert answer.code == LATER
    assert answer.out.startswith("Till 1 of shop 5 was not asked: ")
    assert asked(office, "2")


WEEK = "sales request --shop 5 --till 1 --from 2026-11-01 --to 2026-11-07"


def test_long_period_needs_a_yes_where_nobody_can_be_asked(tillpost: Verb, office: PostOffice) -> None:
    answer = tillpost(WEEK)
    assert (answer.code, answer.out) == (WRONG_USE, "")
    assert "7 days" in answer.err
    assert asked(office) is None
    assert tillpost(f"{WEEK} --yes").code == DONE
    assert asked(office)


@pytest.mark.parametrize(("said", "code"), [("y", DONE), ("n", REFUSED), ("", REFUSED)])
def test_long_period_is_asked_about_at_a_terminal(
    tillpost: Verb, office: PostOffice, monkeypatch: pytest.MonkeyPatch, said: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: said)
    answer = tillpost(WEEK)
    assert answer.code == code
    assert bool(asked(office)) is (code == DONE)


def test_six_days_are_asked_for_at_once(tillpost: Verb, office: PostOffice) -> None:
    assert tillpost("sales request --shop 5 --till 1 --from 2026-11-01 --to 2026-11-06").code == DONE


def test_period_that_ends_before_it_begins_is_refused(tillpost: Verb, office: PostOffice) -> None:
    answer = tillpost("sales request --shop 5 --till 1 --from 2026-11-02 --to 2026-11-01")
    assert (answer.code, answer.out) == (REFUSED, "")
    assert "2026-11-01" in answer.err


def test_file_of_too_many_refused_objects_tells_the_first_of_them(office: PostOffice, tillpost: Verb) -> None:
    office.sell("sale.json", page([], [receipt(1, docNum=None), receipt(2, docSum="x")]))
    (file,) = tillpost("collect --json").json()["files"]
    assert file["state"] == "broken"
    assert "2 of 2 objects were refused" in file["reason"]
    assert file["reason"].endswith("the first, in line 2: docNum is missing")


# --- in the status


def test_status_tells_of_sales_once_there_were_any(office: PostOffice, tillpost: Verb) -> None:
    assert tillpost("status --json").json()["sales"] is None
    office.sell("sale.json", DAY)
    office.collect()
    told = tillpost("status --json").json()["sales"]
    assert (told["files"]["processed"], told["undelivered"], told["trouble"]) == (1, 3, "")
    assert "Sales files: 1 processed; 3 documents for the ERP to take" in tillpost("status").out


def test_outbox_that_is_away_is_told_until_it_is_back(office: PostOffice, tillpost: Verb) -> None:
    outbox, away = office.root / "outbox", office.root / "away"
    outbox.rename(away)
    outbox.mkdir()
    office.sell("sale.json", DAY)
    assert tillpost("collect").code == LATER
    assert "marker" in tillpost("status --json").json()["sales"]["outbox"]
    assert "marker" in tillpost("status").out
    (job,) = (row for row in tillpost("jobs ls --json").json()["jobs"] if row["job"] == "collect")
    assert job["outcome"] == "put off"
    assert "marker" in job["reason"]
    assert "marker" in tillpost("jobs run collect").out
    outbox.rmdir()
    away.rename(outbox)
    assert tillpost("collect").code == DONE
    assert tillpost("status --json").json()["sales"]["outbox"] == ""


def test_earlier_shift_of_a_number_is_exported_by_its_day(office: PostOffice, tillpost: Verb) -> None:
    for month in ("09", "11"):
        at = {"timeBeg": f"2026-{month}-01T08:00:00", "timeEnd": None}
        office.sell(f"{month}.json", page([{**shift(), **at}], [receipt(1, at=f"2026-{month}-01T10:00:00")]))
    office.collect()
    answer = tillpost("sales export 5 1 12 --opened 2026-09-01 --json")
    assert answer.json()["document"] == "shift_5_1_12_2026-09-01.xml"
    assert tillpost("sales export 5 1 12 --json").json()["document"] == "shift_5_1_12_2026-11-01.xml"
    assert tillpost("sales export 5 1 12 --opened 2026-10-01").code == REFUSED
