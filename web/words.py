"""Which text stands for which word of the program, and which light goes with it.

A light is never alone: its word stands beside it. `good`, `busy` (nothing to be done), `look` (somebody should), `bad`.

Failures: none; a word without a text is shown as it is.
"""

from __future__ import annotations

from ..errors import Reason

WORDS = {
    "claimed": "web.word-claimed",
    "processed": "web.word-processed",
    "held": "web.word-held",
    "error": "web.word-error",
    "broken": "web.word-broken",
    "books": "archives.word-books",
    "up to date": "web.word-up-to-date",
    "waiting": "web.word-waiting",
    "filling": "web.word-filling",
    "to be filled": "web.word-to-be-filled",
    "on hold": "web.word-on-hold",
    "halted": "web.word-halted",
    "overdue": "web.word-overdue",
    "running": "web.word-running",
    "done": "web.word-done",
    "refused": "web.word-refused",
    "put off": "web.word-put-off",
    "failed": "web.word-failed",
    "every round": "web.word-every-round",
    "by hand": "web.word-by-hand",
    "feed": "web.word-feed",
    "collect": "web.word-collect",
    "requests": "web.word-requests",
    "trim": "web.word-trim",
    "open": "recon.word-open",
    "not told": "recon.word-not-told",
    "changed": "recon.word-changed",
    "due": "recon.word-due",
    "in the outbox": "recon.word-in-the-outbox",
    "taken": "recon.word-taken",
    "not wanted": "recon.word-not-wanted",
    "question asked": "recon.word-asked",
    "question answered": "recon.word-answered",
    "question overdue": "recon.word-overdue",
    "cash": "recon.word-cash",
    "card": "recon.word-card",
    "gift": "recon.word-gift",
    "other": "recon.word-other",
    "document 1": "recon.word-type-sale",
    "document 2": "recon.word-type-return",
    "document 3": "recon.word-type-cash-in",
    "document 4": "recon.word-type-cash-out",
    "document 7": "recon.word-type-return-cancelled",
    "document 8": "recon.word-type-sale-cancelled",
    "document 18": "recon.word-type-invoice",
    "document 25": "recon.word-type-return-free",
    "sale": "drawers.word-sale",
    "saleCancelled": "drawers.word-sale-cancelled",
    "deposit": "drawers.word-deposit",
    "withdrawal": "drawers.word-withdrawal",
    "count": "drawers.word-count",
    "payout": "drawers.word-payout",
    "late": "drawers.word-late",
    "unknown": "drawers.word-unknown",
    "resolved": "drawers.word-resolved",
    "event held": "events.word-held",
    "event broken": "events.word-broken",
    "event error": "events.word-error",
    "event overdue": "events.word-overdue",
    "event refused": "events.word-refused",
    "event incomplete": "events.word-incomplete",
    "event outbox": "events.word-outbox",
    "event halted": "events.word-halted",
    "event job": "events.word-job",
    "event settings": "events.word-settings",
    "viewer": "web.word-viewer",
    "operator": "web.word-operator",
    "admin": "web.word-admin",
}
LIGHTS = {
    "processed": "good",
    "up to date": "good",
    "done": "good",
    "claimed": "busy",
    "waiting": "busy",
    "filling": "busy",
    "to be filled": "busy",
    "running": "busy",
    "not told": "busy",
    "changed": "busy",
    "due": "busy",
    "in the outbox": "busy",
    "question asked": "busy",
    "taken": "good",
    "question answered": "good",
    "unknown": "look",
    "question overdue": "bad",
    "held": "look",
    "on hold": "look",
    "refused": "look",
    "put off": "look",
    "overdue": "bad",
    "halted": "bad",
    "error": "bad",
    "broken": "bad",
    "failed": "bad",
    "event held": "look",
    "event broken": "bad",
    "event error": "bad",
    "event overdue": "bad",
    "event refused": "look",
    "event incomplete": "look",
    "event outbox": "bad",
    "event halted": "bad",
    "event job": "bad",
    "event settings": "bad",
}
UNITS = (  # seconds, the text of so many
    (86_400, "web.days"),
    (3_600, "web.hours"),
    (60, "web.minutes"),
    (1, "web.seconds"),
)


def word(name: str, language: str) -> str:
    return Reason(WORDS[name]).text(language) if name in WORDS else name


def age(seconds: int, language: str) -> str:
    """A duration in the largest unit that fits."""
    size, code = next((unit for unit in UNITS if seconds >= unit[0]), UNITS[-1])
    return Reason(code, count=seconds // size).text(language)
