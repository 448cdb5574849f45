"""What monitoring reads: metrics for Prometheus, and a count of errors that only grows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from post_office import PostOffice, good, goods
from prometheus_client.parser import text_string_to_metric_families
from tillpost.errors import Reason, Retry
from tillpost.pipeline import jobs
from tillpost.pipeline.duties import DUTIES, by_hand, named
from tillpost.pipeline.feed import Feed
from tillpost.pipeline.jobs import Hours
from tillpost.pipeline.monitor import Monitor
from tillpost.pipeline.notices import Event

pytestmark = pytest.mark.usefixtures("unsynced")

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BOTH = "[monitor]\nmetrics_file = 'mon/tillpost.prom'\nerrors_file = 'errors.json'\n"


@pytest.fixture
def office(make_office) -> PostOffice:
    return make_office(settings=BOTH)


def metrics(office: PostOffice) -> dict[tuple[str, ...], float]:
    """name and labels' values -> value."""
    page = (office.root / "mon" / "tillpost.prom").read_text("utf-8")
    families = list(text_string_to_metric_families(page))
    assert all(family.documentation.endswith(".") for family in families)
    samples = [sample for family in families for sample in family.samples]
    assert all(sample.timestamp is None for sample in samples)
    assert all(sample.name.startswith("tillpost_") for sample in samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def errors(office: PostOffice) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((office.root / "errors.json").read_text("utf-8"))
    return found


def write(office: PostOffice) -> dict[tuple[str, ...], float]:
    with office.open() as opened:
        Monitor(opened).write()
    return metrics(office)


def test_tills_are_told_one_by_one(office: PostOffice) -> None:
    office.send("goods.xml", goods(good("1"), good("2")))
    office.take("5", "2")
    office.clock.pass_(seconds=1000)
    with office.open() as opened:
        Feed(opened).round()
    found = write(office)
    assert found["tillpost_till_chunks", "5", "1"] == 1
    assert found["tillpost_till_oldest_seconds", "5", "1"] == 1000
    assert found["tillpost_till_overdue", "5", "1"] == 1
    assert found["tillpost_till_chunks", "5", "2"] == 0
    assert found["tillpost_till_oldest_seconds", "5", "2"] == 0
    assert found["tillpost_till_overdue", "5", "2"] == 0
    assert found["tillpost_till_halted", "5", "1"] == found["tillpost_till_on_hold", "5", "1"] == 0


def test_exports_are_counted_by_their_verdict_from_round_to_round(office: PostOffice) -> None:
    with office.open() as opened:
        monitor, feed = Monitor(opened), Feed(opened)
        for number, content in enumerate((goods(good("1")), "<torn", goods(good("1"), good("2")), goods(good("1")))):
            office.drop(f"{number}.xml", content)
            feed.round(once=True)
            monitor.write()
        found = metrics(office)
    assert [found["tillpost_exports", state] for state in ("processed", "broken", "held")] == [2, 1, 1]
    assert write(office) == found


def test_jobs_are_told_with_their_last_success(office: PostOffice) -> None:
    daily = Hours(("05:00",), "UTC")
    with office.open() as opened:
        with jobs.running(opened, jobs.look(opened, "trim", daily)):
            pass
        office.clock.pass_(days=3)
        with pytest.raises(Retry), jobs.running(opened, jobs.look(opened, "trim", daily)):
            raise Retry(Reason("disk.full", path="x", detail="y"))
    found = write(office)
    assert found["tillpost_job_last_success_timestamp_seconds", "trim"] == office.clock.at - 3 * 86400
    assert found["tillpost_job_unwell", "trim"] == 1
    assert found["tillpost_job_missed_total", "trim"] == 3


def test_errors_are_counted_once_each_and_for_ever(office: PostOffice) -> None:
    office.send("one.xml", "<torn")
    write(office)
    first = errors(office)
    assert first["errors"] == 1
    assert "one.xml" in first["last"]
    with office.open() as opened:
        opened.tell(
            Event.BROKEN,
            f"broken/{office.reply('one.xml.json')['arrival']}",
            Reason("job.failed", job="x", why="again"),
        )
        opened.tell(Event.OVERDUE, "overdue/1", Reason("job.failed", job="x", why="waits"))
        opened.tell(Event.JOB, "job/1", Reason("job.failed", job="x", why="new"))
    write(office)
    assert errors(office)["errors"] == 2
    assert errors(office)["since"] == first["since"]
    assert metrics(office)["tillpost_errors_total",] == 2


def test_file_that_cannot_be_written_is_told_once_and_stops_nothing(make_office, tmp_path) -> None:
    office = make_office(settings=f"[monitor]\nmetrics_file = '{tmp_path}/missing/t.prom'\nerrors_file = 'errors.json'")
    with office.open() as opened:
        monitor = Monitor(opened)
        for _ in range(3):
            monitor.write()
        (tmp_path / "missing").mkdir()
        monitor.write()
    assert (tmp_path / "missing" / "t.prom").exists()
    log = (office.root / "state" / "tillpost.log").read_text("utf-8")
    assert log.count("monitoring_not_written") == 1
    assert errors(office)["errors"] == 0


def test_nothing_is_written_where_nothing_is_asked_for(make_office) -> None:
    office = make_office(settings="[log]\nlevel = 'info'")
    before = sorted(office.root.rglob("*"))
    with office.open() as opened:
        Monitor(opened).write()
    assert sorted(office.root.rglob("*")) == before


def test_sales_and_what_the_erp_has_not_taken_are_told_once_there_are_books(office: PostOffice) -> None:
    assert not [name for name in write(office) if name[0] == "tillpost_sales_files"]
    assert not (office.root / "state" / "books.sqlite").exists()
    (office.root / "sales" / "5" / "1" / "torn.json").write_text("no sales\n", "utf-8")
    with office.open() as opened:
        duty = named("collect")
        with by_hand(opened, duty) as run, duty.opened(opened) as work:
            run.refused = work(True).refused
    found = metrics(office)
    assert found["tillpost_sales_files", "broken"] == 1
    assert found["tillpost_documents_undelivered",] == 0
    assert found["tillpost_job_unwell", "collect"] == 0


def test_readme_names_every_metric_and_no_other(office: PostOffice) -> None:
    with office.open() as opened, by_hand(opened, named("collect")), named("collect").opened(opened) as work:
        work(True)
    table = README.split("### Monitoring")[1].split("\n## ")[0]
    told = {
        name for line in table.splitlines() if line.startswith("|") for name in re.findall(r"`(tillpost_\w+)`", line)
    }
    assert told == {name for name, *_ in write(office)}


def test_readme_names_every_job_with_what_it_does() -> None:
    table = README.split("## As a service")[1].split("### ")[0]
    told = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))
    assert told == {duty.name: duty.does for duty in DUTIES}
