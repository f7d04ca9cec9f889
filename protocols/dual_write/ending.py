"""The end of a run that nobody drives: not a protocol's step but the auditor's finding."""

from decimal import Decimal

from distviz.services.notification import operations as notification
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.trace.models import Run
from distviz.trace.outcomes import Outcome, failed, inconsistent, succeeded
from distviz.trace.registering import settles

_TAKEN = "SELECT COALESCE(-sum(delta), 0) AS amount FROM ledger WHERE withdrawal_id = %(id)s"
_PAID = "SELECT COALESCE(sum(amount), 0) AS amount FROM payments WHERE withdrawal_id = %(id)s AND status = 'COMPLETED'"


@settles("dual_write")
def find_out(run: Run) -> Outcome:
    """What the two databases say, now that nobody will write to them for this run any more."""
    which = {"id": str(run.pk)}
    taken: Decimal = ACCOUNT.ask(_TAKEN, which)[0]["amount"]
    paid: Decimal = PAYMENT.ask(_PAID, which)[0]["amount"]
    if taken > paid:
        return inconsistent(f"${taken - paid} left the account and was never paid. Nothing will bring it back.")
    if paid > taken:
        return inconsistent(f"${paid - taken} too much was paid: the same message was taken for two payments.")
    if taken and not notification.told(str(run.pk)):
        return inconsistent("The money was taken and paid, but the customer was never told and takes it for failed.")
    if taken:
        return succeeded("The payment was made. This time nothing went wrong.")
    return failed("The withdrawal failed before any money moved.")
