"""One plain sentence for each event: what happened, and what it means for the money."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from distviz.story.money_strip import Money
from distviz.story.shapes import EventLike
from distviz.story.words import by_hand, changes
from distviz.story.words.translated import said
from distviz.story.words.wording import Names, duration, short, status


def sentence(event: EventLike, names: Names, money: Money) -> str:
    """The narration shown in the inspector and read out by a screen reader."""
    tell = _TALES.get((event.kind, event.phase)) or _TALES.get((event.kind, ""))
    values = {
        "lane": names.lane(event.lane),
        "to": names.lane(event.to) if event.to else "",
        "name": event.name,
        "step": names.step(event.name),
        "who": names.account,
        "sum": changes.dollars(names.amount),
        "error": short(event.error, 200),
        "change": changes.headline(changes.lines(event.changes)),
        "overtaken": ", ".join(names.overtaken),
    }
    if tell is None:
        return _("%(lane)s: %(name)s.") % values
    return tell(event, values, money, event.data or {}) % values


def _sent(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    if data.get("redriven"):
        return _("%(lane)s sends %(name)s to %(to)s once more, rebuilt from what the database says is still open.")
    if data.get("copies", 1) == 2:
        return _("%(lane)s sends %(name)s and the network delivers it twice to %(to)s.")
    if data.get("form") == "command":
        return _("%(lane)s tells %(to)s what to do: %(name)s.")
    if data.get("form") == "reply":
        return _("%(lane)s answers %(to)s: %(name)s.")
    return _("%(lane)s publishes the fact %(name)s; %(to)s listens for it.")


def _lost(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    if money.gap > 0:
        return _("%(name)s is lost on its way to %(to)s. The money is out of the account and %(to)s does not know.")
    return _("%(name)s is lost on its way to %(to)s. Nobody there will ever hear of it.")


def _parked(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    return _("%(name)s to %(to)s waits in the database until somebody delivers, drops or duplicates it.")


def _delayed(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    values["wait"] = duration(data.get("ms"))
    return _("%(lane)s sends %(name)s, but the network holds it up for %(wait)s.")


def _received(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    return _("%(lane)s takes %(name)s from its queue.")


def _ignored(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    return _("%(lane)s has handled this %(name)s before: its inbox says so, and no money moves a second time.")


def _operated(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    if data.get("by") == "time":
        return _("%(name)s was held back for a while; now the network delivers it.")
    if data.get("by") == "reorder":
        return _("The message after it has gone; now the network delivers %(name)s.")
    return by_hand.settled(event.phase, values["overtaken"])


def _begin(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    if data.get("compensates"):
        return _("%(lane)s begins the compensation “%(step)s”: not an undo, a second and opposite fact.")
    if event.attempt > 1:
        values["n"] = str(event.attempt)
        return _("%(lane)s tries “%(step)s” again, attempt %(n)s, in a new local transaction.")
    return _("%(lane)s opens a local transaction for “%(step)s”. Nobody else can see what it does yet.")


def _commit(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    change = " (%(change)s)" if values["change"] else ""
    if data.get("compensates"):
        return _("The compensation is committed") + change + _(": the money is back where it was.")
    if changes.refusal(changes.lines(event.changes)):
        return (
            _("%(lane)s commits a refusal") + change + _(". It is on record, so that no late attempt can still do it.")
        )
    if money.missing > 0:
        return (
            _("%(lane)s commits “%(step)s”") + change + _(". No other store knows: from here on the money is missing.")
        )
    if money.in_flight > 0:
        return _("%(lane)s commits “%(step)s”") + change + _(". The money has left the account and is on its way.")
    return _("%(lane)s commits “%(step)s”") + change + _(". Locally this is final.")


def _rollback(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    if money.missing > 0:
        tail = _(" Its own rows are as before, but the money that was taken earlier stays gone.")
    elif money.in_flight > 0:
        tail = _(" Its own rows are as before; what other services committed still stands.")
    else:
        tail = _(" Nothing was changed.")
    reason = _(": %(error)s") if values["error"] else ""
    return _("%(lane)s rolls back “%(step)s”") + reason + "." + tail


def _prepared(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    if event.lane == "notification":
        return _(
            "%(lane)s votes yes: a pending document is its promise to send the email. MongoDB locks nothing for it."
        )
    return _("%(lane)s votes yes: its work is on disk, not committed, and its locks stay until it learns the decision.")


def _decision(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    return _("The coordinator writes its decision, %(name)s. After this there is no way back.")


def _fault(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    values["pid"], values["at"] = str(data.get("pid") or "?"), str(data.get("at", ""))
    values["wait"] = duration(data.get("ms"))
    return {
        "crash": _(
            "Process %(pid)s of %(lane)s is killed at %(at)s. What it had not committed, its database rolls back."
        ),
        "decline": _("%(lane)s says no at %(at)s: a business answer, not a technical error, so nobody tries again."),
        "error": _("A technical error at %(at)s: %(lane)s may try again."),
        "delay": _("%(lane)s is slow at %(at)s: it waits for %(wait)s with everything it holds."),
        "hold": _("%(lane)s is stopped at %(at)s and keeps what it holds until you release it."),
    }.get(event.name, _("The fault “%(name)s” fires at %(at)s."))


def _hold(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    if event.phase == "released":
        return _("The step goes on.")
    if event.phase == "refused":
        return _("%(lane)s was to be stopped at %(name)s, but goes on: %(error)s")
    return _("%(lane)s stands still at %(name)s with its transaction as it is. Release it when you have looked around.")


def _lock(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    values["wait"], values["holder"] = duration(data.get("gives_up_ms")), str(data.get("holder", ""))[:8]
    if not values["holder"]:
        return _("%(lane)s waits for %(name)s: another transaction has it. PostgreSQL gives up after %(wait)s.")
    return _(
        "%(lane)s waits for %(name)s: run %(holder)s is prepared there and holds the row until its decision is known. "
        "PostgreSQL gives up after %(wait)s."
    )


def _retry(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    if event.phase == "exhausted":
        return _("%(lane)s gives up on “%(step)s”: %(error)s")
    if event.phase != "scheduled":
        return _("“%(step)s” failed at %(lane)s, and without a protocol nobody tries again. %(error)s")
    values["wait"], values["n"] = duration(data.get("wait_ms", 0)), str(data.get("next_attempt", event.attempt + 1))
    return _("%(lane)s waits %(wait)s before attempt %(n)s; each wait is twice the one before. %(error)s")


def _sweep(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    values["where"] = str(data.get("from", "?"))
    return _(
        "A sweep found this run stuck in %(where)s and sends %(name)s again: the message was gone, the fact was not."
    )


def _operator(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    values["verb"] = event.phase
    return _("A person stepped in: %(verb)s %(name)s.")


def _rival(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    values["rival"] = str(data.get("rival", ""))[:8]
    return _("While this run is open, a second withdrawal from %(who)s was started: run %(rival)s, its rival.")


def _attention(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    return _("No program can go on from here without guessing; a person has to look. %(error)s")


def _waits(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    values["row"], values["service"] = str(data.get("row", "?")), str(data.get("service", "?"))
    return _(
        "%(name)s is committed (row %(row)s of the %(service)s outbox) and waits there: a person stopped the relay. "
        "Nothing is lost; it is published when the relay is started again."
    )


def _finished(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    values["status"], values["outcome"] = status(event.name), said(str(data.get("outcome", "")))
    values["missing"] = changes.dollars(money.missing)
    if money.missing > 0:
        return _("%(status)s. %(outcome)s %(missing)s are in no book at all.")
    return _("%(status)s. %(outcome)s")


def _request(event: EventLike, values: dict[str, str], money: Money, data: dict[str, Any]) -> str:
    return _("Somebody clicks “Withdraw %(sum)s” for %(who)s. Nothing has happened to the money yet.")


_Tale = Callable[[EventLike, dict[str, str], Money, dict[str, Any]], str]
_TALES: dict[tuple[str, str], _Tale] = {
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
