"""The text on each row of the picture."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from distviz.story.shapes import EventLike
from distviz.story.words import changes
from distviz.story.words.translated import said
from distviz.story.words.wording import Names, duration, short, status

_FORMS = {"command": "command", "event": "event", "reply": "reply"}


@dataclass(frozen=True, slots=True)
class Label:
    """The text on a row: a short word in capitals, what it is about, and a note behind it."""

    word: str
    what: str
    note: str = ""
    tone: str = "plain"
    icon: str = ""


def label(event: EventLike, names: Names) -> Label:
    """The words on the row."""
    make = _LABELS.get((event.kind, event.phase)) or _LABELS.get((event.kind, ""))
    if make is not None:
        return make(event, names, event.data or {})
    return Label(
        f"{event.kind} {event.phase}".strip(), event.name, short(event.error), "bad" if event.error else "plain"
    )


def _request(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    what = _("withdraw %(sum)s from %(who)s") % {"sum": changes.dollars(names.amount), "who": names.account}
    faults = data.get("faults") or []
    note = ", ".join(f"{f.get('do')} @ {f.get('at')}" for f in faults if isinstance(f, dict))
    return Label(_("REQUEST"), what, note and _("with %(faults)s") % {"faults": note}, "info", "user")


def _sent(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    notes = [_("twice")] if data.get("copies", 1) == 2 else []
    notes += [_("sent again")] if data.get("redriven") else []
    tone = "warn" if notes else "plain"
    return Label("", event.name, ", ".join(notes), tone, _FORMS.get(str(data.get("form")), "event"))


def _lost(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    return Label(_("LOST"), event.name, _("never reached the queue"), "bad", "cross")


def _parked(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    why = {
        "step": _("step mode: you decide what the network does"),
        "hold": _("held back until you deliver it"),
        "reorder": _("held back so that the next message overtakes it"),
    }.get(str(data.get("why")), _("waits in the database"))
    return Label(_("PARKED"), event.name, why, "warn", "envelope")


def _delayed(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    return Label(_("DELAYED"), event.name, duration(data.get("ms")), "warn", "clock")


def _received(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    waited = names.queued(event)
    return Label(_("takes"), event.name, waited and _("queued %(t)s") % {"t": waited}, "plain", "inbox")


def _ignored(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    return Label(_("DUPLICATE"), event.name, _("seen before, nothing done again"), "info", "twice")


def _operated(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    word = {"delivered": _("DELIVERED"), "dropped": _("DROPPED"), "duplicated": _("DUPLICATED")}[event.phase]
    notes = [_("by hand")] if data.get("by") == "operator" else []
    notes += [_("overtakes %(who)s") % {"who": ", ".join(names.overtaken)}] if names.overtaken else []
    return Label(word, event.name, ", ".join(notes), "bad" if event.phase == "dropped" else "info", "user")


def _begin(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    note = _("attempt %(n)s") % {"n": event.attempt} if event.attempt > 1 else ""
    word = _("WRITE") if event.lane == "notification" else "BEGIN"
    return Label(word, names.step(event.name), note, "comp" if data.get("compensates") else "open")


def _commit(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    word = _("STORED") if event.lane == "notification" else "COMMIT"
    rows = changes.lines(event.changes)
    note = changes.headline(rows)
    if data.get("compensates"):
        return Label(word, names.step(event.name), note, "comp", "undo")
    if changes.refusal(rows):
        return Label(word, names.step(event.name), _("a refusal: %(change)s") % {"change": note}, "warn")
    return Label(word, names.step(event.name), note or _("nothing changed"), "ok")


def _rollback(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    word = _("FAILED") if event.lane == "notification" else "ROLLBACK"
    return Label(word, names.step(event.name), short(event.error), "bad", "cross")


def _prepared(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    if event.lane == "notification":
        return Label(
            "PREPARED", names.step(event.name), _("a promise: a pending document, no lock"), "doubt", "envelope"
        )
    return Label("PREPARED", names.step(event.name), _("holds its locks"), "doubt", "lock")


def _decision(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    commit = event.name.lower().startswith("commit")
    return Label(_("DECISION"), event.name.upper(), _("point of no return"), "ok" if commit else "bad", "flag")


def _fault(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    pid, at = data.get("pid"), str(data.get("at", ""))
    if event.name == "crash":
        word = "SIGKILL" + (f" {pid}" if pid else "")
        return Label(word, _("process killed"), at, "bad", "bolt")
    ms = duration(data["ms"]) if data.get("ms") and event.name in ("delay", "reorder") else ""
    return Label(_("FAULT"), event.name, " · ".join(filter(None, (at, ms))), "bad", "bolt")


def _hold(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    if event.phase == "released":
        return Label(_("RELEASED"), event.name, "", "info", "play")
    if event.phase == "refused":
        return Label(_("NOT HELD"), event.name, short(event.error), "warn", "pause")
    pid = _("process %(pid)s waits") % {"pid": data["pid"]} if data.get("pid") else ""
    locks = _("%(n)s locks held") % {"n": len(data["locks"])} if data.get("locks") else ""
    return Label(_("HELD"), event.name, " · ".join(filter(None, (pid, locks))), "warn", "pause")


def _lock(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    holder = str(data.get("holder", ""))[:8]
    note = _("locked by run %(run)s") % {"run": holder} if holder else _("locked by another transaction")
    return Label(_("WAITS"), event.name, note, "warn", "lock")


def _retry(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    if event.phase == "exhausted":
        why = event.error.removeprefix("max retries exceeded; ")
        return Label(_("GIVES UP"), _("max retries exceeded"), short(why), "bad", "cross")
    if event.phase != "scheduled":
        return Label(_("FAILED"), _("and nobody tries again"), short(event.error), "bad", "cross")
    number, of = data.get("next_attempt", event.attempt + 1), data.get("of")
    what = _("attempt %(n)s of %(of)s") % {"n": number, "of": of} if of else _("attempt %(n)s") % {"n": number}
    return Label(_("RETRY"), what, _("in %(t)s") % {"t": duration(data.get("wait_ms", 0))}, "warn", "retry")


def _sweep(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    return Label(_("SWEPT"), event.name, _("found in %(where)s") % {"where": data.get("from", "?")}, "info", "broom")


def _operator(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    return Label(
        _("OPERATOR"), event.name or event.phase, str(data.get("reason") or data.get("at") or ""), "info", "user"
    )


def _rival(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    what = _("another %(sum)s from %(who)s, now") % {"sum": f"${data.get('amount', '')}", "who": names.account}
    return Label(_("RIVAL"), what, str(data.get("rival", ""))[:8], "warn", "twice")


def _attention(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    return Label(_("NEEDS A PERSON"), short(event.error) or event.name, "", "bad", "hand")


def _waits(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    return Label(_("WAITS"), event.name, _("the relay is stopped"), "warn", "pause")


def _finished(event: EventLike, names: Names, data: dict[str, Any]) -> Label:
    tone = {"succeeded": "ok", "compensated": "comp", "inconsistent": "bad", "needs_attention": "bad"}
    return Label(
        _("FINISHED"), status(event.name), said(str(data.get("outcome", ""))), tone.get(event.name, "info"), "flag"
    )


_Maker = Callable[[EventLike, Names, dict[str, Any]], Label]
_LABELS: dict[tuple[str, str], _Maker] = {
    ("request", ""): _request,
    ("message", "sent"): _sent,
    ("message", "lost"): _lost,
    ("message", "parked"): _parked,
    ("message", "delayed"): _delayed,
    ("message", "received"): _received,
    ("message", "ignored"): _ignored,
    ("message", "delivered"): _operated,
    ("message", "dropped"): _operated,
    ("message", "duplicated"): _operated,
    ("step", "begin"): _begin,
    ("step", "commit"): _commit,
    ("step", "rollback"): _rollback,
    ("step", "prepared"): _prepared,
    ("decision", ""): _decision,
    ("fault", ""): _fault,
    ("hold", ""): _hold,
    ("lock", "waiting"): _lock,
    ("retry", ""): _retry,
    ("sweep", ""): _sweep,
    ("operator", "rival"): _rival,
    ("operator", ""): _operator,
    ("attention", ""): _attention,
    ("relay", "stopped"): _waits,
    ("finished", ""): _finished,
}
