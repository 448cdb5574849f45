"""The settings' promise: each said once, everything else made from that, nothing guessed."""

from __future__ import annotations

import itertools
import string
import tomllib
from contextlib import suppress
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.errors import LANGUAGES, Halt
from tillpost.model import ReadOptions, Shop
from tillpost.pipeline.masking import HOLDERS
from tillpost.pipeline.settings import (
    FILE_NAME,
    Hours,
    Settings,
    ShopSettings,
    check_id,
    describe,
    load,
    show,
    template,
)
from tillpost.queues.layout import Layout

DOCS = describe()
GENERAL = [doc for doc in DOCS if not doc.path.startswith("shops.")]
TABLES = sorted({doc.path.rpartition(".")[0] for doc in DOCS})
by_path = pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.path)


def written(root: Path, text: str) -> Path:
    root.joinpath(FILE_NAME).write_text(text, "utf-8")
    return root


def toml(path: str, value: str) -> str:
    """One setting as a file of its own; `value` as TOML spells it."""
    table, _, key = path.replace("<shop>", "5").rpartition(".")
    return f"[{table}]\n{key} = {value}\n" if table else f"{key} = {value}\n"


def refused(root: Path, text: str) -> Halt:
    with pytest.raises(Halt) as wrong:
        load(written(root, text))
    return wrong.value


def fields(kind: type[msgspec.Struct]) -> list[str]:
    return [field.name for field in msgspec.structs.fields(kind)]


# --- one truth for program, file and list


def test_every_setting_is_documented() -> None:
    assert [doc.path for doc in DOCS if not doc.text.endswith(".") or not doc.type] == []


def test_no_two_settings_say_the_same() -> None:
    assert len({doc.text for doc in DOCS}) == len(DOCS)


def test_list_holds_every_field_of_the_settings() -> None:
    tables = {field.name: field.type for field in msgspec.structs.fields(Settings) if field.name != "shops"}
    expected = set()
    for name, kind in tables.items():
        inner = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        expected |= {f"{name}.{key}" for key in fields(kind)} if inner else {name}
    expected |= {f"shops.<shop>.{key}" for key in fields(ShopSettings)}
    assert {doc.path for doc in DOCS} == expected


@pytest.mark.parametrize("doc", [doc for doc in DOCS if doc.path.endswith(("_seconds", "_bytes", "_share"))])
def test_unit_in_a_name_is_the_unit_told(doc: Any) -> None:
    assert doc.path.endswith(f"_{doc.unit}")


def test_template_without_shops_loads_to_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, template([]))) == Settings()


def test_template_loads_to_the_defaults_and_its_shops(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, template(["5", "Omsk_2"])))
    assert loaded == Settings(shops={"5": ShopSettings(), "Omsk_2": ShopSettings()})


def test_template_shows_every_setting_commented_out_in_its_table() -> None:
    lines = template(["5"]).splitlines()
    headers = [(place, line[1:-1]) for place, line in enumerate(lines) if line.startswith("[")]
    found = set()
    for place, line in enumerate(lines):
        key, equals, _ = line.removeprefix("# ").partition(" = ")
        if equals and key.isidentifier():
            table = next((name for at, name in reversed(headers) if at < place), "")
            found.add(f"{table}.{key}".removeprefix(".").replace("shops.5", "shops.<shop>"))
            assert line.startswith("# ")
    assert found == {doc.path for doc in DOCS}


def test_template_uncommented_is_the_same_settings(tmp_path: Path) -> None:
    lines = template(["5", "6"]).splitlines()
    active = [
        line.removeprefix("# ") if line.removeprefix("# ").partition(" = ")[0].isidentifier() else line
        for line in lines
    ]
    raw = tomllib.loads("\n".join(active))
    assert len(raw["shops"]["6"]) == len(fields(ShopSettings))
    assert load(written(tmp_path, "\n".join(active))) == load(written(tmp_path, "\n".join(lines)))


def test_template_lines_fit_a_screen() -> None:
    assert [line for line in template(["5"]).splitlines() if len(line) > 120] == []


def test_show_tells_value_and_default_of_every_setting_and_shop(tmp_path: Path) -> None:
    rows = show(written(tmp_path, "[feed]\nchunk_size = 10\n[shops.5]\nname = 'Омск'\n[shops.6]\n"))
    told = {row["setting"]: (row["value"], row["default"]) for row in rows}
    assert told["feed.chunk_size"] == ("10", "25000")
    assert told["shops.5.name"] == ('"Омск"', '""')
    assert told["shops.6.name"] == ('""', '""')
    assert told["arrival.settle_seconds"] == ("10", "10")
    assert len(rows) == len(GENERAL) + 2 * len(fields(ShopSettings))


# --- what is refused


@pytest.mark.parametrize("table", TABLES)
def test_unknown_key_is_refused_at_every_level(tmp_path: Path, table: str) -> None:
    path = f"{table}.wholly_unheard_of".removeprefix(".")
    halt = refused(tmp_path, toml(path, "1"))
    assert halt.reason.code == "settings.unknown"
    assert halt.reason.parts["key"] == path.replace("<shop>", "5")


@by_path
def test_misspelt_key_is_refused_and_the_right_one_named(tmp_path: Path, doc: Any) -> None:
    path = doc.path.replace("<shop>", "5")
    halt = refused(tmp_path, toml(doc.path + "x", "1"))
    assert halt.reason.code == "settings.unknown-near"
    assert halt.reason.parts == {"key": path + "x", "near": path}


def test_key_in_the_wrong_table_is_refused_and_the_right_one_named(tmp_path: Path) -> None:
    assert refused(tmp_path, "chunk_size = 5").reason.parts["near"] == "feed.chunk_size"
    assert refused(tmp_path, "[feed]\nwindow = 5").reason.parts["near"] == "queue.window"


def test_unknown_table_is_refused_and_the_nearest_named(tmp_path: Path) -> None:
    assert refused(tmp_path, "[qeue]\n").reason.parts == {"key": "qeue", "near": "queue"}


@by_path
def test_wrong_type_is_refused_with_key_got_and_expected(tmp_path: Path, doc: Any) -> None:
    halt = refused(tmp_path, toml(doc.path, "{ deep = 1 }"))
    assert halt.reason.code == "settings.wrong-value"
    assert halt.reason.parts["key"] == doc.path.replace("<shop>", "5")
    assert doc.type in str(halt)
    assert ("***" if doc.path in HOLDERS else '{"deep": 1}') in str(halt)  # of these not even a wrong value is shown


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("feed.chunk_size", "0"),
        ("feed.chunk_size", "1.5"),
        ("feed.chunk_size", "true"),
        ("feed.chunk_size", "'25000'"),
        ("feed.refused_share", "1.01"),
        ("feed.refused_share", "-0.01"),
        ("feed.hold_gaps", "0"),
        ("arrival.settle_seconds", "nan"),
        ("arrival.settle_seconds", "inf"),
        ("arrival.flag_suffix", "'flz'"),
        ("arrival.flag_suffix", "'.TMP'"),
        ("arrival.flag_suffix", "'.part'"),
        ("arrival.flag_suffix", "'./x'"),
        ("arrival.flag_suffix", r'".flz\n"'),
        ("queue.share", "'symlinks'"),
        ("queue.chunk_mode", "'0660'"),
        ("queue.chunk_mode", "'0740'"),
        ("rights.folder_mode", "'0777'"),
        ("rights.folder_mode", "'0550'"),
        ("rights.file_mode", "'0666'"),
        ("rights.file_mode", "'0750'"),
        ("rights.till_group", "'two words'"),
        ("queue.chunk_mode", "440"),
        ("queue.folder_mode", "'3770'"),
        ("queue.folder_mode", "'2570'"),
        ("erp.till_code", "'requisite:'"),
        ("erp.without_vat", "''"),
        ("paths.inbox", r'"in\u0000box"'),
        ("log.level", "'loud'"),
        ("language", "'de'"),
        ("timezone", "1979-05-27"),
        ("shops.<shop>.warehouses", "'1'"),
        ("shops.<shop>.warehouses", "[1]"),
        ("shops.<shop>.price_hours", "'8:00-22:00'"),
        ("shops.<shop>.price_hours", "'08:00-08:00'"),
        ("shops.<shop>.clear_hours", "'22:00-24:01'"),
        ("shops.<shop>.clear_hours", "'24:00-08:00'"),
        ("collect.cash", "1"),
        ("collect.card", "['4']"),
        ("collect.gift", "[6.5]"),
        ("collect.refused_share", "1.5"),
        ("collect.max_file_bytes", "1023"),
        ("collect.documents", "'receipt'"),
        ("collect.shift_check", "'sum'"),
        ("collect.shift_patience_seconds", "-1"),
        ("collect.request_at", "'05:00'"),
        ("books.url", r'"sqlite:////a\nb"'),
        ("trim.at", "'3:33'"),
        ("trim.at", "'24:00'"),
        ("trim.at", "'03:60'"),
        ("trim.at", "03:33:00"),
        ("trim.at", "''"),
        ("trim.keep_days", "0"),
        ("trim.keep_days", "36501"),
        ("monitor.metrics_file", r'"a\u0000.prom"'),
        ("monitor.errors_file", "true"),
        ("cash.file", "''"),
        ("cash.filequeueroot", "''"),
        ("cash.queuechunksize", "0"),
        ("cash.maxcountbackupfiles", "-1"),
        ("cash.properties", "'a = 1'"),
        ("cash.properties", "{ a = 1 }"),
        ("shops.<shop>.cash_codes", "{ 1 = 'x' }"),
        ("shops.<shop>.store_id", "5"),
    ],
)
def test_wrong_value_is_refused(tmp_path: Path, path: str, value: str) -> None:
    halt = refused(tmp_path, toml(path, value))
    assert halt.reason.code == "settings.wrong-value"
    assert halt.reason.parts["key"] == path.replace("<shop>", "5")


def test_refusal_is_told_in_both_languages(tmp_path: Path) -> None:
    reason = refused(tmp_path, toml("feed.chunk_size", "0")).reason
    texts = [reason.text(language) for language in LANGUAGES]
    assert texts == [
        "tillpost.toml: feed.chunk_size = 0, but it takes a whole number, 1 to 1000000",
        "tillpost.toml: feed.chunk_size = 0, а допускается целое число, от 1 до 1000000",
    ]


def test_long_value_is_shortened_in_the_refusal(tmp_path: Path) -> None:
    assert len(str(refused(tmp_path, toml("feed.chunk_size", f"'{'9' * 10_000}'")))) < 200


@pytest.mark.parametrize("text", ["feed = 3", "shops = 3", "shops = [1]", "[shops]\n5 = 3"])
def test_table_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text).reason.code == "settings.wrong-value"


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/Moskow", "../etc/passwd", "/etc/localtime", "a\\u0000b"])
@pytest.mark.parametrize("path", ["timezone", "shops.<shop>.timezone"])
def test_zone_that_nobody_knows_is_refused(tmp_path: Path, path: str, zone: str) -> None:
    if not zone and path != "timezone":
        assert load(written(tmp_path, toml(path, '""'))).zone("5").key == "Europe/Moscow"
    else:
        assert refused(tmp_path, toml(path, f'"{zone}"')).reason.code == "settings.timezone"


def test_misspelt_zone_names_the_nearest(tmp_path: Path) -> None:
    assert refused(tmp_path, toml("timezone", "'Europe/Moskow'")).reason.parts["near"] == "Europe/Moscow"


def test_suffixes_of_data_and_flags_must_differ(tmp_path: Path) -> None:
    assert refused(tmp_path, toml("queue.flag_suffix", "'.AIF'")).reason.code == "settings.same-suffix"


@pytest.mark.parametrize(
    "text",
    [
        "paths = { processed = 'inbox/done' }",
        "paths = { inbox = '.' }",
        "paths = { inbox = '..' }",
        "paths = { inbox = 'a', outbox = 'b/../a' }",
        "paths = { backup = '/' }",
    ],
)
def test_places_must_not_lie_in_each_other(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text).reason.code == "layout.nested"


WRITTEN = {"log.file": "", "monitor.metrics_file": "m.prom", "monitor.errors_file": "", "cash.file": "{shop}/{till}"}


@pytest.mark.parametrize("path", WRITTEN)
@pytest.mark.parametrize("place", ["inbox", "outbox", "sales/5/1", "queues/../replies/5", "backup/x", "held"])
def test_what_is_written_must_not_lie_where_others_read(tmp_path: Path, path: str, place: str) -> None:
    halt = refused(tmp_path, toml(path, f"'{place}/{WRITTEN[path] or 'file'}'") + "[shops.5]\n")
    assert halt.reason.code == "settings.file-place"
    assert halt.reason.parts["key"] == path
    folder = Path(tmp_path, place).resolve().relative_to(tmp_path).parts[0]
    assert halt.reason.parts["folder"] == f"paths.{folder}"


def test_what_is_written_may_lie_in_the_state_or_apart(tmp_path: Path) -> None:
    for place in ("state", "run", "/run/tillpost", "inbox2"):
        text = "".join(toml(path, f"'{place}/{name or path}'") for path, name in WRITTEN.items())
        assert load(written(tmp_path, text.replace("[monitor]\nerrors", "errors") + "[shops.5]\n")).monitor.errors_file


def test_paths_are_those_of_the_layout() -> None:
    assert [doc.path for doc in DOCS if doc.path.startswith("paths.")] == [
        f"paths.{name}" for name in Layout.of(Path("/")).folders()
    ]


def test_places_beside_each_other_are_fine(tmp_path: Path) -> None:
    text = "paths = { inbox = '/srv/erp/in', outbox = '/srv/erp/in2', queues = 'q' }\nlog = { file = 'state/x.log' }"
    loaded = load(written(tmp_path, text))
    assert loaded.layout_overrides() == {"inbox": "/srv/erp/in", "outbox": "/srv/erp/in2", "queues": "q"}


def test_command_that_cannot_be_split_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, toml("notify.command", "'mail \"me'")).reason.code == "settings.command"


# --- the way back: sales, books, monitoring, tills


@pytest.mark.parametrize("moment", ["5:00", "24:00", "05:60", "05:00:00", "", "noon", " 05:00", "05:00\\n", "٠5:00"])
def test_moment_that_no_day_has_is_refused(tmp_path: Path, moment: str) -> None:
    halt = refused(tmp_path, toml("collect.request_at", f'["05:00", "{moment}"]'))
    assert (halt.reason.code, halt.reason.parts["key"]) == ("settings.moment", "collect.request_at")


def test_moments_may_be_several_or_none(tmp_path: Path) -> None:
    for moments in ("[]", "['00:00', '23:59', '12:30']"):
        loaded = load(written(tmp_path, toml("collect.request_at", moments)))
        assert list(loaded.collect.request_at) == tomllib.loads(f"at = {moments}")["at"]


@pytest.mark.parametrize("document", ["", "Receipt", "shiftopen", "receipts"])
def test_document_that_nobody_writes_is_refused_beside_those_that_are(tmp_path: Path, document: str) -> None:
    halt = refused(tmp_path, toml("collect.documents", f"['receipt', '{document}']"))
    assert halt.reason.code == "settings.document"
    assert "receipt, cashbox, shiftOpen, shift" in str(halt)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("cash = [1, 4]", "cash", "card"),
        ("card = [4, 7]", "card", "gift"),
        ("cash = [6]\ncard = []", "cash", "gift"),
    ],
)
def test_payment_code_with_two_meanings_is_refused(tmp_path: Path, text: str, one: str, other: str) -> None:
    halt = refused(tmp_path, f"[collect]\n{text}\n")
    assert halt.reason.code == "settings.payment-twice"
    assert (halt.reason.parts["one"], halt.reason.parts["other"]) == (one, other)


def test_payment_codes_may_be_named_twice_in_one_list_or_not_at_all(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, "collect = { cash = [1, 1], card = [], gift = [] }"))
    options = loaded.sales_options()
    assert (options.cash, options.card, options.gift) == ((1, 1), (), ())


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////srv/books.sqlite",
        "sqlite:///C:/books.sqlite",
        "sqlite+pysqlite:////srv/books.sqlite",
        "postgresql://db/tillpost",
        "postgresql+psycopg:///tillpost",
        "postgresql+psycopg://tillpost:secret@db.example:5432/tillpost?sslmode=require",
    ],
)
def test_address_of_the_books_is_taken(tmp_path: Path, url: str) -> None:
    loaded = load(written(tmp_path, toml("books.url", f"'{url}'")))
    assert loaded.books_url(tmp_path) == url


@pytest.mark.parametrize(
    "url",
    [
        "/srv/books.sqlite",
        "books.sqlite",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///books.sqlite",
        "sqlite:///../books.sqlite",
        "postgresql://",
        "postgresql:///",
        "postgresql:tillpost",
        "tillpost:secret@db.example/tillpost",
        " postgresql://db/tillpost",
    ],
)
def test_address_that_would_lose_the_books_is_refused_without_telling_secrets(tmp_path: Path, url: str) -> None:
    halt = refused(tmp_path, toml("books.url", f"'{url}'"))
    assert halt.reason.code == "settings.books-url"
    assert "secret" not in str(halt)


def test_books_lie_in_the_state_where_nothing_else_is_said(tmp_path: Path) -> None:
    assert Settings().books_url(tmp_path) == f"sqlite:///{tmp_path}/books.sqlite"


def test_password_is_not_shown(tmp_path: Path) -> None:
    url = "postgresql+psycopg://tillpost:secret@db.example/tillpost"
    rows = show(written(tmp_path, toml("books.url", f"'{url}'")))
    shown = next(row["value"] for row in rows if row["setting"] == "books.url")
    assert shown == '"postgresql+psycopg://tillpost:***@db.example/tillpost"'


@pytest.mark.parametrize("name", ["metrics", "metrics.prom.txt", "a.PROM", "prom"])
def test_metrics_that_nobody_would_read_are_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, toml("monitor.metrics_file", f"'{name}'")).reason.code == "settings.metrics-name"


@pytest.mark.parametrize(
    ("text", "key", "other"),
    [
        ("[log]\nfile = 'x'\n[monitor]\nerrors_file = './x'", "monitor.errors_file", "log.file"),
        (
            "[monitor]\nmetrics_file = 'x.prom'\nerrors_file = 'a/../x.prom'",
            "monitor.errors_file",
            "monitor.metrics_file",
        ),
        ("[monitor]\nerrors_file = 'tillpost.toml'", "monitor.errors_file", "tillpost.toml"),
        ("[log]\nfile = 'tillpost.toml'", "log.file", "tillpost.toml"),
    ],
)
def test_two_of_our_files_under_one_name_are_refused(tmp_path: Path, text: str, key: str, other: str) -> None:
    reason = refused(tmp_path, text).reason
    assert (reason.code, reason.parts["key"], reason.parts["other"]) == ("settings.file-twice", key, other)


@pytest.mark.parametrize("place", ["cash.ini", "{shop}/cash.ini", "{till}/cash.ini", "{Shop}/{Till}", "{shop}{ till}"])
def test_one_file_for_several_tills_is_refused(tmp_path: Path, place: str) -> None:
    assert refused(tmp_path, toml("cash.file", f"'{place}'")).reason.code == "settings.cash-file"


def test_shop_whose_name_leads_its_tills_files_among_others_is_refused(tmp_path: Path) -> None:
    text = toml("cash.file", "'{shop}/{till}/cash.ini'")
    assert refused(tmp_path, text + "[shops.5]\n[shops.queues]\n").reason.code == "settings.file-place"
    assert load(written(tmp_path, text + "[shops.5]\n"))


@pytest.mark.parametrize("line", ["", "a", "= 1", "  = 1", "a = 1\\nb = 2", "a\\u0000 = 1"])
@pytest.mark.parametrize("path", ["cash.properties", "shops.<shop>.cash_codes"])
def test_line_that_is_no_pair_is_refused(tmp_path: Path, path: str, line: str) -> None:
    halt = refused(tmp_path, toml(path, f'["{line}"]'))
    assert (halt.reason.code, halt.reason.parts["key"]) == ("settings.not-a-pair", path.replace("<shop>", "5"))


def test_properties_of_tills_may_be_empty_and_hold_what_parts_others(tmp_path: Path) -> None:
    text = toml("cash.properties", "['grpccacertpath =', 'errorsFilePath = \"\"', 'url=amqp://a:5672/?b=c']")
    assert len(load(written(tmp_path, text)).cash.properties) == 3


@pytest.mark.parametrize("name", ["a:b", "#a", ";a", "[a]"])
def test_property_that_a_till_would_read_otherwise_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, toml("cash.properties", f"['{name} = 1']")).reason.code == "settings.property"


@pytest.mark.parametrize("lines", [["cash.code = 1"], ["StoreID = 5"], ["queuechunksize=1"], ["a = 1", "A = 1"]])
def test_property_that_is_said_elsewhere_is_refused(tmp_path: Path, lines: list[str]) -> None:
    assert refused(tmp_path, toml("cash.properties", repr(lines))).reason.code == "settings.property-twice"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("cash.properties", "['a = 100%']"),
        ("cash.filequeueroot", "'/data/%d'"),
        ("cash.filequeueroot", "' /data'"),
        ("shops.<shop>.store_id", "'%'"),
        ("shops.<shop>.store_id", "'5 '"),
        ("shops.<shop>.cash_codes", "['1 = %1']"),
    ],
)
def test_value_that_no_cash_ini_can_hold_is_refused(tmp_path: Path, path: str, value: str) -> None:
    halt = refused(tmp_path, toml(path, value))
    assert (halt.reason.code, halt.reason.parts["key"]) == ("settings.cash-value", path.replace("<shop>", "5"))


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        (["1 = x", "2 = x"], "settings.cash-code-twice"),
        (["1 = x", "1 = y"], "settings.cash-code-again"),
        (["a = x", "A = y"], "settings.cash-code-again"),
        (["1 ="], "settings.not-a-pair"),
        (["1/2 = x"], "settings.till-id"),
    ],
)
def test_tills_that_would_be_taken_for_each_other_are_refused(tmp_path: Path, codes: list[str], code: str) -> None:
    assert refused(tmp_path, toml("shops.<shop>.cash_codes", repr(codes))).reason.code == code


def test_till_signs_its_sales_by_its_name_in_its_shop_else_by_its_id(tmp_path: Path) -> None:
    text = "[shops.5]\ncash_codes = ['1 = 2', '2=_cash_8_99dec44a']\n[shops.6]\ncash_codes = ['1 = 2']\n"
    shops = load(written(tmp_path, text)).shops
    assert [shops["5"].cash_code(till) for till in "123"] == ["2", "_cash_8_99dec44a", "3"]
    assert [shops["6"].cash_code(till) for till in "12"] == ["2", "2"]


# --- the file itself


def test_folder_without_settings_is_no_root(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "missing"):
        with pytest.raises(Halt, match="make one with tillpost init"):
            load(root)


def test_settings_that_cannot_be_read_stop_the_program(tmp_path: Path) -> None:
    tmp_path.joinpath(FILE_NAME).mkdir()
    with pytest.raises(Halt) as wrong:
        load(tmp_path)
    assert wrong.value.reason.code == "settings.unreadable"
    assert isinstance(wrong.value.__cause__, OSError)


def test_settings_in_another_encoding_name_the_line(tmp_path: Path) -> None:
    tmp_path.joinpath(FILE_NAME).write_bytes("language = 'ru'\n[shops.5]\nname = 'Омск'\n".encode("cp1251"))
    with pytest.raises(Halt) as wrong:
        load(tmp_path)
    assert (wrong.value.reason.code, wrong.value.reason.parts) == ("settings.not-utf8", {"line": 3})


def test_settings_that_are_no_toml_name_the_line(tmp_path: Path) -> None:
    halt = refused(tmp_path, "language = 'ru'\n[feed\n")
    assert halt.reason.code == "settings.not-toml"
    assert "line 2" in str(halt)


def test_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    tmp_path.joinpath(FILE_NAME).write_bytes(b"\xef\xbb\xbflanguage = 'ru'\r\n[feed]\r\nchunk_size = 7\r\n")
    loaded = load(tmp_path)
    assert (loaded.language, loaded.feed.chunk_size) == ("ru", 7)


# --- ids


ID_CHARACTERS = string.ascii_letters + string.digits + "_-"


@given(st.text(ID_CHARACTERS, min_size=1, max_size=20).filter(lambda name: len(name) > 4))
def test_plain_id_is_taken_for_shops_and_tills(name: str) -> None:
    check_id("shop", name)
    check_id("till", name)


@pytest.mark.parametrize(
    "name",
    ["", "x" * 21, ".", "..", "a.b", "a/b", "a\\b", "a b", "5\n", "ё", "\u017fhop", "\u212a", "con", "COM1", "Nul"],
)
@pytest.mark.parametrize("what", ["shop", "till"])
def test_id_that_cannot_be_a_folder_everywhere_is_refused(what: str, name: str) -> None:
    with pytest.raises(Halt, match=f"cannot be a {what}"):
        check_id(what, name)


def test_wrong_id_of_a_shop_is_refused_in_the_file(tmp_path: Path) -> None:
    assert refused(tmp_path, '[shops."../5"]').reason.code == "settings.shop-id"


def test_shops_that_differ_in_case_alone_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "[shops.Omsk]\n[shops.omsk]\n").reason.parts == {"shop": "omsk", "other": "Omsk"}


# --- hours

minutes = st.integers(0, 24 * 60 - 1)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def at(minute: int) -> time:
    return time(minute // 60, minute % 60, 59)


@given(minutes, minutes, minutes)
def test_hours_and_the_rest_of_the_day_share_no_minute_and_leave_none(start: int, end: int, minute: int) -> None:
    if start != end:
        hours, rest = (Hours.parse(f"{clock(a)}-{clock(b)}") for a, b in ((start, end), (end, start)))
        assert hours.open(at(minute)) != rest.open(at(minute))
        assert hours.open(at(start))
        assert not hours.open(at(end))


@pytest.mark.parametrize(
    ("hours", "moment", "is_open"),
    [
        ("22:00-08:00", time(21, 59, 59), False),
        ("22:00-08:00", time(22), True),
        ("22:00-08:00", time(0), True),
        ("22:00-08:00", time(7, 59, 59, 999_999), True),
        ("22:00-08:00", time(8), False),
        ("22:00-24:00", time(23, 59, 59), True),
        ("22:00-24:00", time(0), False),
        ("22:00-00:00", time(0), False),
        ("00:00-24:00", time(0), True),
        ("00:00-24:00", time(23, 59, 59), True),
        ("", time(12), True),
    ],
)
def test_hours_begin_with_their_first_minute_and_end_before_their_last(hours: str, moment: time, is_open: bool) -> None:
    assert Hours.parse(hours).open(moment) is is_open


@given(st.text(string.digits + ":-", max_size=12))
def test_hours_are_read_or_refused_but_never_crash(text: str) -> None:
    with suppress(Halt):
        Hours.parse(text).open(time(12))


# --- what the rest of the house asks

NOON_UTC = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_shop_takes_what_it_does_not_say_from_the_general_settings(tmp_path: Path) -> None:
    text = "timezone = 'Asia/Omsk'\nerp = { price_type = 'Розничная' }\n[shops.5]\n[shops.6]\nprice_type = 'Опт'\n"
    loaded = load(written(tmp_path, text))
    assert loaded.zone("5").key == "Asia/Omsk"
    assert loaded.shop_view("5", NOON_UTC) == Shop(id="5", today=date(2026, 11, 20), price_type="Розничная")
    assert loaded.shop_view("6", NOON_UTC).price_type == "Опт"


def test_shop_says_which_stock_it_sells(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, "[shops.5]\nwarehouses = ['w1', 'w2']\nsend_stock = false\n"))
    view = loaded.shop_view("5", NOON_UTC)
    assert (view.warehouses, view.send_stock) == (("w1", "w2"), False)


def test_day_begins_at_midnight_of_the_shop(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, "[shops.5]\ntimezone = 'Asia/Kamchatka'\n[shops.6]\ntimezone = 'America/Lima'\n"))
    assert loaded.shop_view("5", NOON_UTC).today == date(2026, 11, 21)
    assert loaded.shop_view("6", NOON_UTC).today == date(2026, 11, 20)


@pytest.mark.parametrize(("prices", "clears"), [*itertools.product((True, False), repeat=2)])
def test_hours_are_those_of_the_shop_and_a_person_overrides_them(tmp_path: Path, prices: bool, clears: bool) -> None:
    spans = {True: "14:00-16:00", False: "16:00-14:00"}  # noon UTC is 15:00 in Moscow
    text = f"[shops.5]\nprice_hours = '{spans[prices]}'\nclear_hours = '{spans[clears]}'\n"
    loaded = load(written(tmp_path, text))
    view = loaded.shop_view("5", NOON_UTC)
    assert (view.prices_open, view.clears_open) == (prices, clears)
    override = loaded.shop_view("5", NOON_UTC, ignore_hours=True)
    assert override.prices_open
    assert override.clears_open


def test_shop_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, "[shops.5]\n[shops.6]\n"))
    with pytest.raises(Halt, match=r"no shop 7 \(known: 5, 6\)"):
        loaded.shop("7")


def test_converters_are_told_what_the_erp_does(tmp_path: Path) -> None:
    text = "erp = { decimal_comma = true, till_code = 'requisite:Код', default_tax = '18', without_vat = '6' }"
    assert load(written(tmp_path, text)).read_options() == ReadOptions(True, "requisite:Код", "18", "6")
    assert Settings().read_options() == ReadOptions()


def test_log_lies_in_the_state_or_where_the_settings_say(tmp_path: Path) -> None:
    assert Settings().log_file(tmp_path) == tmp_path / "state" / "tillpost.log"
    moved = load(written(tmp_path, "paths = { state = '/srv/state' }"))
    assert moved.log_file(tmp_path) == Path("/srv/state/tillpost.log")
    elsewhere = load(written(tmp_path, "log = { file = 'log/x.json' }"))
    assert elsewhere.log_file(tmp_path) == tmp_path / "log" / "x.json"


def test_modes_are_octal() -> None:
    queue = Settings().queue
    assert (queue.folder_bits, queue.chunk_bits) == (0o2770, 0o440)


def test_command_is_split_as_a_shell_would_but_run_without_one(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, toml("notify.command", """'mail -s "to the $admin" me'""")))
    assert loaded.notify.arguments == ["mail", "-s", "to the $admin", "me"]
    assert Settings().notify.arguments == []
