"""The end of a run that nothing drives: not a protocol's step but the auditor's finding."""

from dataclasses import replace
from decimal import Decimal

from distviz.services import closing
from distviz.services.notification import operations as notification
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.trace.models import Run
from distviz.trace.outcomes import Outcome, failed, inconsistent, succeeded
from distviz.trace.registering import settles

_TAKEN = "SELECT COALESCE(-sum(delta), 0) AS amount FROM ledger WHERE withdrawal_id = %(id)s"
_PAID = "SELECT COALESCE(sum(amount), 0) AS amount FROM payments WHERE withdrawal_id = %(id)s AND status = 'COMPLETED'"


@settles("dual_write")
def find_out(run: Run) -> Outcome:
    """What the two databases say, once nothing can be written to them for this run any more."""
    for place in (ACCOUNT, PAYMENT):
        closing.close(place, str(run.pk))
    which = {"id": str(run.pk)}
    taken: Decimal = ACCOUNT.ask(_TAKEN, which)[0]["amount"]
    paid: Decimal = PAYMENT.ask(_PAID, which)[0]["amount"]
    return replace(_end(run, taken, paid), taken=taken, paid=paid)


def _end(run: Run, taken: Decimal, paid: Decimal) -> Outcome:
    if taken > paid:
        return inconsistent("dual_write_lost", amount=taken - paid)
    if paid > taken:
        return inconsistent("dual_write_twice", amount=paid - taken)
    if taken and not notification.close(str(run.pk), run.protocol):
        return inconsistent("dual_write_untold")
    if taken:
        return succeeded("dual_write_lucky")
    return failed("dual_write_nothing")
