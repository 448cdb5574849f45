"""The settings of one till's cash machine: a file of its own, `cash.toml`, and what it may look like.

Which settings there are is said once, in the classes; what one asks of another stands in `settingsrules`. Nothing is
guessed: a key that is not known is refused and the nearest that is known is named. Amounts are in major units, as
people write them: 500, "0.50". A path that is not absolute is seen from the file's own folder.

Failures: `Halt` (`cashsettings.*`) for a file that cannot be read or is not TOML, an unknown or missing key, a wrong
value; else as `settingsrules`. What a password or a key is, no message tells.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from ...errors import Halt, Reason
from ...model.forms import (
    PLAIN,
    Section,
    SettingDoc,
    Spec,
    Words,
    documented,
    expected,
    place,
    setting,
    shortened,
    specs,
)
from ..cctalk.frames import COIN_ACCEPTOR
from ..money.blocking import Rule
from ..money.units import UnitKind
from .plan import Late, Rounding

FILE_NAME = "cash.toml"
UNIT = "<unit>"  # stands for a unit's id where every unit is meant

Amount = int | str
_SECRET, _HIDDEN = ("password", "key"), "***"


class Notes(Section, frozen=True):
    """The note validator of a composite machine."""

    port: Annotated[str, place("Its serial port, or such as socket://host:port or rfc2217://host:port.")]
    protocol: Annotated[Literal["ccnet", "ssp"], setting("Which protocol it speaks.")] = "ccnet"
    baud: Annotated[int, setting("The speed of its line.", "bits per second", ge=1200, le=115_200)] = 9600
    key: Annotated[
        str,
        setting(
            "The fixed half of an eSSP device's key, 16 hexadecimal digits; empty = nothing is encrypted.",
            pattern=r"^([0-9A-Fa-f]{16})?\Z",
        ),
    ] = ""


class Coins(Section, frozen=True):
    """The ccTalk line of a composite machine: a coin acceptor and hoppers."""

    port: Annotated[str, place("Its serial port, or such as socket://host:port or rfc2217://host:port.")]
    address: Annotated[int, setting("The coin acceptor's address on the line.", ge=2, le=255)] = COIN_ACCEPTOR
    country: Annotated[
        str,
        setting("Only coins whose ids begin so are known; empty = all.", pattern=PLAIN, examples=["RU"]),
    ] = ""
    scale: Annotated[
        int, setting("The acceptor's ids count in so many minor units: 100 where they count roubles.", ge=1, le=100_000)
    ] = 1
    sorter: Annotated[
        dict[str, str],
        setting("Which unit coins fall into, by the sorter path that the acceptor names; all others into the mixer."),
    ] = msgspec.field(default_factory=dict)


class Glory(Section, frozen=True):
    """A Glory controller (BrueBox) on the network."""

    host: Annotated[str, setting("Its name or address on the network.", pattern=PLAIN, min_length=1)]
    address: Annotated[
        str, setting("This till's address, as the machine sees it: it connects to it with its events.", pattern=PLAIN)
    ]
    port: Annotated[int, setting("Where it answers questions.", ge=1, le=65_535)] = 80
    listen: Annotated[int, setting("On which port this till waits for its events; 0 = any.", ge=0, le=65_535)] = 0
    user: Annotated[str, setting("As whom to open a session.", pattern=PLAIN)] = ""
    password: Annotated[str, setting("The user's password.", pattern=PLAIN)] = ""


class UnitSettings(Section, frozen=True):
    """One container, by its id: in the order in which staff wants to see them."""

    kind: Annotated[UnitKind, setting("What it is.")]
    denomination: Annotated[Amount, setting("What each of its pieces is worth; a hopper and a drum need it.")] = 0
    address: Annotated[
        int,
        setting("A hopper's address on the ccTalk line, or a unit's number at a Glory controller.", ge=0, le=65_535),
    ] = 0
    capacity: Annotated[int, setting("How much fits in; 0 = not known.", "pieces", ge=0, le=100_000)] = 0
    near_empty: Annotated[
        int | None, setting("So many or fewer are pink; by default twice the reserve for change.", "pieces")
    ] = None
    near_full: Annotated[
        int | None, setting("So many or more are pink; by default 75 % of a cassette or mixer.", "pieces")
    ] = None
    blocked_from: Annotated[
        int | None, setting("So many or more in a cassette or mixer block cash; by default 90 %.", "pieces")
    ] = None


class CashSettings(Section, frozen=True):
    """All settings of a machine."""

    shop: Annotated[str, setting("The shop, as its root calls it.", pattern=PLAIN, min_length=1)]
    till: Annotated[str, setting("The till, as it signs its sales.", pattern=PLAIN, min_length=1)]
    machine: Annotated[str, setting("What the machine is called in its documents.", pattern=PLAIN, min_length=1)]
    kind: Annotated[
        Literal["composite", "glory"],
        setting("What it is made of: single devices at serial lines, or a Glory controller."),
    ]
    accepted: Annotated[tuple[Amount, ...], setting("Which notes and coins customers may put in.")]
    step: Annotated[
        Amount, setting("Every total that can be paid is a multiple of it: 1 where there are no kopecks.")
    ]
    journal: Annotated[str, place("The journal of cash: a file on a local disk, which must survive the power.")]
    sales: Annotated[str, place("The till's sales folder, for the machine's documents; it must be there.")]
    language: Annotated[Literal["en", "ru"], setting("The language of what people are told.")] = "en"
    currency: Annotated[str, setting("Three letters.", pattern=r"^[A-Z]{3}\Z", examples=["RUB"])] = "RUB"
    digits: Annotated[int, setting("How many digits minor units have.", ge=0, le=3)] = 2
    rule: Annotated[
        Rule,
        setting(
            "When change runs short: reserve wants so many pieces of each denomination as the change up to the next "
            "takes; exact blocks as late as is safe."
        ),
    ] = Rule.RESERVE
    rounding: Annotated[Rounding, setting("What becomes of a total that is no multiple of the step.")] = Rounding.REFUSE
    late: Annotated[Late, setting("What becomes of cash that comes in when no deposit is open.")] = Late.RETURN
    most: Annotated[Amount, setting("The greatest sum of one sale; 0 = any.")] = 0
    settle_seconds: Annotated[
        float, setting("So long nothing may come in before a deposit counts as counted.", "seconds", ge=0, le=60)
    ] = 1.0
    patience_seconds: Annotated[
        float,
        setting("So long a device may keep cash to itself; then its end is unknown.", "seconds", ge=1, le=600),
    ] = 30.0
    notes: Notes | None = None
    coins: Coins | None = None
    glory: Glory | None = None
    units: dict[str, UnitSettings] = msgspec.field(default_factory=dict)
    file: str = ""  # where they were read; no setting


TABLES: dict[str, type[Section]] = {"notes": Notes, "coins": Coins, "glory": Glory}


def describe() -> list[SettingDoc]:
    """Every setting there is, in the order of the file. One without a default has to be there."""
    tables: dict[str, type[Section]] = {"": CashSettings, **TABLES, f"units.{UNIT}": UnitSettings}
    return [documented(name, spec) for name, table in tables.items() for spec in specs(table).values()]


def load(path: Path) -> CashSettings:
    """The settings in `path`, with each path absolute; `settingsrules.plan` says whether they fit together."""
    settings = msgspec.convert(_Reading(path).checked(), CashSettings)
    folder = path.absolute().parent
    return msgspec.structs.replace(
        settings,
        file=str(path),
        journal=str(folder / settings.journal),
        sales=str(folder / settings.sales),
        notes=settings.notes and msgspec.structs.replace(settings.notes, port=_port(folder, settings.notes.port)),
        coins=settings.coins and msgspec.structs.replace(settings.coins, port=_port(folder, settings.coins.port)),
    )


def _port(folder: Path, port: str) -> str:
    return port if "://" in port else str(folder / port)


class _Reading:
    """One file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def checked(self) -> dict[str, Any]:
        """What stands in it, each value of its form."""
        raw = self._parsed()
        inner = {key: raw.get(key) for key in (*TABLES, "units") if key in raw}
        self._check({key: value for key, value in raw.items() if key not in inner}, CashSettings, "")
        for key, value in inner.items():
            if key in TABLES:
                self._check(self._table(value, key), TABLES[key], f"{key}.")
        for unit, own in self._table(inner.get("units", {}), "units").items():
            self._check(self._table(own, f"units.{unit}"), UnitSettings, f"units.{unit}.")
        return raw

    def _parsed(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._path.read_bytes().decode("utf-8-sig"))
        except OSError as cause:
            raise self._wrong("cashsettings.unreadable", detail=cause.strerror or cause) from cause
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
            raise self._wrong("cashsettings.not-toml", detail=cause) from cause

    def _check(self, raw: Mapping[str, Any], table: type[Section], path: str) -> None:
        """Refuses the first key of `raw` that is not known, whose value is not what it takes, or that is missing."""
        leaves = specs(table)
        known = [*leaves, *(("units", *TABLES) if table is CashSettings else ())]
        for key, value in raw.items():
            if key not in leaves:
                raise self._unknown(f"{path}{key}", key, path, known)
            self._check_value(leaves[key], value, f"{path}{key}")
        for key, spec in leaves.items():
            if key not in raw and spec.default is msgspec.NODEFAULT:
                raise self._wrong("cashsettings.missing", key=f"{path}{key}", expected=expected(spec))

    def _check_value(self, spec: Spec, value: Any, path: str) -> None:
        try:
            msgspec.convert(value, spec.hint)
        except msgspec.ValidationError as cause:
            got = _HIDDEN if spec.name in _SECRET else shortened(value)
            raise self._wrong("cashsettings.wrong-value", key=path, got=got, expected=expected(spec)) from cause

    def _table(self, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            table = Words.of(Reason("takes.table"))
            raise self._wrong("cashsettings.wrong-value", key=path, got=shortened(value), expected=table)
        return value

    def _unknown(self, path: str, name: str, table: str, known: Iterable[str]) -> Halt:
        near = get_close_matches(name, list(known), 1)
        if near:
            return self._wrong("cashsettings.unknown-near", key=path, near=f"{table}{near[0]}")
        return self._wrong("cashsettings.unknown", key=path)

    def _wrong(self, code: str, **parts: object) -> Halt:
        return Halt(Reason(code, file=self._path, **parts))
