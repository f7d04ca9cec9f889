"""What is said of what needs a person: what happened, what it means for the money, what to do."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from distviz.story.words import changes, wording
from distviz.trace.models import DeadLetter, Parked, Run
from protocols.registry import PROTOCOLS
from protocols.two_phase.desk.look import Doubt


@dataclass(frozen=True)
class Words:
    happened: str
    money: str
    do: str


TITLES = {
    "doubt": lambda: _("In doubt: prepared, holding locks, waiting for a decision"),
    "person": lambda: _("Needs a person: the retries are used up"),
    "held": lambda: _("Held: a step waits until somebody lets it go on"),
    "parked": lambda: _("Parked: a message waits until somebody delivers it"),
    "silent": lambda: _("Silent: open for too long"),
    "letter": lambda: _("Dead letters that no open run speaks for"),
    "outbox": lambda: _("Dead rows of the outbox"),
}


def of_run(run: Run) -> str:
    protocol = PROTOCOLS[run.protocol].short if run.protocol in PROTOCOLS else run.protocol
    return _("%(sum)s from %(who)s, %(protocol)s") % {
        "sum": changes.dollars(run.amount),
        "who": run.account,
        "protocol": protocol,
    }


def doubt(one: Doubt) -> Words:
    if one.run is None:
        return Words(
            _("Something was prepared under this name and its run is gone; nobody will ever decide it."),
            _("Its rows stay locked, also after a restart, until it is committed or rolled back."),
            _("Recovery rolls it back by itself (presumed abort). To do it now: manage.py recover --once."),
        )
    if one.decision:
        sure = {"decision": one.decision.decision, "who": one.decision.decided_by}
        return Words(
            _("%(decision)s was decided by %(who)s and is in the decision log, but not carried out everywhere.") % sure,
            _("Until it is, one store shows the money moved and another does not, and the rows stay locked."),
            _("Recovery carries it out as soon as it can. You can do it now; the other way is not possible any more.")
            + ((" " + _held_too()) if one.run.holding else ""),
        )
    happened = (
        _("Everybody has voted yes, and nothing is decided.")
        if not one.missing
        else _("Something is prepared, there is no yes from %(who)s, and nothing is decided.")
        % {"who": ", ".join(one.missing)}
    )
    return Words(
        happened,
        _("No money has moved that anybody can see. The rows below are locked: others that need %(who)s's row wait.")
        % {"who": one.run.account},
        (_held_too() if one.run.holding else _("The coordinator may still decide by itself."))
        + " "
        + _("If it cannot, decide in its place: both ways are safe as long as it is one way for all."),
    )


def _held_too() -> str:
    return _("A step of it is held: let it go on, and it ends by itself.")


def needing(run: Run, error: str, owed: Decimal) -> Words:
    broken = "hand" in error and ("Compare the books" in error)
    return Words(
        wording.short(error, 300) or _("A message could not be handled, and the retries are used up."),
        _owed(run, owed),
        _("Compare the books and book it by hand; a retry cannot mend a broken promise.")
        if broken
        else _("Mend the cause if it lasts, then retry: what is done already is recognised and not done twice."),
    )


def _owed(run: Run, owed: Decimal) -> str:
    if owed > 0:
        return _("%(sum)s has left %(who)s's account and is neither paid nor given back.") % {
            "sum": changes.dollars(owed),
            "who": run.account,
        }
    if owed < 0:
        return _("%(sum)s more was paid than was taken.") % {"sum": changes.dollars(-owed)}
    return _("What was taken and what was paid agree; something else is still owed, such as the email.")


def held(run: Run, alive: bool) -> Words:
    holding = run.holding or {}
    at = {"point": holding.get("at", "?"), "pid": holding.get("pid", "?")}
    return Words(
        _("Process %(pid)s stands still at %(point)s, because a hold was switched on there.") % at
        if alive
        else _("Process %(pid)s was held at %(point)s and is dead; the message comes back by itself.") % at,
        _("Its transaction is open and its locks are held, so others may wait for it. ") + _so_far(run),
        _("Release it when you have seen enough."),
    )


def parked(message: Parked) -> Words:
    return Words(
        _("%(name)s to %(who)s waits in the database, and no worker waits for it.")
        % {"name": message.name, "who": message.to},
        _so_far(message.run),
        _("Deliver it here, or duplicate or drop it on the page of its run."),
    )


def silent(run: Run) -> Words:
    return Words(
        _("Nobody has finished this run: its status is %(status)s.") % {"status": wording.status(run.status).lower()},
        _so_far(run),
        _("See on the Health page whether all workers are there. The sweep asks again by itself; you can now."),
    )


def _so_far(run: Run) -> str:
    owed = run.unexplained
    return _owed(run, owed) if owed else _("So far, what was taken and what was paid agree.")


def letter(one: DeadLetter) -> Words:
    return Words(
        _("A message on the queue of %(service)s could not be read or handled.") % {"service": one.service},
        _("No open run waits for it, so no money waits either."),
        _("Read it. If nobody needs it, set it aside: it is kept, and counted no more."),
    )


def dead_row(run: Run | None) -> Words:
    return Words(
        _("The relay has tried to publish this row and has given up."),
        _so_far(run) if run else _("Its run is not here any more."),
        _("Retry its run: the row gets fresh attempts.")
        if run
        else _("Mend the row's payload, or leave it: it blocks nobody."),
    )


def done(run: Run) -> Words:
    if run.finished_at:
        return Words(run.outcome or wording.status(run.status), "", _("Nothing is left to do here."))
    return Words(
        _("It goes on: %(status)s.") % {"status": wording.status(run.status).lower()},
        _so_far(run),
        _("Watch it on its page."),
    )
