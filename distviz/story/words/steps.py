"""What is said of local transactions: begun, prepared, committed, rolled back; and of the decision about them."""

from django.utils.translation import gettext as _

from distviz.story.words import changes
from distviz.story.words.telling import EventText, Label, Seen
from distviz.story.words.wording import short


def begin(seen: Seen) -> EventText:
    attempt = seen.event.attempt
    note = _("attempt %(n)s") % {"n": attempt} if attempt > 1 else ""
    word = _("WRITE") if seen.event.lane == "notification" else "BEGIN"
    label = Label(word, seen.step, note, "comp" if seen.compensates else "open")
    if seen.compensates:
        sentence = _("%(lane)s begins the compensation “%(step)s”: a new transaction that reverses a committed one.")
    elif attempt > 1:
        sentence = _("%(lane)s retries “%(step)s”, attempt %(n)s, in a new local transaction.")
    else:
        sentence = _("%(lane)s opens a local transaction for “%(step)s”. Its changes are not visible to others yet.")
    return EventText(label, seen.say(sentence, n=attempt))


def commit(seen: Seen) -> EventText:
    word = _("STORED") if seen.event.lane == "notification" else "COMMIT"
    change = f" ({seen.change})" if seen.change else ""
    if seen.compensates:
        label = Label(word, seen.step, seen.change, "comp", "undo")
        sentence = _("The compensation is committed%(change)s: the money is back in the account.")
    elif changes.refusal(seen.rows):
        label = Label(word, seen.step, _("declined: %(change)s") % {"change": seen.change}, "warn")
        sentence = _("%(lane)s records that it declined%(change)s, so that no late attempt can still succeed.")
    else:
        label = Label(word, seen.step, seen.change or _("nothing changed"), "ok")
        sentence = _committed(seen)
    return EventText(label, seen.say(sentence, change=change))


def _committed(seen: Seen) -> str:
    if seen.money.missing > 0:
        return _(
            "%(lane)s commits “%(step)s”%(change)s. No other store has a record of it: from here on, money is missing."
        )
    if seen.money.in_flight > 0:
        return _("%(lane)s commits “%(step)s”%(change)s. The money has left the account and is in flight.")
    return _("%(lane)s commits “%(step)s”%(change)s. Locally this is final.")


def rollback(seen: Seen) -> EventText:
    word = _("FAILED") if seen.event.lane == "notification" else "ROLLBACK"
    label = Label(word, seen.step, short(seen.why), "bad", "cross")
    if not seen.why:  # it was told to
        return EventText(label, seen.say(_("%(lane)s executed %(step)s; no change remains.")))
    if seen.money.missing > 0:
        sentence = _(
            "%(lane)s rolls back “%(step)s”: %(error)s. Its own rows are unchanged; the money that was taken earlier "
            "stays missing."
        )
    elif seen.money.in_flight > 0:
        sentence = _(
            "%(lane)s rolls back “%(step)s”: %(error)s. Its own rows are unchanged; what other services committed "
            "still stands."
        )
    else:
        sentence = _("%(lane)s rolls back “%(step)s”: %(error)s. No change remains.")
    return EventText(label, seen.say(sentence))


def failed(seen: Seen) -> EventText:
    label = Label(_("FAILED"), seen.step, short(seen.why), "bad", "cross")
    sentence = _("%(lane)s could not execute “%(step)s”: %(error)s. What is prepared stays prepared, with its locks.")
    return EventText(label, seen.say(sentence))


def late(seen: Seen) -> EventText:
    label = Label(_("DECIDED"), seen.step, _("nothing left to prepare"), "info", "flag")
    return EventText(label, seen.say(_("%(lane)s was asked again for “%(step)s”, but it is decided: nothing is done.")))


def prepared(seen: Seen) -> EventText:
    if seen.event.lane == "notification":
        label = Label("PREPARED", seen.step, _("a pending document, no lock"), "doubt", "envelope")
        sentence = _("%(lane)s votes yes: a pending document is its promise to notify. MongoDB holds no lock for it.")
    else:
        label = Label("PREPARED", seen.step, _("holds its locks"), "doubt", "lock")
        sentence = _(
            "%(lane)s votes yes: its work is on disk but not committed, and its locks are held until it learns the "
            "decision."
        )
    return EventText(label, seen.say(sentence))


def decision(seen: Seen) -> EventText:
    name = seen.event.name.upper()
    tone = "ok" if name.startswith("COMMIT") else "bad"
    label = Label(_("DECISION"), name, _("point of no return"), tone, "flag")
    return EventText(label, seen.say(_("The coordinator records its decision, %(name)s. From here on it is final.")))
