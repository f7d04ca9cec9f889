"""What is said of failures: injected faults, held steps, locks, retries, sweeps, and what needs manual action."""

from django.utils.translation import gettext as _

from distviz.story.words import points
from distviz.story.words.sentences import reason_of, say
from distviz.story.words.telling import EventText, Label, Seen
from distviz.story.words.wording import duration, short


def fault(seen: Seen) -> EventText:
    data, name, point = seen.data, seen.event.name, str(seen.data.get("at", ""))
    pid, at, wait = data.get("pid"), points.moment(point), duration(data.get("ms"))
    if name == "crash":
        word = "SIGKILL" + (f" {pid}" if pid else "")
        label = Label(word, _("process killed"), at, "bad", "bolt", point)
    else:
        note = " · ".join(filter(None, (at, wait if name in ("delay", "reorder") else "")))
        label = Label(_("FAULT"), points.action(name), note, "bad", "bolt", point)
    sentence = {
        "crash": _("Process %(pid)s of %(lane)s is killed (%(at)s). Its database rolls back what was not committed."),
        "decline": _("%(lane)s declines (%(at)s): a business decision and no technical error, so it is not retried."),
        "error": _("%(lane)s meets a technical error (%(at)s) and may retry."),
        "delay": _("%(lane)s is slow (%(at)s): it waits for %(wait)s with everything it holds."),
        "hold": _("%(lane)s is held (%(at)s) and keeps its locks until it is released."),
    }.get(name, _("The fault “%(do)s” fires (%(at)s)."))
    return EventText(label, seen.say(sentence, pid=pid or "?", at=at, wait=wait, do=points.action(name)))


def hold(seen: Seen) -> EventText:
    point = str(seen.data.get("point") or seen.event.name)
    at = points.moment(point)
    if seen.event.phase == "released":
        return EventText(Label(_("RELEASED"), at, "", "info", "play", point), seen.say(_("The step goes on.")))
    if seen.event.phase == "refused":
        sentence = _("%(lane)s was to be held (%(at)s), but goes on: %(error)s")
        label = Label(_("NOT HELD"), at, short(seen.why), "warn", "pause", point)
        return EventText(label, seen.say(sentence, at=at))
    pid = _("process %(pid)s waits") % {"pid": seen.data["pid"]} if seen.data.get("pid") else ""
    locks = _("%(n)s locks held") % {"n": len(seen.data["locks"])} if seen.data.get("locks") else ""
    label = Label(_("HELD"), at, " · ".join(filter(None, (pid, locks))), "warn", "pause", point)
    sentence = _("%(lane)s is held (%(at)s) with its transaction as it is, until it is released.")
    return EventText(label, seen.say(sentence, at=at))


def lock(seen: Seen) -> EventText:
    holder, wait = str(seen.data.get("holder", ""))[:8], duration(seen.data.get("gives_up_ms"))
    gid = str(seen.data.get("gid", ""))
    note = _("locked by run %(run)s") % {"run": holder} if holder else _("locked by another transaction")
    label = Label(_("WAITS"), seen.event.name, short(gid) if gid and not holder else note, "warn", "lock")
    if gid and not holder:
        sentence = _(
            "%(lane)s waits for %(name)s, held by prepared transaction %(gid)s, which belongs to no run. PostgreSQL "
            "gives up after %(wait)s."
        )
    elif holder:
        sentence = _(
            "%(lane)s waits for %(name)s: run %(holder)s is prepared there and holds the row until its decision is "
            "known. PostgreSQL gives up after %(wait)s."
        )
    else:
        sentence = _("%(lane)s waits for %(name)s, locked by another transaction. PostgreSQL gives up after %(wait)s.")
    return EventText(label, seen.say(sentence, holder=holder, wait=wait, gid=gid))


def retry_scheduled(seen: Seen) -> EventText:
    number, of = seen.data.get("next_attempt", seen.event.attempt + 1), seen.data.get("of")
    wait = duration(seen.data.get("wait_ms", 0))
    what = _("attempt %(n)s of %(of)s") % {"n": number, "of": of} if of else _("attempt %(n)s") % {"n": number}
    label = Label(_("RETRY"), what, _("in %(t)s") % {"t": wait}, "warn", "retry")
    sentence = _("%(lane)s waits %(wait)s before attempt %(n)s; each wait is twice the one before. %(error)s")
    return EventText(label, seen.say(sentence, wait=wait, n=number))


def retry_exhausted(seen: Seen) -> EventText:
    last = reason_of({"reason": seen.reason.params.get("why")}) if seen.reason else None
    why = say(last) if last else seen.why
    label = Label(_("GIVES UP"), _("max retries exceeded"), short(why), "bad", "cross")
    return EventText(label, seen.say(_("%(lane)s gives up on “%(step)s”: %(error)s")))


def left_open(seen: Seen) -> EventText:
    label = Label(_("WAITS"), _("for recovery"), short(seen.why), "warn", "pause")
    return EventText(label, seen.say(_("“%(step)s” is left to recovery, which goes on when it can. %(error)s")))


def not_retried(seen: Seen) -> EventText:
    label = Label(_("FAILED"), _("not retried"), short(seen.why), "bad", "cross")
    sentence = _("“%(step)s” failed at %(lane)s, and without a protocol nothing retries it. %(error)s")
    return EventText(label, seen.say(sentence))


def sweep(seen: Seen) -> EventText:
    where = str(seen.data.get("from", "?"))
    label = Label(_("SWEPT"), seen.event.name, _("found in %(where)s") % {"where": where}, "info", "broom")
    sentence = _(
        "A sweep found this run unfinished in %(where)s and sends %(name)s again: what was committed tells what is "
        "next."
    )
    return EventText(label, seen.say(sentence, where=where))


def untouched(seen: Seen) -> EventText:
    wait = duration(float(seen.data.get("seconds") or 0) * 1000)
    label = Label(_("STEP MODE ENDS"), _("nobody has acted for %(wait)s") % {"wait": wait}, "", "info", "clock")
    sentence = _(
        "Nobody has acted for %(wait)s, so the run leaves step mode: what is parked is delivered, and it goes on at "
        "full speed."
    )
    return EventText(label, seen.say(sentence, wait=wait))


def attention(seen: Seen) -> EventText:
    label = Label(_("NEEDS MANUAL ACTION"), short(seen.why) or seen.event.name, "", "bad", "hand")
    return EventText(label, seen.say(_("No program can continue here without guessing. %(error)s")))


def relay_stopped(seen: Seen) -> EventText:
    label = Label(_("WAITS"), seen.event.name, _("the outbox relay is stopped"), "warn", "pause")
    sentence = _(
        "%(name)s is committed (row %(row)s of the %(service)s outbox) and waits there, because an operator stopped "
        "the outbox relay. Nothing is lost: it is published when the relay is started again."
    )
    values = {"row": str(seen.data.get("row", "?")), "service": str(seen.data.get("service", "?"))}
    return EventText(label, seen.say(sentence, **values))
