"""The settings of a cash machine: what is in the examples works, what is not understood is refused by its name."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
import tillpost
from hypothesis import given
from hypothesis import strategies as st
from tillpost.devices.machine.plan import Plan
from tillpost.devices.machine.settings import CashSettings, describe, load
from tillpost.devices.machine.settingsrules import plan
from tillpost.devices.money.amounts import minor
from tillpost.devices.money.blocking import spelt
from tillpost.devices.money.units import UnitKind
from tillpost.errors import Halt

ETC = Path(str(files("tillpost.etc")))
EXAMPLES = ("cash-composite.toml", "cash-glory.toml")


def example(name: str = "cash-composite.toml") -> str:
    return (ETC / name).read_text("utf-8")


def read(folder: Path, text: str) -> tuple[CashSettings, Plan]:
    path = folder / "cash.toml"
    path.write_text(text, "utf-8")
    settings = load(path)
    return settings, plan(settings)


def refusal(folder: Path, text: str) -> Halt:
    with pytest.raises(Halt) as refused:
        read(folder, text)
    assert str(folder / "cash.toml") in str(refused.value)
    return refused.value


# --- what is in order


def test_example_of_single_devices_is_a_machine_with_hoppers_mixer_and_cassette(tmp_path: Path) -> None:
    settings, planned = read(tmp_path, example())
    assert [unit.kind for unit in planned.units] == ["hopper", "hopper", "mixer", "cassette"]
    assert planned.terms.accepted == (100, 200, 500, 1000, 5000, 10000, 50000)
    assert planned.sorter == (("1", "ten"), ("2", "one"))
    assert settings.notes is not None
    assert settings.notes.protocol == "ccnet"


def test_example_of_a_glory_has_drums_and_the_controllers_own_numbers(tmp_path: Path) -> None:
    settings, planned = read(tmp_path, example("cash-glory.toml"))
    assert [unit.denomination for unit in planned.units if unit.kind is UnitKind.DRUM] == [5000, 10000, 50000]
    assert planned.terms.step == 5
    assert all(unit.address for unit in settings.units.values())


def test_paths_are_seen_from_the_files_own_folder_and_addresses_are_left_alone(tmp_path: Path) -> None:
    text = example().replace('"/dev/ttyUSB0"', '"notes"').replace('"/dev/ttyUSB1"', '"socket://10.0.0.5:4001"')
    settings, _ = read(tmp_path, text)
    assert settings.notes
    assert settings.coins
    assert (settings.journal, settings.sales) == (str(tmp_path / "cash.journal"), str(tmp_path / "sales"))
    assert (settings.notes.port, settings.coins.port) == (str(tmp_path / "notes"), "socket://10.0.0.5:4001")


@given(st.integers(0, 10**9), st.integers(0, 3))
def test_amount_that_is_written_is_the_amount_that_is_read(amount: int, digits: int) -> None:
    assert minor(spelt(amount, digits), digits) == amount
    assert minor(spelt(amount, digits).replace(".", ","), digits) == amount


@pytest.mark.parametrize("text", ["1.234", ".5", "1e3", "12 500", "0x10", "٣"])
def test_what_is_no_amount_of_two_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        minor(text, 2)


# --- what is told of them


def test_every_setting_is_documented_with_its_meaning_and_no_two_say_the_same() -> None:
    texts = [doc.text for doc in describe() if not doc.path.endswith(".port")]
    assert all(text.endswith(".") for text in texts)
    assert len(set(texts)) == len(texts)


# --- what is refused


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_line_of_an_example_is_a_setting_that_is_known_by_no_other_name(tmp_path: Path, name: str) -> None:
    """Each key misspelt: the file is refused, and the right key named."""
    text = example(name)
    keys = [key for key in re.findall(r"^([a-z_]+) =", text, re.MULTILINE) if len(key) > 3]
    assert keys
    for key in dict.fromkeys(keys):
        refused = refusal(tmp_path, re.sub(rf"^{key} =", f"{key}x =", text, count=1, flags=re.MULTILINE))
        assert (refused.reason.code, str(refused.reason.parts["near"]).rpartition(".")[2]) == (
            "cashsettings.unknown-near",
            key,
        )


@pytest.mark.parametrize("key", ["shop", "till", "machine", "kind", "accepted", "step", "journal", "sales"])
def test_what_nobody_can_guess_must_be_there(tmp_path: Path, key: str) -> None:
    refused = refusal(tmp_path, re.sub(rf"^{key} = .*\n", "", example(), count=1, flags=re.MULTILINE))
    assert (refused.reason.code, refused.reason.parts["key"]) == ("cashsettings.missing", key)


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ('shop = "5"', "shop = 5", "wrong-value", "shop"),
        ("step = 1", "step = 0.5", "wrong-value", "step"),
        ("step = 1", 'step = "1.005"', "amount", "step"),
        ("step = 1", "step = 0", "nothing", "step"),
        ("step = 1", "step = 5", "no-multiple", "accepted"),
        ("accepted = [1,", 'accepted = ["0.50", 1,', "no-multiple", "accepted"),
        ("accepted = [1, 2, 5, 10, 50, 100, 500]", "accepted = []", "nothing", "accepted"),
        ('rule = "exact"', 'rule = "late"', "wrong-value", "rule"),
        ('kind = "composite"', 'kind = "glory"', "other-kind", None),
        ("[notes]", '[glory]\nhost = "a"\naddress = "b"\n[notes]', "other-kind", None),
        ("[notes]", "[note]", "unknown-near", "note"),
        ('protocol = "ccnet"', 'protocol = "id003"', "wrong-value", "notes.protocol"),
        ("denomination = 10", "", "nothing", "units.ten.denomination"),
        ("address = 3", "address = 4", "address", "units.one.address"),
        ("address = 3", "address = 2", "address", "units.ten.address"),
        ("address = 3", 'address = "3"', "wrong-value", "units.ten.address"),
        ("capacity = 300", "capacity = 300\nnear_full = 301", "limit", "units.mixer.near_full"),
        ("capacity = 400", "capacity = 400\ndenomination = 500", "mixed", "units.box.denomination"),
        ('kind = "mixer"', 'kind = "cassette"', "only-one", "units.box"),
        ('kind = "mixer"\ncapacity = 300', 'kind = "drum"\ndenomination = 50', "no-drum", "units.mixer.kind"),
        ('[units.mixer]\nkind = "mixer"\ncapacity = 300', "", "no-unit-of-kind", None),
        ('1 = "ten"', '1 = "box"', "sorter", None),
        ("[units.ten]", "[units]\nten = 5\n[units.other]", "wrong-value", "units.ten"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_key(
    tmp_path: Path, old: str, new: str, code: str, key: str | None
) -> None:
    assert old in example()
    reason = refusal(tmp_path, example().replace(old, new)).reason
    assert reason.code == f"cashsettings.{code}"
    assert key is None or reason.parts["key"] == key
    assert all(reason.text(language) for language in ("en", "ru"))


def test_hopper_without_a_line_is_refused(tmp_path: Path) -> None:
    text = re.sub(r"\[coins\]\n(.+\n)+", "", example())
    assert refusal(tmp_path, text).reason.code == "cashsettings.no-line"


@pytest.mark.parametrize(("data", "code"), [(b"a = ", "not-toml"), (b'a = "\xff"', "not-toml"), (None, "unreadable")])
def test_file_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path, data: bytes | None, code: str) -> None:
    path = tmp_path / "cash.toml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(Halt) as refused:
        load(path)
    assert refused.value.reason.code == f"cashsettings.{code}"
    assert str(path) in str(refused.value)


def test_password_of_the_wrong_type_is_not_shown(tmp_path: Path) -> None:
    assert "481516" not in str(refusal(tmp_path, example("cash-glory.toml").replace('"secret"', "481516")))


def test_examples_lie_in_the_package() -> None:
    assert all((Path(tillpost.__file__).parent / "etc" / name).is_file() for name in EXAMPLES)
