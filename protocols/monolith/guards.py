"""What can be taken out of the monolith, for one run."""

from django.utils.translation import gettext_lazy as _

from distviz.trace.guards import Guard
from distviz.trace.statements import without
from protocols.monolith import bank

FOR_UPDATE = "for_update"
UNLOCKED = bank.LOCK.replace(" FOR UPDATE OF a", "")
assert UNLOCKED != bank.LOCK
without(bank.LOCK, FOR_UPDATE, UNLOCKED)

GUARDS = (
    Guard(
        FOR_UPDATE,
        _("FOR UPDATE: the account's row is locked before its balance is read, so that two withdrawals take turns."),
        _(
            "Two withdrawals read the same balance and both find it enough. No failure of a single run shows it, and "
            "the CHECK constraint, which stays, still refuses the second one: it is tried again, and declined."
        ),
        bank.lock_account,
    ),
)
