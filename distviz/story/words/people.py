"""What is said of the beginning, of what operators do, and of the end."""

from django.utils.translation import gettext as _

from distviz.story.words import changes, points
from distviz.story.words.sentences import say
from distviz.story.words.telling import EventText, Label, Seen
from distviz.story.words.wording import beside_status, status

_TONES = {"succeeded": "ok", "compensated": "comp", "inconsistent": "bad", "needs_attention": "bad"}


def request(seen: Seen) -> EventText:
    faults = [fault for fault in seen.data.get("faults") or () if isinstance(fault, dict)]
    note = ", ".join(points.fault(str(one.get("at")), str(one.get("do"))) for one in faults)
    label = Label(
        _("REQUEST"),
        seen.say(_("withdraw %(sum)s from %(who)s")),
        note and _("with %(faults)s") % {"faults": note},
        "info",
        "user",
    )
    return EventText(label, seen.say(_("The client asks to withdraw %(sum)s from %(who)s. No money has moved yet.")))


def operator(seen: Seen) -> EventText:
    verb = {
        "retried": _("message sent again"),
        "released": _("held step released"),
        "forked": _("run repeated"),
        "requeued": _("message put back into the outbox"),
        "resolved": _("transaction in doubt resolved"),
    }.get(seen.event.phase, seen.event.name or seen.event.phase)
    at = str(seen.data.get("at") or "")
    note = str(seen.data.get("reason") or "") or (points.place(at) if at else "")
    label = Label(_("OPERATOR"), verb, note, "info", "user", at)
    return EventText(label, seen.say(_("Manual action: %(verb)s."), verb=verb))


def rival(seen: Seen) -> EventText:
    run, amount = str(seen.data.get("rival", ""))[:8], changes.text(str(seen.data.get("amount", "")))
    what = _("another %(sum)s from %(who)s") % {"sum": f"${amount}", "who": seen.names.account}
    label = Label(_("COMPETING"), what, run, "warn", "twice")
    sentence = _("While this run is open, a competing withdrawal from %(who)s was started: run %(rival)s.")
    return EventText(label, seen.say(sentence, rival=run))


def finished(seen: Seen) -> EventText:
    ending = status(seen.event.name)
    outcome = say(seen.reason) if seen.reason else str(seen.data.get("outcome", ""))
    outcome = beside_status(seen.event.name, outcome)
    label = Label(_("FINISHED"), ending, outcome, _TONES.get(seen.event.name, "info"), "flag")
    sentence = " ".join(part for part in (f"{ending}.", outcome) if part)
    if seen.money.missing > 0:
        sentence += " " + _("%(sum)s is recorded nowhere.") % {"sum": changes.dollars(seen.money.missing)}
    return EventText(label, sentence)
