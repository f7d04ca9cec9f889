"""What is said of local transactions: begun, prepared, committed, rolled back; and of the decision about them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from distviz.story.shapes import goes_forward
from distviz.story.words import changes
from distviz.story.words.telling import EventText, Label, Seen
from distviz.story.words.wording import short


def begin(seen: Seen) -> EventText:
    attempt = seen.attempt
    note = _("attempt %(n)s") % {"n": attempt} if attempt > 1 else _("for the copy") if seen.copy else ""
    if seen.data.get("order") or seen.event.lane in seen.names.promised:  # no transaction begins
        label = Label("", seen.step, note, "plain", "play")
        return EventText(label, seen.say(_("%(lane)s carries out “%(step)s” on what is prepared there.")))
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
    promised = seen.event.lane in seen.names.promised
    word = _("STORED") if seen.event.lane == "notification" else "COMMIT PREPARED" if promised else "COMMIT"
    change = f" ({seen.change})" if seen.change else ""
    if seen.rows and not seen.wrote:
        return _done_before(seen, word)
    if seen.compensates:
        label = Label(word, seen.step, seen.change, "comp", "undo")
        sentence = _("The compensation is committed%(change)s: the money is back in the account.")
    elif changes.refusal(seen.rows):
        label = Label(word, seen.step, _("declined: %(change)s") % {"change": seen.change}, "warn")
        sentence = _("%(lane)s records that it declined%(change)s, so that no late attempt can still succeed.")
    else:
        label = Label(word, seen.step, seen.change or _rows(seen), "ok")
        sentence = _committed(seen)
    return EventText(label, seen.say(sentence, change=change))


def _rows(seen: Seen) -> str:
    rows = seen.data.get("rows")
    if not isinstance(rows, int) or rows < 1:
        return _("nothing changed")
    return ngettext("%(n)s row written", "%(n)s rows written", rows) % {"n": rows}


def _done_before(seen: Seen, word: str) -> EventText:
    """What it shows was there: the message is a copy, or who did it died before it could say so."""
    mail, paid = seen.event.lane == "notification", any(row.after == "COMPLETED" for row in seen.rows)
    what = _("sent already") if mail else _("paid already") if paid else _("done already")
    if seen.event.span_id in seen.names.ignored and not mail:
        what = _("answered from the inbox: %(what)s") % {"what": what}
    label = Label(_("UNCHANGED") if mail else word, seen.step, what, "info", "twice")
    sentence = _("%(lane)s finds that “%(step)s” was done before (%(change)s): it is not done a second time.")
    return EventText(label, seen.say(sentence, change=seen.change))


def nothing(seen: Seen) -> EventText:
    """It was told to roll back, and there is nothing to be rolled back."""
    label = Label(_("NOTHING TO UNDO"), seen.step, _("nothing is prepared there"), "info", "flag")
    sentence = _(
        "%(lane)s was told to give up what it had prepared, and finds nothing: it was not prepared, or is undone."
    )
    return EventText(label, seen.say(sentence))


def _committed(seen: Seen) -> str:
    if seen.money.missing > 0:
        return _(
            "%(lane)s commits “%(step)s”%(change)s. No other store has a record of it: from here on, money is missing."
        )
    if seen.money.in_flight > 0:
        return _("%(lane)s commits “%(step)s”%(change)s. The money has left the account and is in flight.")
    return _("%(lane)s commits “%(step)s”%(change)s. Locally this is final.")


def rollback(seen: Seen) -> EventText:
    mail = seen.event.lane == "notification"
    if not seen.why:  # it was told to
        promised = seen.event.lane in seen.names.promised
        word = _("DISCARDED") if mail else "ROLLBACK PREPARED" if promised else "ROLLBACK"
        sentence = _("%(lane)s was told to give up what it had prepared: “%(step)s”. No change remains.")
        return EventText(Label(word, seen.step, "", "info", "cross"), seen.say(sentence))
    label = Label(_("FAILED") if mail else "ROLLBACK", seen.step, short(seen.why), "bad", "cross")
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
    tone = "ok" if goes_forward(seen.event) else "bad"
    label = Label(_("DECISION"), name, _("point of no return"), tone, "flag")
    return EventText(label, seen.say(_("The coordinator records its decision, %(name)s. From here on it is final.")))
