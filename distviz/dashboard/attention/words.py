"""The texts of what needs manual action: what happened, what it means for the money, what to do."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from distviz.codes import Reason
from distviz.runs import waiting
from distviz.services.strays import Stray
from distviz.story.words import changes, points, wording
from distviz.story.words.sentences import say
from distviz.trace import known
from distviz.trace.models import DeadLetter, Parked, Run
from protocols.dead_rows import DeadRows
from protocols.doubts import Doubt
from protocols.registry import PROTOCOLS


@dataclass(frozen=True)
class Words:
    happened: str
    money: str
    do: str


TITLES = {
    "doubt": lambda: _("In doubt: prepared, holding locks, waiting for a decision"),
    "person": lambda: _("Needs manual action: retries exhausted"),
    "held": lambda: _("Held: a step waits until it is released"),
    "parked": lambda: _("Parked: a message waits until it is delivered by hand"),
    "silent": lambda: _("No progress: open for too long"),
    "letter": lambda: _("Dead letters without an open run"),
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
            _("A transaction is prepared under this name, but its run is gone; nothing will ever decide it."),
            _("Its rows stay locked, also after a restart, until it is committed or rolled back."),
            _("Recovery rolls it back by itself (presumed abort). To do it now: manage.py recover --once."),
        )
    if one.decision:
        sure = {"decision": one.decision.decision, "who": one.decision.decided_by}
        return Words(
            _("%(decision)s was decided by %(who)s and is in the decision log, but not carried out everywhere.") % sure,
            _("Until then, one store shows that the money moved and another does not, and the rows stay locked."),
            _("Recovery carries it out as soon as it can. You can do it now; the opposite is no longer possible.")
            + ((" " + _held_too()) if one.run.holding else ""),
        )
    happened = (
        _("All participants have voted yes, and nothing is decided.")
        if not one.missing
        else _("A transaction is prepared, there is no yes vote from %(who)s, and nothing is decided.")
        % {"who": ", ".join(one.missing)}
    )
    return Words(
        happened,
        _("No visible money has moved. The rows below are locked: withdrawals that need %(who)s's row wait.")
        % {"who": one.run.account},
        (_held_too() if one.run.holding else _("The coordinator may still decide by itself."))
        + " "
        + _("If it cannot, decide in its place: either is safe if every participant does the same."),
    )


def stray(one: Stray) -> Words:
    about = {"server": one.server, "gid": one.gid}
    return Words(
        _("This transaction is prepared under a name like those of this lab, which names no run; recovery leaves it.")
        if one.malformed
        else _("Another program has prepared this transaction in the database “%(server)s”; recovery leaves it.")
        % about,
        _("Its rows stay locked, also after a restart: withdrawals that need one of them wait, and give up."),
        _("Ask whoever prepared it, or end it by hand on that server: COMMIT PREPARED or ROLLBACK PREPARED '%(gid)s'.")
        % about,
    )


def _held_too() -> str:
    return _("One of its steps is held: release it, and the run ends by itself.")


def needing(run: Run, reason: Reason | None, error: str, owed: Decimal) -> Words:
    broken = reason is not None and not waiting.BEYOND_RETRY.isdisjoint(reason.codes())
    return Words(
        wording.short(error, 300) or _("A message could not be processed, and its retries are exhausted."),
        _owed(run, owed),
        _("Compare the books and correct them by hand; a retry cannot restore a broken guarantee.")
        if broken
        else _("Fix the cause if it persists, then retry: completed work is recognised and not repeated."),
    )


def _owed(run: Run, owed: Decimal) -> str:
    if owed > 0:
        return _("%(sum)s has left %(who)s's account and is neither paid nor refunded.") % {
            "sum": changes.dollars(owed),
            "who": run.account,
        }
    if owed < 0:
        return _("%(sum)s more was paid than deducted.") % {"sum": changes.dollars(-owed)}
    return _("Deduction and payment agree; something else is still outstanding, such as the notification.")


def held(run: Run, alive: bool, locks: bool) -> Words:
    holding = run.holding or {}
    at = {"point": points.place(str(holding.get("at", "?"))), "pid": holding.get("pid", "?")}
    locked = _("Its transaction is open and its locks are held, so other withdrawals may wait for it. ")
    return Words(
        _("Process %(pid)s is held by an injected fault (%(point)s).") % at
        if alive
        else _("Process %(pid)s was held (%(point)s) and has died; its message will be redelivered.") % at,
        (locked if alive and locks else "") + _so_far(run),
        _("Release it to continue."),
    )


def parked(message: Parked) -> Words:
    return Words(
        _("%(name)s to %(who)s is parked in the database; no worker waits for it.")
        % {"name": message.name, "who": _lane(message.run, message.to)},
        _so_far(message.run),
        _("Deliver it here; duplicate or drop it on the run's page."),
    )


def _lane(run: Run, key: str) -> str:
    return wording.lane_name(PROTOCOLS[run.protocol].lanes, key) if run.protocol in PROTOCOLS else key


def silent(run: Run) -> Words:
    return Words(
        _("This run has not finished: its status is %(status)s.") % {"status": wording.status(run.status).lower()},
        _so_far(run),
        _(
            "Check on the Health page that all workers are running. The sweep re-drives the run automatically; "
            "you can do it now."
        ),
    )


def _so_far(run: Run) -> str:
    owed = run.unexplained
    return _owed(run, owed) if owed else _("So far, deduction and payment agree.")


def letter(one: DeadLetter) -> Words:
    return Words(
        _("A message on the queue of %(service)s could not be read or processed.") % {"service": one.service},
        _of_letter(one.run) if one.run else _("No open run depends on it, so no money does."),
        _("Read it. If it is not needed, set it aside: it is kept but no longer counted."),
    )


def _of_letter(run: Run) -> str:
    if run.finished_at is None and known.may_lose(run.protocol):
        return _("It names an open run of a protocol that sends nothing again: its payment may never be made.")
    return _("It names a run, which does not depend on it: what a run needs is sent again from the databases.")


def dead_row(dead: DeadRows, run: Run | None) -> Words:
    money = _so_far(run) if run else _("Its run no longer exists.")
    return Words(str(dead.happened), money, str(dead.do if run else dead.do_without_run))


def done(run: Run) -> Words:
    if run.finished_at:
        outcome = say(run.outcome_reason) if run.outcome_reason else run.outcome
        return Words(outcome or wording.status(run.status), "", _("Nothing left to do."))
    return Words(
        _("The run continues: %(status)s.") % {"status": wording.status(run.status).lower()},
        _so_far(run),
        _("Follow it on its page."),
    )
