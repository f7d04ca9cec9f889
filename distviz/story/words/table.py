"""What is said of each kind of event, by (kind, phase). A phase that is not here is told as its kind is."""

from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _

from distviz.story.money_strip import Money
from distviz.story.shapes import EventLike
from distviz.story.words import messages, mishaps, people, steps
from distviz.story.words.telling import EventText, Label, Seen
from distviz.story.words.wording import Names, short

TABLE: dict[tuple[str, str], Callable[[Seen], EventText]] = {
    ("request", ""): people.request,
    ("message", "sent"): messages.sent,
    ("message", "lost"): messages.lost,
    ("message", "parked"): messages.parked,
    ("message", "delayed"): messages.delayed,
    ("message", "received"): messages.received,
    ("message", "ignored"): messages.ignored,
    ("message", "delivered"): messages.operated,
    ("message", "dropped"): messages.operated,
    ("message", "duplicated"): messages.operated,
    ("step", "begin"): steps.begin,
    ("step", "commit"): steps.commit,
    ("step", "rollback"): steps.rollback,
    ("step", "failed"): steps.failed,
    ("step", "late"): steps.late,
    ("step", "nothing"): steps.nothing,
    ("step", "prepared"): steps.prepared,
    ("decision", ""): steps.decision,
    ("fault", ""): mishaps.fault,
    ("hold", ""): mishaps.hold,
    ("lock", "waiting"): mishaps.lock,
    ("retry", "scheduled"): mishaps.retry_scheduled,
    ("retry", "exhausted"): mishaps.retry_exhausted,
    ("retry", "left"): mishaps.left_open,
    ("retry", ""): mishaps.not_retried,
    ("sweep", "untouched"): mishaps.untouched,
    ("sweep", ""): mishaps.sweep,
    ("attention", ""): mishaps.attention,
    ("relay", "stopped"): mishaps.relay_stopped,
    ("operator", "rival"): people.rival,
    ("operator", ""): people.operator,
    ("finished", ""): people.finished,
}
KINDS = frozenset(kind for kind, _phase in TABLE) | {"projection"}  # of all events that a run log can have


def text_of(event: EventLike, names: Names, money: Money) -> EventText:
    """The label and the sentence of an event; `money` is where the money is after it."""
    words = TABLE.get((event.kind, event.phase)) or TABLE.get((event.kind, "")) or _plain
    seen = Seen(event, names, money)
    return replace(words(seen), why=seen.why)


def _plain(seen: Seen) -> EventText:
    """A kind that is not known here."""
    event = seen.event
    tone = "bad" if seen.why else "plain"
    label = Label(f"{event.kind} {event.phase}".strip(), event.name, short(seen.why), tone)
    return EventText(label, seen.say(_("%(lane)s: %(name)s.")))
