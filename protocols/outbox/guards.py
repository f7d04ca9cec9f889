"""What can be taken out of the outbox, for one run: each guard is a primitive, and the page names none of them."""

from django.utils.translation import gettext_lazy as _

from distviz.trace.guards import Guard
from distviz.trace.statements import later_without, without
from protocols.guards import INBOX, LATE_ACK, PAYMENT_LOOKUP, REFUSAL, SWEEP
from protocols.outbox import outbox

SAME_TRANSACTION, ACKNOWLEDGED, ORDER = "same_transaction", "acknowledged", "account_order"
# What is published is done, whether it arrives or not.
MARK_AS_DONE = outbox.MARK.replace(
    "status = CASE WHEN acknowledged_at IS NULL THEN 'sent' ELSE 'acknowledged' END",
    "status = 'acknowledged', acknowledged_at = COALESCE(acknowledged_at, clock_timestamp())",
).replace("RETURNING id, status", "RETURNING id, 'sent' AS status")
# The claim takes such a row whatever lies before it (migration 0006).
UNORDERED = outbox.INSERT.replace("%(headers)s::jsonb", """%(headers)s::jsonb || '{"unordered": true}'""")
later_without(outbox.INSERT, SAME_TRANSACTION)
without(outbox.INSERT, ORDER, UNORDERED)
without(outbox.MARK, ACKNOWLEDGED, MARK_AS_DONE)

GUARDS = (
    INBOX,
    PAYMENT_LOOKUP,
    REFUSAL,
    SWEEP,
    LATE_ACK,
    Guard(
        SAME_TRANSACTION,
        _("The outbox row is written in the transaction of the business row: both or neither."),
        _("A process dies between the two: the money is taken, and no message ever says so."),
        outbox.write,
    ),
    Guard(
        ACKNOWLEDGED,
        _("Acknowledged is a state of its own: a row that was published is not done before its answer has come."),
        _("A message that the queue loses is not published again: the money is taken, and never paid."),
        outbox.acknowledge,
    ),
    Guard(
        ORDER,
        _("Order per account: a relay claims the oldest unsent row of each account, and no other."),
        _(
            "Two messages of one account overtake each other. No money is lost by it, for each withdrawal is paid by "
            "its own id; but whoever reads the messages of an account learns of them in an order that never was."
        ),
        outbox.relay,
    ),
)
