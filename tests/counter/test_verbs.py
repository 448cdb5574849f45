"""Every verb, when it goes well and when it does not: exit codes, words, and JSON with the same facts."""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from post_office import PostOffice, good, goods

Verb = Callable[..., Any]
DONE, REFUSED, WRONG_USE, LATER, WRONG_SETTINGS = 0, 1, 2, 75, 78
TEN = [good(str(code), name=f"Чай {code}") for code in range(1, 11)]


def arrivals(tillpost: Verb) -> dict[str, int]:
    return {row["name"]: row["arrival"] for row in tillpost("export ls --json").json()}


# --- wrong use


@pytest.mark.parametrize(
    "line",
    [
        "sing",
        "queue sing",
        "feed --sing",
        "held release",
        "held release twelve",
        "held release 0",
        "export ls --limit 0",
        "export ls --state lost",
        "queue show 5 1 none",
        "feed --plan nowhere.xml",
        "feed --shop 5",
        "till add 5",
        "till add 5 a/b",
        "till add 5 3 3",
        "till resync 5 1",  # nobody can be asked here, and nobody said --yes
    ],
)
def test_wrong_use_ends_with_2_and_changes_nothing(tillpost: Verb, office: PostOffice, line: str) -> None:
    before = tillpost("status --json").out
    answer = tillpost(line)
    assert (answer.code, answer.out) == (WRONG_USE, "")
    assert "Usage: tillpost" in answer.err
    assert tillpost("status --json").out == before


@pytest.mark.parametrize(
    "line",
    [
        "--shop 5",
        "--tills 1",
        "--shop 5 --tills 1 --tills 2",
        "--shop 5 --tills ,",
        "--shop 5 --tills 1 --shop 5 --tills 2",
        "--shop 5 --tills 1,1",
        "--shop ../5 --tills 1",
        "--shop 5 --tills con",
    ],
)
def test_init_makes_nothing_of_wrong_words(bare: Verb, tmp_path: Path, line: str) -> None:
    assert bare(f"init {tmp_path / 'new'} {line}").code == WRONG_USE
    assert not (tmp_path / "new").exists()


def test_mistyped_verb_is_told_the_nearest(bare: Verb) -> None:
    assert "did you mean feed?" in bare("fed").err


@pytest.mark.parametrize("verb", ["status", "feed", "doctor", "config show", "till ls"])
def test_without_a_root_the_verb_says_how_to_name_one(bare: Verb, verb: str) -> None:
    answer = bare(verb)
    assert answer.code == WRONG_USE
    assert "TILLPOST_ROOT" in answer.err


@pytest.mark.parametrize("verb", ["status", "feed", "config show", "till ls", "held ls", "export show 1"])
def test_folder_that_is_no_root_is_a_wrong_setting(bare: Verb, tmp_path: Path, verb: str) -> None:
    answer = bare(f"--root {tmp_path} {verb}")
    assert (answer.code, answer.out) == (WRONG_SETTINGS, "")
    assert f"tillpost: no tillpost root at {tmp_path}" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_root_before_the_verb_wins_over_the_environment(
    bare: Verb, office: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILLPOST_ROOT", str(tmp_path / "nowhere"))
    assert bare(f"--root {office.root} status").code == DONE


def test_unknown_setting_stops_every_verb_and_names_the_nearest(tillpost: Verb, office: PostOffice) -> None:
    office.settings("[feed]\nchunk_sise = 3")
    for verb in ("feed", "status", "till ls", "config show"):
        answer = tillpost(verb)
        assert answer.code == WRONG_SETTINGS
        assert "chunk_size" in answer.err


# --- init


def test_init_says_where_exports_go(bare: Verb, tmp_path: Path) -> None:
    answer = bare(f"init {tmp_path / 'new'} --shop 5 --tills 1,2 --shop six --tills 1")
    assert answer.code == DONE
    assert str(tmp_path / "new" / "inbox") in answer.out
    assert (tmp_path / "new" / "queues" / "six" / "1").is_dir()


def test_init_tells_programs_what_it_made(bare: Verb, tmp_path: Path) -> None:
    made = bare(f"init {tmp_path / 'new'} --shop 5 --tills '1, 2' --json").json()
    assert made["shops"] == [{"shop": "5", "tills": ["1", "2"]}]
    assert Path(made["inbox"]).is_dir()
    assert Path(made["settings"]).is_file()


def test_init_leaves_a_root_that_is_there_as_it_is(tillpost: Verb, office: PostOffice) -> None:
    before = (office.root / "tillpost.toml").read_bytes()
    answer = tillpost(f"init {office.root} --shop 9 --tills 1")
    assert answer.code == REFUSED
    assert "is a root already" in answer.err
    assert (office.root / "tillpost.toml").read_bytes() == before


# --- feed


def test_feed_with_nothing_to_do_is_done_and_says_where_it_looked(tillpost: Verb, office: PostOffice) -> None:
    answer = tillpost("feed")
    assert (answer.code, answer.err) == (DONE, "")
    assert answer.out == f"Nothing to take in {office.root / 'inbox'}\n"


def test_feed_tells_each_export_and_what_the_tills_get(tillpost: Verb, office: PostOffice) -> None:
    office.drop("goods.xml", goods(*TEN, number=1))
    told = tillpost("feed").out
    assert "goods.xml" in told
    assert "processed" in told
    assert "goods F 1" in told
    assert re.search(r"Shop 5: \d+ new commands for its tills\.", told)


def test_repeat_is_done(tillpost: Verb, fed: PostOffice) -> None:
    fed.drop("again.xml", goods(TEN[0], number=2))
    answer = tillpost("feed")
    assert answer.code == DONE
    assert "Nothing new for the tills." in answer.out


@pytest.mark.parametrize(
    ("content", "state", "commands"),
    [
        (goods(good("1"), good("2", "x"), good("3")), "processed", True),
        ("<goods", "broken", False),
        (goods(good("1"), shop="9"), "error", False),
    ],
    ids=["a refused record", "broken", "error"],
)
def test_feed_that_refused_something_ends_with_1(
    tillpost: Verb, office: PostOffice, content: str, state: str, commands: bool
) -> None:
    office.drop("goods.xml", content)
    answer = tillpost("feed --json")
    assert answer.code == REFUSED
    account = answer.json()
    assert [export["state"] for export in account["exports"]] == [state]
    assert bool(account["commands"]) == commands


def test_feed_says_what_it_left_in_the_inbox(tillpost: Verb, office: PostOffice) -> None:
    path = office.drop("goods.xml", goods(*TEN))
    with path.open("ab"):
        answer = tillpost("feed")
        account = tillpost("feed --json").json()
    assert answer.code == DONE
    assert "Left in the inbox: goods.xml is open for writing" in answer.out
    assert [waiting["name"] for waiting in account["waiting"]] == ["goods.xml"]


def test_locked_root_is_a_matter_of_time_and_names_who_holds_it(
    tillpost: Verb, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillpost.counter.context.WAIT", 0.0)
    with (office.root / "state" / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("tillpost feed (process 1 on elsewhere)")
        lock.flush()
        for verb in ("feed", "till add 5 3", "held release 1", "till resync 5 1 --yes", "queue hold 5 1"):
            answer = tillpost(verb)
            assert (answer.code, answer.out) == (LATER, "")
            assert "in use by tillpost feed (process 1 on elsewhere)" in answer.err
        for verb in ("status", "till ls", "queue check", "doctor"):
            assert tillpost(verb).code == DONE


# --- plan


def test_plan_tells_what_would_change_and_changes_nothing(tillpost: Verb, fed: PostOffice, tmp_path: Path) -> None:
    file = tmp_path / "next.xml"
    file.write_text(goods(good("1", "99.00", name="Чай 1"), full=False), "utf-8")
    before = tillpost("status --json").json(), fed.queue()
    answer = tillpost(f"feed --plan {file}")
    assert answer.code == DONE
    assert "next.xml would be processed." in answer.out
    assert re.search(r"^1 .* 10\.00 .* 99\.00$", answer.out, re.MULTILINE)
    planned = tillpost(f"feed --plan {file} --json").json()
    assert [(shop["shop"], shop["tills"], shop["changed"]) for shop in planned["shops"]] == [
        ("5", ["1", "2"], 1),
        ("6", ["1"], 1),
    ]
    after = tillpost("status --json").json(), fed.queue()
    assert [strip_ages(status) for status, _ in (before, after)] == [strip_ages(before[0])] * 2
    assert before[1] == after[1]


def strip_ages(status: dict[str, Any]) -> dict[str, Any]:
    return {**status, "tills": [{**till, "oldest_seconds": None} for till in status["tills"]]}


def test_plan_of_a_suspicious_export_ends_with_1_and_says_why_once(
    tillpost: Verb, fed: PostOffice, tmp_path: Path
) -> None:
    file = tmp_path / "next.xml"
    file.write_text(goods(TEN[0]), "utf-8")
    answer = tillpost(f"feed --plan {file}")
    assert answer.code == REFUSED
    assert "would be held" in answer.out
    assert answer.out.count("shop 5: 10 of 11 goods would go") == 1


def test_plan_of_a_broken_file_ends_with_1_and_says_where(tillpost: Verb, office: PostOffice, tmp_path: Path) -> None:
    file = tmp_path / "torn.xml"
    file.write_text(goods(*TEN)[:-30], "utf-8")
    answer = tillpost(f"feed --plan {file}")
    assert answer.code == REFUSED
    assert "would be broken" in answer.out
    assert "not well-formed" in answer.out


# --- exports, held


def test_exports_are_listed_newest_first_and_by_state(tillpost: Verb, fed: PostOffice) -> None:
    rows = tillpost("export ls --json").json()
    assert [row["arrival"] for row in rows] == sorted((row["arrival"] for row in rows), reverse=True)
    assert [row["name"] for row in tillpost("export ls --state broken --json").json()] == ["torn.xml"]
    assert len(tillpost("export ls --limit 2 --json").json()) == 2
    assert tillpost("export ls --state error").out == "No export is error.\n"


def test_export_show_tells_every_refused_record(tillpost: Verb, fed: PostOffice) -> None:
    number = arrivals(tillpost)["half.xml"]
    told = tillpost(f"export show {number}").out
    shown = tillpost(f"export show {number} --json").json()
    [refused] = shown["refused"]
    assert str(refused["line"]) in told
    assert "Refused: 1" in told
    assert " ".join(refused["text"].split()) in " ".join(told.split())


def test_export_that_never_was_is_refused(tillpost: Verb, fed: PostOffice) -> None:
    for verb in ("export show 999", "held show 999", "held release 999", "held refuse 999"):
        answer = tillpost(verb)
        assert (answer.code, answer.out) == (REFUSED, "")
        assert "999" in answer.err


def test_held_export_shows_its_plan_and_both_ways_out(tillpost: Verb, fed: PostOffice) -> None:
    [held] = tillpost("held ls --json").json()
    told = tillpost(f"held show {held['arrival']}").out
    assert held["reason"] in told
    assert "Чай 10" in told
    assert f"tillpost held release {held['arrival']}" in told
    assert f"tillpost held refuse {held['arrival']}" in told


def test_released_export_is_processed_and_its_deletions_queued(tillpost: Verb, fed: PostOffice) -> None:
    number = arrivals(tillpost)["suspicious.xml"]
    before = tillpost("queue ls 5 1 --json").json()
    assert tillpost(f"held release {number} --json").json()["state"] == "processed"
    assert len(tillpost("queue ls 5 1 --json").json()) == len(before) + 1
    assert tillpost("held ls").out == "Nothing is held.\n"
    assert tillpost(f"held release {number}").code == REFUSED


def test_refused_export_ends_in_error_and_that_was_the_wish(tillpost: Verb, fed: PostOffice) -> None:
    number = arrivals(tillpost)["suspicious.xml"]
    answer = tillpost(f"held refuse {number}")
    assert answer.code == DONE
    assert "a person refused it" in answer.out
    assert fed.where("suspicious.xml") == ["error"]
    [page] = fed.root.glob("error/**/*.why")
    assert "a person refused it" in page.read_text("utf-8")
    assert "goods would go" in page.read_text("utf-8")


# --- tills, queues


def test_new_till_is_named_and_waits_to_be_filled(tillpost: Verb, fed: PostOffice) -> None:
    assert tillpost("till add 5 3 4").out == "Shop 5 has 2 new tills: 3, 4. The next feed fills them.\n"
    assert [row["standing"] for row in tillpost("till ls 5 --json").json()][2:] == ["to be filled"] * 2
    [added] = tillpost("till add 6 2 --json").json()
    assert (added["shop"], added["till"]) == ("6", "2")


@pytest.mark.parametrize(
    "line", ["till add 9 3", "till ls 9", "queue check 9", "queue check 5 9", "queue ls 9 1", "till resync 9 1 --yes"]
)
def test_till_or_shop_that_is_not_there_is_refused_by_name(tillpost: Verb, fed: PostOffice, line: str) -> None:
    answer = tillpost(line)
    assert (answer.code, answer.out) == (REFUSED, "")
    assert "9" in answer.err


def test_till_is_added_once(tillpost: Verb, office: PostOffice) -> None:
    answer = tillpost("till add 5 1")
    assert (answer.code, answer.err) == (REFUSED, "tillpost: shop 5 has a till 1 already\n")


def test_resync_begins_a_new_epoch(tillpost: Verb, fed: PostOffice) -> None:
    answer = tillpost("till resync 5 1 --yes --json").json()
    assert (answer["epoch"], answer["till"]) == (2, "1")
    assert answer["offered"] > 10
    assert re.fullmatch(r"Till 2 of shop 5: \d+ commands offered\.\n", tillpost("till resync 5 2 --yes").out)


def test_queue_shows_what_the_till_will_read(tillpost: Verb, fed: PostOffice) -> None:
    [first, *_] = tillpost("queue ls 5 1 --json").json()
    lines = tillpost(f"queue show 5 1 {first['number']}").out.splitlines()
    assert len(lines) == first["commands"]
    assert [json.loads(line) for line in lines] == tillpost("queue show 5 1 1 --json").json()
    assert tillpost("queue show 5 1 99").code == REFUSED


def test_till_on_hold_gets_nothing_more_until_released(tillpost: Verb, fed: PostOffice) -> None:
    assert tillpost("queue hold 5 1 --json").json()["standing"] == "on hold"
    before = fed.queue("5", "1")
    fed.drop("more.xml", goods(good("12"), full=False))
    tillpost("feed")
    assert fed.queue("5", "1") == before
    assert tillpost("queue release 5 1").out == "Till 1 of shop 5 is released; the next feed goes on.\n"
    tillpost("feed")
    assert len(fed.queue("5", "1")) == len(before) + 2


def test_tampered_queue_is_found_then_put_right(tillpost: Verb, fed: PostOffice) -> None:
    assert tillpost("queue check").out == "All 3 tills' folders are as the state says.\n"
    (fed.folder("5", "1") / "note.txt").write_text("x")
    answer = tillpost("queue check")
    assert answer.code == REFUSED
    assert "note.txt" in answer.out
    [found] = tillpost("queue check 5 1 --json").json()
    assert found["finding"] in answer.out
    assert tillpost("queue check 5 2").out == "The till's folder is as the state says.\n"


# --- the root as a whole


def test_status_of_a_fresh_root_says_what_to_do_next(tillpost: Verb, office: PostOffice) -> None:
    told = tillpost("status").out
    assert told.count("to be filled") == 3
    assert f"Drop one into {office.root / 'inbox'} and run: tillpost feed" in told


def test_status_counts_exports_and_names_what_is_held(tillpost: Verb, fed: PostOffice) -> None:
    told = tillpost("status").out
    status = tillpost("status --json").json()
    assert status["exports"] == {"claimed": 0, "processed": 2, "held": 1, "error": 0, "broken": 1}
    assert "Exports: 2 processed, 1 held, 1 broken" in told
    assert status["held"][0]["reason"] in told


def test_doctor_finds_nothing_wrong_with_a_healthy_root(tillpost: Verb, fed: PostOffice) -> None:
    answer = tillpost("doctor --json")
    assert answer.code == DONE
    assert [row for row in answer.json() if row["verdict"] == "bad"] == []
    assert len(answer.json()) == len(tillpost("doctor").out.splitlines()) - 4


def test_doctor_ends_with_78_where_something_must_be_put_right(
    tillpost: Verb, office: PostOffice, tmp_path: Path
) -> None:
    (office.root / "replies").rmdir()
    answer = tillpost("doctor")
    assert answer.code == WRONG_SETTINGS
    assert "1 of them to be looked at" in answer.out
    assert tillpost(f"--root {tmp_path / 'nowhere'} doctor").code == WRONG_SETTINGS


def test_config_shows_what_is_in_force(tillpost: Verb, office: PostOffice) -> None:
    office.settings("[feed]\nchunk_size = 7")
    assert re.search(r"^feed\.chunk_size +7 +25000 ", tillpost("config show").out, re.MULTILINE)
    rows = {row["setting"]: row for row in tillpost("config show --json").json()}
    assert rows["feed.chunk_size"]["value"] == "7"
    assert rows["shops.6.name"]["value"] == '""'


# --- both forms, both languages


# verb: what of a row the table tells in the same words
TOLD = {
    "status": ("shop", "till", "name", "reason"),
    "till ls": ("shop", "till", "standing", "commands"),
    "export ls": ("arrival", "name", "state", "kind", "fullness", "number", "reason", "received", "read"),
    "held ls": ("arrival", "name", "state", "reason"),
    "queue ls 5 1": ("number", "commands", "bytes", "digest"),
    "doctor": ("verdict", "what", "found", "advice"),
    "config show": ("setting", "value", "default", "unit", "text"),
}


@pytest.mark.parametrize("verb", TOLD)
def test_table_and_json_tell_the_same_facts(tillpost: Verb, fed: PostOffice, verb: str) -> None:
    answer, told = tillpost(f"{verb} --json").json(), tillpost(verb).out.replace("\u00a0", "")
    rows = [*answer["tills"], *answer["held"]] if verb == "status" else answer
    assert rows
    facts = [str(row[key]) for row in rows for key in TOLD[verb] if row.get(key) not in (None, "")]
    facts = [fact for fact in facts if not re.fullmatch(r"\d{4}-\d\d-\d\dT.*", fact) or verb != "doctor"]  # the clock
    assert [fact for fact in facts if fact not in told] == []


def test_reasons_are_told_in_the_language_of_the_root(tillpost: Verb, office: PostOffice) -> None:
    office.settings('language = "ru"')
    office.drop("torn.xml", goods(*TEN)[:-30])
    assert "XML" in tillpost("feed").out
    [export] = tillpost("export ls --json").json()
    assert re.search("[а-я]{4}", export["reason"])
    [page] = office.root.rglob("torn.xml.why")
    assert export["reason"] in page.read_text("utf-8")
