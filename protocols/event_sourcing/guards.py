"""What can be taken out of event sourcing, for one run: the guards that the services have."""

from protocols.guards import INBOX, PAYMENT_LOOKUP, REFUSAL, SWEEP

GUARDS = (
    INBOX,
    PAYMENT_LOOKUP,
    REFUSAL,
    SWEEP,
)
