"""The verbs of the jobs, as a person or a program meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from post_office import PostOffice, good, goods
from tillpost.cli import DONE, REFUSED, WRONG_USE
from tillpost.counter import context
from tillpost.pipeline.ledger import Ledger
from tillpost.pipeline.locks import service
from tillpost.pipeline.monitor import REFUSED as SETTINGS_REFUSED
from tillpost.queues.layout import Layout

Verb = Callable[..., Any]


def jobs(tillpost: Verb) -> dict[str, dict[str, object]]:
    return {row["job"]: row for row in tillpost("jobs ls --json").json()["jobs"]}


def test_jobs_are_listed_with_their_hours_before_any_ran(tillpost: Verb) -> None:
    found = jobs(tillpost)
    assert [(name, row["hours"], row["outcome"]) for name, row in found.items()] == [
        ("feed", "every round", ""),
        ("collect", "every round", ""),
        ("requests", "05:00", ""),
        ("trim", "03:33", ""),
    ]
    assert str(found["trim"]["next"]).endswith("T00:33:00Z")
    assert "No service runs" in tillpost("jobs ls").out


@pytest.mark.parametrize(("verb", "job"), [("feed", "feed"), ("collect", "collect"), ("trim", "trim")])
def test_verb_that_is_a_job_notes_its_run(tillpost: Verb, verb: str, job: str) -> None:
    assert tillpost(verb).code == DONE
    assert jobs(tillpost)[job]["outcome"] == "done"


def test_dry_runs_and_plans_are_no_runs(tillpost: Verb, office: PostOffice, tmp_path) -> None:
    plan = tmp_path / "goods.xml"
    plan.write_text(goods(good("1")), "utf-8")
    assert tillpost(f"feed --plan {plan}").code == DONE
    assert tillpost("trim --dry-run").code == DONE
    assert {row["outcome"] for row in jobs(tillpost).values()} == {""}


@pytest.mark.parametrize("job", ["feed", "collect", "requests", "trim"])
def test_job_is_run_by_hand_whatever_its_hours_say(tillpost: Verb, job: str) -> None:
    answer = tillpost(f"jobs run {job}")
    assert (answer.code, answer.out) == (DONE, f"Job {job}: done.\n")


def test_job_that_refused_something_says_so(tillpost: Verb, office: PostOffice) -> None:
    office.drop("torn.xml", "<torn")
    answer = tillpost("jobs run feed")
    assert (answer.code, answer.out[:19]) == (REFUSED, "Job feed: refused. ")
    assert "left for somebody to look at" in answer.out
    assert jobs(tillpost)["feed"]["outcome"] == "refused"


def test_job_that_there_is_not_is_wrong_use_and_names_those_there_are(tillpost: Verb) -> None:
    answer = tillpost("jobs run everything")
    assert answer.code == WRONG_USE
    assert "collect" in answer.err


def test_service_that_runs_is_named(tillpost: Verb, office: PostOffice) -> None:
    with service(Layout.of(office.root)):
        assert "The service runs: " in tillpost("jobs ls").out
        assert "process" in tillpost("status --json").json()["service"]["runs"]


def test_settings_that_are_not_in_force_are_told_by_status(tillpost: Verb, office: PostOffice) -> None:
    with office.open() as opened, opened.store.write() as txn:
        Ledger(txn).note(SETTINGS_REFUSED, "there is no setting nonsense")
    assert "there is no setting nonsense" in tillpost("status").out
    assert "there is no setting nonsense" in tillpost("jobs ls").out
    assert tillpost("status --json").json()["service"]["settings_refused"]


def test_person_at_a_terminal_is_told_who_is_waited_for(monkeypatch, capsys) -> None:
    context._told("tillpost run (process 1)")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    context._told("tillpost run (process 1)")
    assert capsys.readouterr().err == "waiting for tillpost run (process 1)\n"
