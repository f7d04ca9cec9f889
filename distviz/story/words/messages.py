"""The texts of messages: sent, delivered, dropped, duplicated, received."""

from typing import Any

from django.utils.translation import gettext as _

from distviz.story.words.telling import EventText, Label, Seen
from distviz.story.words.wording import duration


def sent(seen: Seen) -> EventText:
    data = seen.data
    twice, again = data.get("copies", 1) == 2, bool(data.get("redriven"))
    notes = ([_("twice")] if twice else []) + ([_("sent again")] if again else [])
    form = str(data.get("form") or "event")
    label = Label("", seen.event.name, ", ".join(notes), "warn" if notes else "plain", form)
    if again:
        sentence = _("%(lane)s sends %(name)s to %(to)s again, rebuilt from what the database records as still open.")
    elif twice:
        sentence = _("%(lane)s sends %(name)s, and the network delivers it to %(to)s twice.")
    else:
        sentence = {
            "command": _("%(lane)s sends %(to)s the command %(name)s."),
            "reply": _("%(lane)s replies to %(to)s: %(name)s."),
        }.get(form, _("%(lane)s publishes the event %(name)s, to which %(to)s subscribes."))
    return EventText(label, seen.say(sentence))


def lost(seen: Seen) -> EventText:
    label = Label(_("LOST"), seen.event.name, _("never reached the queue"), "bad", "cross")
    if seen.money.gap > 0:
        sentence = _("%(name)s is lost on its way to %(to)s. The money has left the account and %(to)s does not know.")
    else:
        sentence = _("%(name)s is lost on its way to %(to)s, which never hears of it.")
    return EventText(label, seen.say(sentence))


def parked(seen: Seen) -> EventText:
    why = {
        "step": _("step mode: you decide what the network does"),
        "hold": _("held back until you deliver it"),
        "reorder": _("held back so that the next message overtakes it"),
    }.get(str(seen.data.get("why")), _("waits in the database"))
    label = Label(_("PARKED"), seen.event.name, why, "warn", "envelope")
    sentence = _("%(name)s to %(to)s waits in the database until it is delivered, dropped or duplicated by hand.")
    return EventText(label, seen.say(sentence))


def delayed(seen: Seen) -> EventText:
    wait = duration(seen.data.get("ms"))
    label = Label(_("DELAYED"), seen.event.name, wait, "warn", "clock")
    return EventText(label, seen.say(_("%(lane)s sends %(name)s, and the network delays it for %(wait)s."), wait=wait))


def received(seen: Seen) -> EventText:
    waited = seen.names.queued(seen.event)
    note = waited and _("waited %(t)s in queue") % {"t": waited}
    label = Label(_("receives"), seen.event.name, note, "plain", "inbox")
    return EventText(label, seen.say(_("%(lane)s receives %(name)s from its queue.")))


def ignored(seen: Seen) -> EventText:
    label = Label(_("DUPLICATE"), seen.event.name, _("processed before, ignored"), "info", "twice")
    sentence = _("%(lane)s has processed this %(name)s before: its inbox has it, so no money moves a second time.")
    return EventText(label, seen.say(sentence))


def operated(seen: Seen) -> EventText:
    """Delivered, dropped or duplicated: by an operator, or when due."""
    phase, by, overtaken = seen.event.phase, seen.data.get("by"), ", ".join(seen.names.overtaken)
    word = {"delivered": _("DELIVERED"), "dropped": _("DROPPED"), "duplicated": _("DUPLICATED")}[phase]
    notes = [_("by hand")] if by == "operator" else []
    notes += [_("overtakes %(who)s") % {"who": overtaken}] if overtaken else []
    label = Label(word, seen.event.name, ", ".join(notes), "bad" if phase == "dropped" else "info", "user")
    if by == "time":
        return EventText(label, seen.say(_("%(name)s was held back for a while; now the network delivers it.")))
    if by == "reorder":
        return EventText(label, seen.say(_("The next message has overtaken %(name)s; now the network delivers it.")))
    return EventText(label, settled(phase, name=seen.event.name, to=seen.say("%(to)s"), overtaken=overtaken))


def settled(phase: str, **values: Any) -> str:
    """A parked message was dealt with by hand; `overtaken` are those that were sent before it and still wait."""
    sentence = {
        "delivered": _("%(name)s was delivered to %(to)s by hand."),
        "duplicated": _("%(name)s was delivered to %(to)s twice by hand. The second one is a duplicate."),
        "dropped": _("%(name)s was dropped by hand: %(to)s does not receive it."),
    }[phase]
    sentence += " " + _("It has overtaken %(overtaken)s.") if values["overtaken"] else ""
    return sentence % values
