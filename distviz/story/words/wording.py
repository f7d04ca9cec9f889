"""Names, durations and the words for states: what the labels and the narration are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from distviz.story.deliveries import Deliveries
from distviz.story.shapes import EventLike, Lane

ANONYMOUS = "anonymous at "  # and an address: how the record of operators has who was not signed in
WRONG = ("money_lost", "paid_twice")  # verdicts on what nobody will put right


@dataclass(slots=True)
class Names:
    """The names that a sentence needs: of lanes and steps, and which event began which step."""

    account: str
    amount: Decimal
    lanes: Mapping[str, Lane]
    steps: Mapping[str, Any]
    made_at: dict[str, int] = field(default_factory=dict)
    sent_at: dict[int, datetime] = field(default_factory=dict)
    overtaken: list[str] = field(default_factory=list)  # by the message that was dealt with last
    copies: Deliveries = field(default_factory=Deliveries)
    ignored: set[str] = field(default_factory=set)  # spans that found their message in the inbox
    promised: list[str] = field(default_factory=list)  # lanes that have voted yes, as of the event before
    _known: dict[str, str] = field(default_factory=dict)  # lanes; in the one language that a picture is in

    def copied(self) -> "Names":
        return replace(
            self,
            made_at=dict(self.made_at),
            sent_at=dict(self.sent_at),
            overtaken=list(self.overtaken),
            ignored=set(self.ignored),
            promised=list(self.promised),
            _known=dict(self._known),
        )

    def lane(self, key: str) -> str:
        if key not in self._known:
            self._known[key] = lane_name(self.lanes, key)
        return self._known[key]

    def step(self, key: str) -> str:
        return str(self.steps.get(key, key))

    def queued(self, event: EventLike) -> str:
        """How long a received message waited in its queue, or ""."""
        queue_ms = (event.data or {}).get("queue_ms")
        if queue_ms is None and event.caused_by in self.sent_at:
            queue_ms = (event.at - self.sent_at[event.caused_by]).total_seconds() * 1000
        return "" if queue_ms is None else duration(queue_ms)


def lane_name(lanes: Mapping[str, Lane], key: str) -> str:
    """ "Account"; a lane that the protocol does not have keeps its key."""
    return str(lanes[key].name) if key in lanes else key.replace("_", " ").capitalize()


def duration(ms: Any) -> str:
    """12 → "12 ms", 1200 → "1.2 s", 125000 → "2 min 5 s"."""
    try:
        value = max(float(ms), 0)
    except (TypeError, ValueError):
        return ""
    if value < 1000:
        return _("%(n)s ms") % {"n": f"{value:.0f}"}
    if value < 60_000:
        return _("%(n)s s") % {"n": _decimal(value / 1000)}
    return _("%(m)s min %(s)s s") % {"m": int(value // 60_000), "s": int(value % 60_000 // 1000)}


def tick(ms: float) -> str:
    """A round time on an axis, with as many decimals as it has: two ticks never say the same."""
    places = 0 if ms % 1000 == 0 else 1 if ms % 100 == 0 else 2 if ms % 10 == 0 else 3
    if ms < 1000 or (places < 2 and ms < 60_000) or not places:
        return duration(ms)
    seconds = _decimal(ms % 60_000 / 1000, places)
    if ms < 60_000:
        return _("%(n)s s") % {"n": seconds}
    return _("%(m)s min %(s)s s") % {"m": int(ms // 60_000), "s": seconds}


def _decimal(value: float, places: int = 1) -> str:
    return f"{value:.{places}f}".replace(".", str(formats.get_format("DECIMAL_SEPARATOR")))


def short(text: str, limit: int = 90) -> str:
    """The first line of an error, for a place that has one line."""
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= limit else line[: limit - 1] + "…"


def person(name: str) -> str:
    """Who did it: a name, or the address of who had none."""
    if not name.startswith(ANONYMOUS):
        return name
    return _("not signed in, at %(address)s") % {"address": name.removeprefix(ANONYMOUS)}


def status(key: str) -> str:
    """The contract's status in words."""
    return {
        "pending": _("Pending"),
        "running": _("Running"),
        "retrying": _("Retrying"),
        "waiting_lock": _("Waiting for a lock"),
        "in_doubt": _("In doubt"),
        "committing": _("Committing"),
        "compensating": _("Compensating"),
        "delivering": _("Delivering"),
        "catching_up": _("Catching up"),
        "succeeded": _("Succeeded"),
        "declined": _("Declined"),
        "failed": _("Failed"),
        "compensated": _("Compensated"),
        "inconsistent": _("Inconsistent"),
        "needs_attention": _("Needs manual action"),
    }.get(key, key)


def beside_status(status_key: str, outcome: str) -> str:
    """What an outcome adds to the status that stands beside it: "Declined: why" would say it twice."""
    rest = outcome.removeprefix(f"{status(status_key)}: ")
    return rest[:1].upper() + rest[1:]


def tab_icon(status_key: str, verdict_key: str) -> str:
    """How a run is, in one word: its picture in the browser's tab."""
    if verdict_key in WRONG or status_key in ("inconsistent", "needs_attention"):
        return "lost"
    if verdict_key == "in_doubt" or status_key == "in_doubt":
        return "doubt"
    return {"succeeded": "ok", "compensated": "undone", "declined": "no", "failed": "no"}.get(status_key, "running")


def headline(status_key: str, verdict_key: str) -> str:
    """The first words of the page's title: what matters most to a reader with many tabs."""
    return verdict(verdict_key) if verdict_key in (*WRONG, "in_doubt") else status(status_key)


def verdict_beside(status_key: str, verdict_key: str) -> str:
    """The verdict in words, or "" where the status beside it says the same."""
    return "" if verdict_key == status_key else verdict(verdict_key)


def verdict(key: str) -> str:
    return {
        "consistent": _("Consistent"),
        "temporarily_inconsistent": _("Temporarily inconsistent"),
        "in_doubt": _("In doubt"),
        "money_lost": _("Money lost"),
        "paid_twice": _("Paid twice"),
    }.get(key, key)
