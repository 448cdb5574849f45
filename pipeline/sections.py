"""The settings, section by section: each with its type, limits, default and meaning, said once.

What is read, what is refused, the file that `init` writes and `config show` are all made from these classes. Only
forms are kept here; what one setting asks of another is checked in `settings`.

Failures: none here; a value that breaks its form is refused where the file is read.
"""

from __future__ import annotations

import shlex
from typing import Annotated, Literal

from ..model.forms import PLAIN, Section, place, setting

# What tillpost and its neighbours use for files that are not finished cannot mark finished ones.
SUFFIX = r"^\.(?!(?i:tmp|part|filepart)\Z)[0-9A-Za-z]{1,10}\Z"


class Paths(Section, frozen=True):
    """Where things lie; empty = in the root under this name, relative = seen from the root."""

    inbox: Annotated[str, place("Where the ERP drops exports, here or in a folder named like a shop.")] = ""
    replies: Annotated[str, place("Where the verdict on each export is written.")] = ""
    outbox: Annotated[str, place("Where documents for the ERP are written.")] = ""
    queues: Annotated[
        str,
        place(
            "The tills' folders, <shop>/<till>. On another disk than the state, chunks are copied instead of "
            "linked. Change it only while tillpost is stopped, and move the folders with it."
        ),
    ] = ""
    sales: Annotated[str, place("Where tills drop their sales files, <shop>/<till>.")] = ""
    processed: Annotated[str, place("Where files end that were taken.")] = ""
    error: Annotated[str, place("Where correct files end that could not be taken.")] = ""
    broken: Annotated[str, place("Where wrong files end.")] = ""
    held: Annotated[str, place("Where suspicious files wait for a person.")] = ""
    backup: Annotated[str, place("Where archives of old files are kept.")] = ""
    state: Annotated[
        str,
        place(
            "The catalogue, the chunks and what is known of every till; a local disk. Change it only while "
            "tillpost is stopped, and move the folder with it."
        ),
    ] = ""


class Arrival(Section, frozen=True):
    """When a file in the inbox is taken."""

    settle_seconds: Annotated[
        float,
        setting(
            "How long a file must stand still before it is judged as it is, where neither a flag file nor its "
            "own end tells that it is whole.",
            "seconds",
            ge=0,
            le=3600,
        ),
    ] = 10.0
    scan_seconds: Annotated[
        float, setting("How often the inbox is looked through, whatever its events say.", "seconds", ge=0.1, le=3600)
    ] = 5.0
    flag_suffix: Annotated[
        str,
        setting(
            "A file of this suffix says that the export (or the set of parts) of the same name is whole.",
            pattern=SUFFIX,
            examples=[".flz"],
        ),
    ] = ".flz"
    set_quiet_seconds: Annotated[
        float,
        setting(
            "How long no further part must come before a full export in parts counts as complete, where no flag "
            "file ends it.",
            "seconds",
            ge=0,
            le=86400,
        ),
    ] = 60.0
    retry_seconds: Annotated[
        float,
        setting(
            "The pause before an export is tried again that temporary trouble stopped; doubled at each try, up to "
            "15 minutes.",
            "seconds",
            ge=0.1,
            le=900,
        ),
    ] = 30.0


class Feed(Section, frozen=True):
    """How exports are read and cut into chunks."""

    chunk_size: Annotated[
        int, setting("How many commands a chunk holds at most.", "commands", ge=1, le=1_000_000)
    ] = 25_000
    refused_share: Annotated[
        float,
        setting("An export with more than this share of its records refused is rejected whole.", "share", ge=0, le=1),
    ] = 0.5
    hold_gaps: Annotated[
        bool, setting("Hold an export of changes when a number before its own never came; else only say so.")
    ] = False
    max_export_bytes: Annotated[
        int, setting("A larger export is rejected unread.", "bytes", ge=1024, le=1 << 40)
    ] = 4 << 30
    max_records: Annotated[
        int, setting("An export of more records is rejected.", "records", ge=1, le=1_000_000_000)
    ] = 10_000_000
    max_depth: Annotated[
        int, setting("An export whose elements lie deeper in each other is rejected.", "levels", ge=10, le=250)
    ] = 100
    max_text_bytes: Annotated[
        int,
        setting(
            "An export with a longer text, or a longer tag with its attributes, is rejected.",
            "bytes",
            ge=262_144,
            le=10_000_000,
        ),
    ] = 1_000_000


class Guard(Section, frozen=True):
    """What makes a correct export suspicious, so that it is held for a person. A share of 1 switches a guard off."""

    deleted_share: Annotated[
        float,
        setting("A full export is held that would delete more than this share of a shop's goods.", "share", ge=0, le=1),
    ] = 0.2
    moved_share: Annotated[
        float,
        setting(
            "A full export is held that would move more than this share of a shop's prices too far.",
            "share",
            ge=0,
            le=1,
        ),
    ] = 0.1
    moved_factor: Annotated[
        float, setting("A price moves too far when it grows or shrinks by more than this.", "times", ge=1, le=1000)
    ] = 2.0
    changes: Annotated[bool, setting("Weigh the prices of exports of changes too, not only of full ones.")] = False


class Queue(Section, frozen=True):
    """What stands in a till's folder, and how."""

    window: Annotated[
        int,
        setting(
            "How many chunks stand in a till's folder at most; what is beyond waits for room. 1 for tills that do "
            "not take files in the order of their numbers.",
            "chunks",
            ge=1,
            le=10_000,
        ),
    ] = 256
    share: Annotated[
        Literal["links", "copies"],
        setting(
            "Whether tills get hard links to one chunk, or copies of their own: for shares whose locks let one "
            "reader block another."
        ),
    ] = "links"
    overdue_seconds: Annotated[
        float, setting("A till that leaves a chunk untaken for longer raises an alarm.", "seconds", ge=1, le=31_536_000)
    ] = 900.0
    data_suffix: Annotated[
        str,
        setting(
            "The suffix of chunks in tills' folders. Change it only while every till's folder is empty.",
            pattern=SUFFIX,
            examples=[".aif"],
        ),
    ] = ".aif"
    flag_suffix: Annotated[
        str,
        setting(
            "The suffix of the empty file that says a chunk is ready. Change it only while every till's folder is "
            "empty.",
            pattern=SUFFIX,
            examples=[".flz"],
        ),
    ] = ".flz"
    folder_mode: Annotated[
        str,
        setting(
            "Rights of tills' folders. Tills delete what they took, so they must be able to write; no sticky bit. "
            "For folders made from now on; `doctor --fix` brings what stands up to it.",
            "octal",
            pattern=r"^0?[02]?7[0-7]{2}\Z",
            examples=["2770"],
        ),
    ] = "2770"
    chunk_mode: Annotated[
        str,
        setting(
            "Rights of chunks: to read, never to write, because tills share them. 0640 for a share that lets nobody "
            "delete a read-only file. For chunks made from now on; `doctor --fix` brings what stands up to it.",
            "octal",
            pattern=r"^0?[46][04]{2}\Z",
            examples=["0440"],
        ),
    ] = "0440"

    @property
    def folder_bits(self) -> int:
        return int(self.folder_mode, 8)

    @property
    def chunk_bits(self) -> int:
        return int(self.chunk_mode, 8)


class Erp(Section, frozen=True):
    """How the ERP writes its exports."""

    decimal_comma: Annotated[bool, setting("Numbers in our own format may have a comma before their decimals.")] = False
    till_code: Annotated[
        str,
        setting(
            "Which code a good of CommerceML gets at the tills: number (given by tillpost), article, or "
            "requisite:<name>. Holds for goods that come new.",
            pattern=r"^(number|article|requisite:[^\x00-\x1f\x7f]+)\Z",
            examples=["number", "article", "requisite:Код"],
        ),
    ] = "number"
    price_type: Annotated[
        str,
        setting(
            "Id or name of the price type that tills take, where the ERP sends several; empty = the only one, or "
            "the first.",
            pattern=PLAIN,
        ),
    ] = ""
    default_tax: Annotated[
        str, setting("Tax of goods of CommerceML that name none, by its id; empty = none.", pattern=PLAIN)
    ] = ""
    without_vat: Annotated[
        str, setting("Id of the tax that stands for «Без НДС» in CommerceML.", pattern=PLAIN, min_length=1)
    ] = "none"


class Notify(Section, frozen=True):
    """Whom to tell what a person should know."""

    command: Annotated[
        str,
        setting(
            "Called once for every export or sales file held, broken, in error or with refused objects, every till "
            "overdue or halted, every shift that stays incomplete, an outbox that is away (once a day), every job that "
            "fails and settings that are refused; run in the root without a shell. Gets JSON on its standard input and "
            "the event in TILLPOST_EVENT. Empty = nobody.",
            pattern=PLAIN,
            examples=["/usr/local/bin/tell-admin --quiet"],
        ),
    ] = ""
    timeout_seconds: Annotated[
        float,
        setting(
            "A command that runs longer is killed, and not called again for ten times as long.",
            "seconds",
            ge=0.1,
            le=600,
        ),
    ] = 30.0

    @property
    def arguments(self) -> list[str]:
        """The command's own name and its arguments; [] where there is none."""
        return shlex.split(self.command)


class Log(Section, frozen=True):
    """What is written down of the work."""

    file: Annotated[
        str,
        place(
            "Lines of JSON; may be moved away while in use. Empty = tillpost.log in the state, relative = seen "
            "from the root."
        ),
    ] = ""
    level: Annotated[Literal["debug", "info", "warning", "error"], setting("The least that is worth a line.")] = "info"


class Replies(Section, frozen=True):
    """What the ERP is told of each export."""

    max_refused: Annotated[
        int,
        setting("How many refused records a reply lists; their total is always told.", "records", ge=0, le=1_000_000),
    ] = 10_000
