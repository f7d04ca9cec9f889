"""What can be taken out of the saga, for one run: each guard is a primitive, and none of them is named by the page."""

from django.utils.translation import gettext_lazy as _

from distviz.services.account import operations as account
from distviz.trace.guards import Guard
from distviz.trace.statements import later_without, without
from protocols.guards import INBOX, LATE_ACK, PAYMENT_LOOKUP, REFUSAL, SWEEP
from protocols.saga import saga_log

BARRIER, REFUND_RECORDED = "saga_log", "refund_recorded"
# Opened again, whatever it says.
OPEN_AGAIN = saga_log.OPEN.replace(
    "DO NOTHING RETURNING NULL AS was, status",
    "DO UPDATE SET updated_at = now() RETURNING CASE WHEN xmax <> 0 THEN saga_log.status END AS was, saga_log.status",
)
without(saga_log.OPEN, BARRIER, OPEN_AGAIN)
later_without(account.REFUND, REFUND_RECORDED)

GUARDS = (
    INBOX,
    PAYMENT_LOOKUP,
    REFUSAL,
    SWEEP,
    LATE_ACK,
    Guard(
        BARRIER,
        _("The saga log as a barrier: its primary key opens a saga once, and who is late finds a tombstone."),
        _("The request is given up after the money was taken: the saga is declined, and the money is gone."),
        saga_log.opens,
    ),
    Guard(
        REFUND_RECORDED,
        _("The refund is recorded in the transaction that says so, and published after it."),
        _("The saga log says that the money is back before it is; a process dies between the two, and it never is."),
        account.refund,
        second=True,
    ),
)
