"""What can be taken out of the orchestrated saga, for one run: each guard is a primitive, and the page names none."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from distviz.trace.guards import Guard
from distviz.trace.statements import without
from protocols.guards import INBOX, LATE_ACK, PAYMENT_LOOKUP, REFUSAL, SWEEP
from protocols.orchestrated import saga_log, steps

BARRIER, PIVOT = "called_off", "point_of_no_return"
NO_BARRIER = "SELECT 1 AS nothing WHERE %(message)s::text IS NULL AND %(withdrawal)s::text IS NULL"
TURN_ALWAYS = saga_log.TURN_BACK.replace(" AND turned_at IS NULL AND NOT 'charge' = ANY(steps_done)", "")
assert TURN_ALWAYS != saga_log.TURN_BACK
without(steps.FORESTALL, BARRIER, NO_BARRIER)
without(saga_log.TURN_BACK, PIVOT, TURN_ALWAYS)

GUARDS = (
    replace(
        INBOX,
        without=_("A copy of an order takes effect again. The ledger's and the payment's own row would still stop it."),
    ),
    PAYMENT_LOOKUP,
    REFUSAL,
    SWEEP,
    LATE_ACK,
    Guard(
        BARRIER,
        _("The barrier: a refund of what was never taken leaves the order's inbox row, and a late order finds it."),
        _(
            "An order that comes after its refund takes the money, and nobody gives it back. No single failure makes "
            "an order that late here; it stays for a copy that a network has kept."
        ),
        steps.refund,
    ),
    Guard(
        PIVOT,
        _("The point of no return: once the payment is logged, the saga does not turn back, whatever fails."),
        _(
            "A failure that is told late turns a paid saga back. The payment's own row stops the refund, so nothing is "
            "lost: the saga asks for the cancellation for ever, and never ends."
        ),
        saga_log.turns_back,
        beside=(PAYMENT_LOOKUP.key,),
    ),
)
