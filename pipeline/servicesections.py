"""The settings of the way back, of trimming and of the service, section by section; in the manner of `sections`.

Failures: none here; a value that breaks its form is refused where the file is read.
"""

from __future__ import annotations

import stat
from typing import Annotated, Literal, TypedDict

from ..model.forms import PLAIN, Section, place, setting
from .sections import SUFFIX

MOMENT = r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z"  # hh:mm
DOCUMENTS = ("receipt", "cashbox", "shiftOpen", "shift")
TILLS_OWN = ("queuechunksize", "maxcountbackupfiles", "actualcountdaysforbackupfiles")
OF_EACH_TILL = ("cash.code", "storeid", "filequeueroot", *TILLS_OWN)  # properties that settings of their own tell


class Collect(Section, frozen=True):
    """Sales files from the tills, and what the ERP gets of them."""

    cash: Annotated[tuple[int, ...], setting("The tills' payment codes (valCode) that are cash.")] = (1,)
    card: Annotated[tuple[int, ...], setting("The tills' payment codes that are bank cards.")] = (4,)
    gift: Annotated[tuple[int, ...], setting("The tills' payment codes that are gift cards and certificates.")] = (6, 7)
    refused_share: Annotated[
        float,
        setting("A sales file with more than this share of its objects refused is rejected.", "share", ge=0, le=1),
    ] = 0.5
    max_file_bytes: Annotated[
        int, setting("A larger sales file is rejected unread.", "bytes", ge=1024, le=1 << 36)
    ] = 1 << 30
    max_objects: Annotated[
        int, setting("A sales file of more objects is rejected.", "objects", ge=1, le=100_000_000)
    ] = 1_000_000
    documents: Annotated[
        tuple[str, ...],
        setting(
            "Which documents the ERP gets: receipt, cashbox (cash in and out), shiftOpen, shift.",
            examples=["receipt", "shift"],
        ),
    ] = DOCUMENTS
    shift_check: Annotated[
        Literal["gain", "numbers", "none"],
        setting(
            "When a closed shift counts as complete, so that its document is written: no document number is missing "
            "and the receipts' sum is the till's own (gain); no number is missing (numbers); as soon as it is closed "
            "(none)."
        ),
    ] = "gain"
    shift_patience_seconds: Annotated[
        float,
        setting("A closed shift that stays incomplete for longer is told to a person.", "seconds", ge=0, le=31_536_000),
    ] = 7200.0
    request_at: Annotated[
        tuple[str, ...],
        setting(
            "When the service asks every till for its sales since the last one known; hours and minutes in the general "
            "time zone; empty = never.",
            "hh:mm",
            examples=["05:00"],
        ),
    ] = ("05:00",)
    request_overdue_seconds: Annotated[
        float,
        setting("A question that a till leaves unanswered for longer is overdue.", "seconds", ge=1, le=31_536_000),
    ] = 3600.0


class Outbox(Section, frozen=True):
    """How the ERP says which documents it took."""

    taken_by: Annotated[
        Literal["deletion", "flag"],
        setting(
            "The ERP deletes what it took (deletion); or it puts an empty file beside it, of the same name with the "
            "suffix, and both are removed for it (flag)."
        ),
    ] = "deletion"
    flag_suffix: Annotated[
        str, setting("What the name of such a flag adds to the document's.", pattern=SUFFIX, examples=[".taken"])
    ] = ".taken"

    @property
    def flag(self) -> str:
        """The suffix; empty where the ERP deletes."""
        return self.flag_suffix if self.taken_by == "flag" else ""


class Books(Section, frozen=True):
    """The sales database."""

    url: Annotated[
        str,
        setting(
            "Where sales are booked, as an URL of SQLAlchemy; empty = books.sqlite in the state.",
            pattern=PLAIN,
            examples=["postgresql+psycopg://tillpost@db.example/tillpost"],
        ),
    ] = ""
    keep_days: Annotated[
        int,
        setting(
            "How long receipts stay in the sales database; older shifts that the ERP has got go into archives, each "
            "whole. 0 = for ever.",
            "days",
            ge=0,
            le=36_500,
        ),
    ] = 0


class Trim(Section, frozen=True):
    """When old files go into archives, and how long those are kept."""

    at: Annotated[
        str, setting("When the service trims, in the general time zone.", "hh:mm", pattern=MOMENT, examples=["03:33"])
    ] = "03:33"
    keep_days: Annotated[
        int,
        setting(
            "How long archives, replies, documents that the ERP took and the depths of queues are kept.",
            "days",
            ge=1,
            le=36_500,
        ),
    ] = 30


class RoomRights(TypedDict):
    folder_mode: int
    file_mode: int


class Rights(Section, frozen=True):
    """Who may do what with what tillpost makes; how the ERP may come to the inbox is the administrator's to say."""

    folder_mode: Annotated[
        str,
        setting(
            "Rights of folders, but of the tills' (queue.folder_mode). For what is made from now on; `doctor --fix` "
            "brings what stands up to it.",
            "octal",
            pattern=r"^0?7[0-7][0145]\Z",
            examples=["0750"],
        ),
    ] = "0750"
    file_mode: Annotated[
        str,
        setting(
            "Rights of files, but of chunks (queue.chunk_mode). The state's own files are nobody else's: 0600.",
            "octal",
            pattern=r"^0?6[046][04]\Z",
            examples=["0640"],
        ),
    ] = "0640"
    till_group: Annotated[
        str,
        setting(
            "The group of the users as whom tills come to their folders, in which whoever runs tillpost must be too; "
            "empty = that user's own. After a change run `doctor --fix`.",
            pattern=r"^([A-Za-z_][A-Za-z0-9_.-]{0,31}\$?)?\Z",
            examples=["tills"],
        ),
    ] = ""

    @property
    def folder_bits(self) -> int:
        return int(self.folder_mode, 8)

    @property
    def file_bits(self) -> int:
        return int(self.file_mode, 8)

    @property
    def of_rooms(self) -> RoomRights:
        """By the names that what makes folders and files gives them."""
        return {"folder_mode": self.folder_bits, "file_mode": self.file_bits}

    @property
    def shared_bits(self) -> int:
        """Of folders that lie around tills' own: what is made in them belongs to the tills' group, where there is
        one."""
        return self.folder_bits | (stat.S_ISGID if self.till_group else 0)


class Monitor(Section, frozen=True):
    """What monitoring is told."""

    metrics_file: Annotated[
        str,
        place(
            "A text file for Prometheus' node_exporter, its name ending in .prom; written after every round. A "
            "relative path is seen from the root; empty: none."
        ),
    ] = ""
    errors_file: Annotated[
        str,
        place(
            'A JSON file with a count of errors that only grows, {"errors": 3, …}. A relative path is seen from '
            "the root; empty: none."
        ),
    ] = ""


class Web(Section, frozen=True):
    """The pages in a browser, and the same for programs."""

    on: Annotated[bool, setting("`run` serves the pages, too; else `web` does.")] = False
    host: Annotated[
        str,
        setting(
            "The address at which they are served; 127.0.0.1 is this machine alone.",
            pattern=PLAIN,
            min_length=1,
            examples=["127.0.0.1", "10.0.0.5", "::"],
        ),
    ] = "127.0.0.1"
    port: Annotated[int, setting("The port at which they are served.", ge=1, le=65_535)] = 8420
    tls_cert: Annotated[
        str,
        place(
            "The certificate, with those that vouch for it, as PEM. A relative path is seen from the root; empty: no "
            "TLS."
        ),
    ] = ""
    tls_key: Annotated[str, place("The certificate's key as PEM, without a password.")] = ""
    proxy: Annotated[
        bool,
        setting(
            "A proxy on this machine stands before the pages: what it says of a visitor's address and of HTTPS "
            "(X-Forwarded-For, X-Forwarded-Proto) is believed."
        ),
    ] = False
    idle_minutes: Annotated[
        int, setting("Who does nothing for so long must log in again.", "minutes", ge=1, le=10_080)
    ] = 30
    session_hours: Annotated[
        int, setting("After so long everybody must log in again.", "hours", ge=1, le=8_760)
    ] = 12


class Cash(Section, frozen=True):
    """What `till config` writes for each till: the section [Properties] of its cash.ini."""

    file: Annotated[
        str,
        setting(
            "Where a till's cash.ini lies; {shop} and {till} stand for their ids. A relative path is seen from the "
            "root.",
            pattern=PLAIN,
            min_length=1,
            examples=["/mnt/{shop}-{till}/linuxcash/cash/sync/properties/cash.ini"],
        ),
    ] = "config/{shop}/{till}/cash.ini"
    filequeueroot: Annotated[
        str, setting("The queue's root as the till sees it.", pattern=PLAIN, min_length=1)
    ] = "/linuxcash/cash/data/queues"
    queuechunksize: Annotated[
        int,
        setting("Commands in a message of the till's own queue; the till's own once it has one.", "commands", ge=1),
    ] = 25_000
    maxcountbackupfiles: Annotated[
        int, setting("How many backups a till keeps; its own once it has a number.", "files", ge=0)
    ] = 30
    actualcountdaysforbackupfiles: Annotated[
        int, setting("How many days a till's backups count; its own once it has a number.", "days", ge=0)
    ] = 30
    properties: Annotated[
        tuple[str, ...],
        setting(
            "Further properties for every till, such as the addresses of its server, each as key = value.",
            examples=["dept.broker.ip = 10.0.0.1"],
        ),
    ] = ()
