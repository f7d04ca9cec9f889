"""The end of a run without guards that nothing drives on any more: as with the dual write, the auditor's finding. What
its protocol would have made good is counted as lost."""

from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from distviz.services import closing
from distviz.services.gaps import ZERO
from distviz.services.notification import operations as notification
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.story.words import sentences
from distviz.trace.models import Run
from distviz.trace.outcomes import Outcome, failed, inconsistent, succeeded
from distviz.trace.registering import abandoned, asks_what_moved
from protocols import registry

sentences.register(
    {
        "unguarded_lost": _("A guard was out: $%(amount)s was taken and not paid, and nothing drives it on any more."),
        "unguarded_twice": _("A guard was out: $%(amount)s more was paid than taken."),
        "unguarded_in_doubt": _(
            "A guard was out: nobody decided about $%(amount)s, and the rows stayed locked until the lab gave up on it."
        ),
        "unguarded_untold": _("A guard was out: the money was paid, and nobody told the customer."),
        "unguarded_done": _("A guard was out, and all was done all the same."),
        "unguarded_nothing": _("A guard was out, and nothing was done."),
    }
)


@asks_what_moved
def moved(run: Run) -> tuple[Decimal, Decimal]:
    """Of a run whose end is decided, so nothing more will move."""
    books, which = registry.get(run.protocol).books, [str(run.pk)]
    return sum(books.taken(which).values(), ZERO), sum(books.paid(which).values(), ZERO)


@abandoned
def find_out(run: Run) -> Outcome:
    """What the databases say, once nothing can be written to the services for this run any more."""
    if _was_in_doubt(run):
        return replace(inconsistent("unguarded_in_doubt", amount=run.amount), taken=ZERO, paid=ZERO)
    for place in (ACCOUNT, PAYMENT):
        closing.close(place, str(run.pk))
    taken, paid = moved(run)
    return replace(_end(run, taken, paid), taken=taken, paid=paid)


def _was_in_doubt(run: Run) -> bool:
    """Something of it was prepared and held its rows, and nobody had decided; now it is an ABORT. What was decided
    before is waited for: its rows are locked until it is carried out."""
    doubts = registry.get(run.protocol).doubts
    return doubts is not None and bool(doubts.rows(str(run.pk))) and doubts.abort(str(run.pk))


def _end(run: Run, taken: Decimal, paid: Decimal) -> Outcome:
    if taken > paid:
        return inconsistent("unguarded_lost", amount=taken - paid)
    if paid > taken:
        return inconsistent("unguarded_twice", amount=paid - taken)
    if not taken:
        return failed("unguarded_nothing")
    told = "notification" not in registry.get(run.protocol).lanes or notification.close(str(run.pk), run.protocol)
    return succeeded("unguarded_done") if told else inconsistent("unguarded_untold")
