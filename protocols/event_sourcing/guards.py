"""What can be taken out of event sourcing, for one run: each guard is a primitive, and none of them is named by the page."""

from protocols.guards import INBOX, PAYMENT_LOOKUP, REFUSAL, SWEEP

GUARDS = (
    INBOX,
    PAYMENT_LOOKUP,
    REFUSAL,
    SWEEP,
)
